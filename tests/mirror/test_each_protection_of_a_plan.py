"""What protects a plan and what is made of it, one protection at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from mirror.fake_source import Dataset, FileContent, dataset
from mirror.model_target import ModelTarget
from mirror.model_world import World

from ckanext.imssbienestar.mirror.catalogues.spool import Received
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    Catalogue,
    Withdrawal,
    plan_all,
    plan_package,
)
from ckanext.imssbienestar.mirror.running.orders import Orders


@pytest.fixture
def one() -> Dataset:
    """A published dataset with two files."""
    return dataset("uno", b"a,b\n1,2\n", b"c\n3\n")


@pytest.fixture
def world(one: Dataset) -> World:
    """The same, already mirrored by the rules for any CKAN."""
    world = World("ckan")
    assert told(world, one) == ""
    return world


def told(world: World, *datasets: Dataset, **changes: Any) -> str:
    (outcome,) = world.run(*datasets, **changes)
    return outcome.error.code if outcome.error else ""


# -- what somebody changed over there --------------------------------------------------------------

Hand = Callable[[ModelTarget, str, list[dict[str, Any]]], object]
HANDS: dict[str, Hand] = {
    "state": lambda target, key, _: target.delete(key),
    "name": lambda target, key, _: target.edit(key, name="otro_nombre"),
    "private": lambda target, key, _: target.edit(key, private=True),
    "title": lambda target, key, _: target.edit(key, title="A mano"),
    "tags": lambda target, key, _: target.edit(key, tags=[]),
    "groups": lambda target, key, _: target.edit(key, groups=[]),
    "extras": lambda target, key, _: target.edit(key, extras=[]),
    "description": lambda _target, _key, files: files[0].update(description="A mano"),
    "order": lambda _target, _key, files: files.reverse(),
    "another file": lambda _target, _key, files: files.append({"id": "x", "name": "x", "url": "x"}),
    "a file less": lambda target, key, _: target.delete_resource(key, 0),
    "bytes": lambda target, key, files: target.replace_file(key, 0, b"#" * files[0]["size"]),
    # Under the name that the file had.
    "a link": lambda _target, _key, files: files[0].update(url="//x/uno_0.csv", url_type=""),
}


@pytest.mark.parametrize("hand", HANDS)
def test_each_change_by_hand_is_seen_alone_and_mended(
    hand: str, world: World, one: Dataset
) -> None:
    if hand == "another file":
        world = World("pnda")  # the other rules leave it
        assert told(world, one) == ""
    before = str(world.package["id"])
    HANDS[hand](world.target, before, world.package["resources"])
    world.target.writes.clear()
    (item,) = world.plan(one)
    # A search shows no deleted one; whatever else it is called, it is found by its id.
    assert (item.remote is None) is (hand == "state")
    for _ in range(2):
        assert told(world, one, orders=Orders(hold=True)) == "drift-held"
    assert world.target.writes == []
    assert told(world, one) == ""
    world.assert_settled(one)
    assert str(world.package["id"]) == before


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("last_modified", "later"),
        ("size", 99),
        ("hash", "0" * 64),
        ("url", "https://model/dataset/x/resource/y/otro.csv"),
    ],
)
def test_each_fact_of_a_file_that_moved_makes_its_bytes_be_read(
    fact: str, value: object, world: World, one: Dataset
) -> None:
    world.package["resources"][0][fact] = value
    (item,) = world.plan(one)
    assert [step.desired and step.desired.identifier for step in item.doubts] == ["uno-0"]
    # They are the signed ones: nobody is told of it, nothing is sent.
    world.target.writes.clear()
    assert told(world, one, orders=Orders(hold=True)) == ""
    assert world.target.writes == []


def test_a_new_file_over_one_that_was_touched_and_is_still_the_signed_one_is_no_change_by_hand(
    world: World, one: Dataset
) -> None:
    world.package["resources"][0]["hash"] = "rewritten by a loader"
    one.files[0].content = b"a,b\n5,6\n"
    assert told(world, one, orders=Orders(hold=True)) == ""


def test_the_facts_of_another_copy_say_nothing_of_this_one(world: World, one: Dataset) -> None:
    entry = world.ledger.entries()["id-uno"]
    files = {key: replace(file, remote_id="older") for key, file in entry.files.items()}
    (item,) = world.plan(one)
    again = plan_package(world.project(one), item.remote, replace(entry, files=files))
    assert len(again.doubts) == 2


def test_what_we_take_away_and_move_ourselves_is_no_change_by_hand(one: Dataset) -> None:
    world = World("pnda")
    first, second = one.files
    middle = FileContent("medio.csv", b"m\n", identifier="medio")
    one.files = [first, middle, second]
    assert told(world, one) == ""
    one.files = [second, first]
    assert told(world, one, orders=Orders(hold=True)) == ""
    world.assert_settled(one)


def test_a_link_is_no_copy_even_if_it_leads_to_the_signed_bytes(world: World, one: Dataset) -> None:
    """CKAN sends whoever downloads a link on to where it leads."""
    world.target.measure = lambda _package, resource: Received(  # type: ignore[method-assign]
        signed[resource.name], 1
    )
    signed = {one.fields["name"]: one.file.sha256 for one in world.project(one).resources}
    HANDS["a link"](world.target, "", world.package["resources"])
    assert told(world, one) == ""
    assert [found["url_type"] for found in world.package["resources"]] == ["upload"] * 2


# -- what may happen between the look and the call -------------------------------------------------


@pytest.mark.parametrize("what", ["words", "owner", "a file less"])
def test_a_change_between_the_look_and_the_call_is_not_written_over(
    what: str, world: World, one: Dataset
) -> None:
    """Each is told by another part of the match; two of them do not move the date."""
    one.fields["title"] = "Otro"
    done: list[str] = []
    key = str(world.package["id"])

    def meanwhile(call: str, moment: str) -> None:
        if (call, moment) == ("package_revise", "before") and not done:
            done.append(what)
            if what == "words":
                world.target.edit(key, notes="A mano")
            elif what == "owner":
                there = {"organization": {"id": "x", "name": "otra"}, "owner_org": "x"}
                world.package.update(there)
            else:
                world.target.delete_resource(key, 1)

    world.target.fault = meanwhile
    world.target.writes.clear()
    assert told(world, one) == ("name-taken" if what == "owner" else "")
    assert world.target.writes == ["package_revise"] * (1 if what == "owner" else 2)
    assert (world.package["title"] == "Otro") is (what != "owner")


def test_what_is_not_ours_over_there_stays(world: World, one: Dataset) -> None:
    vocabulary = {"name": "suyo", "vocabulary_id": "v"}
    theirs = {"key": "ajeno", "value": "x"}
    found = world.package
    tags, extras = [*found["tags"], vocabulary], [*found["extras"], theirs]
    world.target.edit(str(world.package["id"]), tags=tags, extras=extras)
    world.assert_settled(one)
    one.fields["title"] = "Otro"
    assert told(world, one) == ""
    assert vocabulary in world.package["tags"]
    assert theirs in world.package["extras"]


def test_a_dataset_is_closed_until_its_files_are_there_and_opened_by_whom_the_rules_say(
    one: Dataset,
) -> None:
    for profile, after in (("pnda", True), ("ckan", False)):
        world = World(profile)
        shown: list[bool] = []

        def look(call: str, moment: str, world: World = world, shown: list[bool] = shown) -> None:
            if (call, moment) == ("package_create", "after"):
                shown.append(world.package["private"])

        world.target.fault = look
        assert told(world, one) == ""
        assert (shown, world.package["private"]) == ([True], after)
    # The federal side opened it: a new release does not close it.
    world = World("pnda")
    world.run(one)
    world.target.edit(str(world.package["id"]), private=False)
    one.fields["title"] = "Otro"
    assert told(world, one) == ""
    assert world.package["private"] is False


def test_what_the_target_tells_of_a_new_file_is_of_the_new_one(world: World, one: Dataset) -> None:
    one.files[0].content = b"a,b\n1,2\n3,4\n"
    assert told(world, one) == ""
    resource = world.package["resources"][0]
    expected = world.project(one).resources[0].file
    assert (resource["size"], resource["hash"]) == (expected.size, expected.sha256)


# -- whose copy is whose ---------------------------------------------------------------------------


def test_a_copy_is_found_by_its_name_only_if_no_other_could_be_meant(world: World) -> None:
    def named(*titles: str) -> Dataset:
        files = [
            FileContent(f"{n}.csv", b"%d\n" % n, title=title, identifier=f"r{n}")
            for n, title in enumerate(titles)
        ]
        return Dataset("dos", files)

    world = World("ckan")
    world.run(named("Uno", "Dos"))
    world.lose_ledger()
    for found, key in zip(world.package["resources"], ("x", "y"), strict=True):
        world.target.bytes[key] = world.target.bytes.pop(found["id"])
        found["id"] = key
    (item,) = world.plan(named("Uno", "Dos"))
    assert [step.remote and step.remote.id for step in item.steps] == ["x", "y"]
    for titles in (("Uno", "Uno"), ("", "")):
        for found, title in zip(world.package["resources"], titles, strict=True):
            found["name"] = title
        (item,) = world.plan(named(titles[0], "Tres"))
        wanted = [step.remote for step in item.steps if step.desired is not None]
        assert wanted == [None, None]
    # A copy without a name is not that of a file without one.
    package = world.target.packages()[0]
    bare = replace(package, resources=(replace(package.resources[0], name=""),))
    desired = world.project(named("Uno"))
    nameless = replace(desired.resources[0], fields={**desired.resources[0].fields, "name": ""})
    item = plan_package(replace(desired, resources=(nameless,)), bare, None)
    assert [step.remote for step in item.steps if step.desired is not None] == [None]


def test_a_copy_that_is_known_to_be_another_file_s_is_not_taken_by_its_name(world: World) -> None:
    def files(**titles: str) -> Dataset:
        made = [
            FileContent(f"{key}.csv", key.encode(), title=title, identifier=key)
            for key, title in titles.items()
        ]
        return Dataset("dos", made)

    world = World("ckan")
    world.run(files(r1="Uno", r2="Dos"))
    (item,) = world.plan(files(r2="Dos", r3="Uno"))
    found = {step.desired.identifier: step.remote for step in item.steps if step.desired}
    assert found["r3"] is None


def test_two_datasets_of_one_name_are_not_written_over_each_other() -> None:
    world = World("pnda")
    first, second = dataset("Gasto-1", b"1\n"), dataset("Gasto_1", b"2\n")
    outcomes = world.run(first, second)
    assert [outcome.error and outcome.error.code for outcome in outcomes] == [None, "same-name"]
    assert list(world.target.bytes.values()) == [b"1\n"]


def test_a_name_that_lives_on_in_another_dataset_is_not_withdrawn(
    world: World, one: Dataset
) -> None:
    catalogue = Catalogue(world.target.packages())
    gone = [Withdrawal("id-older", "older", "uno")]
    items = plan_all([world.project(one)], gone, catalogue, world.ledger.entries())
    assert [item.action for item in items] == [Action.NONE, Action.NONE]
    (alone,) = plan_all([], gone, catalogue, {})
    assert alone.action is Action.WITHDRAW


def test_what_the_source_no_longer_names_is_told_and_what_it_names_badly_is_not_absent(
    world: World, one: Dataset
) -> None:
    entries, catalogue = world.ledger.entries(), Catalogue(world.target.packages())
    (item,) = plan_all([], [], catalogue, entries)
    assert (item.action, item.error and item.error.code) == (Action.NONE, "absent-source")
    assert plan_all([], [], catalogue, entries, given=frozenset({"id-uno"})) == ()
