"""A first dictionary from a file: names, types, units and examples; never a description.

A proposal for a person to correct. A column is only taken for a number when nothing would be
lost: codes, with leading zeros or without, stay texts. The lists of words that it goes by are in
``schemas/dictionary_documents.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.checks.cell_rules import is_valid
from ckanext.imssbienestar.checks.personal_data import scan_table, shown_label
from ckanext.imssbienestar.checks.personal_headers import normal_name
from ckanext.imssbienestar.checks.reading import read_bytes
from ckanext.imssbienestar.checks.recognise import foreign_content, recognise
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource, open_table
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.dictionary_changes import FoundColumns
from ckanext.imssbienestar.formats.dictionary.documents import documents, units
from ckanext.imssbienestar.private_files import private_folder

# The first type that every value fits. Boolean is left out: 0 and 1 are mostly numbers.
_CANDIDATES = (
    FieldType.DATE,
    FieldType.DATETIME,
    FieldType.TIME,
    FieldType.YEARMONTH,
    FieldType.INTEGER,
    FieldType.NUMBER,
)
_TESTED = (*_CANDIDATES, FieldType.YEAR, FieldType.BOOLEAN)
_BOOLEAN_WORDS = "('true', 'false', 'True', 'False', 'TRUE', 'FALSE')"
_LEADING_ZERO = "[+-]?0[0-9]+"
# One query looks at so many columns.
_COLUMNS_AT_ONCE = 100
_FIRST_ROWS = 200

Facts = Mapping[str, int]


def infer_dictionary(path: str | Path) -> DataDictionary | None:
    """A dictionary proposed from the file, or None when it has no header to begin from.

    :raises InputFileError: the file cannot be read.
    """
    found = infer_columns(path)
    return found.proposal if found is not None else None


def infer_columns(path: str | Path, *, most_bytes: int | None = None) -> FoundColumns | None:
    """What the columns of a file are and hold; None when it has no header to begin from.

    :param most_bytes: of a larger file only the whole rows within so many bytes are looked at.
    :raises InputFileError: the file cannot be read.
    :raises TableEngineError: no memory or no temporary disk left to work.
    """
    with _beginning(Path(path), most_bytes) as (file, sampled):
        facts = read_bytes(file)
        if not facts.size or facts.nul_byte is not None or foreign_content(file):
            return None
        with open_table(file, facts, recognise(file, facts, None)) as table:
            names = _unique_names(table)
            if not table.readable or not names:
                return None
            return _found(table, names, sampled=sampled)


@contextmanager
def _beginning(path: Path, most_bytes: int | None) -> Iterator[tuple[Path, bool]]:
    """The file, or a copy of its first whole rows when it is larger than that."""
    if most_bytes is None or not path.is_file() or path.stat().st_size <= most_bytes:
        yield path, False
        return
    with path.open("rb") as stream:
        content = stream.read(most_bytes)
    # A line break after an odd number of quotes is inside a cell.
    end = content.rfind(b"\n")
    while end > 0 and content.count(b'"', 0, end) % 2:
        end = content.rfind(b"\n", 0, end)
    with private_folder("infer") as folder:
        copy = folder / "beginning.csv"
        copy.write_bytes(content[: end + 1] if end > 0 else content)
        yield copy, True


def _found(table: TableSource, names: Mapping[int, str], *, sampled: bool) -> FoundColumns:
    flagged = scan_table(table).hidden_columns
    private = {index for index, name in names.items() if shown_label(name, index + 1) in flagged}
    facts = _facts(table, list(names))
    first = _first_values(table, list(names))
    few = _few_values(table, {place: facts[place] for place in names if place not in private})
    fields, fitting = [], dict[str, frozenset[FieldType]]()
    for index, name in names.items():
        seen = facts[index]
        if seen["filled"]:
            fits = {kind for kind in _TESTED if seen[str(kind)] == seen["filled"]}
            fitting[name] = frozenset({FieldType.STRING, *fits})
        examples = [] if index in private else first[index]
        fields.append(_field(name, seen, few.get(index, []), examples, sampled=sampled))
    proposal = DataDictionary.from_table_schema({"fields": fields})
    rows = max((seen["rows"] for seen in facts.values()), default=0)
    return FoundColumns(proposal, fitting, sampled, rows)


def _unique_names(table: TableSource) -> dict[int, str]:
    """Column places with a name of their own; blank and repeated labels describe nothing."""
    return {
        index: label
        for index, label in enumerate(table.labels)
        if label.strip() and label not in table.labels[:index]
    }


def _field(
    name: str, facts: Facts, values: list[str], examples: list[str], *, sampled: bool
) -> dict[str, Any]:
    """The Table Schema field that is proposed.

    :param values: all its different values, when they are few; else none.
    :param sampled: the rows not looked at may be blank or hold other values: no rule from those.
    """
    kind = _kind_of(name, facts)
    field: dict[str, Any] = {"name": name, "title": _title(name), "type": str(kind)}
    if ending := _unit_ending(name):
        field["unit"] = units()[ending]
    constraints: dict[str, Any] = {}
    if facts["rows"] and not sampled:
        if facts["filled"] == facts["rows"]:
            constraints["required"] = True
        if values and kind is FieldType.STRING:
            constraints["enum"] = sorted(values)
    if constraints:
        field["constraints"] = constraints
    if examples:
        field["examples"] = examples
    return field


def _facts(table: TableSource, places: Sequence[int]) -> dict[int, Facts]:
    counts = _counts("v")
    asked = ", ".join(counts.values())
    found: dict[int, Facts] = {}
    for some in _groups(places):
        rows = table.connection.execute(
            f"SELECT k, {asked} FROM {_cells_of(some)} GROUP BY k"
        ).fetchall()
        for place, *values in rows:
            found[place] = dict(zip(counts, values, strict=True))
    return {place: found.get(place) or dict.fromkeys(counts, 0) for place in places}


def _groups(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), _COLUMNS_AT_ONCE):
        yield places[start : start + _COLUMNS_AT_ONCE]


def _cells_of(places: Sequence[int]) -> str:
    """SQL: the cells of some columns under one another, place and value.

    A query with expressions of its own for each column takes minutes to be planned when a table is
    wide; this one has the same few however many columns there are.
    """
    keys = ", ".join(map(str, places))
    cells = ", ".join(f"c{place + 1}" for place in places)
    return f"(SELECT unnest([{keys}]) AS k, unnest([{cells}]) AS v FROM {RELATION})"


def _counts(cell: str) -> dict[str, str]:
    """What is counted of a column, by name: SQL over its cells."""
    digits = int(_rules()["most_digits"])
    zeros = f"regexp_full_match({cell}, '{_LEADING_ZERO}')"
    counts = {
        "rows": "count(*)",
        "filled": f"count(nullif({cell}, ''))",
        "leading_zeros": f"count(CASE WHEN {zeros} THEN 1 END)",
        "too_long": f"count(CASE WHEN length({cell}) > {digits} THEN 1 END)",
        "true_or_false": f"count(CASE WHEN {cell} IN {_BOOLEAN_WORDS} THEN 1 END)",
        "different": f"approx_count_distinct({cell})",
    }
    for kind in _TESTED:
        test = is_valid(cell, kind)
        counts[str(kind)] = f"count(CASE WHEN {cell} <> '' AND {test} THEN 1 END)"
    return counts


def _kind_of(name: str, facts: Facts) -> FieldType:
    filled = facts["filled"]
    if not filled:
        return FieldType.STRING
    if facts["true_or_false"] == filled:
        return FieldType.BOOLEAN
    if facts[str(FieldType.YEAR)] == filled and _is_year(name):
        return FieldType.YEAR
    for kind in _CANDIDATES:
        if facts[str(kind)] == filled and not (_numeric(kind) and _is_code(name, facts)):
            return kind
    return FieldType.STRING


def _numeric(kind: FieldType) -> bool:
    return kind in (FieldType.INTEGER, FieldType.NUMBER)


def _is_year(name: str) -> bool:
    return not set(normal_name(name).split("_")).isdisjoint(_rules()["words_of_years"])


def _is_code(name: str, facts: Facts) -> bool:
    """Do the digits stand for themselves and not for a quantity?"""
    if facts["leading_zeros"]:
        return True
    if facts[str(FieldType.INTEGER)] < facts["filled"]:
        return False
    if facts["too_long"]:
        return True
    words = normal_name(name).split("_")
    if words[0] in _rules()["words_of_quantities"] or _unit_ending(name):
        return False
    return not {words[0], words[-1]}.isdisjoint(_rules()["words_of_codes"])


def _few_values(table: TableSource, facts: Mapping[int, Facts]) -> dict[int, list[str]]:
    """All the different values of the columns that have few for their number of rows."""
    most, each = (int(_rules()[name]) for name in ("most_allowed_values", "rows_per_allowed_value"))
    # The count is an estimate; a column with many values need not be sorted to know it.
    likely = [
        place for place, seen in facts.items() if seen["filled"] and seen["different"] <= 2 * most
    ]
    values: dict[int, list[str]] = {place: [] for place in likely}
    for some in _groups(likely):
        rows = table.connection.execute(
            f"SELECT DISTINCT k, v FROM {_cells_of(some)} WHERE v <> ''"
        ).fetchall()
        for place, value in rows:
            values[place].append(value)
    return {
        place: found
        for place, found in values.items()
        if len(found) <= most and facts[place]["filled"] >= each * len(found)
    }


def _first_values(table: TableSource, places: Sequence[int]) -> dict[int, list[str]]:
    """Examples: the first different values of each column, from the first rows."""
    most, longest = int(_rules()["examples"]), int(_rules()["example_length"])
    found: dict[int, list[str]] = {}
    for some in _groups(places):
        cells = ", ".join(f"c{place + 1}" for place in some)
        # Rows come in the order of the file, so that the engine stops after the first ones.
        rows = table.connection.execute(
            f"SELECT {cells} FROM {RELATION} LIMIT {_FIRST_ROWS}"
        ).fetchall()
        for column, place in enumerate(some):
            values = (row[column] for row in rows)
            short = dict.fromkeys(value for value in values if value and len(value) <= longest)
            found[place] = list(short)[:most]
    return found


def _title(name: str) -> str:
    """The name as a person would write it.

    ``numero_de_atencion`` is ``Número de atención``, ``gasto_ejercido_pesos`` is
    ``Gasto ejercido (pesos)``.
    """
    words = [_accented(word) for word in name.replace("_", " ").split()]
    unit_words = len(_unit_ending(name).split("_")) if _unit_ending(name) else 0
    if 0 < unit_words < len(words):
        words = [*words[:-unit_words], f"({' '.join(words[-unit_words:])})"]
    title = " ".join(words)
    return title[:1].upper() + title[1:]


def _accented(word: str) -> str:
    known: Mapping[str, str] = _rules()["words_of_titles"]
    if word.lower() in known:
        return known[word.lower()]
    for ending, accented in _rules()["endings_of_titles"].items():
        if word.endswith(ending):
            return word.removesuffix(ending) + str(accented)
    return word


def _unit_ending(name: str) -> str:
    """The longest ending of the name that tells a unit, or nothing."""
    plain = normal_name(name)
    endings = (end for end in units() if plain == end or plain.endswith(f"_{end}"))
    return max(endings, key=len, default="")


def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = documents()["inference"]
    return rules
