"""The release document: what a signature covers, and that nothing else moves its digest."""

from __future__ import annotations

import copy
import hashlib
import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.release import (
    Change,
    Document,
    NotSignable,
    ReleaseFields,
    StoredFile,
    build_document,
    canonical,
    differences,
    digest,
    file_hashes,
    has_digest,
)

DATA = read_yaml("release.yaml")
FIELDS = ReleaseFields(tuple(DATA["dataset"]), tuple(DATA["resource"]))


def stored(number: int = 0) -> StoredFile:
    return StoredFile("datos.csv", hashlib.sha256(str(number).encode()).hexdigest(), 100 + number)


def dataset() -> dict[str, Any]:
    """A dataset as package_show gives it, every signed field filled."""
    return {
        **{name: f"{name} escrito" for name in FIELDS.dataset},
        "id": "0c1d",
        "private": True,
        "tags": [{"name": "salud"}, {"name": "gasto"}],
        "resources": [resource("r-1"), resource("r-2")],
    }


def resource(identifier: str) -> dict[str, Any]:
    return {
        **{name: f"{name} de {identifier}" for name in FIELDS.resource},
        "identifier": identifier,
        "schema": {"fields": [{"name": "clues", "type": "string", "description": "Clave"}]},
        "url": "https://datos.example.org/datos.csv",
        "position": 0,
    }


def document_of(content: dict[str, Any]) -> Document:
    return build_document(
        content, "unidad-de-finanzas", {"r-1": stored(1), "r-2": stored(2)}, FIELDS
    )


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else None
    )
    if items is None:
        yield path
        return
    for key, inner in items:
        yield from leaves(inner, (*path, key))


def with_leaf(document: Document, path: tuple[Any, ...], value: Any) -> Document:
    changed = copy.deepcopy(document)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def leaf(document: Document, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


DOCUMENT = document_of(dataset())
LEAVES = list(leaves(DOCUMENT))

# Text that UTF-8 can carry; numbers that JSON and IEEE 754 doubles can both carry.
JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    JSON_TEXT,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXT, inner, max_size=4),
    max_leaves=12,
)


class TestCanonicalForm:
    """RFC 8785, so that anybody can compute the digest with a library of their own."""

    def test_the_example_of_the_rfc(self) -> None:
        """Section 3.2.2 of RFC 8785, its input and its output."""
        given_text = """{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
            "literals": [null, true, false]
        }"""
        expected = (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        )
        assert canonical(json.loads(given_text)) == expected.encode("utf-8")

    def test_keys_are_ordered_by_their_utf_16_units(self) -> None:
        """Section 3.2.3: an emoji sorts before U+FB33, whatever code points say."""
        keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
        expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
        found = json.loads(canonical(dict.fromkeys(keys, 0)), object_pairs_hook=list)
        assert [key for key, _value in found] == expected

    @pytest.mark.parametrize(
        ("bits", "text"),
        [
            ("0000000000000000", "0"),
            ("8000000000000000", "0"),
            ("0000000000000001", "5e-324"),
            ("8000000000000001", "-5e-324"),
            ("7fefffffffffffff", "1.7976931348623157e+308"),
            ("4340000000000000", "9007199254740992"),
            ("4430000000000000", "295147905179352830000"),
            ("44b52d02c7e14af5", "9.999999999999997e+22"),
            ("44b52d02c7e14af6", "1e+23"),
            ("44b52d02c7e14af7", "1.0000000000000001e+23"),
            ("444b1ae4d6e2ef4e", "999999999999999700000"),
            ("444b1ae4d6e2ef4f", "999999999999999900000"),
            ("444b1ae4d6e2ef50", "1e+21"),
            ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
            ("3eb0c6f7a0b5ed8d", "0.000001"),
            ("41b3de4355555553", "333333333.3333332"),
            ("41b3de4355555555", "333333333.3333333"),
            ("becbf647612f3696", "-0.0000033333333333333333"),
            ("43143ff3c1cb0959", "1424953923781206.2"),
        ],
    )
    def test_the_numbers_of_the_rfc(self, bits: str, text: str) -> None:
        """Appendix B of RFC 8785."""
        (number,) = struct.unpack(">d", bytes.fromhex(bits))
        assert canonical({"n": number}) == f'{{"n":{text}}}'.encode()

    @given(st.dictionaries(JSON_TEXT, JSON, max_size=5))
    def test_it_stays_itself_when_stored_and_read(self, content: dict[str, Any]) -> None:
        text = canonical(content)
        read = json.loads(text, parse_int=float, parse_float=float)
        assert read == content
        assert canonical(json.loads(text)) == text
        assert has_digest(content, digest(content))
        assert has_digest(json.loads(text), digest(content))

    def test_a_lone_surrogate_passes_for_no_other_character(self) -> None:
        with pytest.raises(NotSignable):
            has_digest({"a": "\ud800"}, digest({"a": "?"}))

    @pytest.mark.parametrize("number", [2**53, -(2**53), 10**17, 1e17, 1e300])
    def test_a_long_number_that_every_reader_reads_alike_is_signed(self, number: float) -> None:
        """A dictionary may say so: ``maximum: 100000000000000000``."""
        text = canonical({"maximum": number})
        assert canonical(json.loads(text)) == text

    @pytest.mark.parametrize("value", [2**53 + 1, 10**400, float("nan"), float("inf"), "\ud800"])
    def test_what_readers_would_read_differently_is_refused(self, value: Any) -> None:
        with pytest.raises(NotSignable):
            canonical({"resources": [{"schema": {"fields": [{"example": value}]}}]})

    def test_the_digest_is_sha_256_of_it(self) -> None:
        assert digest(DOCUMENT) == hashlib.sha256(canonical(DOCUMENT)).hexdigest()


class TestDigest:
    """It moves with everything that is signed and with nothing else."""

    @given(st.sampled_from(LEAVES), SCALARS)
    def test_any_changed_leaf_changes_it(self, path: tuple[Any, ...], value: Any) -> None:
        assume(canonical({"": value}) != canonical({"": leaf(DOCUMENT, path)}))
        assert digest(with_leaf(DOCUMENT, path, value)) != digest(DOCUMENT)
        assert not has_digest(with_leaf(DOCUMENT, path, value), digest(DOCUMENT))

    @pytest.mark.parametrize("name", FIELDS.dataset)
    def test_every_signed_field_of_the_dataset_is_in_it(self, name: str) -> None:
        assert digest(document_of({**dataset(), name: "otra cosa"})) != digest(DOCUMENT)

    @pytest.mark.parametrize("name", [name for name in FIELDS.resource if name != "identifier"])
    def test_every_signed_field_of_a_resource_is_in_it(self, name: str) -> None:
        changed = dataset()
        changed["resources"][1][name] = "otra cosa"
        assert digest(document_of(changed)) != digest(DOCUMENT)

    @pytest.mark.parametrize(
        "other",
        [
            StoredFile("otro.csv", stored(1).sha256, stored(1).size),
            StoredFile("datos.csv", stored(9).sha256, stored(1).size),
            StoredFile("datos.csv", stored(1).sha256, stored(1).size + 1),
        ],
        ids=["name", "sha256", "size"],
    )
    def test_a_file_is_in_it(self, other: StoredFile) -> None:
        files = {"r-1": other, "r-2": stored(2)}
        changed = build_document(dataset(), "unidad-de-finanzas", files, FIELDS)
        assert digest(changed) != digest(DOCUMENT)

    def test_the_unit_is_in_it(self) -> None:
        files = {"r-1": stored(1), "r-2": stored(2)}
        assert digest(build_document(dataset(), "otra-unidad", files, FIELDS)) != digest(DOCUMENT)

    def test_the_order_of_the_files_is_in_it(self) -> None:
        turned = dataset()
        turned["resources"].reverse()
        assert digest(document_of(turned)) != digest(DOCUMENT)

    @given(st.randoms(use_true_random=False))
    def test_the_order_of_keys_is_not(self, random: Any) -> None:
        def shuffled(value: Any) -> Any:
            if isinstance(value, dict):
                keys = list(value)
                random.shuffle(keys)
                return {key: shuffled(value[key]) for key in keys}
            return [shuffled(item) for item in value] if isinstance(value, list) else value

        assert digest(document_of(shuffled(dataset()))) == digest(DOCUMENT)

    @pytest.mark.parametrize("name", FIELDS.dataset)
    @pytest.mark.parametrize("empty", [None, "", [], {}], ids=repr)
    def test_an_empty_field_is_an_absent_one(self, name: str, empty: Any) -> None:
        absent = {key: value for key, value in dataset().items() if key != name}
        assert digest(document_of({**dataset(), name: empty})) == digest(document_of(absent))

    def test_the_order_of_keywords_is_not(self) -> None:
        turned = {**dataset(), "tags": [{"name": "gasto"}, {"name": "salud", "id": "t"}]}
        assert digest(document_of(turned)) == digest(DOCUMENT)

    @pytest.mark.parametrize(
        "change",
        [{"private": False}, {"id": "otro"}, {"metadata_modified": "2026-11-23"}, {"state": "x"}],
        ids=lambda change: next(iter(change)),
    )
    def test_what_is_ckans_own_is_not(self, change: dict[str, Any]) -> None:
        assert digest(document_of({**dataset(), **change})) == digest(DOCUMENT)

    def test_a_link_is_signed_as_its_address(self) -> None:
        document = build_document(dataset(), "unidad", {}, FIELDS)
        assert [each["url"] for each in document["resources"]] == [
            "https://datos.example.org/datos.csv"
        ] * 2
        assert file_hashes(document) == ()

    def test_false_and_zero_are_content(self) -> None:
        document = build_document({"a": 0, "b": False}, "u", {}, ReleaseFields(("a", "b"), ()))
        assert document["dataset"] == {"a": 0, "b": False}

    def test_it_survives_being_stored_as_text(self) -> None:
        assert digest(json.loads(canonical(DOCUMENT))) == digest(DOCUMENT)


class TestDifferences:
    """A refusal says what changed, not only that something did."""

    def test_equal_documents_have_none(self) -> None:
        assert differences(DOCUMENT, copy.deepcopy(DOCUMENT)) == ()

    @given(st.sampled_from([p for p in LEAVES if p[-1] not in {"identifier", "version"}]))
    def test_a_changed_leaf_is_named(self, path: tuple[Any, ...]) -> None:
        found = differences(DOCUMENT, with_leaf(DOCUMENT, path, "otra cosa"))
        assert len(found) == 1
        named = [key for key in path if isinstance(key, str)]
        assert all(str(key) in found[0].path for key in named[:2])

    def test_a_changed_cell_is_the_hash_of_its_file(self) -> None:
        files = {"r-1": stored(1), "r-2": stored(3)}
        after = build_document(dataset(), "unidad-de-finanzas", files, FIELDS)
        assert differences(DOCUMENT, after) == (
            Change("resources.r-2.file.sha256", stored(2).sha256, stored(3).sha256),
            Change("resources.r-2.file.size", 102, 103),
        )

    def test_resources_are_paired_by_identifier(self) -> None:
        shorter = dataset()
        gone = shorter["resources"].pop(0)
        (change,) = differences(DOCUMENT, document_of(shorter))
        assert change.path == "resources.r-1"
        assert change.before["name"] == gone["name"]
        assert change.after is None

    @given(st.sampled_from(LEAVES), SCALARS)
    def test_there_is_one_exactly_when_the_digests_differ(
        self, path: tuple[Any, ...], value: Any
    ) -> None:
        other = with_leaf(DOCUMENT, path, value)
        assert bool(differences(DOCUMENT, other)) == (digest(DOCUMENT) != digest(other))


def test_file_hashes_come_in_order() -> None:
    assert file_hashes(DOCUMENT) == (stored(1).sha256, stored(2).sha256)
