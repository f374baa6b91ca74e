"""The analysis of public interest: what was decided about each database of a closed Formato 1."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict
from pydantic import TypeAdapter, ValidationError

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.analysis import Decision, legal_definition
from ckanext.imssbienestar.domain.calendar import local_text
from ckanext.imssbienestar.domain.inventory_values import clean_text
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.portal import acting, permissions, problems
from ckanext.imssbienestar.portal.identification import analysis_shown
from ckanext.imssbienestar.portal.logic import analysis_schema as schema
from ckanext.imssbienestar.portal.logic.coordination import coordination_id, tells_altered
from ckanext.imssbienestar.portal.people_names import names_of
from ckanext.imssbienestar.portal.personal_data_metadata import kinds_told, refuse_in_record
from ckanext.imssbienestar.procedure import analysis, closed_inventories
from ckanext.imssbienestar.procedure.analysis import (
    Analysis,
    AnalysisRefused,
    Answers,
    DecisionsRefused,
    KeptDecision,
)
from ckanext.imssbienestar.procedure.people import Acting
from ckanext.imssbienestar.procedure.rules import analysis_rules

_ANSWERS = TypeAdapter(list[Answers])
_IN_HISTORY = 50  # of one call; the table of decisions has them all


@tk.side_effect_free
@tk.validate_action_data(schema.analysis_show)
@tells_altered
def imss_analysis_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Where the analysis of a closed Formato 1 stands, and a page of its databases (R-046).

    For the group and those who look after it. Databases with personal data or reserved are not
    published, whatever is decided (R-081, A-06, A-07): ``exclusion`` says so.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param version: number of the closed Formato 1 (default: the newest, the only one that can be
        decided about)
    :type version: integer
    :param show: ``all``, ``undecided``, ``excluded`` (personal data or reserved) or ``not_open``
        (decided, and not open data); default: ``all``
    :type show: string
    :param q: only databases with these words in their identifier or name
    :type q: string
    :param limit: how many databases (default: 50)
    :type limit: integer
    :param offset: where to begin (default: 0)
    :type offset: integer

    :returns: ``version`` (None while no Formato 1 is closed), the legal ``definition``,
        ``complete``, counts (``total``, ``undecided``, ``repeatable``), ``findings`` (besides what
        is undecided), ``count`` of the filter and ``results``: this page of it, each with its
        ``decision``, the ``earlier_decisions`` and, without one, what of the earlier version may
        be repeated (``repeatable``)
    :rtype: dictionary
    """
    group = coordination_id(context, data_dict["coordination"], "imss_analysis_show")
    today = permissions.today()
    language = legal_definition(read_yaml("public_interest.yaml"), today)
    answer: dict[str, Any] = {"definition": analysis_shown.definition_dict(language)}
    found = _analysis(group, data_dict.get("version"))
    if found is None:
        told = problems.told([Problem("analysis-before-close")])
        nothing = {"version": None, "complete": False, "total": 0, "undecided": 0}
        return answer | nothing | {"repeatable": 0, "findings": told, "count": 0, "results": []}
    against = found.problems(today)
    newest = data_dict.get("version") is None
    offered = analysis.repeatable(model.Session, found) if newest else {}
    others = [each for each in against if each.code != "analysis-missing"]
    shown = analysis_shown.matching(found, data_dict["show"], data_dict["q"])
    start = data_dict["offset"]
    page = shown[start : start + data_dict["limit"]]
    return answer | {
        "version": analysis_shown.version_dict(found.version),
        "complete": not against,
        "total": len(found.inventory.entries),
        "undecided": len(found.undecided),
        "repeatable": len(offered),
        "findings": problems.told([*others, *found.remarks()][:_IN_HISTORY]),
        "count": len(shown),
        "results": analysis_shown.rows(found, page, offered),
    }


@tk.validate_action_data(schema.analysis_decide)
@tells_altered
def imss_analysis_decide(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Decide which databases are information of public interest and become open data (R-046).

    For the members of the group. All of the decisions are kept or none is; the newest about a
    database counts and the earlier ones stay, each with its author and moment. A "no" needs a
    reason (R-006). Refused when somebody else decided about one of them since it was looked at:
    the error then names each database and what stands against it, under ``decisions``.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param inventory: digest of the closed Formato 1, as ``imss_analysis_show`` gives it
    :type inventory: string
    :param decisions: objects with ``entry`` (identifier of the database), ``relevant_to_society``
        and ``useful_to_understand`` (the two parts of the definition; default: true), ``publish``
        (false: of public interest and not published; default: as the other two say), ``reason``
        and ``based_on`` (``id`` of the decision about it that you saw; 0 when there was none)
    :type decisions: list of dictionaries

    :returns: ``decided``: how many decisions were kept, and ``undecided``: how many databases are
        left
    :rtype: dictionary
    """
    group = coordination_id(context, data_dict["coordination"], "imss_analysis_decide")
    actor = acting.require(context, "analyse", group)
    answers = _answers(data_dict["decisions"])
    _refuse_personal(answers)
    try:
        before = analysis.decide(
            model.Session,
            group,
            answers,
            inventory_digest=data_dict["inventory"],
            author=actor.person,
            now=datetime.datetime.now(datetime.UTC),
        )
    except AnalysisRefused as error:
        raise _undone(problems.refusal([error.problem])) from error
    except DecisionsRefused as error:
        raise _undone(_row_errors(error.problems)) from error
    _record(actor, "analysis.decided", before, {one.entry: one for one in answers})
    left = {entry.identifier for entry in before.undecided} - {one.entry for one in answers}
    return {"decided": len(answers), "undecided": len(left)}


@tk.validate_action_data(schema.analysis_repeat)
@tells_altered
def imss_analysis_repeat(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Decide again as the earlier version was decided, where a database did not change (R-046).

    For the members of the group: a person confirms, and the decision has that author and moment.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param inventory: digest of the newest closed Formato 1, as ``imss_analysis_show`` gives it
    :type inventory: string
    :param entries: identifiers of the databases (default: all that can be repeated)
    :type entries: list of strings

    :returns: ``decided``: how many decisions were repeated, and ``undecided``: how many databases
        are left
    :rtype: dictionary
    """
    group = coordination_id(context, data_dict["coordination"], "imss_analysis_repeat")
    actor = acting.require(context, "analyse", group)
    entries = data_dict.get("entries")
    if entries is not None and not _are_texts(entries):
        raise tk.ValidationError({"entries": [tk._("Send a list of identifiers.")]})
    if entries == []:
        raise tk.ValidationError({"message": [tk._("Mark at least one database to decide about.")]})
    try:
        before, repeated = analysis.repeat(
            model.Session,
            group,
            entries,
            inventory_digest=data_dict["inventory"],
            author=actor.person,
            now=datetime.datetime.now(datetime.UTC),
        )
    except AnalysisRefused as error:
        raise _undone(problems.refusal([error.problem])) from error
    except DecisionsRefused as error:
        raise _undone(_row_errors(error.problems)) from error
    again = {entry: kept.decision for entry, kept in repeated.items()}
    _record(actor, "analysis.repeated", before, again)
    return {"decided": len(repeated), "undecided": len(before.undecided) - len(repeated)}


def _analysis(group: str, number: int | None) -> Analysis | None:
    if number is None:
        return analysis.analysis(model.Session, group)
    version = closed_inventories.by_number(model.Session, group, number)
    if version is None:
        raise tk.ObjectNotFound(tk._("There is no such version of the Formato 1."))
    return analysis.analysis_of(model.Session, version)


def _answers(sent: Any) -> list[Answers]:
    """What was sent, when it has the form of decisions."""
    try:
        answers = _ANSWERS.validate_python(sent, strict=False)
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        said = tk._("Decision number {number} cannot be read: look at its {field}.").format(
            number=int(place[0]) + 1 if place and isinstance(place[0], int) else 1,
            field=str(place[1]) if len(place) > 1 else "entry",
        )
        raise tk.ValidationError({"message": [said]}) from error
    most = analysis_rules().most_decisions
    if not answers:
        raise tk.ValidationError({"message": [tk._("Mark at least one database to decide about.")]})
    if len(answers) > most:
        said = tk._("Send at most {most} decisions at once.").format(most=most)
        raise tk.ValidationError({"message": [said]})
    return [replace(one, reason=clean_text(one.reason)) for one in answers]


def _refuse_personal(answers: Iterable[Answers]) -> None:
    """Reasons are kept for ever: none may tell of a person."""
    written = {one.entry: one.reason for one in answers if one.reason}
    if not written or not kinds_told(written):
        return
    found: list[dict[str, str]] = []
    for entry, reason in written.items():
        try:
            refuse_in_record(reason, field="reason")
        except tk.ValidationError as error:
            found.append({"entry": entry, "message": " ".join(error.error_dict["reason"])})
    raise tk.ValidationError({"decisions": found})


def _row_errors(against: Mapping[str, Sequence[Problem]]) -> tk.ValidationError:
    """What stands against each decision, with the names of people instead of their ids."""
    spoken = {entry: [_spoken(each) for each in found] for entry, found in against.items()}
    rows = []
    for entry, found in spoken.items():
        sentences = [f"{each['message']} {each['fix']}" for each in problems.told(found)]
        rows.append({"entry": entry, "message": " ".join(sentences)})
    everything = [each for found in spoken.values() for each in found]
    return tk.ValidationError({"decisions": rows, "findings": problems.told(everything)})


def _spoken(problem: Problem) -> Problem:
    facts = dict(problem.facts)
    if "person" in facts:
        person = str(facts["person"])
        facts["person"] = names_of([person])[person]
    if "moment" in facts:
        facts["moment"] = local_text(datetime.datetime.fromisoformat(str(facts["moment"])))
    return replace(problem, facts=facts)


def _undone(error: tk.ValidationError) -> tk.ValidationError:
    """Nothing stays of a refused call, its lock neither."""
    model.Session.rollback()
    return error


def _record(
    actor: Acting, act: str, before: Analysis, decided: Mapping[str, Answers | Decision]
) -> None:
    told = {
        "formato_1": before.version.number,
        "count": len(decided),
        "decisions": [
            _in_history(entry, before.kept.get(entry), after)
            for entry, after in list(decided.items())[:_IN_HISTORY]
        ],
    }
    acting.record(actor, act, f"analysis:{before.version.coordination_id}", told)
    model.Session.commit()


def _in_history(entry: str, before: KeptDecision | None, after: Answers | Decision) -> str:
    """A decision in the history; its reason is in the table of decisions, and nowhere else."""
    was = f"{_code(before.decision)} → " if before else ""
    return f"{entry}: {was}{_code(after)}"


def _code(decided: Answers | Decision) -> str:
    if not (decided.relevant_to_society and decided.useful_to_understand):
        return "no_public_interest"
    return "not_open" if decided.publish is False else "public_interest"


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
