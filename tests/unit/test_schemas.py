"""The data files under schemas/: complete, dated, sourced, and in agreement with each other."""

from __future__ import annotations

import ast
import datetime
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.vocabulary import Vocabulary, parse_vocabulary

PROJECT = Path(__file__).parents[2]
SCHEMAS = PROJECT / "schemas"
PORTAL = PROJECT / "ckanext-imssbienestar" / "ckanext" / "imssbienestar" / "portal"
LANGUAGES = ("es", "en")

VOCABULARIES = sorted(path.stem for path in (SCHEMAS / "vocabularies").glob("*.yaml"))
DATASET = read_yaml("dataset.yaml")
ORGANIZATION = read_yaml("organization.yaml")
MINIMUM = read_yaml("minimum_metadata.yaml")
RELEASE = read_yaml("release.yaml")

# What identifies a stored file stands in the document under "file", taken from the content store.
Field = dict[str, Any]


def vocabulary(name: str) -> Vocabulary:
    return parse_vocabulary(read_yaml(f"vocabularies/{name}.yaml"))


def forms() -> Iterator[tuple[str, Field]]:
    for where, fields in (
        ("dataset", DATASET["dataset_fields"]),
        ("resource", DATASET["resource_fields"]),
        ("organization", ORGANIZATION["fields"]),
    ):
        for field in fields:
            yield f"{where}.{field['field_name']}", field


FIELDS = dict(forms())


def names(fields: list[Field]) -> list[str]:
    return [field["field_name"] for field in fields]


def is_seen(field: Field) -> bool:
    """Whether a person ever meets the field, in a form or on a page."""
    return not ("form_snippet" in field and field["form_snippet"] is None) or not (
        "display_snippet" in field and field["display_snippet"] is None
    )


def public_names(module: str) -> set[str]:
    """The ``__all__`` of a module of the portal, read without importing CKAN."""
    tree = ast.parse((PORTAL / module).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no __all__")


class TestVocabularies:
    """Controlled vocabularies: dated lists that others can check against their source."""

    @pytest.mark.parametrize("name", VOCABULARIES)
    def test_it_is_dated_and_sourced(self, name: str) -> None:
        found = vocabulary(name)
        assert datetime.date(2025, 1, 1) < found.date <= datetime.datetime.now(datetime.UTC).date()
        assert len(found.source) > 10

    @pytest.mark.parametrize("name", VOCABULARIES)
    def test_codes_and_words_are_there_once(self, name: str) -> None:
        terms = vocabulary(name).values
        assert terms
        for language in LANGUAGES:
            words = Counter(term.label(language) for term in terms)
            assert [word for word, count in words.items() if count > 1] == []
            assert all(word == word.strip() and word for word in words)
        codes = Counter(term.code for term in terms)
        assert [code for code, count in codes.items() if count > 1 or not code.strip()] == []

    @pytest.mark.parametrize("name", VOCABULARIES)
    def test_codes_of_the_eu_come_with_their_table(self, name: str) -> None:
        found = vocabulary(name)
        assert bool(found.authority) == any(term.eu for term in found.values)
        if found.authority:
            assert all(term.eu for term in found.values)
            assert found.authority.startswith("http://publications.europa.eu/resource/authority/")

    def test_frequencies_are_repeating_intervals(self) -> None:
        codes = [term.code for term in vocabulary("frequencies").values]
        intervals = [code for code in codes if code not in {"realtime", "irregular"}]
        assert all(code.startswith("R/P") for code in intervals)
        assert {"R/P3M", "R/P1Y", "R/P1M"} <= set(intervals)

    def test_states_are_the_country_and_its_32_states(self) -> None:
        assert [term.code for term in vocabulary("states").values] == [
            f"{number:02d}" for number in range(33)
        ]

    def test_no_code_is_read_as_a_number(self) -> None:
        """``01`` and ``no`` are text: YAML would make a number and a false of them."""
        for name in VOCABULARIES:
            for term in read_yaml(f"vocabularies/{name}.yaml")["values"]:
                assert all(isinstance(value, str) for value in term.values()), (name, term)

    def test_licences_are_those_that_ckan_reads(self) -> None:
        licences = json.loads((SCHEMAS / "licenses.json").read_text(encoding="utf-8"))
        assert {licence["id"]: licence["title"] for licence in licences} == {
            term.code: term.es for term in vocabulary("licenses").values
        }
        assert all(licence["url"].startswith("https://") for licence in licences)

    def test_the_demonstration_uses_known_themes(self) -> None:
        themes = {term.code for term in vocabulary("federal_groups").values}
        assert {entry["theme"] for entry in read_yaml("demo.yaml")["datasets"]} <= themes


class TestForms:
    """The forms of ckanext-scheming: words and help on every field, in both languages."""

    @pytest.mark.parametrize("name", FIELDS)
    def test_it_has_a_label_in_both_languages(self, name: str) -> None:
        assert all(FIELDS[name]["label"][language].strip() for language in LANGUAGES)
        assert set(FIELDS[name]["label"]) == set(LANGUAGES)

    @pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if is_seen(field)])
    def test_it_has_help_in_both_languages(self, name: str) -> None:
        help_text = FIELDS[name]["help_text"]
        assert set(help_text) == set(LANGUAGES)
        for language in LANGUAGES:
            assert help_text[language].endswith((".", "?")), language
            assert len(help_text[language]) > 10

    @pytest.mark.parametrize("name", FIELDS)
    def test_every_text_of_a_field_is_in_both_languages_or_in_none(self, name: str) -> None:
        for key in ("form_placeholder", "upload_label"):
            text = FIELDS[name].get(key)
            assert not isinstance(text, dict) or set(text) == set(LANGUAGES)

    def test_field_names_are_there_once(self) -> None:
        for fields in (
            DATASET["dataset_fields"],
            DATASET["resource_fields"],
            ORGANIZATION["fields"],
        ):
            assert [name for name, count in Counter(names(fields)).items() if count > 1] == []

    @pytest.mark.parametrize("name", [name for name, f in FIELDS.items() if "choices_helper" in f])
    def test_its_choices_exist(self, name: str) -> None:
        assert FIELDS[name]["choices_helper"] in public_names("helpers.py")

    @pytest.mark.parametrize("name", FIELDS)
    def test_its_own_validators_exist(self, name: str) -> None:
        asked = f"{FIELDS[name].get('validators', '')} {FIELDS[name].get('output_validators', '')}"
        ours = {word.partition("(")[0] for word in asked.split() if word.startswith("imss_")}
        assert ours <= public_names("logic/validators.py")


class TestMinimumMetadata:
    """One list says what is mandatory; the forms mark exactly that."""

    @pytest.mark.req("R-108")
    @pytest.mark.parametrize("where", ["dataset", "resource"])
    def test_the_marked_fields_are_the_mandatory_ones(self, where: str) -> None:
        marked = [
            field["field_name"]
            for field in DATASET[f"{where}_fields"]
            if field.get("required_to_publish")
        ]
        assert sorted(marked) == sorted(MINIMUM[where])

    def test_no_mandatory_field_stops_a_draft(self) -> None:
        """Needed to publish, not to save: an unfinished description may be kept."""
        needed = {f"dataset.{name}" for name in MINIMUM["dataset"]} - {"dataset.title"}
        needed |= {f"resource.{name}" for name in MINIMUM["resource"]}
        for name in needed:
            field = FIELDS[name]
            assert not field.get("required")
            assert "not_empty" not in str(field.get("validators", "")).split()

    def test_it_names_its_source(self) -> None:
        assert MINIMUM["source"].strip()
        assert isinstance(MINIMUM["date"], datetime.date)
        assert MINIMUM["rule"] == "R-108"


class TestReleaseFields:
    """No field of the forms is left out of the signature without a reason."""

    def test_every_dataset_field_is_signed_or_has_a_reason(self) -> None:
        signed, unsigned = set(RELEASE["dataset"]), set(RELEASE["not_signed"])
        fields = set(names(DATASET["dataset_fields"]))
        assert fields - signed - unsigned == set()
        assert signed & unsigned == set()
        assert signed - fields == set(), "these are in no form"

    def test_every_resource_field_is_signed_or_has_a_reason(self) -> None:
        unsigned = {
            name.removeprefix("resource.")
            for name in RELEASE["not_signed"]
            if name.startswith("resource.")
        }
        signed = set(RELEASE["resource"])
        fields = set(names(DATASET["resource_fields"]))
        assert fields - signed - unsigned == set()
        assert signed & unsigned == set()
        assert signed - fields == set(), "these are in no form"

    def test_each_reason_is_a_sentence(self) -> None:
        assert all(len(reason.split()) > 4 for reason in RELEASE["not_signed"].values())

    def test_the_minimum_metadata_are_signed(self) -> None:
        assert set(MINIMUM["dataset"]) <= set(RELEASE["dataset"])
        # The address of a file is signed as the file itself.
        assert set(MINIMUM["resource"]) - {"url"} <= set(RELEASE["resource"])


@pytest.mark.parametrize(
    "path", [p.relative_to(SCHEMAS).as_posix() for p in sorted(SCHEMAS.rglob("*.yaml"))]
)
def test_every_data_file_can_be_read(path: str) -> None:
    assert isinstance(read_yaml(path), dict)
