"""The texts of a dataset, its resources and dictionaries, looked at on every write (R-182, R-201).

It looks at what is stored in the transaction of the write and not at who wrote it; what is certain
undoes the write. Neither an error nor a finding repeats the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.personal.errors import GuardFailedError
from ckanext.imssbienestar.checks.personal_data import Decision, PersonalDataReport, scan_texts
from ckanext.imssbienestar.checks.texts import finding, word
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.procedure.gates import FieldLabels


@dataclass(frozen=True)
class WrittenText:
    """One text somebody wrote.

    :ivar field: the name of the field of the dataset or resource that it is in.
    :ivar resource: the place of its resource, None for the dataset's own.
    """

    field: str
    resource: int | None
    text: str


@dataclass(frozen=True)
class ToldText:
    """A field whose text shows personal data of a kind; without the text."""

    field: str
    resource: int | None
    kind: str
    decision: Decision


def told_by(dataset: dict[str, Any]) -> tuple[ToldText, ...]:
    """What the texts of a dataset show, each field and kind once.

    :param dataset: as ``package_show`` gives it.
    """
    written = list(_written(dataset))
    report = _scanned({f"text {number}": each.text for number, each in enumerate(written)})
    contacts = read_yaml("personal_data/metadata.yaml")["contacts"]
    found: dict[ToldText, None] = {}
    for column in report.columns:
        each = written[int(column.column.removeprefix("text "))]
        if each.field in contacts["fields"] and column.kind in contacts["kinds"]:
            continue
        found[ToldText(each.field, each.resource, column.kind, column.decision)] = None
    return tuple(found)


def refuse_certain(dataset: dict[str, Any], labels: FieldLabels) -> None:
    """Look at the texts as they are stored in the present transaction.

    :raises tk.ValidationError: some of them show personal data for certain; the caller undoes the
        transaction.
    """
    certain = [told for told in told_by(dataset) if told.decision is Decision.BLOCK]
    if not certain:
        return
    errors: dict[str, Any] = {}
    resources: list[dict[str, list[str]]] = [{} for _each in dataset["resources"]]
    for told in certain:
        sentence = _sentence(told, labels)
        if told.resource is None:
            errors.setdefault(_place(told.field, labels.dataset), []).append(sentence)
        else:
            errors.setdefault("message", []).append(sentence)
            place = _place(told.field, labels.resource)
            resources[told.resource].setdefault(place, []).append(sentence)
    # Core's resource actions show what is said of the resource that they wrote, and nothing else.
    said = [_sentence(told, labels) for told in certain]
    errors["resources"] = [each or {"message": said} for each in resources]
    raise tk.ValidationError(errors)


def findings_of(dataset: dict[str, Any], labels: FieldLabels, language: str) -> list[Finding]:
    """What a person should look at before the review: a name in a text may be there lawfully."""
    return [
        finding(
            "personal-data-text",
            language=language,
            column=told.field,
            resource=_resource_name(dataset, told),
            field=_label(told, labels),
            kind=word("kinds", told.kind, language),
        )
        for told in told_by(dataset)
    ]


def refuse_in_record(text: str, *, field: str, also_possible: bool = False) -> None:
    """Look at a reason or a number of an *oficio* before it is kept for ever.

    :param also_possible: refuse what only might be personal data too.
    :raises tk.ValidationError: it shows personal data; under the name of the field.
    """
    if kinds := kinds_told({field: text}, also_possible=also_possible):
        sentence = tk._(
            "This text shows personal data ({kinds}) and would be kept for ever: nothing was "
            "saved. Write it again without telling of any person."
        )
        raise tk.ValidationError({field: [sentence.format(kinds=kinds)]})


def kinds_told(written: dict[str, str], *, also_possible: bool = False) -> str:
    """The kinds of personal data that these texts show, in words; an empty text for none.

    :param written: texts by what they are called. :param also_possible: also what only might be.
    :raises tk.ValidationError: they cannot be judged, and so are not let through.
    """
    counted = {Decision.BLOCK, Decision.REVIEW} if also_possible else {Decision.BLOCK}
    told = [column for column in _scanned(written).columns if column.decision in counted]
    return ", ".join({word("kinds", each.kind, texts.language()): None for each in told})


def _place(field: str, known: Mapping[str, str]) -> str:
    """Where an error on a field is told: a name that somebody made up may be what tells."""
    # Core wants the errors of keywords one by one; its form has them in one field.
    names = {"tags": "tag_string", "extras": "extras"}
    return names.get(field, field if field in known else "message")


def _scanned(written: dict[str, str]) -> PersonalDataReport:
    """:raises tk.ValidationError: they cannot be judged, and so are not let through."""
    try:
        return scan_texts(written)
    except GuardFailedError as error:
        raise tk.ValidationError({"message": [texts.sentence(error)]}) from error


def _sentence(told: ToldText, labels: FieldLabels) -> str:
    return tk._(
        "The text of «{field}» shows personal data ({kind}): nothing was saved. "
        "Take it out and save again."
    ).format(field=_label(told, labels), kind=word("kinds", told.kind, texts.language()))


def _label(told: ToldText, labels: FieldLabels) -> str:
    words = labels.dataset if told.resource is None else labels.resource
    return words.get(told.field, tk._("another field"))


def _resource_name(dataset: dict[str, Any], told: ToldText) -> str | None:
    if told.resource is None:
        return None
    # Its own name may be what shows somebody.
    name = str(dataset["resources"][told.resource].get("name") or "")
    return name if not scan_texts({"name": name}).columns else str(told.resource + 1)


def _written(dataset: dict[str, Any]) -> Iterator[WrittenText]:
    passed_over = read_yaml("personal_data/metadata.yaml")["not_looked_at"]
    for field, value in dataset.items():
        if field not in passed_over["dataset"]:
            yield from (WrittenText(field, None, text) for text in (field, *_texts_in(value)))
    for place, resource in enumerate(dataset["resources"]):
        for field, value in resource.items():
            if field in passed_over["resource"]:
                continue
            if field == "url" and resource.get("url_type") == "upload":
                value = str(value).rpartition("/")[2]
            yield from (WrittenText(field, place, text) for text in (field, *_texts_in(value)))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
