"""The pages of the mirror: for those who look after it, for monitors, and for everybody."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint, Response, jsonify
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar import config
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.overview.health import health
from ckanext.imssbienestar.mirror.overview.metrics import metrics_text
from ckanext.imssbienestar.mirror.overview.timetable import Punctuality
from ckanext.imssbienestar.mirror.review.records import ReviewRecords
from ckanext.imssbienestar.mirror.review.status import is_reviewed
from ckanext.imssbienestar.portal import (
    mirror_activities,
    mirror_equality,
    mirror_facts,
    mirror_page,
    mirror_site,
    mirror_texts,
    texts,
)
from ckanext.imssbienestar.portal.jobs import somebody_works

imss_mirror = Blueprint("imss_mirror", __name__)

_PAGE = 50
_ACTIVITIES = 8
_UNAVAILABLE = 503


@imss_mirror.get("/mirror")
def index() -> str:
    """What should have run, did it, why not; and where every dataset stands."""
    mirror_site.demand_keeper()
    words, group = tk.request.args.get("q", ""), tk.request.args.get("group", "")
    page = max(1, tk.request.args.get("page", 1, type=int))
    records, problem = mirror_site.records_or_problem()
    chosen = mirror_page.chosen(mirror_facts.lines(records), words, group, True)
    newest = mirror_activities.recent(_ACTIVITIES) if records else []
    variables = {
        "problem": problem,
        "records": records,
        "activities": [mirror_activities.shown(one) for one in newest],
        "reviewed": records is not None and is_reviewed(mirror_site.settings()),
        "somebody_works": somebody_works(),
        "lines": chosen.lines[(page - 1) * _PAGE : page * _PAGE],
        "count": len(chosen.lines),
        "all": sum(chosen.counts.values()),
        "counts": chosen.counts,
        "page": page,
        "pages": -(-len(chosen.lines) // _PAGE),
        "asked": {"q": words, "group": group},
        "last_look": _last_look() if records else "",
        "texts": mirror_texts,
        "language": texts.language(),
        "target_url": mirror_site.settings().target.url if records else "",
    }
    return tk.render("imssbienestar/mirror.html", variables)


def _last_look() -> str:
    looked = ReviewRecords(mirror_site.database()).last_look()
    if looked is None:
        return tk._("Nobody has looked yet at what it did with what was sent.")
    return tk._("Last looked at on {moment}.").format(moment=mirror_texts.moment(looked))


@imss_mirror.post("/mirror")
def start() -> WerkzeugResponse:
    """The buttons: plan, run, verify; all of it or one dataset."""
    mirror_site.demand_keeper()
    form = tk.request.form
    asked = {"kind": form.get("kind"), "dataset": form.get("dataset") or ""}
    ask("imss_mirror_start", asked)
    return tk.redirect_to("imss_mirror.index")


def ask(action: str, asked: dict[str, Any]) -> dict[str, Any] | None:
    """Ask for an activity and tell the person what became of that; None when it was refused."""
    try:
        activity: dict[str, Any] = tk.get_action(action)({"user": tk.current_user.name}, asked)
    except tk.ValidationError as error:
        said = error.error_dict.get("message")
        tk.h.flash_error(said or tk._("This cannot be asked of the mirror."))
        return None
    if activity["new"]:
        tk.h.flash_success(tk._("Asked for: {title}.").format(title=activity["title"]))
    else:
        tk.h.flash_notice(
            tk._("{title}: asked for already, and waits for a background worker.").format(
                title=activity["title"]
            )
        )
    return activity


@imss_mirror.get("/mirror/activity/<id>.json")
def progress(id: str) -> Response:
    """How far an activity is, for its progress bar."""
    mirror_site.demand_keeper()
    activity = mirror_activities.find(id)
    if activity is None:
        return tk.abort(404, tk._("There is no such activity."))
    return jsonify(mirror_activities.progress(activity))


@imss_mirror.get("/mirror/health")
def health_answer() -> tuple[Response, int]:
    """One word for monitors, and 200 or 503; the rest for those who look after the mirror."""
    if not mirror_site.is_set_up():
        return tk.abort(404, tk._("This site does not look after the mirror."))
    records, _problem = mirror_site.records_or_problem()
    if records is None:
        return jsonify({"status": "unreadable"}), _UNAVAILABLE
    answer = health(records)
    if not mirror_site.looks_after(tk.current_user.name):
        answer = {"status": answer["status"]}
    good = records.timetable.punctuality is Punctuality.OK
    return jsonify(answer), 200 if good else _UNAVAILABLE


@imss_mirror.get("/mirror/metrics")
def metrics() -> Response:
    """For Prometheus."""
    allowed = config.mirror_metrics_for_all() or mirror_site.looks_after(tk.current_user.name)
    if not mirror_site.is_set_up() or not allowed:
        return tk.abort(404, tk._("There is no such page."))
    records, problem = mirror_site.records_or_problem()
    if records is None:
        return Response(problem, status=_UNAVAILABLE, content_type="text/plain; charset=utf-8")
    return Response(metrics_text(records), content_type="text/plain; version=0.0.4; charset=utf-8")


@imss_mirror.get("/dataset/<id>/equality")
def equality(id: str) -> str:
    """Is the federal copy equal to what was signed?"""
    dataset, found = _equality(id)
    variables = {
        "pkg_dict": dataset,
        "pkg": dataset,
        "dataset_type": dataset["type"],
        "found": found,
        "texts": mirror_texts,
    }
    return tk.render("imssbienestar/mirror_equality.html", variables)


@imss_mirror.get("/dataset/<id>/equality.json")
def equality_json(id: str) -> Response:
    """The same for programs."""
    _dataset, found = _equality(id)
    return jsonify(mirror_equality.equality_dict(found))


def _equality(id: str) -> tuple[dict[str, Any], mirror_equality.DatasetEquality]:
    published = mirror_equality.published_release(id)
    if published is None or not mirror_site.is_set_up():
        return tk.abort(404, tk._("There is no such published dataset."))
    try:
        found = mirror_page.equality(*published)
    except MirrorConfigurationError:
        # What is wrong with the ledger is not for everybody.
        return tk.abort(_UNAVAILABLE, tk._("What is known of the federal copy cannot be read now."))
    show = tk.get_action("package_show")
    return show({"user": tk.current_user.name}, {"id": published[0].id}), found
