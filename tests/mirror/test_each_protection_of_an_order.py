"""What a person approved or forbade, and the guards: one protection at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mirror.fake_source import Dataset, dataset
from mirror.model_world import World

from ckanext.imssbienestar.mirror.errors import GuardError, MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.drift_records import (
    begun_by_plan,
    keep_shown,
    record_plan_run,
)
from ckanext.imssbienestar.mirror.ledger.entries import Adoption, LedgerEntry, State
from ckanext.imssbienestar.mirror.ledger.ledger import Ledger, open_ledger
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.changes import FieldChange
from ckanext.imssbienestar.mirror.planning.drift import mark
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    Catalogue,
    PlanItem,
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
    world.target.edit(str(world.package["id"]), title="A mano")
    assert refused(approval, world.plan(one)[0]) == "plan-work-moved"


def test_only_what_the_plan_began_itself_goes_on_over_a_moved_target(
    world: World, one: Dataset
) -> None:
    one.fields["title"] = "Otro"
    stored = approve(world, one)
    world.target.edit(str(world.package["id"]), notes="A mano")
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


def test_an_acceptance_is_for_one_release_and_one_value(world: World, one: Dataset) -> None:
    desired, entry = world.project(one), world.entry
    accepted = Adoption("notes", desired.digest, mark("A mano"), "Ana", "así", NOW)

    def left(notes: str, **changes: Any) -> bool:
        world.package["notes"] = notes
        (item,) = world.plan(one)
        known = replace(entry, adopted=(replace(accepted, **changes),))
        return plan_package(desired, item.remote, known).action is Action.NONE

    assert left("A mano")
    assert not left("Otra vez")
    assert not left("A mano", digest="0" * 64)
    assert not left("A mano", field="title")


# -- orders and guards -----------------------------------------------------------------------------


def test_who_may_only_look_writes_nothing(world: World, one: Dataset) -> None:
    one.fields["title"] = "Otro"
    world.target.writes.clear()
    assert told(world, one, orders=Orders(read_only=True)) == "reconcile-differs"
    assert world.target.writes == []


def test_what_waits_for_a_person_is_told_in_the_plan_already(world: World, one: Dataset) -> None:
    world.package["title"] = "A mano"
    (item,) = world.plan(one)
    held = Orders(hold=True).held(item).error
    assert held is not None
    assert held.code == "drift-held"
    assert Orders().held(item).error is None


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
