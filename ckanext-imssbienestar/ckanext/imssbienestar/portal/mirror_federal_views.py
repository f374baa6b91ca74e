"""The pages about the federal side: its notices, its review, its comprobantes, one dataset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response, send_file
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Kind as Asked
from ckanext.imssbienestar.mirror.review import receipts
from ckanext.imssbienestar.mirror.review.passages import Kind, concerns
from ckanext.imssbienestar.mirror.review.status import is_reviewed, patience_of
from ckanext.imssbienestar.portal import (
    mirror_activities,
    mirror_facts,
    mirror_receipts,
    mirror_site,
    mirror_texts,
    texts,
)
from ckanext.imssbienestar.portal.mirror_views import ask

imss_mirror_federal = Blueprint("imss_mirror_federal", __name__)

_ZONE = ZoneInfo("America/Mexico_City")
_PAGE = 50


@imss_mirror_federal.post("/mirror/notify")
def notify() -> WerkzeugResponse:
    """The buttons that show a notice, and the one that sends the notice that was shown."""
    mirror_site.demand_keeper()
    form = tk.request.form
    asked = {
        "dataset": form.get("dataset") or "",
        "again": bool(form.get("again")),
        "dry_run": not form.get("as_shown"),
        "as_shown": form.get("as_shown") or "",
    }
    activity = ask("imss_mirror_notify", asked)
    if activity is None:
        return tk.redirect_to("imss_mirror.index")
    return tk.redirect_to("imss_mirror_federal.notice", id=activity["id"])


@imss_mirror_federal.post("/mirror/review")
def review() -> WerkzeugResponse:
    """The buttons that look at the federal side."""
    mirror_site.demand_keeper()
    form = tk.request.form
    asked = {"dataset": form.get("dataset") or "", "remind": bool(form.get("remind"))}
    ask("imss_mirror_review", asked)
    return tk.redirect_to("imss_mirror.index")


@imss_mirror_federal.get("/mirror/notice/<id>")
def notice(id: str) -> str:
    """A notice: as it would leave, or as it left."""
    mirror_site.demand_keeper()
    try:
        activity = mirror_activities.find(id)
    except MirrorConfigurationError as error:
        return tk.abort(503, error.told(texts.language()))
    if activity is None or activity.kind is not Asked.NOTIFY:
        return tk.abort(404, tk._("There is no such activity."))
    variables = {
        "activity": mirror_activities.shown(activity),
        "only": activity.only,
        "again": bool(activity.options.get("again")),
        "doubtful": bool(activity.summary.get("doubtful")),
        "draft": bool(activity.options.get("dry_run")),
        "left": bool(activity.summary.get("message_id")),
        "texts": mirror_texts,
        "kinds": {kind.value: mirror_texts.kind_label(kind) for kind in Kind},
    }
    return tk.render("imssbienestar/mirror_notice.html", variables)


@imss_mirror_federal.get("/mirror/receipts")
def receipt_list() -> str:
    """Every comprobante, and the form for the next one."""
    mirror_site.demand_keeper()
    return _receipts_page({}, [])


@imss_mirror_federal.post("/mirror/receipts")
def record_receipt() -> str | WerkzeugResponse:
    """Keep what the form holds; what is wrong with it is said beside the form."""
    mirror_site.demand_keeper()
    filled = {name: tk.request.form.get(name, "") for name in ("dataset", "kind", "number", "date")}
    given = {**filled, "upload": tk.request.files.get("upload")}
    try:
        kept = tk.get_action("imss_mirror_receipt_record")({"user": tk.current_user.name}, given)
    except tk.ValidationError as error:
        return _receipts_page(filled, _said(error.error_dict))
    tk.h.flash_success(
        tk._("Receipt {number} was recorded for {dataset}.").format(
            number=kept["number"], dataset=kept["dataset"]
        )
    )
    return tk.redirect_to("imss_mirror_federal.receipt_list")


@imss_mirror_federal.get("/mirror/receipts/<sha256>")
def receipt_file(sha256: str) -> Response:
    """The file of a comprobante."""
    mirror_site.demand_keeper()
    try:
        found = mirror_receipts.file_of(sha256)
    except MirrorConfigurationError as error:
        return tk.abort(503, error.told(texts.language()))
    if found is None:
        return tk.abort(404, tk._("The file of this receipt is missing or was changed."))
    path, one = found
    number = "".join(letter if letter.isalnum() else "-" for letter in one.row.receipt_number)
    answer: Response = send_file(
        path,
        mimetype=one.row.media_type,
        as_attachment=True,
        download_name=f"comprobante-{one.entry.dataset_name}-{number}{path.suffix}",
    )
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@imss_mirror_federal.get("/mirror/dataset/<id>")
def dataset(id: str) -> str:
    """One dataset: why it is not public there, what the federal side did, its comprobantes."""
    mirror_site.demand_keeper()
    records, problem = mirror_site.records_or_problem()
    package = model.Package.get(id)
    lines = mirror_facts.lines(records)
    line = next((one for one in lines if package is not None and one.id == package.id), None)
    if line is None:
        return tk.abort(404, tk._("There is no such dataset."))
    standing = records.reviews.get(line.id) if records else None
    worries = []
    if records and standing and is_reviewed(mirror_site.settings()):
        patience = patience_of(mirror_site.settings())
        worries = [
            one.full(texts.language()) for one in concerns(standing, records.moment, patience)
        ]
    variables = {
        **_receipts_variables({"dataset": line.name}, [], line.name),
        "problem": problem,
        "line": line,
        "standing": standing,
        "concerns": worries,
        "language": texts.language(),
        "reviewed": records is not None and is_reviewed(mirror_site.settings()),
    }
    return tk.render("imssbienestar/mirror_dataset.html", variables)


def _receipts_page(filled: dict[str, str], errors: list[str]) -> str:
    _records, problem = mirror_site.records_or_problem()
    if problem:
        return tk.abort(503, problem)
    return tk.render("imssbienestar/mirror_receipts.html", _receipts_variables(filled, errors, ""))


def _receipts_variables(filled: dict[str, str], errors: list[str], only: str) -> dict[str, Any]:
    """What the list and the form show.

    :param only: name of the one dataset that the page is about.
    """
    page = max(1, tk.request.args.get("page", 1, type=int))
    try:
        found, names = mirror_receipts.listed(only), mirror_receipts.sent_names()
    except (MirrorConfigurationError, tk.ObjectNotFound):
        found, names = [], []
    return {
        "receipts": [
            {
                **mirror_receipts.receipt_dict(one),
                "label": mirror_texts.kind_label(one.row.kind),
                "shown": mirror_texts.moment(one.row.recorded),
                "by": _display_name(one.row.person),
            }
            for one in found[(page - 1) * _PAGE : page * _PAGE]
        ],
        "count": len(found),
        "page": page,
        "pages": -(-len(found) // _PAGE),
        "names": names,
        "filled": filled,
        "errors": errors,
        "kinds": {kind.value: mirror_texts.kind_label(kind) for kind in Kind},
        "today": datetime.now(UTC).astimezone(_ZONE).date().isoformat(),
        "bounds": {
            "megabytes": receipts.largest_bytes() // 1_000_000,
            "letters": receipts.longest_number(),
            "accept": ",".join(receipts.media_types()),
        },
        "texts": mirror_texts,
    }


def _said(errors: dict[str, Any]) -> list[str]:
    """What is wrong with the form, each with the field it is about."""
    labels = {
        "dataset": tk._("Dataset"),
        "kind": tk._("What it is about"),
        "number": tk._("Number"),
        "date": tk._("Date"),
    }
    said = []
    for name, found in errors.items():
        if name == "personal_data":  # the same for programs
            continue
        for one in [found] if isinstance(found, str) else found:
            said.append(f"{labels[name]}: {one}" if name in labels else str(one))
    return said


def _display_name(user_name: str) -> str:
    user = model.User.get(user_name)
    return str(user.display_name) if user is not None else user_name
