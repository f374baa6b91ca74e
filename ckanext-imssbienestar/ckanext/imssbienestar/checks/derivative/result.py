"""The safe derivative as people get it: the plan in words, the file, its dictionary."""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ckanext.imssbienestar.checks.derivative.counting import Counted
from ckanext.imssbienestar.checks.derivative.plan import Column
from ckanext.imssbienestar.checks.derivative.rules import Step, derivative_rules, number, text
from ckanext.imssbienestar.checks.languages import language_of
from ckanext.imssbienestar.checks.layout import column_letter
from ckanext.imssbienestar.checks.personal_headers import normal_name
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryField
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.formats.dictionary.csv import dump_dictionary_csv
from ckanext.imssbienestar.formats.written.placed_file import place_file

# Words of a date's name that say nothing of what the date is of.
_DATE_WORDS = frozenset({"fecha", "date", "dia", "de", "del", "la", "el"})


class NoSafeDerivativeError(TerminalError):
    """No derivative of this table can be offered; the finding says why."""

    def __init__(self, reason: str, language: str, *, file: str, k: int) -> None:
        self.finding = finding(
            "no-safe-derivative", language=language, variant=reason, file=file, k=k
        )
        super().__init__(self.finding.message, next_step=self.finding.fix)


class PlannedColumn(BaseModel):
    """What became of one column of the original.

    :ivar action: ``keep``, ``generalise`` or ``drop``. :ivar result: its name in the derivative.
    :ivar message: the same in a sentence for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    action: str
    result: str | None
    message: str


class DerivativeReport(BaseModel):
    """The plan and its measure; no value of the original.

    :ivar rows: rows of the original. :ivar groups: rows of the derivative.
    :ivar left_out: rows of the original that no group counts: 0, or k at least.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    file: str
    k: int
    rows: int
    groups: int
    published: int
    left_out: int
    columns: tuple[PlannedColumn, ...]


@dataclass(frozen=True)
class SafeDerivative:
    """A derivative that waits for a person.

    :ivar path: its CSV, temporary, gone when the context that gave it ends.
    """

    report: DerivativeReport
    path: Path
    dictionary: DataDictionary

    def preview(self) -> list[list[str]]:
        """Its header and first rows."""
        with self.path.open(encoding="utf-8", newline="") as stream:
            return list(itertools.islice(csv.reader(stream), int(number("preview_rows")) + 1))

    def save(self, output: Path, dictionary_output: Path, *, overwrite: bool = False) -> None:
        """Put table and dictionary in their places, each whole or not at all.

        :raises FileExistsError: one is there already, and nobody said to replace it.
        :raises OSError: it cannot be written there.
        """
        described = self.path.with_name("dictionary.csv")
        described.write_text(dump_dictionary_csv(self.dictionary), encoding="utf-8", newline="")
        place_file(described, dictionary_output, overwrite=overwrite)
        try:
            place_file(self.path, output, overwrite=overwrite)
        except OSError:
            if not overwrite:
                dictionary_output.unlink(missing_ok=True)
            raise


def result_names(counted: Counted) -> list[str]:
    """The header of the result, the count last; names of the original where they still hold."""
    names: list[str] = []
    for column, step in counted.taken:
        names.append(_free(_name_of(column, step), names))
    return [*names, _free(str(derivative_rules()["count"]["name"]), names)]


def plan_in_words(
    columns: list[Column], counted: Counted, language: str
) -> tuple[PlannedColumn, ...]:
    """The plan, one sentence a column, in the order of the original."""
    names = result_names(counted)
    taken = {
        column.place: (step, name)
        for (column, step), name in zip(counted.taken, names, strict=False)
    }
    planned = []
    for column in columns:
        if column.place in taken:
            step, name = taken[column.place]
            action = "keep" if step.keeps else "generalise"
            message = text(action, language, step=step.title(language))
            result: str | None = name
        else:
            action, result = "drop", None
            kind = word("kinds", column.kind, language)
            reason = text(column.reason or "coarse", language, kind=kind)
            message = text("drop", language, reason=reason)
        planned.append(
            PlannedColumn(column=column.label, action=action, result=result, message=message)
        )
    return tuple(planned)


def describe(
    counted: Counted, original: DataDictionary | None, k: int, language: str
) -> DataDictionary:
    """The dictionary of the result; a person completes what only a person knows."""
    language = language_of(language)
    fields = [
        _described(column, step, name, original, language)
        for (column, step), name in zip(counted.taken, result_names(counted), strict=False)
    ]
    count = derivative_rules()["count"][language]
    fields.append(
        DictionaryField(
            name=result_names(counted)[-1],
            title=count["title"],
            type=FieldType.INTEGER,
            description=count["description"].format(k=k),
            unit=count["unit"],
        )
    )
    return DataDictionary(fields=tuple(fields))


def _described(
    column: Column, step: Step, name: str, original: DataDictionary | None, language: str
) -> DictionaryField:
    known = original.field(column.label) if original else None
    description = known.description if known else ""
    if step.keeps:
        return DictionaryField(
            name=name,
            title=(known.title if known else "") or column.label,
            type=known.type if known else FieldType.STRING,
            description=description or text("described", language, column=column.label),
            unit=known.unit if known else "",
        )
    facts = {"step": step.title(language), "column": column.label}
    return DictionaryField(
        name=name,
        title=text("title", language, **facts),
        type=step.type,
        description=text("description", language, description=description, **facts).strip(),
    )


def _name_of(column: Column, step: Step) -> str:
    if not step.name:
        own = " ".join(column.label.split())
        return own or f"columna_{column_letter(column.place + 1).lower()}"
    words = normal_name(column.label).split("_")
    rest = "_".join(word for word in words if word not in _DATE_WORDS)
    return step.name.format(rest=rest).strip("_").removesuffix("_de")


def _free(name: str, names: list[str]) -> str:
    numbers = (f"{name}_{number}" for number in itertools.count(2))
    return next(n for n in itertools.chain([name], numbers) if n not in names)
