"""The page of the publishable copy: what people sent, as canonical CSV, once a person confirms.

That of a small file is made while somebody waits, as often as it is looked at; that of a large one
by a job, once, and kept for a while (:mod:`~ckanext.imssbienestar.portal.copy_jobs`). The copy
takes the place of the file by the ordinary way of an upload, the guard included. What was sent
first stays as it was sent, in the content store, where no address reaches it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint, Response, jsonify, send_file
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.errors import ImssError, InputFileError, TerminalError
from ckanext.imssbienestar.formats.canonical.changes import Change
from ckanext.imssbienestar.formats.canonical.normalise import (
    CannotNormaliseError,
    Copy,
    normalised_copy,
)
from ckanext.imssbienestar.portal import copy_jobs, copy_texts, prepared_copies, reports, texts
from ckanext.imssbienestar.portal.check_runs import ReportKey
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.personal_data_metadata import kinds_told
from ckanext.imssbienestar.portal.reports import CheckStanding, Subject

imss_copy = Blueprint("imss_copy", __name__)

# Cells shown with each change; the list is to be read by a person.
_CELLS_SHOWN = 5

# Before the name of a column, in the form: the value that a person gives all its cells.
_CONSTANT = "constant-"


class _NotPreparedError(TerminalError):
    """The copy of a large file is not there: not yet, or no longer."""


@dataclass(frozen=True)
class _Wanted:
    """What is to be copied, and what a person answered.

    :ivar sheet: of a workbook with several.
    :ivar constants: values for columns that the file lacks.
    """

    dataset: dict[str, Any]
    resource: dict[str, Any]
    subject: Subject
    sheet: str | None
    constants: Mapping[str, str]

    @property
    def dictionary(self) -> DataDictionary | None:
        """The dictionary of the resource, if there is one that can be used."""
        schema = self.subject.schema
        return DataDictionary.from_table_schema(schema) if schema else None

    @contextmanager
    def copy(self) -> Iterator[Copy]:
        """The copy, while the context lasts.

        :raises CannotNormaliseError: there is no table to copy.
        :raises _NotPreparedError: the file is large and its copy was not prepared.
        """
        stored = self.subject.stored
        if self.subject.is_large:
            yield self._prepared()
            return
        with normalised_copy(
            content_store().path(stored.sha256),
            self.dictionary,
            sheet=self.sheet,
            constants=self.constants,
            file_name=stored.name,
            language=texts.language(),
        ) as made:
            yield made

    @property
    def key(self) -> ReportKey:
        """What the copy of a large file is kept under."""
        return copy_jobs.key_of(self.subject, self.sheet, self.constants, texts.language())

    @property
    def answers(self) -> dict[str, str | None]:
        """What the person answered, as the address and the form say it."""
        constants = {_CONSTANT + name: value for name, value in self.constants.items()}
        return {"sheet": self.sheet, **constants}

    def request(self, *, again: bool = False) -> CheckStanding:
        """Have the copy of a large file prepared, and say how far it is."""
        return copy_jobs.request(self.key, self.subject, self.sheet, self.constants, again=again)

    def sheets(self, refusals: tuple[Finding, ...]) -> tuple[str, ...]:
        """The sheets to choose from, where that is the question."""
        if not self.subject.is_large:
            return copy_jobs.sheets_asked_for(self.subject.stored.sha256, refusals)
        prepared = prepared_copies.find(self.key)
        return prepared.sheets if prepared is not None else ()

    def _prepared(self) -> Copy:
        prepared = prepared_copies.find(self.key)
        if prepared is None:
            raise _NotPreparedError("The copy is not prepared.")
        if prepared.copy is None:
            raise CannotNormaliseError(*prepared.refusals)
        return prepared.copy

    @property
    def copy_name(self) -> str:
        """The name of the copy: that of the file, as CSV."""
        name = self.subject.stored.name
        return (name.rpartition(".")[0] or name) + ".csv"


@imss_copy.get("/dataset/<id>/resource/<resource_id>/copy")
def show(id: str, resource_id: str) -> str:
    """What the copy would change, for a person to look at; nothing is changed yet."""
    wanted = _wanted(id, resource_id, tk.request.args)
    try:
        with wanted.copy() as made:
            return _page(wanted, made=made)
    except _NotPreparedError:
        return _page(wanted, standing=wanted.request())
    except CannotNormaliseError as error:
        return _page(wanted, refusals=error.findings)
    except ImssError as error:
        return _page(wanted, fault=_fault(error))


@imss_copy.post("/dataset/<id>/resource/<resource_id>/copy-answers")
def answer(id: str, resource_id: str) -> WerkzeugResponse:
    """Look again with what a person answered; the address has it only once it was looked at."""
    return _to_the_page(_wanted(id, resource_id, tk.request.form))


@imss_copy.get("/dataset/<id>/resource/<resource_id>/copy.json")
def state(id: str, resource_id: str) -> Response:
    """How far the copy of a large file is, for the progress bar."""
    wanted = _wanted(id, resource_id, tk.request.args)
    return jsonify(copy_texts.standing_dict(copy_jobs.standing_of(wanted.key)))


@imss_copy.post("/dataset/<id>/resource/<resource_id>/copy-again")
def again(id: str, resource_id: str) -> WerkzeugResponse:
    """Prepare again the copy of a large file that could not be prepared."""
    wanted = _wanted(id, resource_id, tk.request.form)
    if wanted.subject.is_large:
        wanted.request(again=True)
    return _to_the_page(wanted)


@imss_copy.get("/dataset/<id>/resource/<resource_id>/copy.csv")
def download(id: str, resource_id: str) -> Response:
    """The copy itself, to be looked at before it is confirmed."""
    wanted = _wanted(id, resource_id, tk.request.args)
    try:
        with wanted.copy() as made:
            # Opened before the context takes the file away.
            response = send_file(
                made.path.open("rb"),
                mimetype="text/csv",
                as_attachment=True,
                download_name=wanted.copy_name,
            )
    except (ImssError, FileNotFoundError):  # a prepared copy may be wiped at this moment
        return tk.abort(404, tk._("There is no copy of this file."))
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@imss_copy.post("/dataset/<id>/resource/<resource_id>/copy")
def confirm(id: str, resource_id: str) -> WerkzeugResponse | str:
    """Put the copy in the place of the file, if it is the one that the person saw."""
    wanted = _wanted(id, resource_id, tk.request.form)
    try:
        with wanted.copy() as made:
            if made.report.output_sha256 != tk.request.form.get("seen"):
                return _page(
                    wanted,
                    made=made,
                    fault=tk._("The file or its dictionary changed meanwhile. Look again."),
                )
            with made.path.open("rb") as stream:
                tk.get_action("resource_patch")(
                    {"user": tk.current_user.name},
                    {
                        "id": resource_id,
                        "format": "CSV",
                        "upload": FileStorage(stream, filename=wanted.copy_name),
                    },
                )
    except (_NotPreparedError, FileNotFoundError):
        tk.h.flash_notice(
            tk._("The copy that you saw is no longer kept. It is prepared again; look once more.")
        )
        return _to_the_page(wanted)
    except CannotNormaliseError as error:
        return _page(wanted, refusals=error.findings)
    except ImssError as error:
        return _page(wanted, fault=_fault(error))
    except tk.ValidationError as error:
        return _page(wanted, fault=" ".join(_sentences(error.error_dict)))
    prepared_copies.forget(wanted.key)
    tk.h.flash_success(tk._("The publishable copy is now the file of this resource."))
    return tk.redirect_to("imss_report.show", id=wanted.dataset["name"], resource_id=resource_id)


def _wanted(id: str, resource_id: str, answers: Mapping[str, str]) -> _Wanted:
    """What the address and the form ask for; a 404 or 403 for those who may not."""
    context = {"user": tk.current_user.name}
    try:
        dataset = tk.get_action("package_show")({**context}, {"id": id})
        resource = next(res for res in dataset["resources"] if res["id"] == resource_id)
    except (tk.ObjectNotFound, tk.NotAuthorized, StopIteration):
        return tk.abort(404, tk._("Resource not found"))
    try:
        tk.check_access("resource_update", {**context}, {"id": resource_id})
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Not authorized to change this dataset"))
    subject = reports.subject_of(resource)
    if subject is None:
        return tk.abort(404, tk._("This resource has no file."))
    constants = {
        name.removeprefix(_CONSTANT): value.strip()
        for name, value in answers.items()
        if name.startswith(_CONSTANT) and value.strip()
    }
    _refuse_personal_data(constants)
    return _Wanted(dataset, resource, subject, answers.get("sheet") or None, constants)


def _refuse_personal_data(constants: dict[str, str]) -> None:
    """Before they wait in the queue or stand in an address."""
    try:
        kinds = kinds_told(constants)
    except tk.ValidationError as error:
        tk.abort(400, " ".join(_sentences(error.error_dict)))
    if kinds:
        sentence = tk._(
            "What was written for the missing columns shows personal data ({kinds}): no copy was "
            "made of it and nothing was kept. Go back and write something else."
        )
        tk.abort(400, sentence.format(kinds=kinds))


def _page(
    wanted: _Wanted,
    *,
    made: Copy | None = None,
    refusals: tuple[Finding, ...] = (),
    standing: CheckStanding | None = None,
    fault: str = "",
) -> str:
    report = made.report if made is not None else None
    return tk.render(
        "imssbienestar/report_copy.html",
        {
            "pkg_dict": wanted.dataset,
            "pkg": wanted.dataset,
            "dataset_type": wanted.dataset["type"],
            "res": wanted.resource,
            "report": report,
            "changes": [_change(change) for change in report.changes] if report else [],
            "questions": [found.model_dump(mode="json") for found in report.questions]
            if report
            else [],
            "refusals": [found.model_dump(mode="json") for found in refusals],
            "sheets": wanted.sheets(refusals),
            "standing": copy_texts.standing_dict(standing) if standing is not None else None,
            "fault": fault,
            "lacking": _lacking(wanted, report.columns if report else ()),
            "answers": wanted.answers,
            "prefix": _CONSTANT,
        },
    )


def _to_the_page(wanted: _Wanted) -> WerkzeugResponse:
    place = {"id": wanted.dataset["name"], "resource_id": wanted.resource["id"]}
    answers = {name: value for name, value in wanted.answers.items() if value}
    return tk.redirect_to("imss_copy.show", **place, **answers)


def _fault(error: ImssError) -> str:
    if isinstance(error, InputFileError):  # its own text names a path of the server
        return tk._("The stored file could not be read.")
    return texts.sentence(error)


def _lacking(wanted: _Wanted, columns: tuple[str, ...]) -> list[str]:
    """Columns of the dictionary that the copy lacks or that a person gave a value."""
    dictionary = wanted.dictionary
    if dictionary is None or not columns:
        return []
    return [
        field.name
        for field in dictionary.fields
        if field.name not in columns or field.name in wanted.constants
    ]


def _change(change: Change) -> dict[str, Any]:
    return {
        "text": change.text(texts.language()),
        "count": change.count,
        "cells": [cell.model_dump() for cell in change.cells[:_CELLS_SHOWN]],
        "more": change.count > _CELLS_SHOWN and bool(change.cells),
    }


def _sentences(error_dict: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for field, value in error_dict.items():
        if field == "personal_data":
            continue  # the same, for programs
        found += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return found
