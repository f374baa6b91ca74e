"""The wheel carries all the data, and the data is found from an installed wheel."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = "ckanext/imssbienestar"

PROGRAM = """
import json
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
import ckanext.imssbienestar as package
import ckanext.imssbienestar.schemas as schemas
from ckanext.imssbienestar.datafiles import read_yaml
import ckanext.imssbienestar.model

root = Path(package.__path__[0])
own = [
    point.value for point in entry_points(group="ckan.plugins") if point.name == "imssbienestar"
]
print(json.dumps({
    "package": str(root),
    "schemas": str(Path(schemas.__file__).parent),
    "dataset": read_yaml("dataset.yaml")["dataset_type"],
    "licenses": len(json.loads(files(schemas).joinpath("licenses.json").read_text("utf-8"))),
    "plugin": own,
    "migrations": sorted(p.name for p in root.glob("migration/imssbienestar/versions/*.py")),
    "alembic": (root / "migration/imssbienestar/alembic.ini").is_file(),
}))
"""


def run(*command: object, cwd: Path) -> str:
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files git knows or would add, so that nothing left over helps or hurts."""
    if not (project / ".git").exists():
        pytest.skip("git tells which files belong to the project, and this is no clone")
    copy = tmp_path_factory.mktemp("source")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=project)
    for name in filter(None, listed.split("\0")):
        source, target = project / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    builder = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist")
    run(*builder, cwd=copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_the_package_is_in_the_wheel(project: Path, wheel: Path) -> None:
    listing = ("git", "ls-files", "-z", "--cached", "--", "ckanext-imssbienestar", "schemas")
    tracked = run(*listing, cwd=project).split("\0")
    expected = set()
    for name in filter(None, tracked):
        if not (project / name).is_file():
            continue
        if name.startswith("schemas/"):
            expected.add(f"{ROOT}/{name}")
        elif name.startswith("ckanext-imssbienestar/ckanext/"):
            expected.add(name.removeprefix("ckanext-imssbienestar/"))
    assert expected - names_in(wheel) == set()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    strangers = {
        name
        for name in names_in(wheel)
        if not name.startswith((f"{ROOT}/", "ckanext_imssbienestar-"))
    }
    assert strangers == set()
    assert "ckanext/__init__.py" not in names_in(wheel)


def test_the_survey_is_compiled_for_every_later_python(wheel: Path) -> None:
    assert "-cp311-abi3-" in wheel.name
    assert f"{ROOT}/checks/_survey.abi3.so" in names_in(wheel)


def test_without_a_compiler_the_package_is_built_all_the_same(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "false")
    folders = ("--build-lib", tmp_path / "lib", "--build-temp", tmp_path / "temp")
    run(sys.executable, "setup.py", "--quiet", "build_ext", *folders, cwd=project)
    assert list(tmp_path.rglob("_survey*")) == []


def test_the_licence_travels_with_it(wheel: Path) -> None:
    (licence,) = [name for name in names_in(wheel) if name.endswith("/LICENSE")]
    with zipfile.ZipFile(wheel) as archive:
        assert "GNU AFFERO GENERAL PUBLIC LICENSE" in archive.read(licence).decode()


def test_an_installed_wheel_finds_its_data(wheel: Path, tmp_path: Path) -> None:
    """In a clean environment; what it depends on is lent by the one that runs the tests."""
    run(sys.executable, "-m", "venv", "--without-pip", "clean", cwd=tmp_path)
    python = tmp_path / "clean" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    run(
        uv,
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        python,
        wheel,
        cwd=tmp_path,
    )
    target = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path
    )
    # A plain line of a .pth file lends packages without the editable install's own hooks.
    lent = Path(target.strip()) / "zz_lent.pth"
    lent.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    found = json.loads(run(python, "-c", PROGRAM, cwd=tmp_path))
    assert Path(found["package"]).is_relative_to(tmp_path)
    assert Path(found["schemas"]).is_relative_to(tmp_path)
    assert found["dataset"] == "dataset"
    assert found["licenses"] >= 1
    assert found["plugin"] == ["ckanext.imssbienestar.portal.plugin:ImssBienestarPlugin"]
    assert found["migrations"] != []
    assert found["alembic"]
