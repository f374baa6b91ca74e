"""The pages cannot lie: programs, actions, settings, rooms and links are those of the tree."""

from __future__ import annotations

import ast
import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from ckanext.imssbienestar.mirror.settings import MirrorSettings

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "ckanext-imssbienestar" / "ckanext" / "imssbienestar"
ACTIONS = PACKAGE / "portal" / "logic" / "action"
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
READMES = [PROJECT / "README.md", PROJECT / "README.es.md"]
PROGRAMS = sorted(
    path.name
    for path in (PROJECT / "scripts").iterdir()
    if path.is_file() and not path.name.startswith(".")
)
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def page(name: str) -> str:
    return text_of(PROJECT / "docs" / name)


def table_rows(text: str) -> dict[str, list[str]]:
    """The rows of the tables of a page, by the code in their first cell."""
    rows = {}
    for line in text.splitlines():
        if match := re.match(r"\| `([^`]+)` \|(.*)\|$", line):
            rows[match[1]] = [cell.strip() for cell in match[2].split(" | ")]
    return rows


class TestPrograms:
    """Every program is where people look for it, and says what it does."""

    @pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
    @pytest.mark.parametrize("name", PROGRAMS)
    def test_it_is_in_the_readme(self, name: str, readme: Path) -> None:
        assert f"`scripts/{name}`" in text_of(readme)

    @pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
    def test_the_readme_names_no_other(self, readme: Path) -> None:
        named = set(re.findall(r"scripts/([a-z_]+(?:\.py)?)", text_of(readme)))
        assert named <= {*PROGRAMS, "lib"}

    @pytest.mark.parametrize("name", PROGRAMS)
    def test_it_has_help(self, name: str, tmp_path: Path) -> None:
        program = PROJECT / "scripts" / name
        assert os.access(program, os.X_OK)
        if name.endswith(".py"):
            command = [sys.executable, str(program), "--help"]
        else:
            # Without the option in it, asking would start its work.
            assert "--help" in text_of(program)
            command = ["bash", str(program), "--help"]
        result = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert result.returncode == 0, result.stderr
        assert Path(name).stem in result.stdout
        assert len(result.stdout.split()) > 15


class TestReadmes:
    """The two READMEs say the same."""

    def test_they_have_the_same_sections(self) -> None:
        levels = [re.findall(r"^#+", text_of(path), re.M) for path in READMES]
        assert levels[0] == levels[1]

    def test_they_have_the_same_commands(self) -> None:
        blocks = [re.findall(r"```bash\n(.*?)```", text_of(path), re.S) for path in READMES]
        in_english = [block.replace(" --lang en", "") for block in blocks[0]]
        assert in_english == blocks[1]
        assert in_english

    def test_they_have_the_same_tables_and_links(self) -> None:
        rows = [len(re.findall(r"^\|", text_of(path), re.M)) for path in READMES]
        assert rows[0] == rows[1]
        links = [set(re.findall(r"\]\(([^)]+)\)", text_of(path))) for path in READMES]
        assert links[0] - {"README.es.md"} == links[1] - {"README.md"}

    @pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
    def test_they_have_every_folder_and_account(self, readme: Path) -> None:
        text = text_of(readme)
        assert "`scripts/demo`" in text
        assert "`scripts/test`" in text
        cast = yaml.safe_load(text_of(PROJECT / "schemas" / "demo.yaml"))["people"]
        assert [person["name"] for person in cast if f"`{person['name']}`" not in text] == []
        for folder in ("ckanext-imssbienestar", "schemas", "scripts", "tests", "docs"):
            assert f"| `{folder}/` |" in text


def actions() -> dict[str, ast.FunctionDef]:
    """The registered actions: those named in ``__all__`` of the package of actions."""
    functions = {
        node.name: node
        for path in ACTIONS.glob("*.py")
        for node in tree_of(path).body
        if isinstance(node, ast.FunctionDef)
    }
    for node in tree_of(ACTIONS / "__init__.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return {name: functions[name] for name in ast.literal_eval(node.value)}
    raise AssertionError("no __all__")


REGISTERED = actions()
OURS = sorted(name for name in REGISTERED if name.startswith("imss_"))
SECTIONS = dict(re.findall(r"^### (imss_\w+)\n(.*?)(?=^##|\Z)", page("api.md"), re.M | re.S))


class TestApi:
    """docs/api.md is the list of the actions, with their parameters."""

    def test_it_has_every_action_and_no_other(self) -> None:
        assert sorted(SECTIONS) == OURS

    @pytest.mark.parametrize("name", sorted(REGISTERED))
    def test_the_action_explains_itself(self, name: str) -> None:
        text = ast.get_docstring(REGISTERED[name]) or ""
        assert text.splitlines()[0].endswith((".", "`."))
        assert name.startswith("imss_") or f"`{name}`" in page("api.md")

    @pytest.mark.parametrize("name", OURS)
    def test_its_parameters_are_those_of_the_docstring(self, name: str) -> None:
        text = ast.get_docstring(REGISTERED[name]) or ""
        assert list(table_rows(SECTIONS[name])) == re.findall(r":param (\w+):", text)

    @pytest.mark.parametrize("name", OURS)
    def test_it_has_an_example(self, name: str) -> None:
        (example,) = re.findall(r"```bash\n(.*?)```", SECTIONS[name], re.S)
        assert example.startswith("curl ")
        assert f"/api/3/action/{name}" in example

    @pytest.mark.parametrize("name", OURS)
    def test_what_only_reads_is_marked(self, name: str) -> None:
        free = "tk.side_effect_free" in map(ast.unparse, REGISTERED[name].decorator_list)
        assert SECTIONS[name].lstrip().startswith("*Read.*") == free


def declared() -> list[dict[str, Any]]:
    content = yaml.safe_load(text_of(PACKAGE / "config_declaration.yaml"))
    return [option for group in content["groups"] for option in group["options"]]


def read_ini(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text_of(path))
    return dict(parser["app:main"])


EXAMPLE = PROJECT / "ckan.ini.example"


def comment_above(key: str) -> str:
    """The lines of comment right above a key, as one line."""
    lines = text_of(EXAMPLE).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{key} ="))
    first = at
    while lines[first - 1].startswith("; ") and not lines[first - 1].startswith("; --"):
        first -= 1
    return " ".join(line.removeprefix("; ") for line in lines[first:at])


class TestSettings:
    """Declared once; the example and the page repeat it without a difference."""

    @pytest.mark.parametrize("option", declared(), ids=lambda option: option["key"])
    def test_the_example_has_its_default_and_description(self, option: dict[str, Any]) -> None:
        assert read_ini(EXAMPLE)[option["key"]] == str(option["default"])
        assert comment_above(option["key"]) == " ".join(option["description"].split())

    def test_the_example_has_no_setting_that_is_not_declared(self) -> None:
        ours = {key for key in read_ini(EXAMPLE) if key.startswith("ckanext.imssbienestar.")}
        assert ours == {option["key"] for option in declared()}

    @pytest.mark.parametrize("option", declared(), ids=lambda option: option["key"])
    def test_the_page_has_its_default(self, option: dict[str, Any]) -> None:
        default, meaning = table_rows(page("operations.md"))[option["key"]]
        assert default == (f"`{option['default']}`" if option["default"] != "" else "–")
        assert meaning

    def test_each_is_read_in_config(self) -> None:
        source = text_of(PACKAGE / "config.py")
        for option in declared():
            assert f'PREFIX + "{option["key"].removeprefix("ckanext.imssbienestar.")}"' in source

    def test_the_example_sets_what_the_demonstration_sets(self) -> None:
        """What was tried is what is recommended; addresses, cookies and mail are each site's."""
        tried = read_ini(PROJECT / "scripts" / "lib" / "ini" / "institutional.ini")
        example = read_ini(EXAMPLE)
        each_site = {"use", "smtp.server", "licenses_group_url", "ckan.datasets_per_page"}
        for key, value in tried.items():
            if key in each_site or key.endswith("COOKIE_NAME") or "site_" in key or "feeds" in key:
                continue
            assert example.get(key) == value, key
        assert example["licenses_group_url"].endswith("/schemas/licenses.json")


def mirror_settings(model: type[BaseModel], section: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of a mirror's profile with its default; None when it has none."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from mirror_settings(field.annotation, f"{name}.")
        elif field.is_required():
            yield section + name, "needed"
        else:
            yield section + name, field.get_default(call_default_factory=True)


class TestMirror:
    """docs/mirror.md is the reference of the profile."""

    def test_it_has_every_setting_with_its_default(self) -> None:
        rows = table_rows(page("mirror.md"))
        expected = dict(mirror_settings(MirrorSettings))
        settings = {name: cells[0] for name, cells in rows.items() if name in expected}
        assert settings == {name: shown(value) for name, value in expected.items()}

    def test_every_known_profile_is_described(self) -> None:
        rules = {path.stem for path in (PROJECT / "schemas" / "federal").glob("*.yaml")} - {"texts"}
        assert all(f"schemas/federal/{name}.yaml" in page("mirror.md") for name in rules)

    def test_every_protection_names_tests_that_there_are(self) -> None:
        named = set(re.findall(r"`(test_\w+|Test\w+)`", page("mirror.md")))
        sources = (PROJECT / "tests" / room for room in ("unit", "mirror"))
        texts = [path.read_text(encoding="utf-8") for room in sources for path in room.glob("*.py")]
        known = {name for text in texts for name in re.findall(r"(?:def|class) (\w+)", text)}
        assert len(named) > 50
        assert named <= known


def shown(value: Any) -> str:
    if value == "needed":
        return "needed"
    return "–" if value is None or value == "" else f"`{value}`"


class TestOperations:
    """docs/operations.md names the commands and the variables that there are."""

    def test_it_has_every_command(self) -> None:
        commands = [
            node.name
            for node in tree_of(PACKAGE / "portal" / "cli.py").body
            if isinstance(node, ast.FunctionDef)
            and any("imssbienestar.command" in ast.unparse(each) for each in node.decorator_list)
        ]
        assert commands
        missing = [n for n in commands if f"ckan imssbienestar {n}" not in page("operations.md")]
        assert missing == []

    def test_it_has_every_variable_of_a_service(self) -> None:
        source = text_of(PROJECT / "scripts" / "lib" / "services.sh")
        named = set(re.findall(r"^#   (IMSS_\w+)", source, re.M))
        assert named
        assert named <= set(table_rows(page("operations.md")))


class TestArchitecture:
    """docs/architecture.md is true of the tree."""

    def test_it_has_every_room_and_no_other(self) -> None:
        block = re.search(r"## 3\. The rooms\n\n```\n(.*?)```", page("architecture.md"), re.S)
        assert block is not None
        listed = set(re.findall(r"^  (\w+)/ ", block[1], re.M))
        assert listed == set(ROOMS)

    @pytest.mark.parametrize("room", ROOMS)
    def test_each_room_says_what_it_is(self, room: str) -> None:
        assert ast.get_docstring(tree_of(PACKAGE / room / "__init__.py"))

    def test_the_files_it_names_exist(self) -> None:
        named = re.findall(r"`([a-z_./]+\.(?:py|yaml|csv|toml))`", page("architecture.md"))
        assert len(named) > 20
        missing = [name for name in named if not any((root / name).exists() for root in ROOTS)]
        assert missing == []

    def test_the_tables_it_names_are_the_ones_there_are(self) -> None:
        modules = (PACKAGE / "model").glob("*.py")
        tables = {
            name
            for module in modules
            for name in re.findall(r'__tablename__ = "(\w+)"', text_of(module))
        }
        assert tables <= set(table_rows(page("architecture.md")))

    def test_the_domain_uses_two_libraries(self) -> None:
        found = set()
        for path in (PACKAGE / "domain").glob("*.py"):
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.Import):
                    found |= {name.name.partition(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add(str(node.module).partition(".")[0])
        assert found - sys.stdlib_module_names - {"ckanext"} == {"pydantic", "rfc8785"}


ROOTS = (PROJECT, PACKAGE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_link_is_dead(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", text_of(path))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_names_somebodys_machine(path: Path) -> None:
    assert re.findall(r"(?:/root|/home/\w+|/work|/tmp)/", text_of(path)) == []


def test_the_changelog_is_of_this_version() -> None:
    version = re.search(r'version="([^"]+)"', text_of(PROJECT / "setup.py"))
    assert version is not None
    newest = re.search(r"^## (\S+)", text_of(PROJECT / "CHANGELOG.md"), re.M)
    assert newest is not None
    assert newest[1] == version[1]
