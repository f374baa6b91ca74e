"""A plan on disk and on paper: what a person approves and reads."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mirror.fake_source import dataset
from mirror.plan_world import (
    NOW,
    SETTINGS,
    TARGET,
    World,
    copy_of,
    project,
)

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.approval import Approval
from ckanext.imssbienestar.mirror.planning.plan import (
    plan_package,
)
from ckanext.imssbienestar.mirror.planning.stored_plan import (
    make_plan,
    read_plan,
    refuse_unfit,
    write_plan,
)
from ckanext.imssbienestar.mirror.report import Report
from ckanext.imssbienestar.mirror.running.outcome import Outcome


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
