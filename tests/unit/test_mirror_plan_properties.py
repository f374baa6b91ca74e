"""Properties of a plan as a whole: any releases, any ledger, any target."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mirror.fake_source import Dataset, dataset

from ckanext.imssbienestar.mirror.catalogues.releases import Release, parse_release
from ckanext.imssbienestar.mirror.errors import GuardError, MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.entries import Adoption, FileEntry, LedgerEntry, State
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.calls import creation, revision
from ckanext.imssbienestar.mirror.planning.changes import FieldChange
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.planning.drift import adoptable, mark, shown_values
from ckanext.imssbienestar.mirror.planning.plan import (
    Action,
    Catalogue,
    PlanItem,
    Withdrawal,
    plan_all,
    plan_package,
    shown_marks_of,
)
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, parse_package
from ckanext.imssbienestar.mirror.planning.stored_plan import (
    make_plan,
    read_plan,
    refuse_unfit,
    write_plan,
)
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.running.guards import guard_rewrites
from ckanext.imssbienestar.mirror.running.orders import Orders
from ckanext.imssbienestar.mirror.running.outcome import Outcome
from ckanext.imssbienestar.mirror.settings import LimitSettings, MirrorSettings, TargetSettings

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WRITES = (Action.CREATE, Action.UPDATE, Action.UPLOAD, Action.WITHDRAW)
TARGET = TargetSettings(
    url="https://model.example.org", organization="imss-bienestar", group="salud"
)
PROJECTION = projection_for(TARGET)
SETTINGS = MirrorSettings(
    contact="datos@example.gob.mx",
    source={"url": "https://source.example.org"},
    target=TARGET,
)


def project(one: Dataset) -> DesiredPackage:
    release = parse_release(one.release("https://source.example.org"))
    assert isinstance(release, Release)
    return PROJECTION.project(release)


def copy_of(desired: DesiredPackage, **fields: Any) -> RemotePackage:
    """The target's dataset after a faithful mirror."""
    raw: dict[str, Any] = {
        "id": f"remote-{desired.dataset_id}",
        "state": "active",
        "owner_org": "org-id",
        "organization": {"id": "org-id", "name": "imss-bienestar"},
        **creation(desired).fields,
    }
    raw["resources"] = [
        {
            **one.fields,
            "id": one.chosen_id,
            "url": one.file.name,
            "url_type": "upload",
            "hash": one.file.sha256,
            "size": one.file.size,
        }
        for one in desired.resources
    ]
    return parse_package({**raw, **fields})


def confirmed(desired: DesiredPackage, remote: RemotePackage) -> LedgerEntry:
    """What the ledger knows after a faithful mirror."""
    item = plan_package(desired, remote, None)
    files = {
        step.desired.identifier: FileEntry(
            step.desired.identifier,
            step.remote.id,
            step.desired.file.sha256,
            step.desired.file.size,
            step.remote.fingerprint.as_text(),
        )
        for step in item.steps
        if step.desired is not None and step.remote is not None
    }
    return LedgerEntry(
        desired.dataset_id,
        desired.dataset_name,
        desired.name,
        remote.id,
        desired.release_id,
        desired.digest,
        "create",
        State.CONFIRMED,
        confirmed=NOW,
        files=files,
        shown=shown_marks_of(item),
    )


situations = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["uno", "dos", "tres", "cuatro"]),
            "given": st.sampled_from(["published", "withdrawn", "absent"]),
            "there": st.sampled_from(["no", "equal", "edited", "foreign"]),
            "known": st.booleans(),
            "newer": st.booleans(),
        }
    ),
    max_size=4,
    unique_by=lambda one: one["name"],
)


class World:
    """Both sides and the ledger, as a situation says."""

    def __init__(self, situation: list[dict[str, Any]]) -> None:
        self.desired: list[DesiredPackage] = []
        self.withdrawals: list[Withdrawal] = []
        self.ledger: dict[str, LedgerEntry] = {}
        self.ours: list[RemotePackage] = []
        self.taken: dict[str, str] = {}
        for one in situation:
            self._add(one)

    def _add(self, one: dict[str, Any]) -> None:
        old = project(dataset(one["name"], b"a\n1\n"))
        fields = {"title": "Nuevo"} if one["newer"] else {}
        new = project(dataset(one["name"], b"a\n1\n", **fields))
        if one["given"] == "published":
            self.desired.append(new)
        elif one["given"] == "withdrawn":
            self.withdrawals.append(Withdrawal(new.dataset_id, new.dataset_name, new.name))
        if one["known"]:
            self.ledger[old.dataset_id] = confirmed(old, copy_of(old))
        if one["there"] == "foreign":
            self.taken[old.name] = "otra"
        elif one["there"] != "no":
            edit = {"notes": "A mano"} if one["there"] == "edited" else {}
            self.ours.append(copy_of(old, **edit))

    def plan(self, *, backwards: bool = False) -> dict[str, PlanItem]:
        step = -1 if backwards else 1
        catalogue = Catalogue(tuple(self.ours[::step]), self.taken)
        ledger = dict(list(self.ledger.items())[::step])
        items = plan_all(self.desired[::step], self.withdrawals[::step], catalogue, ledger)
        return {item.dataset_id: item for item in items}

    def apply(self, items: dict[str, PlanItem]) -> None:
        """What a run would leave, by the calls of the plan."""
        for item in items.values():
            if item.error is not None or item.action is Action.NONE:
                continue
            self.ours = [one for one in self.ours if one.name != item.name]
            if item.desired is None:
                self.ledger[item.dataset_id] = replace(
                    item.entry or self.ledger.get(item.dataset_id) or _nothing(item),
                    withdrawn=True,
                )
                continue
            copy = copy_of(item.desired)
            if item.remote is not None:
                files = {one: Path(one) for one in ("uno-0", "dos-0", "tres-0", "cuatro-0")}
                update = revision(item, files).update
                copy = copy_of(item.desired, **{k: update[k] for k in item.desired.fields})
            self.ours.append(copy)
            self.ledger[item.dataset_id] = confirmed(item.desired, copy)


def _nothing(item: PlanItem) -> LedgerEntry:
    return LedgerEntry(
        item.dataset_id, item.dataset, item.name, None, "", "", "withdraw", State.CONFIRMED
    )


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


class TestStoredFile:
    """A stored plan is taken as it was written, in its time and for its own profile."""

    def stored(self, folder: Path) -> Path:
        path = folder / "plan.json"
        situation = [
            {"name": "uno", "given": "published", "there": "no", "known": False, "newer": False}
        ]
        write_plan(make_plan(SETTINGS, [], World(situation).plan().values(), NOW), path)
        return path

    def test_half_a_character_of_the_target_s_stops_nothing(self, tmp_path: Path) -> None:
        desired = project(dataset("uno", b"a\n1\n"))
        item = plan_package(desired, copy_of(desired, title="\ud800"), None)
        path = tmp_path / "plan.json"
        write_plan(make_plan(SETTINGS, [], [item], NOW), path)
        assert Approval(read_plan(path)).moved([item]) is None
        out = io.StringIO()
        Report("es", as_json=True, out=out).outcome(Outcome(item, item.action, State.PLANNED))
        assert json.loads(out.getvalue().encode())["changes"][0]["before"] == "\ud800"

    def test_it_comes_back_as_it_was(self, tmp_path: Path) -> None:
        path = self.stored(tmp_path)
        plan = read_plan(path)
        refuse_unfit(plan, SETTINGS, path, NOW + timedelta(hours=23))
        write_plan(plan, path)
        assert read_plan(path) == plan
        assert [one.name for one in tmp_path.iterdir()] == ["plan.json"]

    @pytest.mark.parametrize(
        ("spoil", "code"),
        [
            (lambda text: text.replace("uno", "dos"), "plan-damaged"),
            (lambda text: text.replace('"create"', '"withdraw"'), "plan-damaged"),
            (lambda text: text[:-40], "plan-not-one"),
            (lambda _text: "[]", "plan-not-one"),
            (lambda _text: '{"kind": "otra"}', "plan-not-one"),
            (lambda _text: "[" * 100_000, "plan-not-one"),
            (lambda text: text.replace('"version": 1', '"version": 9'), "plan-version"),
        ],
    )
    def test_another_content_is_refused(self, spoil: Any, code: str, tmp_path: Path) -> None:
        path = self.stored(tmp_path)
        path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
        with pytest.raises(MirrorConfigurationError) as refused:
            read_plan(path)
        assert refused.value.sentence.code == code

    def test_another_day_or_profile_is_refused(self, tmp_path: Path) -> None:
        path = self.stored(tmp_path)
        plan = read_plan(path)
        for hours in (25, -1):
            with pytest.raises(MirrorConfigurationError) as refused:
                refuse_unfit(plan, SETTINGS, path, NOW + timedelta(hours=hours))
            assert refused.value.sentence.code == "plan-too-old"
        other = SETTINGS.model_copy(
            update={"target": TARGET.model_copy(update={"organization": "otra"})}
        )
        with pytest.raises(MirrorConfigurationError) as refused:
            refuse_unfit(plan, other, path, NOW)
        assert "otra" in refused.value.sentence.full("es")

    def test_nothing_but_a_plan_is_written_over(self, tmp_path: Path) -> None:
        path = self.stored(tmp_path)
        plan = read_plan(path)
        for content in ("contact = 1\n", json.dumps({"kind": "otra"})):
            path.write_text(content, encoding="utf-8")
            with pytest.raises(MirrorConfigurationError):
                write_plan(plan, path)
            assert path.read_text(encoding="utf-8") == content


def test_people_see_each_field_before_and_after() -> None:
    desired = project(dataset("uno", b"a\n1\n"))
    item = plan_package(desired, copy_of(desired, title="A mano", notes="x" * 90), None)
    out = io.StringIO()
    report = Report("es", as_json=False, out=out)
    report.outcome(Outcome(item, item.action, State.PLANNED))
    report.summary("summary-adopt", {"accepted": 0, "refused": 0})
    assert '  title: "A mano" → "Título de uno"' in out.getvalue()
    assert f'  notes: "{"x" * 58}… → "Primera línea.' in out.getvalue()


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
    assert all(isinstance(change, FieldChange) for item in items for change in item.changes)
