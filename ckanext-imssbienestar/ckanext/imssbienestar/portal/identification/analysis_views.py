"""The pages of the analysis of public interest: one row a database, saved a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.portal.identification import analysis_shown, analysis_texts
from ckanext.imssbienestar.portal.identification.analysis_form import (
    FormRow,
    sent_rows,
    shown_row,
    to_keep,
)
from ckanext.imssbienestar.portal.identification.pages import (
    Place,
    Standing,
    done_or_told,
    place,
    section_page,
    sentences,
)
from ckanext.imssbienestar.portal.identification.refusal_page import tell_refusals
from ckanext.imssbienestar.portal.logic.analysis_schema import SHOWN
from ckanext.imssbienestar.procedure import analysis, concentrado
from ckanext.imssbienestar.procedure.concentrado import Outdated
from ckanext.imssbienestar.procedure.rules import analysis_rules

imss_analysis = Blueprint("imss_analysis", __name__)
tell_refusals(imss_analysis)

PAGE = 50
_ENDPOINT = "imss_analysis.read"


@imss_analysis.get("/working-group/<name>/analysis")
def read(name: str) -> str:
    """The databases of the newest closed Formato 1 with what was decided about each."""
    here = place(name)
    found = _shown(here, _asked())
    rows = [(row, shown_row(row), "") for row in found["results"]]
    return _page(here, found, rows)


@imss_analysis.post("/working-group/<name>/analysis")
def save(name: str) -> WerkzeugResponse | str:
    """Keep what was decided on a page, or show it again as it was typed with what is wrong."""
    here = place(name)
    form = tk.request.form
    sent = sent_rows(form)
    kept = to_keep(sent, undecided_too="all" in form)
    data = {
        "coordination": here.coordination_id,
        "inventory": form.get("inventory") or "-",
        "decisions": [row.sent for row in kept],
    }
    try:
        answer = tk.get_action("imss_analysis_decide")({"user": tk.current_user.name}, data)
    except tk.NotAuthorized as error:
        return _again(here, sent, [str(error)], {})
    except tk.ValidationError as error:
        wrong = {each["entry"]: each["message"] for each in error.error_dict.get("decisions", ())}
        return _again(here, sent, [] if wrong else sentences(error), wrong)
    tk.h.flash_success(_saved(answer))
    return tk.redirect_to(_ENDPOINT, name=name, **_asked_again())


@imss_analysis.get("/working-group/<name>/analysis/repeat")
def repeatable(name: str) -> WerkzeugResponse | str:
    """The decisions of the earlier version about what did not change."""
    here = place(name, "analyse")
    present = analysis.analysis(model.Session, here.coordination_id)
    offered = analysis.repeatable(model.Session, present) if present else {}
    if present is None or not offered:
        tk.h.flash_notice(tk._("There is no decision of an earlier version to repeat."))
        return tk.redirect_to(_ENDPOINT, name=name)
    pages = -(-len(offered) // PAGE)
    page = min(_page_number(), pages)
    some = dict(list(offered.items())[(page - 1) * PAGE : page * PAGE])
    count = len(offered)
    state = tk.ungettext(
        "{count} database did not change since it was decided about.",
        "{count} databases did not change since they were decided about.",
        count,
    )
    standing = Standing(
        state.format(count=count),
        who=tk._("Next: somebody of the group confirms the decisions; they get that name and day."),
    )
    return section_page(
        "analysis_repeat",
        here,
        _ENDPOINT,
        standing,
        rows=[(row, _words(row)) for row in analysis_shown.repeatable_rows(present, some)],
        inventory=present.version.digest,
        count=count,
        page=page,
        pages=pages,
    )


@imss_analysis.post("/working-group/<name>/analysis/repeat")
def repeat(name: str) -> WerkzeugResponse:
    """Decide again as before: those of a page, or all."""
    here = place(name, "analyse")
    form = tk.request.form
    data: dict[str, Any] = {
        "coordination": here.coordination_id,
        "inventory": form.get("inventory") or "-",
    }
    if "all" not in form:
        data["entries"] = form.getlist("entry")
    back = tk.url_for(_ENDPOINT, name=name)
    _, response = done_or_told(
        "imss_analysis_repeat", data, tk._("The earlier decisions were repeated."), back
    )
    return response


def _page(
    here: Place,
    found: Mapping[str, Any],
    rows: Sequence[tuple[Mapping[str, Any], FormRow, str]],
    errors: Sequence[str] = (),
) -> str:
    asked = _asked()
    return section_page(
        "analysis",
        here,
        _ENDPOINT,
        analysis_texts.analysis_standing(here, found, current=_is_current(here)),
        found=found,
        rows=[(row, typed, error, _words(row)) for row, typed, error in rows],
        missing_here=sum(row["decision"] is None for row, _, _ in rows),
        errors=list(errors),
        may_decide=here.may("analyse"),
        may_add=here.may("edit_inventory"),
        filters=analysis_texts.filters(),
        asked=asked,
        page=_page_number(),
        pages=max(1, -(-found["count"] // PAGE)),
        longest=analysis_rules().longest_reason,
    )


def _again(
    here: Place, sent: Sequence[FormRow], errors: Sequence[str], wrong: Mapping[str, str]
) -> str:
    """The page with everything that was typed; each row follows on what is decided by now."""
    found = _shown(here, _asked())
    present = analysis.analysis(model.Session, here.coordination_id)
    typed = {row.entry: row for row in sent}
    if present is None or not typed:
        return _page(here, found, [(row, shown_row(row), "") for row in found["results"]], errors)
    moved = tk.request.form.get("inventory") != present.version.digest
    entries = [present.entries[entry] for entry in typed if entry in present.entries]
    rows = []
    offered = analysis.repeatable(model.Session, present)
    for row in analysis_shown.rows(present, entries, offered):
        now, sent_row = shown_row(row), typed[row["identifier"]]
        told = wrong.get(now.entry, "")
        # What somebody else decided is before the person now; saving again is about that.
        seen = now.based_on if told or moved else sent_row.based_on
        marked = sent_row.marked or bool(told)
        rows.append((row, replace(sent_row, based_on=seen, marked=marked), told))
    gone = [entry for entry in typed if entry not in present.entries]
    if gone:
        said = tk._("These are no longer in the Formato 1: {identifiers}.")
        errors = [*errors, said.format(identifiers=", ".join(gone))]
    if wrong:
        said = tk.ungettext(
            "Nothing was saved: {count} row has something to correct.",
            "Nothing was saved: {count} rows have something to correct.",
            len(wrong),
        )
        errors = [said.format(count=len(wrong)), *errors]
    return _page(here, found, rows, errors)


def _shown(here: Place, asked: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "coordination": here.coordination_id,
        "show": asked["show"],
        "q": asked["q"],
        "limit": PAGE,
        "offset": (_page_number() - 1) * PAGE,
    }
    answer: dict[str, Any] = tk.get_action("imss_analysis_show")(
        {"user": tk.current_user.name}, data
    )
    return answer


def _words(row: Mapping[str, Any]) -> dict[str, str]:
    """The sentences of a row."""
    decision, earlier = row["decision"], row.get("repeatable")
    return {
        "exclusion": analysis_texts.exclusion_text(row),
        "outcome": analysis_texts.outcome(decision, row["exclusion"]) if decision else "",
        "earlier": analysis_texts.outcome(earlier, row["exclusion"]) if earlier else "",
    }


def _is_current(here: Place) -> bool:
    newest = concentrado.newest(model.Session, here.coordination_id)
    if newest is None:
        return False
    now = analysis_shown.now()
    return concentrado.outdated(model.Session, newest, now) is Outdated.NO


def _saved(answer: Mapping[str, Any]) -> str:
    said = tk.ungettext(
        "{count} decision was saved.", "{count} decisions were saved.", answer["decided"]
    ).format(count=answer["decided"])
    left = answer["undecided"]
    if not left:
        return f"{said} {tk._('The analysis is complete.')}"
    more = tk.ungettext("{count} database is left.", "{count} databases are left.", left)
    return f"{said} {more.format(count=left)}"


def _asked() -> dict[str, str]:
    show = tk.request.args.get("show", "all")
    return {
        "show": show if show in SHOWN else "all",
        "q": tk.request.args.get("q", "").strip()[:200],
    }


def _asked_again() -> dict[str, Any]:
    """The filter, and the page of it unless what was decided leaves the filter."""
    asked = {name: value for name, value in _asked().items() if value and value != "all"}
    page = _page_number()
    return asked if page == 1 or asked.get("show") == "undecided" else {**asked, "page": page}


def _page_number() -> int:
    return min(max(1, tk.request.args.get("page", 1, type=int)), 1_000_000)
