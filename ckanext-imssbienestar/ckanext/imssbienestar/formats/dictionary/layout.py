"""The layout of a dictionary file, read from ``schemas/dictionary.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import plain_words


@cache
def layout() -> dict[str, Any]:
    """The whole layout file."""
    data: dict[str, Any] = read_yaml("dictionary.yaml")
    return data


@cache
def headers() -> dict[str, str]:
    """Property of a field -> the header we write, base columns first."""
    columns = layout()["columns"] | layout()["optional_columns"]
    return {name: column["header"] for name, column in columns.items()}


@cache
def property_by_header() -> dict[str, str]:
    """Any header we read, in plain words -> the property it holds."""
    columns = layout()["columns"] | layout()["optional_columns"]
    return {
        plain_words(header): name
        for name, column in columns.items()
        for header in (column["header"], *column["also"])
    }


@cache
def type_by_name() -> dict[str, FieldType]:
    """Any type name we read, in plain words -> the Table Schema type."""
    return {
        plain_words(name): FieldType(kind)
        for kind, names in layout()["types"].items()
        for name in names
    }


def type_name(kind: FieldType) -> str:
    """The Spanish name we write for a type."""
    return str(layout()["types"][str(kind)][0])


@cache
def yes_no() -> dict[str, bool]:
    """The words we read as yes and as no, in plain words."""
    return {plain_words(word): True for word in layout()["words_for_yes"]} | {
        plain_words(word): False for word in layout()["words_for_no"]
    }


@cache
def catalogue_columns() -> dict[str, tuple[str, ...]]:
    """Each catalogue that a column may refer to -> its columns, those of its key first."""
    catalogues = read_yaml("catalogues.yaml")["catalogues"]
    return {
        name: tuple(dict.fromkeys((*entry["key"], *entry["columns"])))
        for name, entry in catalogues.items()
    }


def split_list(text: str) -> tuple[str, ...]:
    r"""The items of a cell such as ``a|b``; ``\|`` is a bar inside an item."""
    separator = layout()["list_separator"]
    items: list[str] = [""]
    position = 0
    while position < len(text):
        if text[position] == "\\" and text[position + 1 : position + 2] in (separator, "\\"):
            position += 1
            items[-1] += text[position]
        elif text[position] == separator:
            items.append("")
        else:
            items[-1] += text[position]
        position += 1
    return tuple(items) if text else ()


def join_list(items: tuple[str, ...]) -> str:
    """The cell that :func:`split_list` reads back as ``items``."""
    separator = str(layout()["list_separator"])
    return separator.join(
        item.replace("\\", "\\\\").replace(separator, "\\" + separator) for item in items
    )
