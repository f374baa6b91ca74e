"""Each dictionary rule as one SQL condition, true for the cells that break it.

The meaning of the types is :mod:`ckanext.imssbienestar.domain.cell_values`; here it is written
for DuckDB. A blank cell breaks only ``required``; a cell of the wrong type breaks only its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ckanext.imssbienestar.domain.cell_values import (
    FALSE_TEXTS,
    PATTERNS,
    TRUE_TEXTS,
    FieldType,
)
from ckanext.imssbienestar.domain.dictionary import (
    DictionaryField,
    FieldConstraints,
    Scalar,
    constraint_text,
)

# A list longer than this is looked up in a table. DuckDB 2.0 does so by itself with what stands
# after IN, but six times as slowly as when it is asked to.
_FEW = 5
# Whole numbers, smallest type first; what fits in none is compared as a double.
_EXACT = ("BIGINT", "HUGEINT", "DOUBLE")
# Fixed-width ISO texts sort as what they stand for.
_TEXT_ORDER = (FieldType.DATE, FieldType.YEAR, FieldType.YEARMONTH, FieldType.TIME)
_BOUNDS = (
    ("minimum", "<"),
    ("maximum", ">"),
    ("exclusiveMinimum", "<="),
    ("exclusiveMaximum", ">="),
)


@dataclass(frozen=True)
class CellRule:
    """One rule on one column.

    :ivar index: the column's place in the file, from 1.
    :ivar condition: SQL, true when the cell breaks the rule.
    :ivar constraint: the Table Schema constraint, for a constraint-error.
    """

    code: str
    index: int
    label: str
    condition: str
    constraint: str = ""
    limit: str = ""
    kind: FieldType | None = None


@dataclass(frozen=True)
class Column:
    """A column of the file and the dictionary entry that judges it, when there is one."""

    index: int
    label: str
    field: DictionaryField | None
    missing_values: Sequence[str] = ("",)

    @property
    def sql(self) -> str:
        """The column's name in the engine's relation."""
        return f"c{self.index}"

    @property
    def blank(self) -> str:
        """SQL, true when the cell holds no value."""
        return f"({self.sql} IS NULL OR {is_one_of(self.sql, self.missing_values)})"

    @property
    def key(self) -> str:
        """SQL for the cell's value as text, equal for equal values; NULL when it has none."""
        kind = self.field.type if self.field else FieldType.STRING
        valid = f"NOT {self.blank} AND {is_valid(self.sql, kind)}"
        return f"CASE WHEN {valid} THEN {_value_text(self.sql, kind)} END"


def rules_of(column: Column) -> Iterator[CellRule]:
    """Every rule the dictionary puts on this column's cells."""
    entry = column.field
    if entry is None:
        return
    present = f"NOT {column.blank}"
    valid = is_valid(column.sql, entry.type)
    if entry.type is not FieldType.STRING:
        condition = f"{present} AND NOT {valid}"
        yield CellRule("type-error", column.index, column.label, condition, kind=entry.type)
    for constraint, broken, shown in _broken_constraints(column.sql, entry):
        yield CellRule(
            "constraint-error",
            column.index,
            column.label,
            # Most cells are within the limits: that test alone decides for them.
            f"{broken} AND {present} AND {valid}",
            constraint=constraint,
            limit=shown,
            kind=entry.type,
        )
    if entry.constraints.required:
        yield CellRule(
            "constraint-error", column.index, column.label, column.blank, constraint="required"
        )


def _broken_constraints(sql: str, entry: DictionaryField) -> Iterator[tuple[str, str, str]]:
    constraints: FieldConstraints = entry.constraints
    bounds = constraints.model_dump(by_alias=True)
    if constraints.enum:
        allowed = tuple(map(constraint_text, constraints.enum))
        yield "enum", f"NOT {_in_enum(sql, entry.type, constraints.enum)}", ", ".join(allowed)
    for name, operator in _BOUNDS:
        if bounds[name] is not None:
            text = constraint_text(bounds[name])
            yield name, _beyond(sql, entry.type, operator, text), text
    if constraints.min_length is not None:
        yield "minLength", f"length({sql}) < {constraints.min_length}", str(constraints.min_length)
    if constraints.max_length is not None:
        most = constraints.max_length
        # Never more characters than bytes, and DuckDB knows the bytes without counting.
        yield "maxLength", f"(strlen({sql}) > {most} AND length({sql}) > {most})", str(most)
    if constraints.pattern is not None:
        match = f"regexp_full_match({sql}, {literal(constraints.pattern)})"
        yield "pattern", f"NOT {match}", constraints.pattern


def literal(text: str) -> str:
    """A SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def is_one_of(sql: str, texts: Sequence[str]) -> str:
    """SQL, true when the text is one of these."""
    if not texts:
        return "false"
    return f"{sql} IN ({_listed(list(map(literal, texts)))})"


def _listed(values: Sequence[str]) -> str:
    listed = ", ".join(values)
    return listed if len(values) <= _FEW else f"SELECT unnest([{listed}])"


def is_valid(sql: str, kind: FieldType) -> str:
    """SQL, true or false: whether a cell that is not blank can be read as this type.

    What a cast proves in a moment is not matched against the type's pattern, which decides in
    all other cases. A test holds both equal over every short text of the letters that matter.
    """
    if kind is FieldType.STRING:
        return "true"
    if kind is FieldType.BOOLEAN:
        return f"({is_one_of(sql, TRUE_TEXTS + FALSE_TEXTS)})"
    form = f"regexp_full_match({sql}, {literal(PATTERNS[kind])})"
    if kind is FieldType.DATE:
        # Written back, a day of the years 1 to 9999 is the only text of ten bytes that is equal.
        same = f"CAST(TRY_CAST({sql} AS DATE) AS VARCHAR) = {sql}"
        return f"(CASE WHEN strlen({sql}) = 10 AND {same} THEN true ELSE false END)"
    if kind is FieldType.DATETIME:
        # The form may be right and the day not exist. Year 0 is no year of the calendar.
        day = f"TRY_CAST(left({sql}, 10) AS DATE)"
        return f"({form} AND {day} IS NOT NULL AND {sql} >= '0001')"
    proof = _proof(sql, kind)
    return f"(CASE WHEN {proof} THEN true ELSE {form} END)" if proof else f"({form})"


def _proof(sql: str, kind: FieldType) -> str:
    """SQL, true only for texts of this type, though not for all of them; cheaper than a pattern."""
    if kind is FieldType.INTEGER:
        return _is_plain_integer(sql)
    if kind is FieldType.YEAR:
        same = f"CAST(TRY_CAST({sql} AS SMALLINT) AS VARCHAR) = {sql}"
        return f"strlen({sql}) = 4 AND {sql} >= '1' AND {same}"
    if kind is FieldType.NUMBER:
        # DuckDB also reads 1_000, +-1, inf and nan as numbers.
        double = f"TRY_CAST({sql} AS DOUBLE) BETWEEN -1e300 AND 1e300"
        return f"{double} AND {sql} >= '-' AND NOT contains({sql}, '_')"
    return ""


def _is_plain_integer(sql: str) -> str:
    """SQL, true for an integer as a computer writes it: no zeros, plus sign or spaces before it."""
    return f"CAST(TRY_CAST({sql} AS BIGINT) AS VARCHAR) = {sql}"


def _stripped(sql: str) -> str:
    return f"trim({sql}, E' \\t\\n\\r\\f\\x0B')"


def _beyond(sql: str, kind: FieldType, operator: str, bound: str) -> str:
    if kind in _TEXT_ORDER:
        return f"{sql} {operator} {literal(bound)}"
    if kind is FieldType.DATETIME:
        moment, edge = (f"TRY_CAST({text} AS TIMESTAMP)" for text in (sql, literal(bound)))
        return f"{moment} {operator} {edge}"
    # Casts let the spaces be that a number may have around it.
    edge = literal(bound)
    beyond = [f"TRY_CAST({sql} AS {t}) {operator} TRY_CAST({edge} AS {t})" for t in _EXACT]
    if kind is FieldType.NUMBER:
        return beyond[-1]
    # Exact as long as both fit in 128 bits; what does not fit is far beyond what does.
    return f"coalesce({', '.join(beyond)})"


def _in_enum(sql: str, kind: FieldType, allowed: Sequence[Scalar]) -> str:
    values = [_value_text(literal(constraint_text(value)), kind) for value in allowed]
    return f"{_value_text(sql, kind)} IN ({_listed(values)})"


def _value_text(sql: str, kind: FieldType) -> str:
    """SQL: the same text for every way of writing the same value."""
    if kind is FieldType.BOOLEAN:
        return f"CASE WHEN {is_one_of(sql, TRUE_TEXTS)} THEN 'true' ELSE 'false' END"
    if kind is FieldType.INTEGER:
        digits = rf"regexp_replace({_stripped(sql)}, '^[+]?(-?)0*([0-9])', '\1\2')"
        return (
            f"CASE WHEN {_is_plain_integer(sql)} THEN {sql} ELSE replace({digits}, '-0', '0') END"
        )
    if kind is FieldType.NUMBER:
        return _decimal_text(_stripped(sql))
    if kind is FieldType.DATETIME:
        return f"replace({sql}, ' ', 'T')"
    return sql


def _decimal_text(sql: str) -> str:
    double = f"CAST(TRY_CAST({sql} AS DOUBLE) AS VARCHAR)"
    plain = f"CASE WHEN contains(lower({sql}), 'e') THEN {double} ELSE {sql} END"
    digits = rf"regexp_replace({plain}, '^[+]?(-?)0*([0-9]*)[.]?([0-9]*?)0*$', '\1\2.\3')"
    return f"regexp_replace({digits}, '^-[.]$', '.')"
