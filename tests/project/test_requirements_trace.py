"""The count of covered requirements must not flatter: these tests run small pytest sessions."""

from __future__ import annotations

from pathlib import Path

import pytest
import requirements_trace

pytest_plugins = ["pytester"]


@pytest.fixture
def traced(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> tuple[pytest.Pytester, Path]:
    """A session with the trace and the folder it keeps its parts in."""
    folder = pytester.path / "kept"
    monkeypatch.setenv("IMSS_REQUIREMENTS_FOLDER", str(folder))
    monkeypatch.setenv("IMSS_REQUIREMENTS", "count")
    # The plugins of this project's other tests take longer to load than these sessions to run.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    beside = Path(requirements_trace.__file__).parent
    pytester.makeini(f"[pytest]\nmarkers = req: rows\npythonpath = {beside}\n")
    pytester.makeconftest(
        """
        import requirements_trace

        def pytest_configure(config):
            config.pluginmanager.register(requirements_trace.from_environment())
        """
    )
    return pytester, folder


def run(pytester: pytest.Pytester) -> pytest.RunResult:
    return pytester.runpytest_subprocess()


def test_only_rows_with_passing_tests_count(traced: tuple[pytest.Pytester, Path]) -> None:
    pytester, folder = traced
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.req("R-001", "R-003")
        def test_good(): pass

        @pytest.mark.req("R-003")
        def test_bad(): assert False

        @pytest.mark.req("R-004")
        @pytest.mark.skip(reason="proves nothing")
        def test_skipped(): pass
        """
    )
    lines = run(pytester).outlines
    must = sum(kind == "M" for kind in requirements_trace.read_rows().values())
    counted = [line for line in lines if line.startswith("Requirements: ")]
    assert len(counted) == 1
    assert counted[0].startswith(f"Requirements: 1 of {must} must rows")
    assert "1 failed, 1 passed, 1 skipped" in lines[-1]
    uncovered = (folder / "uncovered.txt").read_text().split()
    assert "R-001" not in uncovered
    assert {"R-003", "R-004"} <= set(uncovered)


def test_parts_of_a_run_add_up(traced: tuple[pytest.Pytester, Path]) -> None:
    pytester, _ = traced
    for row in ("R-001", "R-003"):
        pytester.makepyfile(
            f"""
            import pytest

            @pytest.mark.req("{row}")
            def test_row(): pass
            """
        )
        last = run(pytester)
    assert any(line.startswith("Requirements: 2 of ") for line in last.outlines)


def test_a_row_that_does_not_exist_is_a_mistake(traced: tuple[pytest.Pytester, Path]) -> None:
    pytester, _ = traced
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.req("R-9999")
        def test_row(): pass
        """
    )
    result = run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "R-9999" in "\n".join(result.errlines + result.outlines)
