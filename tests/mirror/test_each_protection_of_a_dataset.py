"""What protects the work on one dataset, one protection at a time, against CKAN's semantics."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.fake_source import Dataset, FileContent, dataset
from mirror.model_target import ORGANIZATION
from mirror.model_world import World

from ckanext.imssbienestar.mirror.catalogues.spool import Received
from ckanext.imssbienestar.mirror.errors import (
    MirrorTransientError,
    OutcomeUnknownError,
    RefusedError,
    RejectedError,
)
from ckanext.imssbienestar.mirror.ledger import tables
from ckanext.imssbienestar.mirror.ledger.claims import Fences
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.plan import Action
from ckanext.imssbienestar.mirror.planning.stored_plan import make_plan
from ckanext.imssbienestar.mirror.running.dataset_job import StoppedError
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.outcome import Outcome, Postponed
from ckanext.imssbienestar.mirror.running.read_back import ReadBack
from ckanext.imssbienestar.mirror.settings import MirrorSettings

NOTHING_READ = ReadBack("sample", share=0.0)
SETTINGS = MirrorSettings.model_validate(
    {
        "contact": "datos@example.gob.mx",
        "source": {"url": "https://source.example.org"},
        "target": {"url": "https://model.example.org", "organization": "imss-bienestar"},
    }
)
ELSEWHERE = {"id": "other-id", "name": "otra"}


class KilledError(BaseException):
    """Stands for kill -9: nothing after it runs."""


@pytest.fixture
def world() -> World:
    """Nothing there yet."""
    return World()


@pytest.fixture
def one() -> Dataset:
    """A published dataset."""
    return dataset("uno", b"a,b\n1,2\n")


def entry(world: World) -> LedgerEntry:
    return world.ledger.entries()["id-uno"]


def package(world: World) -> dict[str, Any]:
    (found,) = world.target.stored.values()
    return found


def told(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else ""


def lost(_call: str, _moment: str) -> None:
    raise OutcomeUnknownError("unreachable", host="model", call="x", cause="x")


def at(call: str, moment: str, then: Callable[[], None]) -> Callable[[str, str], None]:
    """A fault that happens once."""
    left = [then]

    def fault(name: str, now: str) -> None:
        if (name, now) == (call, moment) and left:
            left.pop()()

    return fault


def broken() -> None:
    raise OutcomeUnknownError("unreachable", host="model", call="x", cause="x")


# -- before a call -------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["package_create", "package_revise", "package_delete"])
def test_a_call_is_in_the_ledger_before_it_leaves(call: str, world: World, one: Dataset) -> None:
    if call != "package_create":
        world.run(one)
    if call == "package_delete":
        one.state = "withdrawn"
    else:
        one.fields["title"] = "Otro"
    seen: list[LedgerEntry] = []
    world.target.fault = at(call, "before", lambda: seen.append(entry(world)))
    world.run(one)
    (announced,) = seen
    assert announced.state is State.PLANNED
    assert announced.action == {"package_create": "create", "package_delete": "withdraw"}.get(
        call, "update"
    )
    # What the target shows from now on may be our own work: nothing to tell a hand by.
    assert announced.shown == ""
    if call == "package_revise":
        assert announced.digest == world.project(one).digest
        assert announced.files


@pytest.mark.parametrize("call", ["package_create", "package_revise", "package_delete"])
def test_an_answer_is_in_the_ledger_before_anything_else_is_done(
    call: str, world: World, one: Dataset
) -> None:
    if call == "package_delete":
        world.run(one)
        one.state = "withdrawn"

    def die(*_arguments: Any) -> None:
        raise KilledError

    def stop_looking() -> None:
        world.target.show = die  # type: ignore[method-assign]

    world.target.fault = at(call, "after", stop_looking)
    if call == "package_create":
        world.target.revise = die  # type: ignore[method-assign]
    with pytest.raises(KilledError):
        world.run(one)
    found = entry(world)
    expected = State.PLANNED if call == "package_create" else State.SENT
    assert (found.state, found.remote_id) == (expected, package(world)["id"])


def test_a_lost_answer_is_followed_by_a_look_and_not_by_the_same_call(
    world: World, one: Dataset
) -> None:
    for change, calls in (
        ({}, ["package_create", "package_revise"]),
        ({"title": "Otro"}, ["package_revise"]),
    ):
        one.fields |= change
        world.target.writes.clear()
        queue = list(calls)

        def fault(_call: str, moment: str, queue: list[str] = queue) -> None:
            if moment == "after" and queue:
                queue.pop()
                broken()

        world.target.fault = fault
        assert [told(outcome) for outcome in world.run(one)] == [""]
        assert world.target.writes == calls
    one.state = "withdrawn"
    world.target.writes.clear()
    world.target.fault = at("package_delete", "after", broken)
    assert [told(outcome) for outcome in world.run(one)] == [""]
    assert world.target.writes == ["package_delete"]


def test_what_a_search_does_not_show_is_looked_for_before_it_is_made(
    world: World, one: Dataset
) -> None:
    world.run(one)
    world.lose_ledger()
    world.target.packages = lambda: ()  # type: ignore[method-assign]
    world.target.writes.clear()
    assert told(world.run(one)[0]) == ""
    assert world.target.writes == []
    assert entry(world).state is State.CONFIRMED


@pytest.mark.parametrize("withdrawn", [False, True])
def test_what_became_of_another_organization_is_left_there(
    withdrawn: bool, world: World, one: Dataset
) -> None:
    """The search behind the plan is late; the look before the call is not."""
    world.run(one)
    stale = world.target.packages()
    if withdrawn:
        one.state = "withdrawn"
    else:
        world.lose_ledger()
        stale = ()
    world.target.packages = lambda: stale  # type: ignore[method-assign]
    world.target.edit(package(world)["id"], organization=ELSEWHERE, owner_org="other-id")
    before = dict(package(world))
    world.target.writes.clear()
    (outcome,) = world.run(one)
    assert told(outcome) == ("" if withdrawn else "name-taken")
    assert (world.target.writes, package(world)) == ([], before)


def test_a_name_that_another_organization_deleted_is_free(world: World, one: Dataset) -> None:
    world.run(one)
    world.lose_ledger()
    theirs = package(world)
    theirs |= {"organization": ELSEWHERE, "state": "deleted"}
    assert told(world.run(one)[0]) == ""
    assert theirs["state"] == "deleted"
    assert len(world.target.stored) == 2


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_dataset_that_is_hidden_is_taken_or_gone(
    withdrawn: bool, world: World, one: Dataset
) -> None:
    if withdrawn:
        world.run(one)
        one.state = "withdrawn"
    show = world.target.show

    def hide(name_or_id: str) -> Any:
        if world.target.writes[-1:] == ["package_delete"] or not withdrawn:
            raise RefusedError("refused", host="model", call="package_show", cause="403")
        return show(name_or_id)

    world.target.show = hide  # type: ignore[method-assign]
    (outcome,) = world.run(one)
    assert told(outcome) == ("" if withdrawn else "name-taken")
    if not withdrawn:
        assert world.target.writes == []


@pytest.mark.parametrize("ours", [True, False])
def test_a_name_that_is_taken_all_at_once_is_looked_at_once(
    ours: bool, world: World, one: Dataset
) -> None:
    """By a call of ours that was carried out late, or by somebody who stays hidden."""
    create = world.target.package_create

    def late(fields: dict[str, Any]) -> dict[str, Any]:
        if ours and not world.target.stored:
            create(fields)
        elif len(world.target.writes) > 5:
            raise AssertionError("tried without end")
        world.target.writes.append("package_create")
        raise RejectedError("rejected", fields={"name": ["in use"]}, host="", call="", cause="")

    world.target.package_create = late  # type: ignore[method-assign]
    (outcome,) = world.run(one)
    assert told(outcome) == ("" if ours else "name-taken")
    assert len(world.target.stored) == int(ours)


def test_ids_that_another_dataset_holds_are_left_to_the_target(world: World, one: Dataset) -> None:
    def refuse() -> None:
        fields = {"resources": [{"id": ["in use"]}]}
        raise RejectedError("rejected", fields=fields, host="", call="", cause="")

    world.target.fault = at("package_revise", "before", refuse)
    assert told(world.run(one)[0]) == ""
    chosen = world.project(one).resources[0].chosen_id
    assert package(world)["resources"][0]["id"] != chosen
    world.target.writes.clear()
    assert told(world.run(one)[0]) == ""
    assert world.target.writes == []


def test_a_file_in_other_letters_than_the_rules_ask_for_is_not_sent(world: World) -> None:
    one = dataset("uno", "año\n".encode("latin-1"))
    assert told(world.run(one)[0]) == "encoding-broken"
    # Half a letter at the very end.
    assert told(world.run(dataset("dos", "añ".encode()[:-1]))[0]) == "encoding-broken"
    assert "package_revise" not in world.target.writes


def test_a_run_that_was_told_to_stop_makes_no_further_call(world: World, one: Dataset) -> None:
    stop = threading.Event()
    world.target.fault = at("package_create", "after", stop.set)
    with pytest.raises(StoppedError):
        world.run(one, stop=stop)
    assert world.target.writes == ["package_create"]


def test_a_dataset_is_given_up_after_so_many_passing_failures(world: World, one: Dataset) -> None:
    world.target.fault = lost
    waits: list[int] = []

    def wait(failures: int, _error: MirrorTransientError) -> None:
        assert failures < 9
        waits.append(failures)

    (outcome,) = world.run(one, wait=wait)
    assert (told(outcome), outcome.passing, waits) == ("gave-up", True, [1, 2, 3])


# -- after a call --------------------------------------------------------------------------------


def spoil(world: World, content: bytes = b"a;b\n1,2\n") -> None:
    """What the target keeps of a file is not what it was sent; it does not say so."""
    upload = world.target._upload

    def spoilt(resource: dict[str, Any], sent: bytes) -> None:
        upload(resource, sent)
        world.target.bytes[resource["id"]] = content

    world.target._upload = spoilt  # type: ignore[method-assign]


@pytest.mark.parametrize("what", ["other bytes", "no bytes", "nothing at all"])
def test_what_the_target_says_it_took_and_does_not_have_is_not_confirmed(
    what: str, world: World, one: Dataset
) -> None:
    if what == "other bytes":
        spoil(world)
    elif what == "no bytes":
        world.target.measure = lambda *_: None  # type: ignore[method-assign]
    else:
        world.run(one)
        one.files[0].content = b"a,b\n3,4\n"
        world.target.package_revise = lambda *_: None  # type: ignore[method-assign]
    assert told(world.run(one)[0]) == "not-stored"
    assert entry(world).state is State.FAILED


def test_what_the_target_says_it_deleted_and_still_shows_is_not_confirmed(
    world: World, one: Dataset
) -> None:
    world.run(one)
    one.state = "withdrawn"
    world.target.package_delete = lambda _id: None  # type: ignore[method-assign]
    assert told(world.run(one)[0]) == "still-there"


def test_a_file_sent_again_is_read_though_the_target_says_of_it_what_it_said_before(
    world: World, one: Dataset
) -> None:
    """A target that keeps no dates: size and hash are what they were when the bytes were right."""
    upload = world.target._upload

    def without_date(resource: dict[str, Any], content: bytes) -> None:
        upload(resource, content)
        resource["last_modified"] = None

    world.target._upload = without_date  # type: ignore[method-assign]
    assert told(world.run(one)[0]) == ""
    world.target.replace_file(package(world)["id"], 0, b"a mano")
    spoil(world)
    assert told(world.run(one)[0]) == "not-stored"


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
        world.target.replace_file(package(world)["id"], 0, b"#" * len(one.files[0].content))
        read.clear()
    assert told(world.run(one, read_back=NOTHING_READ)[0]) == ""
    assert bool(read) is (what != "sent just now")
    assert entry(world).files["uno-0"].proof == ("bytes" if what.startswith("sent,") else "size")
    assert list(world.target.bytes.values()) == [one.files[0].content]


def test_another_version_of_a_file_in_a_link_s_place_is_not_spared(world: World) -> None:
    """A resource that somebody made a link while our call was under way."""
    one = dataset("uno", b"a,b\n1,2\n")

    def make_link() -> None:
        package(world)["resources"][0] |= {"url_type": "", "url": "https://otro.example.org/x"}

    world.target.fault = at("package_revise", "after", make_link)
    assert told(world.run(one, read_back=NOTHING_READ)[0]) == "not-stored"


# -- what a person ordered -----------------------------------------------------------------------


def approved(world: World, one: Dataset) -> Orders:
    plan = make_plan(SETTINGS, [], world.plan(one), datetime.now(UTC))
    return Orders(approval=Approval(plan))


def test_our_own_work_does_not_stand_in_an_approved_plan_s_way(world: World, one: Dataset) -> None:
    orders = approved(world, one)
    world.target.fault = at("package_create", "after", broken)
    assert told(world.run(one, orders=orders)[0]) == ""


def test_what_changed_since_the_plan_is_not_written_over(world: World, one: Dataset) -> None:
    world.run(one)
    one.fields["title"] = "Otro"
    orders = approved(world, one)
    identifier = package(world)["id"]
    edit = lambda: world.target.edit(identifier, notes="A mano")  # noqa: E731
    world.target.fault = at("package_revise", "before", edit)
    assert told(world.run(one, orders=orders)[0]) == "plan-target-moved"
    assert package(world)["title"] != "Otro"


# -- other runs ----------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path) -> tuple[World, Ledger]:
    """A world whose ledger another run, on another machine, has too."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ours, theirs = open_ledger(url, "model"), open_ledger(url, "model")
    ours.start_run()
    theirs.start_run()
    return World(ledger=ours), theirs


def take_over(thief: Ledger) -> None:
    """As after five minutes without a sign of life."""
    with thief.transaction() as connection:
        connection.execute(sa.update(tables.claim).values(beat=datetime(2000, 1, 1, tzinfo=UTC)))
    assert thief.claim("id-uno") is not None


@pytest.mark.parametrize(
    ("call", "moment", "left"),
    [
        ("fetch", "", State.CONFIRMED),  # before the intent
        ("package_revise", "after", State.PLANNED),  # before the answer is recorded
        ("measure", "", State.SENT),  # before the confirmation
        ("measure", "fail", State.SENT),  # before the failure is recorded
    ],
)
def test_who_lost_the_claim_writes_nothing_more_in_the_ledger(
    call: str, moment: str, left: State, shared: tuple[World, Ledger], one: Dataset
) -> None:
    world, thief = shared
    world.run(one)
    one.files[0].content = b"a,b\n3,4\n"
    one.number += 1

    def stolen_at(name: str) -> Callable[..., Any]:
        method = getattr(world if name == "fetch" else world.target, name)

        def wrapped(*arguments: Any) -> Any:
            take_over(thief)
            if moment == "fail":
                raise RefusedError("refused", host="model", call="x", cause="403")
            return method(*arguments)

        return wrapped

    if call == "package_revise":
        world.target.fault = at(call, moment, lambda: take_over(thief))
    else:
        owner: Any = world if call == "fetch" else world.target
        setattr(owner, call, stolen_at(call))
    (result,) = world.work(one)
    assert isinstance(result, Postponed)
    assert entry(world).state is left
    if call == "fetch":
        assert world.target.writes == ["package_create", "package_revise"]
        assert entry(world).shown


def test_what_another_run_had_since_the_plan_is_not_carried_out(
    shared: tuple[World, Ledger], one: Dataset
) -> None:
    world, other = shared
    fences = world.ledger.fences()
    claim = other.claim("id-uno")
    assert claim is not None
    assert isinstance(world.work(one)[0], Postponed)  # at it now
    other.release(claim)
    assert isinstance(world.work(one, fences=fences)[0], Postponed)  # was at it since
    assert world.target.writes == []
    fresh: Fences = world.ledger.fences()
    assert isinstance(world.work(one, fences=fresh)[0], Outcome)
    # And the claim is given back at the end.
    assert other.claim("id-uno") is not None


# -- what needs nothing --------------------------------------------------------------------------


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
    good = entry(world)
    assert told(world.run(one)[0]) == ""
    assert entry(world) == good
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
    assert entry(world).files["uno-0"].proof == "size"


def test_two_files_of_one_name_are_not_mixed_up(world: World) -> None:
    one = dataset("uno", b"1\n", b"2\n")
    for file in one.files:
        file.title = "Igual"
    world.run(one)
    addresses = {found["id"]: found["url"] for found in package(world)["resources"]}
    world.lose_ledger()
    one.files.reverse()
    one.files.append(FileContent("tres.csv", b"3\n", title="Igual", identifier="otro"))
    assert told(world.run(one)[0]) == ""
    assert (
        addresses.items()
        <= {found["id"]: found["url"] for found in package(world)["resources"]}.items()
    )
    assert package(world)["organization"] == ORGANIZATION
