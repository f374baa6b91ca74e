"""The page of the safe derivative: what may be published of a file that the guard refuses."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.derivative.suggest import NoSafeDerivativeError
from ckanext.imssbienestar.checks.workbook_check import SheetUnclearError, workbook_finding
from ckanext.imssbienestar.errors import ImssError, InputFileError
from ckanext.imssbienestar.formats.workbooks.facts import WorkbookError
from ckanext.imssbienestar.portal import derivatives, texts
from ckanext.imssbienestar.portal.derivatives import Offer, OfferOverError
from ckanext.imssbienestar.procedure.content_store import FileTooLarge

imss_derivative = Blueprint("imss_derivative", __name__)


@imss_derivative.get("/dataset/<id>/derivative")
def show(id: str) -> str:
    """The form that takes the file."""
    return _page(_dataset(id))


@imss_derivative.post("/dataset/<id>/derivative")
def offer(id: str) -> str:
    """What a safe derivative of the file would be; the file itself is wiped."""
    dataset = _dataset(id)
    upload = tk.request.files.get("upload")
    if upload is None or not upload.filename:
        return _page(dataset, fault=tk._("Choose the file first."))
    try:
        return _page(dataset, derivatives.offer(upload, dataset, tk.current_user.id))
    except ImssError as error:
        return _page(dataset, fault=_fault(error))


@imss_derivative.post("/dataset/<id>/derivative/accept")
def accept(id: str) -> WerkzeugResponse | str:
    """The button: a new private draft with the derivative that the person saw."""
    dataset = _dataset(id)
    try:
        name = derivatives.accept(tk.request.form.get("token", ""), dataset, tk.current_user)
    except OfferOverError:
        fault = tk._("What you saw is no longer kept. Choose the file again.")
        return _page(dataset, fault=fault)
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Not authorized to add a dataset to this unit"))
    except tk.ValidationError as error:
        told = [str(value) for value in error.error_summary.values()]
        return _page(dataset, fault=" ".join(told))
    tk.h.flash_success(
        tk._("This draft has the counts. Complete its description and its dictionary.")
    )
    return tk.redirect_to("dataset.read", id=name)


def _dataset(id: str) -> dict[str, Any]:
    """The dataset that the file was for; a 404 or 403 for those who may not change it."""
    context = {"user": tk.current_user.name}
    try:
        dataset: dict[str, Any] = tk.get_action("package_show")({**context}, {"id": id})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return tk.abort(404, tk._("Dataset not found"))
    try:
        tk.check_access("package_update", {**context}, {"id": dataset["id"]})
    except tk.NotAuthorized:
        return tk.abort(403, tk._("Not authorized to change this dataset"))
    return dataset


def _fault(error: ImssError) -> str:
    """Why there is no derivative, in a sentence without anything of the file."""
    match error:
        case NoSafeDerivativeError() | SheetUnclearError():
            return f"{error.finding.message} {error.finding.fix}"
        case WorkbookError():
            found = workbook_finding(error, texts.language())
            return f"{found.message} {found.fix}"
        case FileTooLarge():
            return tk._(
                "The file has more than {size} MB. Use scripts/scan_personal_data.py with its "
                "option --derivative, where the file is."
            ).format(size=config.check_inline_bytes() >> 20)
        case InputFileError():  # its own text names a path of the server
            return tk._("The file could not be read.")
    return texts.sentence(error)


def _page(dataset: dict[str, Any], offered: Offer | None = None, *, fault: str = "") -> str:
    return tk.render(
        "imssbienestar/derivative.html",
        {"dataset": dataset, "offer": offered, "fault": fault},
    )
