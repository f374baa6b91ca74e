"""What was really sent: kind of content, separator, and the row where the header is."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ckanext.imssbienestar.checks.layout import limit, table_layout
from ckanext.imssbienestar.checks.reading import ByteFacts
from ckanext.imssbienestar.domain.dictionary import DataDictionary, plain_words

# A row is a header, and not a title, when it is filled at least this much.
_HEADER_FILL = 0.6
# Of the bytes at even or odd places, the part that is zero in a Latin text as UTF-16.
_ZEROS = 0.4


@dataclass(frozen=True)
class TableShape:
    """How to read a file as a table.

    :ivar header_row: row of the column names, counted from 1.
    """

    encoding: str
    delimiter: str
    header_row: int


def foreign_content(path: Path) -> str:
    """The kind of content that is no table (a key of ``words.contents``), or an empty text."""
    with path.open("rb") as stream:
        head = stream.read(512)
    for signature in table_layout()["signatures"]:
        if head.startswith(bytes.fromhex(signature["hex"])):
            return str(signature["content"])
    text = head.decode("utf-8-sig", errors="replace").lstrip().lower()
    for opening in table_layout()["openings"]:
        if text.startswith(opening["text"]):
            return str(opening["content"])
    return ""


def wide_encoding(path: Path) -> str:
    """The codec of a text in UTF-16, with or without its mark; an empty text for any other."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = max(1, len(head) // 2)
    if head[1::2].count(0) > _ZEROS * half:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > _ZEROS * half else ""


def recognise(path: Path, facts: ByteFacts, dictionary: DataDictionary | None) -> TableShape:
    """How this file is to be read, from its first rows and what the dictionary expects."""
    expected = _expected_words(dictionary)
    sample = _sample_text(path, facts)
    tables = {mark: list(_sample_rows(sample, mark)) for mark in table_layout()["separators"]}
    # On a tie the first one wins, and that is the comma.
    best = max(tables, key=lambda mark: _separator_score(tables[mark], expected))
    header = _find_header(tables[best], expected)
    return TableShape(encoding=text_encoding(facts), delimiter=best, header_row=header + 1)


def text_encoding(facts: ByteFacts) -> str:
    """The codec to read the file's text with."""
    return "utf-8-sig" if facts.has_bom else facts.encoding


def _expected_words(dictionary: DataDictionary | None) -> frozenset[str]:
    if dictionary is None:
        return frozenset()
    words = {plain_words(text) for field in dictionary.fields for text in (field.name, field.title)}
    return frozenset(words - {""})


def _sample_text(path: Path, facts: ByteFacts) -> str:
    size = limit("sample_bytes")
    with path.open("rb") as stream:
        text = stream.read(size).decode(text_encoding(facts), errors="replace")
    # The last line of a cut sample is half a row.
    return text if facts.size <= size else text[: text.rfind("\n") + 1] or text


def _sample_rows(sample: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    except csv.Error:
        return  # an enormous cell: the exact pass names it


def _separator_score(rows: Sequence[Sequence[str]], expected: frozenset[str]) -> tuple[int, float]:
    """How well a separator explains the rows: expected names found, then equal widths."""
    filled = [row for row in rows if row]
    if not filled:
        return (0, 0.0)
    # Further down there is no header to look for.
    matches = max(_matches(row, expected) for row in filled[: limit("header_search_rows")])
    width, count = Counter(map(len, filled)).most_common(1)[0]
    # One mark in each text and none in the header is punctuation, not a separator.
    punctuation = width == 2 and len(filled[0]) == 1
    return (matches, 0.0 if width == 1 or punctuation else count / len(filled))


def _matches(row: Sequence[str], expected: frozenset[str]) -> int:
    return len({plain_words(cell) for cell in row} & expected)


def _find_header(rows: Sequence[Sequence[str]], expected: frozenset[str]) -> int:
    searched = rows[: limit("header_search_rows")]
    if not searched:
        return 0
    named = [_matches(row, expected) for row in searched]
    if max(named) > 0:
        return named.index(max(named))
    filled = [sum(bool(cell.strip()) for cell in row) for row in searched]
    enough = max(2, _HEADER_FILL * max(filled))
    if max(filled) < 2:
        return 0
    return next(index for index, count in enumerate(filled) if count >= enough)
