"""Tables of the DataStore by themselves: any text comes back, what does not fit leaves nothing."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest
import sqlalchemy as sa
from ckanext.datastore.backend.postgres import _get_field_info, get_read_engine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.portal import datastore
from ckanext.imssbienestar.portal.datastore_errors import (
    ColumnsDiffer,
    NotUtf8,
    PostgresRefused,
    RowUnreadable,
    UnusableColumnName,
)
from ckanext.imssbienestar.portal.datastore_fields import column_types, datastore_fields
from ckanext.imssbienestar.portal.datastore_rows import SignedRows
from ckanext.imssbienestar.portal.datastore_tables import Column, Origin

pytestmark = pytest.mark.usefixtures("with_plugins", "clean_datastore")

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
# Names as a dictionary may have them; those that no table can have are another test's.
_names = st.text(
    st.characters(categories=["L", "N", "P", "S"], exclude_characters='":'),
    min_size=1,
    max_size=12,
).filter(lambda name: not name.startswith("_"))


@given(
    names=st.lists(_names, min_size=1, max_size=120, unique=True),
    rows=st.lists(st.lists(_texts, min_size=1, max_size=3), max_size=5),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_comes_back_as_it_was(
    tmp_path: Path, names: list[str], rows: list[list[str]]
) -> None:
    cells = [(row * len(names))[: len(names)] for row in rows]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(names)
    writer.writerows(cells)
    content = written.getvalue().encode()
    path = tmp_path / "signed.csv"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    # Percent signs, colons and quotes mean something to the drivers on the way.
    dictionary = DataDictionary.from_table_schema(
        {"fields": [{"name": name, "description": f"{name} :a %s %% \\ '"} for name in names]}
    )
    text = column_types()[FieldType.STRING]
    columns = [Column(field, text) for field in datastore_fields(dictionary)]
    tables = datastore.datastore_tables()
    with SignedRows(path, sha256, names) as signed:
        loaded = tables.replace(
            "propiedad",
            Origin("dataset", sha256, "", 1),
            columns,
            signed,
            expected_rows=len(cells),
            loaded="2026-11-23T00:00:00+00:00",
        )
    assert tables.all() == {"propiedad": loaded}
    with get_read_engine().connect() as connection:
        found = connection.execute(sa.text('SELECT * FROM "propiedad" ORDER BY _id')).all()
        comments = _get_field_info(connection, "propiedad")
    assert [list(row)[2:] for row in found] == [[cell or None for cell in row] for row in cells]
    assert {name: comments[name]["notes"] for name in names} == {
        field.name: field.description for field in dictionary.fields
    }


@pytest.mark.parametrize(
    "name", ["_oculta", 'con "comillas"', "á" * 32, " espacio", "x" * 64, "a:b"]
)
def test_names_that_no_table_can_have_are_refused(name: str) -> None:
    dictionary = DataDictionary.from_table_schema({"fields": [{"name": name}]})
    with pytest.raises(UnusableColumnName):
        datastore_fields(dictionary)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a,b\n1,2,3\n", RowUnreadable),
        (b"a,b\n1\n", RowUnreadable),
        (b"a,b\n1,\xf1\n", NotUtf8),
        (b"a,b\n" + b"1,2\n" * 9000 + b"1,\xf1\n", NotUtf8),
        (b"b,a\n1,2\n", ColumnsDiffer),
        (b"", ColumnsDiffer),
        (b"a,b\nx,2\n", PostgresRefused),
        (b"a,b\n1,\x00\n", PostgresRefused),
    ],
)
def test_a_file_that_does_not_fit_leaves_nothing(
    tmp_path: Path, content: bytes, problem: type[Exception]
) -> None:
    path = tmp_path / "signed.csv"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    fields = [{"name": "a", "type": "integer"}, {"name": "b"}]
    dictionary = DataDictionary.from_table_schema({"fields": fields})
    columns = [
        Column(field, column_types()[entry.type])
        for field, entry in zip(datastore_fields(dictionary), dictionary.fields, strict=True)
    ]
    with pytest.raises(problem) as refused, SignedRows(path, sha256, ["a", "b"]) as rows:
        datastore.datastore_tables().replace(
            "nada", Origin("dataset", sha256, "", 1), columns, rows, expected_rows=None, loaded=""
        )
    assert "x" not in str(refused.value).split()
    with get_read_engine().connect() as connection:
        left = connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        assert set(left) == {"_table_stats"}
