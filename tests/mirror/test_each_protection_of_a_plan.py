"""What protects a plan and what is made of it, one protection at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mirror.fake_source import Dataset, FileContent, dataset
from mirror.model_target import ModelTarget
from mirror.model_world import World

from ckanext.imssbienestar.mirror.errors import GuardError, MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.drift_records import (
    begun_by_plan,
    keep_shown,
    record_plan_run,
)
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.changes import FieldChange
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    Catalogue,
    PlanItem,
    Withdrawal,
    plan_all,
    plan_package,
)
from ckanext.imssbienestar.mirror.planning.stored_plan import StoredPlan, make_plan, refuse_unfit
from ckanext.imssbienestar.mirror.running.guards import admitted, shrinkage
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.settings import LimitSettings, MirrorSettings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = MirrorSettings.model_validate(
    {
        "contact": "datos@example.gob.mx",
        "source": {"url": "https://source.example.org"},
        "target": {"url": "https://model.example.org", "organization": "imss-bienestar"},
    }
)


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


def package(world: World) -> dict[str, Any]:
    (found,) = world.target.stored.values()
    return found


def identifier(world: World) -> str:
    return str(package(world)["id"])


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
    "a link": lambda _target, _key, files: files[0].update(url="https://x.org/x", url_type=""),
}


@pytest.mark.parametrize("hand", HANDS)
def test_each_change_by_hand_is_seen_alone_and_mended(
    hand: str, world: World, one: Dataset
) -> None:
    if hand == "another file":
        world = World("pnda")  # the other rules leave it
        assert told(world, one) == ""
    before = identifier(world)
    HANDS[hand](world.target, before, package(world)["resources"])
    world.target.writes.clear()
    for _ in range(2):
        assert told(world, one, orders=Orders(hold=True)) == "drift-held"
    assert world.target.writes == []
    assert told(world, one) == ""
    world.assert_settled(one)
    assert identifier(world) == before


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
    package(world)["resources"][0][fact] = value
    (item,) = world.plan(one)
    assert [step.desired and step.desired.identifier for step in item.doubts] == ["uno-0"]
    # They are the signed ones: nobody is told of it, nothing is sent.
    world.target.writes.clear()
    assert told(world, one, orders=Orders(hold=True)) == ""
    assert world.target.writes == []


def test_the_facts_of_another_copy_say_nothing_of_this_one(world: World, one: Dataset) -> None:
    entry = world.ledger.entries()["id-uno"]
    files = {key: replace(file, remote_id="older") for key, file in entry.files.items()}
    (item,) = world.plan(one)
    again = plan_package(world.project(one), item.remote, replace(entry, files=files))
    assert len(again.doubts) == 2


def test_what_we_take_away_ourselves_is_no_change_by_hand(one: Dataset) -> None:
    world = World("pnda")
    assert told(world, one) == ""
    one.files.pop()
    assert told(world, one, orders=Orders(hold=True)) == ""
    world.assert_settled(one)


# -- what may happen between the look and the call -------------------------------------------------


@pytest.mark.parametrize("what", ["words", "owner", "a file less"])
def test_a_change_between_the_look_and_the_call_is_not_written_over(
    what: str, world: World, one: Dataset
) -> None:
    """Each is told by another part of the match; two of them do not move the date."""
    one.fields["title"] = "Otro"
    done: list[str] = []
    key = identifier(world)

    def meanwhile(call: str, moment: str) -> None:
        if (call, moment) == ("package_revise", "before") and not done:
            done.append(what)
            if what == "words":
                world.target.edit(key, notes="A mano")
            elif what == "owner":
                there = {"organization": {"id": "x", "name": "otra"}, "owner_org": "x"}
                package(world).update(there)
            else:
                world.target.delete_resource(key, 1)

    world.target.fault = meanwhile
    world.target.writes.clear()
    assert told(world, one) == ("name-taken" if what == "owner" else "")
    assert world.target.writes == ["package_revise"] * (1 if what == "owner" else 2)
    assert (package(world)["title"] == "Otro") is (what != "owner")


def test_what_is_not_ours_over_there_stays(world: World, one: Dataset) -> None:
    vocabulary = {"name": "suyo", "vocabulary_id": "v"}
    theirs = {"key": "ajeno", "value": "x"}
    found = package(world)
    tags, extras = [*found["tags"], vocabulary], [*found["extras"], theirs]
    world.target.edit(identifier(world), tags=tags, extras=extras)
    world.assert_settled(one)
    one.fields["title"] = "Otro"
    assert told(world, one) == ""
    assert vocabulary in package(world)["tags"]
    assert theirs in package(world)["extras"]


def test_a_dataset_is_closed_until_its_files_are_there_and_opened_by_whom_the_rules_say(
    one: Dataset,
) -> None:
    for profile, after in (("pnda", True), ("ckan", False)):
        world = World(profile)
        shown: list[bool] = []

        def look(call: str, moment: str, world: World = world, shown: list[bool] = shown) -> None:
            if (call, moment) == ("package_create", "after"):
                shown.append(package(world)["private"])

        world.target.fault = look
        assert told(world, one) == ""
        assert (shown, package(world)["private"]) == ([True], after)
    # The federal side opened it: a new release does not close it.
    world = World("pnda")
    world.run(one)
    world.target.edit(identifier(world), private=False)
    one.fields["title"] = "Otro"
    assert told(world, one) == ""
    assert package(world)["private"] is False


def test_what_the_target_tells_of_a_new_file_is_of_the_new_one(world: World, one: Dataset) -> None:
    one.files[0].content = b"a,b\n1,2\n3,4\n"
    assert told(world, one) == ""
    resource = package(world)["resources"][0]
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
    ids = [found["id"] for found in package(world)["resources"]]
    for found, key in zip(package(world)["resources"], ("x", "y"), strict=True):
        world.target.bytes[key] = world.target.bytes.pop(found["id"])
        found["id"] = key
    (item,) = world.plan(named("Uno", "Dos"))
    assert [step.remote and step.remote.id for step in item.steps] == ["x", "y"]
    for titles in (("Uno", "Uno"), ("", "")):
        for found, title in zip(package(world)["resources"], titles, strict=True):
            found["name"] = title
        (item,) = world.plan(named(titles[0], "Tres"))
        wanted = [step.remote for step in item.steps if step.desired is not None]
        assert wanted == [None, None]
    # One copy without a name is not that of a file without one.
    package(world)["resources"].pop()
    (item,) = world.plan(named("", "Tres"))
    assert [step.remote for step in item.steps if step.desired is not None] == [None, None]
    assert ids


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


# -- approved plans --------------------------------------------------------------------------------


def approve(world: World, one: Dataset) -> StoredPlan:
    return make_plan(SETTINGS, [], world.plan(one), NOW)


def refused(approval: Approval, item: PlanItem) -> str:
    problem = approval.refusal(item)
    assert (approval.moved([item]) is None) is (problem is None)
    return problem.code if problem else ""


def test_an_approved_plan_lets_through_what_it_names_and_nothing_else(
    world: World, one: Dataset
) -> None:
    one.fields["title"] = "Otro"
    approval = Approval(approve(world, one))
    (item,) = world.plan(one)
    assert refused(approval, item) == ""
    other = FieldChange("title", "", "Otro más")
    for changes, code in (
        ({"changes": (other,)}, "plan-work-moved"),
        ({"action": Action.WITHDRAW}, "plan-work-moved"),
        ({"error": item.reason}, "plan-work-moved"),
        ({"desired": replace(world.project(one), digest="0" * 64)}, "plan-release-moved"),
        ({"dataset_id": "id-otro"}, "plan-came"),
    ):
        changed: PlanItem = replace(item, **changes)  # type: ignore[arg-type]
        problem = approval.refusal(changed)
        assert problem is not None
        assert problem.code == code
        if code != "plan-came":
            assert refused(approval, changed) == code
    came = replace(item, dataset_id="id-otro")
    problem = approval.moved([item, came])
    assert problem is not None
    assert problem.code == "plan-came"
    gone = approval.moved([])
    assert gone is not None
    assert gone.code == "plan-gone"


def test_where_nothing_was_approved_nothing_is_done(world: World, one: Dataset) -> None:
    approval = Approval(approve(world, one))
    world.target.edit(identifier(world), title="A mano")
    assert refused(approval, world.plan(one)[0]) == "plan-work-moved"


def test_only_what_the_plan_began_itself_goes_on_over_a_moved_target(
    world: World, one: Dataset
) -> None:
    one.fields["title"] = "Otro"
    stored = approve(world, one)
    world.target.edit(identifier(world), notes="A mano")
    (item,) = world.plan(one)
    begun = [{}, {"id-uno": State.PLANNED}, {"id-uno": State.CONFIRMED}, {"id-dos": State.PLANNED}]
    moved = "plan-target-moved"
    codes = [refused(Approval(stored, states), item) for states in begun]
    assert codes == [moved, "", moved, moved]


@pytest.mark.parametrize(
    ("section", "setting", "value"),
    [
        ("source", "url", "https://otro.example.org"),
        ("target", "url", "https://otro.example.org"),
        ("target", "organization", "otra"),
        ("target", "profile", "ckan"),
    ],
)
def test_a_plan_made_for_elsewhere_is_refused(
    section: str, setting: str, value: str, world: World, one: Dataset
) -> None:
    stored, part = approve(world, one), getattr(SETTINGS, section)
    here = SETTINGS.model_copy(update={section: part.model_copy(update={setting: value})})
    refuse_unfit(stored, SETTINGS, Path("plan.json"), NOW)
    with pytest.raises(MirrorConfigurationError) as unfit:
        refuse_unfit(stored, here, Path("plan.json"), NOW)
    assert unfit.value.sentence.code == "plan-of-other"
    assert f"{section}.{setting}" in unfit.value.sentence.full("es")


@pytest.fixture
def ledger() -> Ledger:
    """A ledger whose clock goes on by a minute each time."""
    moments = (NOW + timedelta(minutes=n) for n in range(1000))
    return open_ledger("sqlite://", "model", clock=lambda: next(moments))


def begun(ledger: Ledger, digest: str) -> dict[str, str]:
    with ledger.transaction() as connection:
        return dict(begun_by_plan(connection, ledger.target, digest))


def announce(ledger: Ledger) -> None:
    names = {"dataset_name": "uno", "remote_name": "uno", "remote_id": None, "release_id": "r"}
    ledger.intend("id-uno", **names, digest="d", action="update")


def test_a_plan_began_what_its_own_runs_announced(ledger: Ledger, one: Dataset) -> None:
    ledger.start_run()
    announce(ledger)
    ledger.start_run()
    with ledger.transaction() as connection:
        record_plan_run(connection, ledger.target, "mine", ledger.run_id)
    # Announced by another run; the plan's own only failed at it.
    item = World().plan(one)[0]
    ledger.fail("id-uno", "uno", "uno", item.reason)
    assert begun(ledger, "mine") == {}
    announce(ledger)
    assert begun(ledger, "mine") == {"id-uno": "planned"}
    assert begun(ledger, "another") == {}


def test_a_run_notes_the_plan_it_carries_out_and_stops_where_the_world_moved(
    ledger: Ledger, one: Dataset
) -> None:
    world, limits = World(ledger=ledger), LimitSettings()
    stored, items = approve(world, one), world.plan(one)
    ledger.start_run()
    admitted(Orders(approval=Approval(stored)), limits, ledger, items, {})
    announce(ledger)
    again = Approval(stored)
    ledger.start_run()
    admitted(Orders(approval=again), limits, ledger, items, {})
    assert again.begun == {"id-uno": "planned"}
    with pytest.raises(GuardError):
        admitted(Orders(approval=Approval(stored)), limits, ledger, (), {})


def test_an_acceptance_is_of_what_the_person_saw(world: World, one: Dataset) -> None:
    shown = world.ledger.entries()["id-uno"].shown
    with world.ledger.transaction() as connection:
        assert not keep_shown(connection, "model", "id-uno", "{}", "later")
        assert keep_shown(connection, "model", "id-uno", shown, "later")


# -- orders and guards -----------------------------------------------------------------------------


def test_who_may_only_look_writes_nothing(world: World, one: Dataset) -> None:
    one.fields["title"] = "Otro"
    world.target.writes.clear()
    assert told(world, one, orders=Orders(read_only=True)) == "reconcile-differs"
    assert world.target.writes == []


def test_a_shrunken_source_is_not_believed_unless_a_person_names_the_dataset(
    world: World, one: Dataset
) -> None:
    one.state = "withdrawn"
    (item,) = world.plan(one)
    orders = Orders(shrinkage={"given": 1, "absent": 9, "total": 10})
    held = orders.held(item).error
    assert held is not None
    assert held.code == "withdrawal-held"
    assert Orders(shrinkage=orders.shrinkage, named=True).held(item).error is None
    assert Orders().held(item).error is None


@pytest.mark.parametrize(
    ("absent", "given", "shrank"), [(1, 1, False), (2, 1, True), (1, 0, True), (0, 0, False)]
)
def test_a_source_shrank_when_too_much_is_absent_or_all_of_it(
    absent: int, given: int, shrank: bool, world: World
) -> None:
    known = [
        LedgerEntry(f"id-{n}", f"n{n}", f"n{n}", None, "r", "d", "create", State.CONFIRMED)
        for n in range(3)
    ]
    entries = {entry.dataset_id: entry for entry in known}
    items = plan_all([], [], Catalogue(), {entry.dataset_id: entry for entry in known[:absent]})
    limits = LimitSettings(withdraw_guard_minimum=1, withdraw_guard_share=0.0)
    assert bool(shrinkage(items, entries, given, limits)) is shrank
