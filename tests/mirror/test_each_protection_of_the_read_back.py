"""What keeps a false confirmation out of the ledger, one protection at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from mirror.fake_source import Dataset, FileContent, dataset
from mirror.model_target import ORGANIZATION
from mirror.model_world import World, at, broken, told

from ckanext.imssbienestar.mirror.catalogues.spool import Received
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.plan import Action
from ckanext.imssbienestar.mirror.running.read_back import ReadBack

NOTHING_READ = ReadBack("sample", share=0.0)


@pytest.fixture
def world() -> World:
    """Nothing there yet."""
    return World()


@pytest.fixture
def one() -> Dataset:
    """A published dataset."""
    return dataset("uno", b"a,b\n1,2\n")


def spoil(world: World, content: bytes = b"a;b\n1,2\n") -> None:
    """What the target keeps of a file is not what it was sent; it does not say so."""
    upload = world.target._upload

    def spoilt(resource: dict[str, Any], sent: bytes) -> None:
        assert len(world.target.writes) < 9, "sent without end"
        upload(resource, sent)
        world.target.bytes[resource["id"]] = content

    world.target._upload = spoilt  # type: ignore[method-assign]


def once() -> Callable[..., None]:
    """A write that is taken, has no effect, and is not to be tried without end."""
    tried: list[object] = []

    def taken(*arguments: object) -> None:
        tried.append(arguments)
        assert len(tried) == 1

    return taken


@pytest.mark.parametrize("what", ["other bytes", "no bytes", "nothing at all"])
def test_what_the_target_says_it_took_and_does_not_have_is_not_confirmed(
    what: str, world: World, one: Dataset
) -> None:
    if what == "other bytes":
        spoil(world)
    elif what == "no bytes":
        spoil(world, one.files[0].content)
        world.target.measure = lambda *_: None  # type: ignore[method-assign]
    else:
        world.run(one)
        one.files[0].content = b"a,b\n3,4\n"
        world.target.package_revise = once()  # type: ignore[method-assign]
    assert told(world.run(one)[0]) == "not-stored"
    assert world.entry.state is State.FAILED


def test_what_the_target_says_it_deleted_and_still_shows_is_not_confirmed(
    world: World, one: Dataset
) -> None:
    world.run(one)
    one.state = "withdrawn"
    world.target.package_delete = once()  # type: ignore[method-assign]
    assert told(world.run(one)[0]) == "still-there"


def keep_no_dates(world: World) -> None:
    """A target that says of a file what it says of any other of its size."""
    upload = world.target._upload

    def without_date(resource: dict[str, Any], content: bytes) -> None:
        upload(resource, content)
        resource["last_modified"] = None

    world.target._upload = without_date  # type: ignore[method-assign]


def test_a_file_sent_again_is_read_though_the_target_says_of_it_what_it_said_before(
    world: World, one: Dataset
) -> None:
    """Size and hash are what they were when the bytes were right."""
    keep_no_dates(world)
    assert told(world.run(one)[0]) == ""
    world.target.replace_file(str(world.package["id"]), 0, b"a mano")
    spoil(world)
    assert told(world.run(one)[0]) == "not-stored"


def test_what_was_read_before_a_file_was_sent_again_says_nothing_of_it(
    world: World, one: Dataset
) -> None:
    keep_no_dates(world)
    world.run(one)
    world.lose_ledger()
    (resource,) = world.package["resources"]
    world.target.bytes[resource["id"]] = b"#" * len(one.files[0].content)
    assert told(world.run(one)[0]) == ""
    world.assert_settled(one)


@pytest.mark.parametrize("what", ["sent just now", "sent, the answer lost", "by hand"])
def test_only_what_was_just_taken_whole_is_spared_the_reading(
    what: str, world: World, one: Dataset
) -> None:
    read: list[str] = []
    measure = world.target.measure

    def counted(found: Any, resource: Any) -> Received | None:
        read.append(resource.id)
        return measure(found, resource)

    world.target.measure = counted  # type: ignore[method-assign]
    if what == "sent, the answer lost":
        world.target.fault = at("package_revise", "after", broken)
    if what == "by hand":
        world.run(one)
        world.target.replace_file(world.package["id"], 0, b"#" * len(one.files[0].content))
        read.clear()
    assert told(world.run(one, read_back=NOTHING_READ)[0]) == ""
    assert bool(read) is (what != "sent just now")
    assert world.entry.files["uno-0"].proof == ("bytes" if what.startswith("sent,") else "size")
    assert list(world.target.bytes.values()) == [one.files[0].content]


@pytest.mark.parametrize(
    ("fact", "value", "enough"),
    [
        ("size", None, False),
        ("size", 9, False),
        ("hash", "0" * 64, False),
        ("url_type", "", False),
        ("hash", None, True),
        ("hash", "an older kind of sum", True),
    ],
)
def test_what_the_target_says_is_enough_only_if_it_says_the_same(
    fact: str, value: object, enough: bool, world: World, one: Dataset
) -> None:
    world.run(one)
    (desired,) = world.project(one).resources
    for mode in (NOTHING_READ, ReadBack("size", largest=1)):
        (shown,) = world.target.packages()[0].resources
        assert mode.spares(desired.file, shown)
    world.package["resources"][0][fact] = value
    (shown,) = world.target.packages()[0].resources
    assert NOTHING_READ.spares(desired.file, shown) is enough
    assert not ReadBack("size", largest=desired.file.size).spares(desired.file, shown)
    assert not ReadBack("sample", share=1.0).spares(desired.file, shown)
    assert not ReadBack().spares(desired.file, shown)


def test_another_version_of_a_file_in_a_link_s_place_is_not_spared(world: World) -> None:
    """A resource that somebody made a link while our call was under way."""
    one = dataset("uno", b"a,b\n1,2\n")

    def make_link() -> None:
        world.package["resources"][0] |= {"url_type": "", "url": "https://otro.example.org/x"}

    world.target.fault = at("package_revise", "after", make_link)
    assert told(world.run(one, read_back=NOTHING_READ)[0]) == "not-stored"


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.SENT},
        {"state": State.FAILED},
        {"shown": ""},
        {"withdrawn": True},
        {"release_id": "older"},
        {"digest": "0" * 64},
        {"remote_id": "other"},
        {"private": False},
        {"files": {}},
    ],
    ids=str,
)
def test_only_what_the_ledger_knows_just_so_needs_no_work(
    change: dict[str, Any], world: World, one: Dataset
) -> None:
    """Else it is recorded anew, from what the target shows, and nothing is written there."""
    world.run(one)
    good = world.entry
    assert told(world.run(one)[0]) == ""
    assert world.entry == good
    entries = world.ledger.entries
    world.ledger.entries = lambda: {"id-uno": replace(good, **change)}  # type: ignore[method-assign]
    writes = len(world.target.writes)
    (outcome,) = world.run(one)
    assert (outcome.action, told(outcome), len(world.target.writes)) == (Action.NONE, "", writes)
    found = entries()["id-uno"]
    assert found.confirmed != good.confirmed
    assert replace(found, confirmed=good.confirmed, action=good.action) == good


def test_how_a_file_was_known_to_be_right_stays_known(world: World, one: Dataset) -> None:
    world.run(one, read_back=NOTHING_READ)
    one.fields["title"] = "Otro"
    world.run(one)
    assert world.entry.files["uno-0"].proof == "size"


def test_two_files_of_one_name_are_not_mixed_up(world: World) -> None:
    one = dataset("uno", b"1\n", b"2\n")
    for file in one.files:
        file.title = "Igual"
    world.run(one)
    addresses = {found["id"]: found["url"] for found in world.package["resources"]}
    world.lose_ledger()
    one.files.reverse()
    one.files.append(FileContent("tres.csv", b"3\n", title="Igual", identifier="otro"))
    assert told(world.run(one)[0]) == ""
    assert (
        addresses.items()
        <= {found["id"]: found["url"] for found in world.package["resources"]}.items()
    )
    assert world.package["organization"] == ORGANIZATION
