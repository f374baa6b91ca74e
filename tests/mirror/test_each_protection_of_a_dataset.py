"""What protects the work on one dataset before a call leaves, one protection at a time."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from mirror.fake_source import Dataset, dataset
from mirror.model_world import World, at, broken, told

from ckanext.imssbienestar.mirror.catalogues.releases import Release, parse_release
from ckanext.imssbienestar.mirror.catalogues.spool import Received
from ckanext.imssbienestar.mirror.errors import (
    MirrorTransientError,
    RefusedError,
    RejectedError,
    ReleaseError,
)
from ckanext.imssbienestar.mirror.ledger.entries import LedgerEntry, State
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.plan import Catalogue, Withdrawal, plan_all
from ckanext.imssbienestar.mirror.planning.stored_plan import make_plan
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.projection.limits import check_files
from ckanext.imssbienestar.mirror.projection.rules import load_rules
from ckanext.imssbienestar.mirror.running.dataset_job import StoppedError, run_item
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.settings import MirrorSettings

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


@pytest.mark.parametrize("call", ["package_create", "package_revise", "package_delete"])
def test_a_call_is_in_the_ledger_before_it_leaves(call: str, world: World, one: Dataset) -> None:
    if call != "package_create":
        world.run(one)
    if call == "package_delete":
        one.state = "withdrawn"
    else:
        one.fields["title"] = "Otro"
    seen: list[LedgerEntry] = []
    world.target.fault = at(call, "before", lambda: seen.append(world.entry))
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
    found = world.entry
    expected = State.PLANNED if call == "package_create" else State.SENT
    assert (found.state, found.remote_id) == (expected, world.package["id"])


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
    assert world.entry.state is State.CONFIRMED


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
    world.target.edit(world.package["id"], organization=ELSEWHERE, owner_org="other-id")
    before = dict(world.package)
    world.target.writes.clear()
    (outcome,) = world.run(one)
    assert told(outcome) == ("" if withdrawn else "name-taken")
    assert (world.target.writes, world.package) == ([], before)


def test_a_name_that_another_organization_deleted_is_free(world: World, one: Dataset) -> None:
    world.run(one)
    world.lose_ledger()
    theirs = world.package
    theirs |= {"organization": ELSEWHERE, "state": "deleted"}
    assert told(world.run(one)[0]) == ""
    assert theirs["state"] == "deleted"
    assert len(world.target.stored) == 2


def test_a_withdrawal_does_not_take_the_dataset_that_has_its_name_by_now(
    world: World, one: Dataset
) -> None:
    """Which was made after the plan, by the same run."""
    older = Withdrawal("id-older", "older", "uno")
    known = LedgerEntry("id-older", "older", "uno", "gone", "r", "d", "create", State.CONFIRMED)
    items = plan_all([world.project(one)], [older], Catalogue(), {"id-older": known})
    for item in items:
        result = run_item(world.shop(), item)
        assert isinstance(result, Outcome)
        assert told(result) == ""
    assert world.package["state"] == "active"
    assert "package_delete" not in world.target.writes


def test_a_name_that_the_copy_of_another_dataset_has_is_not_taken(
    world: World, one: Dataset
) -> None:
    """It was renamed over there. The plan says so, and the look before the call."""
    world.run(one)
    world.target.edit(str(world.package["id"]), name="dos")
    published = [world.project(one), world.project(dataset("dos", b"2\n"))]
    catalogue = Catalogue(world.target.packages())
    _, item = plan_all(published, [], catalogue, world.ledger.entries())
    assert item.error is not None
    assert item.error.code == "name-held"
    world.target.writes.clear()
    result = run_item(world.shop(), replace(item, error=None))
    assert isinstance(result, Outcome)
    assert (told(result), world.target.writes) == ("name-held", [])


def test_a_firewall_in_a_dataset_s_place_makes_no_withdrawal(world: World, one: Dataset) -> None:
    world.run(one)
    one.state = "withdrawn"
    world.target.packages = lambda: ()  # type: ignore[method-assign]

    def page(_name: str) -> Any:
        raise RefusedError("firewall", host="model", call="package_show", status=403)

    world.target.show = page  # type: ignore[method-assign]
    assert told(world.run(one)[0]) == "firewall"
    assert not world.entry.withdrawn


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
    assert world.package["resources"][0]["id"] != chosen
    world.target.writes.clear()
    assert told(world.run(one)[0]) == ""
    assert world.target.writes == []


def test_a_file_that_is_too_large_for_the_rules_is_refused() -> None:
    rules = load_rules("pnda")
    limit = rules.limits.file_size.model_copy(update={"largest_bytes": 3})
    few = rules.model_copy(update={"limits": rules.limits.model_copy(update={"file_size": limit})})
    for content, refused in ((b"a\n12", True), (b"a\n1", False)):
        release = parse_release(dataset("uno", content).release("https://x.example.org"))
        assert isinstance(release, Release)
        files = [("uno.csv", release.files[0])]
        check_files(rules, "uno", files)
        if refused:
            with pytest.raises(ReleaseError):
                check_files(few, "uno", files)
        else:
            check_files(few, "uno", files)


@pytest.fixture
def linking(world: World, one: Dataset) -> Any:
    """The target of a world where files are links to a host that has whatever is asked for."""
    pattern = "https://files.example.org/{dataset}/{file}"
    there = world.projection.target.model_copy(update={"files": "link", "file_host": pattern})
    world.projection = projection_for(there)
    target: Any = world.target
    content = one.files[0].content
    target.measure = lambda *_: Received(hashlib.sha256(content).hexdigest(), len(content))
    target.demand = lambda _file: None
    return target


@pytest.mark.parametrize("known", [False, True])
def test_nobody_is_sent_to_a_file_that_is_not_there(
    known: bool, world: World, one: Dataset, linking: Any
) -> None:
    if known:
        assert told(world.run(one)[0]) == ""
        one.files[0].content = b"a,b\n3,4\n"
    world.target.writes.clear()

    def refuse(_file: object) -> None:
        raise ReleaseError("file-host-absent", file="uno.csv", address="x")

    linking.demand = refuse
    assert told(world.run(one)[0]) == "file-host-absent"
    assert world.target.writes == []


def test_a_link_to_another_address_is_no_copy_even_if_the_bytes_are_the_signed_ones(
    world: World, one: Dataset, linking: Any
) -> None:
    world.run(one)
    address = world.package["resources"][0]["url"]
    world.package["resources"][0]["url"] = "https://files.example.org/another"
    assert told(world.run(one)[0]) == ""
    assert world.package["resources"][0]["url"] == address


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
    world.target.fault = lambda _call, _moment: broken()
    waits: list[int] = []

    def wait(failures: int, _error: MirrorTransientError) -> None:
        assert failures < 9
        waits.append(failures)

    (outcome,) = world.run(one, wait=wait)
    assert (told(outcome), outcome.passing, waits) == ("gave-up", True, [1, 2, 3])


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
    identifier = world.package["id"]
    edit = lambda: world.target.edit(identifier, notes="A mano")  # noqa: E731
    world.target.fault = at("package_revise", "before", edit)
    assert told(world.run(one, orders=orders)[0]) == "plan-target-moved"
    assert world.package["title"] != "Otro"
