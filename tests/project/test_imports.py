"""The rooms import one way (contracts in pyproject.toml), and some packages have one door only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

DOORS = {
    # package: the files, from the root of our package, that may import it
    "requests": ("mirror/catalogues/transport.py",),
    "requests_toolbelt": ("mirror/catalogues/transport.py",),
    "ckanapi": ("mirror/catalogues/transport.py",),
    "urllib3": ("mirror/catalogues/transport.py",),
    "frictionless": ("checks/", "formats/"),
}


@pytest.fixture(scope="module")
def package(project: Path) -> Path:
    return project / "ckanext-imssbienestar" / "ckanext" / "imssbienestar"


def imported_packages(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_the_contracts_hold(project: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [linter, "--no-logo"], cwd=project, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", DOORS)
def test_a_package_has_its_own_door(package: Path, name: str) -> None:
    trespassers = [
        path
        for source in package.rglob("*.py")
        if name in imported_packages(source)
        and not (path := source.relative_to(package).as_posix()).startswith(DOORS[name])
    ]
    assert trespassers == []


def test_ckans_settings_are_read_in_one_place(package: Path) -> None:
    readers = {
        source.relative_to(package).as_posix()
        for source in package.rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "config"
        and isinstance(node.value, ast.Name)
        and node.value.id in {"tk", "toolkit"}
    }
    assert readers <= {"config.py"}


def test_the_namespace_stays_a_namespace(project: Path) -> None:
    """A file ``ckanext/__init__.py`` hides the package from editable installs on CKAN 2.12."""
    assert not (project / "ckanext-imssbienestar" / "ckanext" / "__init__.py").exists()


@pytest.mark.parametrize(
    "module", ["domain", "checks", "formats", "mirror", "demo", "errors", "datafiles"]
)
def test_runs_without_ckan(module: str) -> None:
    """Importing the rooms of the laptop leaves CKAN alone, through every indirect import."""
    program = (
        f"import sys, ckanext.imssbienestar.{module}; "
        "leaked = [name for name in sys.modules if name.partition('.')[0] == 'ckan']; "
        "sys.exit(', '.join(sorted(leaked)) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
