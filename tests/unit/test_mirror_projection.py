"""What a release becomes under each profile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mirror.fake_source import Dataset, FileContent, dataset

from ckanext.imssbienestar.mirror.catalogues.releases import BadRelease, Release, parse_release
from ckanext.imssbienestar.mirror.errors import ReleaseError
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage
from ckanext.imssbienestar.mirror.projection import Projection, projection_for
from ckanext.imssbienestar.mirror.projection.base import make_file_name, make_tag
from ckanext.imssbienestar.mirror.projection.rules import load_rules
from ckanext.imssbienestar.mirror.settings import TargetSettings


def projection(profile: str = "pnda", **changes: Any) -> Projection:
    given_settings = {
        "url": "https://federal.example.org",
        "organization": "imss-bienestar",
        "group": "salud",
        "groups": {"presupuesto": "gasto"},
    }
    return projection_for(TargetSettings(profile=profile, **(given_settings | changes)))


def project(one: Dataset, profile: str = "pnda", **changes: Any) -> DesiredPackage:
    release = parse_release(one.release("https://source.example.org"))
    assert isinstance(release, Release)
    return projection(profile, **changes).project(release)


@pytest.mark.parametrize("profile", ["pnda", "ckan"])
def test_the_rules_are_dated_and_say_where_they_come_from(profile: str) -> None:
    rules = load_rules(profile)
    assert rules.sources
    assert rules.date.year >= 2026


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Gasto-Programable", "gasto_programable"),
        ("gasto programable 2026", "gasto_programable_2026"),
        ("educación y niñez", "educacion_y_ninez"),
        ("__a--b__", "a_b"),
    ],
)
def test_federal_names_are_snake_case(name: str, expected: str) -> None:
    assert project(dataset(name, b"a\n")).name == expected


def test_the_federal_profile_sends_what_that_side_knows_and_no_more() -> None:
    found = project(dataset("uno", b"a\n", theme="presupuesto", legal_basis="Ley"))
    assert set(found.fields) == {"title", "notes", "maintainer", "maintainer_email", "license_id"}
    assert found.fields["license_id"] == "CC-BY-4.0"
    assert found.extras is None
    assert found.groups == ("gasto",)
    assert (found.private_at_creation, found.private) == (True, None)
    assert set(found.resources[0].fields) == {
        "name",
        "description",
        "format",
        "mimetype",
        "update_frequency",
    }
    assert found.resources[0].fields["update_frequency"] == "Trimestral"


def test_only_csv_goes_and_the_rest_is_said() -> None:
    one = dataset("uno", b"a\n")
    one.files.append(FileContent("x.xlsx", b"x", "XLSX", "application/vnd.ms-excel"))
    found = project(one)
    assert [resource.fields["format"] for resource in found.resources] == ["CSV"]
    assert [warning.code for warning in found.warnings] == ["format-dropped"]
    assert "x.xlsx" in found.warnings[0].what("es")


def test_without_a_csv_there_is_nothing_to_publish() -> None:
    with pytest.raises(ReleaseError, match="CSV"):
        project(Dataset("uno", [FileContent("x.json", b"[]", "JSON", "application/json")]))


def test_an_unknown_frequency_is_refused() -> None:
    with pytest.raises(ReleaseError, match="a veces"):
        project(dataset("uno", b"a\n", frequency="a veces"))


def test_a_plain_ckan_gets_all_the_document_has() -> None:
    found = project(dataset("uno", b"a\n", legal_basis="Ley", extras={"propio": "x"}), "ckan")
    assert found.extras is not None
    assert {"legal_basis", "frequency", "propio", "release_digest"} <= set(found.extras)
    assert found.extras["release_digest"] == found.digest
    assert (found.private_at_creation, found.private) == (True, False)
    assert '"fields"' in found.resources[0].fields["schema"]


def test_ids_of_resources_are_the_same_every_time_and_differ_between_targets() -> None:
    first, again = project(dataset("uno", b"a\n")), project(dataset("uno", b"b\n"))
    elsewhere = project(dataset("uno", b"a\n"), url="https://otro.example.org")
    other = project(dataset("dos", b"a\n"))
    ids = [one.resources[0].chosen_id for one in (first, again, elsewhere, other)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@given(st.text(max_size=120))
def test_tags_are_what_ckan_takes(text: str) -> None:
    tag = make_tag(text)
    assert tag == "" or (2 <= len(tag) <= 100 and re.fullmatch(r"[\w \-.]+", tag))
    assert make_tag(tag) == tag
    assert make_tag("informacio\u0301n") == "informaci\u00f3n"


@given(st.text(max_size=150))
def test_file_names_are_kept_by_ckan_as_they_are(text: str) -> None:
    name = make_file_name(text)
    assert re.fullmatch(r"[a-z0-9_.-]{1,100}", name)
    assert make_file_name(name) == name


def test_a_document_that_does_not_match_its_digest_is_refused() -> None:
    raw = dataset("uno", b"a\n").release("https://source.example.org")
    raw["document"]["dataset"]["title"] = "Otro"
    found = parse_release(raw)
    assert isinstance(found, BadRelease)
    assert found.error.sentence.code == "digest-differs"


@pytest.mark.parametrize("field", ["sha256", "size"])
def test_a_file_list_that_is_not_the_signed_one_is_refused(field: str) -> None:
    raw = dataset("uno", b"a\n").release("https://source.example.org")
    raw["files"][0][field] = "0" * 64 if field == "sha256" else 99
    assert isinstance(parse_release(raw), BadRelease)


def test_an_empty_file_is_refused() -> None:
    found = parse_release(dataset("uno", b"").release("https://source.example.org"))
    assert isinstance(found, BadRelease)
    assert found.error.sentence.code == "file-empty"


@pytest.mark.req("R-182", "R-201")
@pytest.mark.parametrize(
    ("recorded", "code"),
    [
        (None, "scan-missing"),
        ("absent", "scan-missing"),
        ({"rules_version": "1"}, "scan-of-other-rules"),
        ({"decision": "undecided"}, "scan-not-passed"),
        ({"decision": "of a later version"}, "scan-not-passed"),
        ({"decision": None}, "release-malformed"),
        ({"decision": "decided"}, None),
    ],
)
def test_a_release_is_refused_without_a_passing_scan_by_the_rules_of_today(
    recorded: Any, code: str | None
) -> None:
    raw = dataset("uno", b"a\n", b"b\n").release("https://source.example.org")
    if recorded == "absent":
        del raw["files"][1]["personal_data"]
    else:
        scan = raw["files"][1]["personal_data"]
        raw["files"][1]["personal_data"] = recorded and {**scan, **recorded}
    found = parse_release(raw)
    assert (found.error.sentence.code if isinstance(found, BadRelease) else None) == code
    # What is withdrawn leaves the target, whatever it held.
    raw["state"] = "withdrawn"
    withdrawn = parse_release(raw)
    assert isinstance(withdrawn, Release) or code == "release-malformed"


@pytest.mark.parametrize("missing", ["digest", "document", "state", "dataset_id"])
def test_an_incomplete_release_is_refused(missing: str) -> None:
    raw = dataset("uno", b"a\n").release("https://source.example.org")
    del raw[missing]
    found = parse_release(raw)
    assert isinstance(found, BadRelease)
    assert missing in found.error.message
