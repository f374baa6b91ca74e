"""What protects reading and writing the two catalogues, one protection at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from mirror.fake_source import dataset
from mirror.model_target import ORGANIZATION

from ckanext.imssbienestar.mirror.catalogues.file_host import FileHost
from ckanext.imssbienestar.mirror.catalogues.source import ReleaseSource
from ckanext.imssbienestar.mirror.catalogues.target import Target
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    EditedMeanwhileError,
    MirrorConfigurationError,
    NotThereError,
    PreflightRefusedError,
    RefusedError,
    RejectedError,
    ReleaseError,
)
from ckanext.imssbienestar.mirror.planning.calls import Revision
from ckanext.imssbienestar.mirror.planning.desired import DesiredFile
from ckanext.imssbienestar.mirror.planning.remote import parse_package
from ckanext.imssbienestar.mirror.projection import projection_for
from ckanext.imssbienestar.mirror.running.preflight import preflight, preflight_of_writes
from ckanext.imssbienestar.mirror.settings import TargetSettings


class Scripted:
    """A transport that gives the answers of a test, one after the other."""

    host, base_url = "model", "https://model.example.org"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def read(self, _action: str, payload: Mapping[str, Any]) -> Any:
        return self._next(payload)

    def write(self, _action: str, payload: Mapping[str, Any]) -> Any:
        return self._next(payload)

    def download(self, url: str, consume: Callable[[Iterator[bytes]], None]) -> str:
        content = self._next(url)
        consume(iter([content]))
        return "text/csv"

    def _next(self, asked: Any) -> Any:
        self.asked.append(asked)
        assert len(self.asked) < 9, "asked without end"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def source(*answers: Any) -> ReleaseSource:
    return ReleaseSource(Scripted(*answers), 2)  # type: ignore[arg-type]


def target(*answers: Any, file_host: FileHost | None = None) -> Target:
    transport: Any = Scripted(*answers)
    return Target(transport, "imss-bienestar", 2, file_host)


def file_host(*answers: Any) -> FileHost:
    return FileHost(Scripted(*answers))  # type: ignore[arg-type]


def package(name: str, **changes: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, "organization": ORGANIZATION, **changes}


def page(*results: Any, count: int = 3) -> dict[str, Any]:
    return {"count": count, "results": list(results)}


# -- lists that come by pages ----------------------------------------------------------------------


def test_a_list_is_read_to_its_end_and_what_moves_from_page_to_page_comes_once() -> None:
    releases = [dataset(name, b"1\n").release("https://x.example.org") for name in ("a", "b", "c")]
    pages = (page(*releases[:2]), page(*releases[1:]))
    found = [one.dataset_name for one in source(*pages).releases()]
    assert found == ["a", "b", "c"]
    there = [package(name) for name in ("a", "b", "c")]
    answers = (page(*there[:2]), page(*there[1:]))
    assert [one.name for one in target(*answers).packages()] == ["a", "b", "c"]
    # A list that promises more than it gives has an end all the same.
    assert len(target(page(there[0], count=9), page(count=9)).packages()) == 1
    assert len(list(source(page(releases[0], count=9), page(count=9)).releases())) == 1


@pytest.mark.parametrize(
    "answer", [[], "x", None, {}, {"count": 1}, {"count": 1, "results": {}}, page("x")], ids=str
)
def test_a_list_of_another_shape_is_no_empty_list(answer: Any) -> None:
    """Or all that it does not name would seem to be gone."""
    with pytest.raises(CatalogueUnusableError):
        list(source(answer).releases())
    with pytest.raises(CatalogueUnusableError):
        target(answer).packages()


@pytest.mark.parametrize("count", [None, "3", 2.5])
def test_a_list_of_releases_says_how_long_it_is(count: Any) -> None:
    answer = {"count": count, "results": []}
    with pytest.raises(CatalogueUnusableError):
        list(source(answer).releases())


@pytest.mark.parametrize("answer", [[], "x", {}, {"id": "x"}], ids=str)
def test_what_is_shown_in_another_shape_is_no_dataset(answer: Any) -> None:
    with pytest.raises(CatalogueUnusableError):
        target(answer).show("uno")


# -- files -----------------------------------------------------------------------------------------

FILE = DesiredFile(
    "uno.csv",
    hashlib.sha256(b"a\n").hexdigest(),
    2,
    "https://source.example.org/uno.csv",
    link="https://model.example.org/uno.csv",
)


def test_the_bytes_are_asked_of_the_address_we_know(tmp_path: Any) -> None:
    """What the catalogue calls itself may be another host, to which no token may go."""
    resource = {"id": "r", "url_type": "upload", "url": "https://otro.example.org/x/uno.csv"}
    found = parse_package(package("uno", resources=[resource]))
    one = target(b"a\n")
    received = one.measure(found, found.resources[0])
    assert received is not None
    assert received.sha256 == FILE.sha256
    (asked,) = one._transport.asked  # type: ignore[attr-defined]
    assert asked.startswith("https://model.example.org/dataset/id-uno/resource/r/")
    absent = NotThereError("not-found", host="model", call="x")
    assert target(absent).measure(found, found.resources[0]) is None


def test_only_the_signed_bytes_are_taken_from_the_source(tmp_path: Any) -> None:
    source(b"a\n").fetch(FILE, tmp_path / "uno")
    with pytest.raises(ReleaseError) as differs:
        source(b"b\n").fetch(FILE, tmp_path / "uno")
    assert differs.value.sentence.code == "file-differs"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"b\n", "file-host-differs"),
        (NotThereError("not-found", host="x", call="x"), "file-host-absent"),
    ],
)
def test_only_the_signed_bytes_are_linked(answer: Any, code: str) -> None:
    target(file_host=file_host(b"a\n")).demand(FILE)
    with pytest.raises(ReleaseError) as refused:
        target(file_host=file_host(answer)).demand(FILE)
    assert refused.value.sentence.code == code


def test_a_link_to_another_host_is_not_read() -> None:
    """It is not where the files were signed to be, whatever is there."""
    link = {"id": "r", "url_type": "", "url": "https://otro.example.org/uno.csv"}
    found = parse_package(package("uno", resources=[link]))
    assert target(file_host=file_host(b"a\n")).measure(found, found.resources[0]) is None


# -- whose datasets --------------------------------------------------------------------------------


def test_only_datasets_of_the_organization_are_ours() -> None:
    ours, theirs = parse_package(package("uno")), {"id": "x", "name": "otra"}
    other = parse_package(package("uno", organization=theirs))
    one = target()
    assert (one.owns(ours), one.owns(other)) == (True, False)
    one.write_to("org-id", "renamed")
    assert (one.owns(ours), one.owns(other)) == (True, False)


def test_names_that_others_use_are_known_before_anything_is_made() -> None:
    theirs = package("dos", organization={"id": "x", "name": "otra"})
    there = target(page(package("uno"), count=1), page(theirs, count=1))
    found = there.catalogue(there.packages(), ["uno", "dos"])
    assert [one.name for one in found.packages] == ["uno"]
    assert found.taken == {"dos": "otra"}


@pytest.mark.parametrize(
    ("field", "error"), [("match", EditedMeanwhileError), ("name", RejectedError)]
)
def test_a_match_that_no_longer_holds_is_an_edit_meanwhile(
    field: str, error: type[Exception]
) -> None:
    answer = RejectedError("rejected", fields={field: ["x"]}, host="", call="", cause="")
    with pytest.raises(error):
        target(answer).revise(Revision({"id": "x"}, (), {}))


# -- before the first write ------------------------------------------------------------------------

RULES = TargetSettings(
    url="https://model.example.org", organization="imss-bienestar", group="salud"
)
HERE = {"id": "org-id", "name": "imss-bienestar"}
GOOD: dict[str, Any] = {
    "organizations": [HERE],
    "groups": ["salud"],
    "licenses": [{"id": "CC-BY-4.0"}],
    "updatable": [HERE],
    "own_groups": [{"name": "salud"}],
    "version": {"ckan_version": "2.9.1"},
    "same organization": NotThereError("not-found", host="x", call="x"),
}


def ask(question: str, answer: Any) -> None:
    answers = GOOD | {question: answer}
    there = target(*[answers[name] for name in list(GOOD)[:-1]])
    projection = projection_for(RULES)
    preflight(there, projection)
    preflight_of_writes(there, projection, source(answers["same organization"]))


@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        ("organizations", [], "token-refused"),
        ("organizations", [{"id": "x", "name": "otra"}], "organization-unknown"),
        ("organizations", RefusedError("refused", host="x", call="x", cause="x"), "refused"),
        ("groups", ["educacion"], "group-unknown"),
        ("licenses", [{"id": "otra"}], "license-unknown"),
        ("updatable", [{"id": "x", "name": "otra"}], "update-refused"),
        ("own_groups", [], "group-refused"),
        ("version", {"ckan_version": "2.8.12"}, "target-too-old"),
        ("same organization", {"id": "org-id"}, "same-catalogue"),
    ],
)
def test_what_the_other_side_would_refuse_is_asked_first(
    question: str, answer: Any, code: str
) -> None:
    with pytest.raises((PreflightRefusedError, MirrorConfigurationError)) as refused:
        ask(question, answer)
    assert refused.value.sentence.code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("version", {}),  # a catalogue that keeps it to itself
        ("own_groups", NotThereError("not-found", host="x", call="x")),
        ("same organization", {"id": "another"}),
    ],
)
def test_what_it_does_not_tell_stands_in_nobody_s_way(question: str, answer: Any) -> None:
    ask(question, answer)
