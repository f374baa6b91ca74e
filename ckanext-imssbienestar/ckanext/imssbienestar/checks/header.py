"""The header against the dictionary: same names, same set, same order (R-098).

A label that no dictionary entry has is also judged as a name (R-096).
"""

from __future__ import annotations

from collections.abc import Sequence

from ckanext.imssbienestar.checks.cell_rules import Column
from ckanext.imssbienestar.checks.collector import FindingCollector
from ckanext.imssbienestar.checks.language_lint import name_lints
from ckanext.imssbienestar.checks.layout import cell_reference, column_letter
from ckanext.imssbienestar.checks.short_forms import written_in_capitals
from ckanext.imssbienestar.checks.texts import listed
from ckanext.imssbienestar.domain.cell_values import FieldType, read_value
from ckanext.imssbienestar.domain.dictionary import DataDictionary


def check_header(
    labels: Sequence[str],
    dictionary: DataDictionary | None,
    header_row: int,
    collector: FindingCollector,
) -> None:
    """Every difference between the labels and the dictionary.

    With as many labels as fields they are compared place by place; otherwise by name, because
    one missing column would make every later one look wrong.
    """
    if _is_data(labels, dictionary):
        # Its cells are no names, so nothing more can be said of them.
        collector.add("header-missing", row=header_row)
        return
    _check_labels(labels, header_row, collector)
    _check_names(labels, dictionary, header_row, collector)
    if dictionary is None:
        return
    if len(labels) == len(dictionary.names) and header_row == 1:
        _compare_by_place(labels, dictionary.names, header_row, collector)
    elif not set(labels) & set(dictionary.names):
        collector.add(
            "unmatched-header",
            row=header_row,
            found=listed(label for label in labels if label),
            expected=listed(dictionary.names),
        )
    else:
        _compare_by_name(labels, dictionary.names, header_row, collector)


def pair_columns(labels: Sequence[str], dictionary: DataDictionary | None) -> list[Column]:
    """Each label with the field that judges its cells.

    A label goes to the field of its name; one with no field of its name goes to the field in
    its place, if nobody else claims it.
    """
    if dictionary is None:
        return [Column(number, label, None) for number, label in enumerate(labels, start=1)]
    fields = {field.name: field for field in dictionary.fields}
    claimed = set(labels) & fields.keys()
    columns = []
    taken: set[str] = set()
    same_width = len(labels) == len(fields)
    for number, label in enumerate(labels, start=1):
        name = label
        if label not in fields and same_width:
            name = dictionary.names[number - 1]
            name = label if name in claimed else name
        field = None if name in taken else fields.get(name)
        taken.add(name)
        columns.append(Column(number, label, field, dictionary.missing_values))
    return columns


def _check_labels(labels: Sequence[str], header_row: int, collector: FindingCollector) -> None:
    first: dict[str, int] = {}
    for number, label in enumerate(labels, start=1):
        cell = cell_reference(header_row, number)
        if not label.strip():
            collector.add("blank-label", row=header_row, cell=cell, letter=column_letter(number))
        elif label in first:
            collector.add(
                "duplicate-label",
                row=header_row,
                column=label,
                cell=cell,
                first_letter=column_letter(first[label]),
            )
        else:
            first[label] = number


def _is_data(labels: Sequence[str], dictionary: DataDictionary | None) -> bool:
    """Whether the first row holds values and no names: a number or a date gives it away."""
    if dictionary is None:
        return any(
            read_value(kind, label) is not None
            for label in labels
            for kind in (FieldType.DATE, FieldType.DATETIME)
        )
    if len(labels) != len(dictionary.fields) or set(labels) & set(dictionary.names):
        return False
    return any(
        field.type is not FieldType.STRING
        and label.strip() != ""
        and read_value(field.type, label) is not None
        for label, field in zip(labels, dictionary.fields, strict=True)
    )


def _check_names(
    labels: Sequence[str],
    dictionary: DataDictionary | None,
    header_row: int,
    collector: FindingCollector,
) -> None:
    known = dictionary.names if dictionary else ()
    words = collector.words
    capitals = written_in_capitals(labels, words)
    for number, label in enumerate(labels, start=1):
        if label.strip() and label not in known and label not in labels[: number - 1]:
            cell = cell_reference(header_row, number)
            for lint in name_lints(label, words, collector.language, in_capitals=capitals):
                collector.add(lint.code, row=header_row, column=label, cell=cell, **lint.facts)


def _compare_by_place(
    labels: Sequence[str], names: Sequence[str], header_row: int, collector: FindingCollector
) -> None:
    for number, (label, name) in enumerate(zip(labels, names, strict=True), start=1):
        repeated = label in labels[: number - 1]
        if label != name and label.strip() and not repeated:
            collector.add(
                "incorrect-label",
                row=header_row,
                column=label,
                cell=cell_reference(header_row, number),
                letter=column_letter(number),
                expected=name,
            )


def _compare_by_name(
    labels: Sequence[str], names: Sequence[str], header_row: int, collector: FindingCollector
) -> None:
    for number, label in enumerate(labels, start=1):
        if label.strip() and label not in names and label not in labels[: number - 1]:
            collector.add(
                "extra-label",
                row=header_row,
                column=label,
                cell=cell_reference(header_row, number),
            )
    for name in names:
        if name not in labels:
            collector.add("missing-label", row=header_row, column=name)
