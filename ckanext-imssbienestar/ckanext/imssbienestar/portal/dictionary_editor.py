"""What the editor of a dictionary shows, and what it makes of what a person typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.word_list import word_list
from ckanext.imssbienestar.domain.descriptions import needs_description
from ckanext.imssbienestar.domain.dictionary import (
    DataDictionary,
    DictionaryError,
    DictionaryField,
)
from ckanext.imssbienestar.domain.dictionary_changes import (
    DictionaryChanges,
    FoundColumns,
    changes_between,
    dictionary_digest,
)
from ckanext.imssbienestar.formats.dictionary import layout as dictionary_layout
from ckanext.imssbienestar.formats.dictionary.form import (
    Record,
    edited_dictionary,
    form_record,
    placed_problems,
)
from ckanext.imssbienestar.portal import dictionaries

COLUMNS_ON_A_PAGE = 40
"""A form with more would be too long for a person, and too large for a web server."""

LARGEST_FORM_BYTES = 5_000_000
"""As large as a dictionary may be. Flask's own limit, a tenth of it, would refuse long lists of
allowed values, and with them what was typed."""

# Those that every column has; the others are folded away until somebody wants them.
PLAIN = ("name", "title", "type", "description", "unit", "required")


@dataclass(frozen=True)
class EditorError:
    """A mistake beside its field: what is wrong and what to do; no field when it has none."""

    sentence: str
    number: int | None = None
    prop: str = ""


@dataclass(frozen=True)
class EditorRow:
    """One column in the form.

    :ivar saved: what somebody else saved meanwhile, for the fields in which it differs.
    :ivar gone: the dictionary no longer has this column; what was typed for it can be copied.
    """

    number: int
    name: str
    values: Record
    errors: Mapping[str, str] = field(default_factory=dict)
    saved: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False

    @property
    def rules(self) -> int:
        """How many of the folded fields say something."""
        folded = (prop for prop in dictionary_layout.headers() if prop not in PLAIN)
        return sum(1 for prop in folded if self.values.get(prop))

    @property
    def needs_description(self) -> bool:
        """Whether the description is missing, or only repeats the name or the title (R-101)."""
        said = self.values.get("description", "")
        entry = DictionaryField(
            name=self.name, title=self.values.get("title", ""), description=said
        )
        return needs_description(entry, word_list().empty_words)

    @property
    def unfolded(self) -> bool:
        """Whether a folded field needs to be seen."""
        return any(prop not in PLAIN for prop in (*self.errors, *self.saved))


@dataclass(frozen=True)
class Editor:
    """The form of one page of a dictionary.

    :ivar digest: of the stored dictionary that the form was made from; empty when there is none.
    :ivar proposed: nothing is stored yet; what is shown comes from the file.
    """

    base: DataDictionary
    digest: str
    page: int
    proposed: bool
    rows: Sequence[EditorRow]
    errors: Sequence[EditorError] = ()
    found: FoundColumns | None = None

    @property
    def pages(self) -> int:
        """How many pages the columns take."""
        return max(1, -(-len(self.base.fields) // COLUMNS_ON_A_PAGE))

    @property
    def elsewhere(self) -> int:
        """Descriptions that are missing on the other pages."""
        shown = {row.name for row in self.rows}
        missing = {entry.name for entry in fields_to_describe(self.base)}
        return len(missing - shown)

    @property
    def empty_words(self) -> list[str]:
        """What the script must know to count as the page did."""
        return sorted(word_list().empty_words)

    @property
    def changes(self) -> DictionaryChanges:
        """How the file differs from the dictionary."""
        if self.proposed or self.found is None:
            return DictionaryChanges()
        return changes_between(self.base, self.found)


def fields_to_describe(dictionary: DataDictionary) -> list[DictionaryField]:
    """The columns without a description, and those whose description only repeats the name."""
    empty_words = word_list().empty_words
    return [entry for entry in dictionary.fields if needs_description(entry, empty_words)]


def open_editor(resource: dict[str, Any], page: int = 1) -> Editor | None:
    """The form of a resource: its dictionary, or the one proposed from its file.

    :raises DictionaryError: the stored dictionary cannot be used under today's rules.
    :raises ImssError: the file cannot be read now.
    """
    stored = dictionaries.stored_dictionary(resource)
    found = dictionaries.found_columns(resource)
    base = stored or (found.proposal if found is not None else None)
    if base is None:
        return None
    bounded = min(max(page, 1), -(-len(base.fields) // COLUMNS_ON_A_PAGE))
    first = (bounded - 1) * COLUMNS_ON_A_PAGE
    shown = base.fields[first : first + COLUMNS_ON_A_PAGE]
    rows = [
        EditorRow(number, entry.name, form_record(entry, base))
        for number, entry in enumerate(shown, start=first)
    ]
    return Editor(base, dictionary_digest(stored), bounded, stored is None, rows, (), found)


def typed_rows(form: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """What a browser sent, by the number of the column: fields are called ``12-title``.

    Names go quoted as in an address: a browser would change the line breaks that some have.
    """
    rows: dict[int, dict[str, str]] = {}
    for key, text in form.items():
        number, dash, prop = key.partition("-")
        if dash and number.isascii() and number.isdigit() and prop in dictionary_layout.headers():
            rows.setdefault(int(number), {})[prop] = text
    return {
        number: row | {"name": unquote(row["name"])}
        for number, row in rows.items()
        if "name" in row
    }


def marked_columns(values: Sequence[str]) -> list[str]:
    """The columns whose boxes were marked."""
    return [unquote(value) for value in values]


def typed_dictionary(editor: Editor, typed: Mapping[int, Record]) -> DataDictionary:
    """The dictionary with what was typed.

    :raises DictionaryError: with everything that is wrong.
    """
    return edited_dictionary(editor.base, {row["name"]: row for row in typed.values()})


def retyped_form(
    editor: Editor,
    typed: Mapping[int, Record],
    *,
    digest: str,
    error: DictionaryError | None = None,
    sentences: Sequence[str] = (),
    moved: bool = False,
) -> Editor:
    """The form as the person sent it, with what is wrong beside its field; nothing is lost.

    :param moved: somebody else saved meanwhile; what they saved is shown beside what was typed,
        and saving again keeps what was typed.
    """
    numbers = {row["name"]: number for number, row in typed.items()}
    errors = [EditorError(sentence) for sentence in sentences]
    if error is not None:
        places = placed_problems(error)
        for place, finding in zip(places, dictionaries.findings_of(error), strict=True):
            number = numbers.get(place.column)
            prop = place.prop if number is not None else ""
            errors.append(EditorError(f"{finding.message} {finding.fix}", number, prop))
    rows = []
    for number, row in sorted(typed.items()):
        entry = editor.base.field(row["name"])
        stored = form_record(entry, editor.base) if entry is not None and moved else {}
        mistakes = {each.prop: each.sentence for each in errors if each.number == number}
        saved = {prop: text for prop, text in stored.items() if text != _text(row, prop)}
        gone = entry is None
        rows.append(EditorRow(number, row["name"], row, mistakes, saved, gone=gone))
    return Editor(
        base=editor.base,
        digest=editor.digest if moved else digest,
        page=editor.page,
        proposed=editor.proposed,
        rows=rows,
        errors=errors,
        found=editor.found,
    )


def further_rules(
    schema: Mapping[str, Any], labels: Mapping[str, str]
) -> list[list[tuple[str, str]]]:
    """What each column of a Table Schema says besides the plain: its label and its value."""
    key = schema.get("primaryKey") or []
    rules = []
    for entry in schema["fields"]:
        said = {**(entry.get("constraints") or {}), "examples": entry.get("examples")}
        said["primaryKey"] = entry["name"] in key
        said["foreignKeys"] = [
            f"{foreign['reference']['resource']}.{column}"
            for foreign in schema.get("foreignKeys") or []
            for name, column in zip(foreign["fields"], foreign["reference"]["fields"], strict=False)
            if name == entry["name"] and foreign["reference"].get("resource")
        ]
        rules.append(
            [
                (labels[prop], _spoken(said[prop]))
                for prop in dictionary_layout.headers()
                if prop not in (*PLAIN, "enum") and said.get(prop) not in (None, False, [])
            ]
        )
    return rules if any(rules) else []


def _spoken(value: Any) -> str:
    if value is True:
        return str(tk._("yes"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _text(row: Record, prop: str) -> str:
    return row.get(prop, "").replace("\r\n", "\n").strip()
