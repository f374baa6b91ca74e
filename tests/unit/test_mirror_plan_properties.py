"""Properties of a plan as a whole: any releases, any ledger, any target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from mirror.fake_source import dataset
from mirror.plan_world import (
    NOW,
    SETTINGS,
    World,
    confirmed,
    copy_of,
    project,
    situations,
)

from ckanext.imssbienestar.mirror.errors import GuardError
from ckanext.imssbienestar.mirror.ledger.entries import Adoption, LedgerEntry
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.calls import revision
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.drift import adoptable, mark, shown_values
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    plan_package,
)
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage
from ckanext.imssbienestar.mirror.planning.stored_plan import (
    make_plan,
)
from ckanext.imssbienestar.mirror.running.guards import guard_rewrites
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.settings import LimitSettings

WRITES = (Action.CREATE, Action.UPDATE, Action.UPLOAD, Action.WITHDRAW)


@given(situations)
@settings(max_examples=25, deadline=None)
def test_a_plan_is_told_why_and_touches_only_what_is_ours(situation: list[dict[str, Any]]) -> None:
    world = World(situation)
    plan = world.plan()
    assert plan == world.plan(backwards=True)
    facts = {f"id-{one['name']}": one for one in situation}
    for item in plan.values():
        fact = facts[item.dataset_id]
        assert item.reason.what("es")
        assert item.reason.what("en")
        working = item.error is None and item.action in WRITES
        assert not (working and fact["there"] == "foreign" and fact["given"] == "published")
        if item.action is Action.WITHDRAW:
            assert fact["given"] == "withdrawn"
            assert fact["there"] in ("equal", "edited")
        assert bool(item.drift) == (
            fact["known"]
            and fact["given"] == "published"
            and fact["there"] in ("edited", "no", "foreign")
        )
        if item.remote is not None and item.desired is not None:
            for change in item.changes:
                if change.field in item.desired.fields:
                    assert change.before == item.remote.raw[change.field]
                    assert change.after == item.desired.fields[change.field]
    world.apply(plan)
    for item in world.plan().values():
        assert item.error is not None or item.action is Action.NONE


@given(situations, situations)
@settings(max_examples=25, deadline=None)
def test_an_approved_plan_covers_all_that_is_then_to_be_done(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    approved = make_plan(SETTINGS, [], World(before).plan().values(), NOW)
    now = World(after).plan()
    approval = Approval(approved)
    working = {
        key: item for key, item in now.items() if item.error is None and item.action in WRITES
    }
    if approval.moved(now.values()) is not None:
        return
    stored = {item.dataset_id: item for item in approved.items}
    for key, item in working.items():
        # Files that were in doubt may be known by now: then less is left to do, never more.
        less = stored[key].action is Action.UPLOAD and item.action is Action.UPDATE
        assert less or stored[key].action is item.action
        assert stored[key].release_digest == (item.desired.digest if item.desired else "")
        assert [(one.field, one.after) for one in item.changes] == [
            (one.field, one.after) for one in stored[key].changes
        ]
        assert Orders(approval=approval).refusal(item) is None


@given(situations)
@settings(max_examples=10, deadline=None)
def test_a_world_that_stood_still_is_as_approved(situation: list[dict[str, Any]]) -> None:
    plan = World(situation).plan()
    stored = make_plan(SETTINGS, [], plan.values(), NOW)
    assert Approval(stored).moved(World(situation).plan().values()) is None


class TestAdoption:
    """What a person accepted is left, for that release and that value."""

    def adopted(self, desired: DesiredPackage, edited: RemotePackage, field: str) -> LedgerEntry:
        pairs = zip(desired.resources, edited.resources, strict=True)
        value = shown_values(desired, edited, pairs)[field]
        one = Adoption(field, desired.digest, mark(value), "Ana", "así", NOW)
        return replace(confirmed(desired, copy_of(desired)), adopted=(one,))

    @pytest.mark.parametrize(
        ("edit", "field"),
        [
            ({"notes": "A mano"}, "notes"),
            ({"tags": [{"name": "ajeno"}]}, "tags"),
            ({"groups": []}, "groups"),
        ],
    )
    def test_words_are_left_and_sent_back_as_they_are(
        self, edit: dict[str, Any], field: str
    ) -> None:
        desired = project(dataset("uno", b"a\n1\n"))
        edited = copy_of(desired, **edit)
        entry = self.adopted(desired, edited, field)
        assert plan_package(desired, edited, entry).action is Action.NONE
        both = copy_of(desired, **edit, title="Otro")
        item = plan_package(desired, both, entry)
        assert [change.field for change in item.changes] == ["title"]
        assert revision(item, {}).update[field] == edited.raw[field]
        newer = project(dataset("uno", b"a\n1\n", maintainer="x", contact_name="Otra"))
        assert field in {one.field for one in plan_package(newer, edited, entry).changes}

    @pytest.mark.parametrize(
        ("field", "may"),
        [
            ("title", True),
            ("extras.frequency", True),
            ("resources.r.1.description", True),
            ("resources.r1.sha256", False),
            ("resources.3f2a", False),
            ("resources.order", False),
            ("name", False),
            ("state", False),
        ],
    )
    def test_files_are_never_adopted(self, field: str, may: bool) -> None:
        assert adoptable(field) is may


def test_rewrites_beyond_the_limits_stop() -> None:
    limits = LimitSettings(rewrite_guard_minimum=1, rewrite_guard_share=0.5)
    situation = [
        {"name": name, "given": "published", "there": "edited", "known": known, "newer": False}
        for name, known in (("uno", True), ("dos", False), ("tres", True))
    ]
    world = World(situation)
    items = tuple(world.plan().values())
    with pytest.raises(GuardError):
        guard_rewrites(items, world.ledger, limits)
    guard_rewrites(items[:1], world.ledger, limits)
    held = [replace(item, changes=(), steps=()) for item in items]
    guard_rewrites(held, world.ledger, limits)
