"""The pages of the mirror: for those who look after it, for monitors, and for everybody."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response, jsonify
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar import config
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Activity
from ckanext.imssbienestar.mirror.overview.health import Records, health
from ckanext.imssbienestar.mirror.overview.metrics import metrics_text
from ckanext.imssbienestar.mirror.overview.timetable import Punctuality
from ckanext.imssbienestar.portal import (
    mirror_equality,
    mirror_facts,
    mirror_jobs,
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
    _demand_keeper()
    words, group = tk.request.args.get("q", ""), tk.request.args.get("group", "")
    page = max(1, tk.request.args.get("page", 1, type=int))
    records, problem = _records()
    chosen = mirror_page.chosen(mirror_facts.lines(records), words, group, True)
    variables = {
        "problem": problem,
        "records": records,
        "activities": _activities() if records else [],
        "somebody_works": somebody_works(),
        "lines": chosen.lines[(page - 1) * _PAGE : page * _PAGE],
        "count": len(chosen.lines),
        "all": sum(chosen.counts.values()),
        "counts": chosen.counts,
        "page": page,
        "pages": -(-len(chosen.lines) // _PAGE),
        "asked": {"q": words, "group": group},
        "texts": mirror_texts,
        "language": texts.language(),
        "target_url": mirror_site.settings().target.url if records else "",
    }
    return tk.render("imssbienestar/mirror.html", variables)


@imss_mirror.post("/mirror")
def start() -> WerkzeugResponse:
    """The buttons: plan, run, verify; all of it or one dataset."""
    _demand_keeper()
    form = tk.request.form
    asked = {"kind": form.get("kind"), "dataset": form.get("dataset") or ""}
    try:
        activity = tk.get_action("imss_mirror_start")({"user": tk.current_user.name}, asked)
    except tk.ValidationError as error:
        said = error.error_dict.get("message")
        tk.h.flash_error(said or tk._("This cannot be asked of the mirror."))
    else:
        if activity["new"]:
            tk.h.flash_success(tk._("Asked for: {title}.").format(title=activity["title"]))
        else:
            tk.h.flash_notice(
                tk._("{title}: asked for already, and waits for a background worker.").format(
                    title=activity["title"]
                )
            )
    return tk.redirect_to("imss_mirror.index")


@imss_mirror.get("/mirror/activity/<id>.json")
def progress(id: str) -> Response:
    """How far an activity is, for its progress bar."""
    _demand_keeper()
    activity = mirror_site.activities().find(id)
    if activity is None:
        return tk.abort(404, tk._("There is no such activity."))
    return jsonify(_progress(activity))


@imss_mirror.get("/mirror/health")
def health_answer() -> tuple[Response, int]:
    """One word for monitors, and 200 or 503; the rest for those who look after the mirror."""
    if not mirror_site.is_set_up():
        return tk.abort(404, tk._("This site does not look after the mirror."))
    records, _problem = _records()
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
    records, problem = _records()
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


def _demand_keeper() -> None:
    if not mirror_site.looks_after(tk.current_user.name):
        tk.abort(403, tk._("Only the Open data administrator looks after the mirror."))


def _records() -> tuple[Records | None, str]:
    """What the ledger knows, or why it cannot be read."""
    if not mirror_site.is_set_up():
        return None, tk._(
            "This site does not look after the mirror: the setting "
            "ckanext.imssbienestar.mirror_profile is empty."
        )
    try:
        return mirror_site.records(), ""
    except MirrorConfigurationError as error:
        return None, error.told(texts.language())


def _activities() -> list[dict[str, Any]]:
    return [
        {
            **_progress(activity),
            "id": activity.id,
            "title": mirror_texts.activity_title(activity),
            "asked": mirror_texts.moment(activity.asked),
            "person": _person(activity.asked_by),
            "under_way": activity.under_way and not mirror_jobs.is_lost(activity),
        }
        for activity in mirror_site.activities().recent(_ACTIVITIES)
    ]


def _progress(activity: Activity) -> dict[str, Any]:
    lost = mirror_jobs.is_lost(activity)
    if lost:
        mirror_site.activities().lose(activity.id)
        activity = mirror_site.activities().find(activity.id) or activity
    return {
        "state": activity.stage.value,
        "percent": round(100 * activity.done / activity.total) if activity.total else 0,
        "message": mirror_texts.activity_sentence(activity),
        "fix": "",
    }


def _person(user_id: str) -> str:
    user = model.User.get(user_id) if user_id else None
    return str(user.display_name) if user is not None else ""
