"""The check of a resource's file: is it publishable, and what has to change."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.checks.languages import language_of
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.portal import report_texts, reports, texts
from ckanext.imssbienestar.portal.logic import schema


@tk.validate_action_data(schema.table_check)
def imss_table_check(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Is the file of a resource publishable? The report, or how far its check is.

    A large file is checked by a job: ask again until ``state`` is ``done`` or ``failed``. Those
    who may only read the dataset get what is there and have nothing checked.

    :param resource_id: the resource
    :type resource_id: string
    :param lang: the language of the texts, ``es`` or ``en`` (default: that of the request)
    :type lang: string
    :param limit: most findings in the answer; the counts are exact whatever it is (default: all
        that are kept, see the setting ``ckanext.imssbienestar.findings_kept``)
    :type limit: integer
    :param again: check again a file whose check failed (default: false)
    :type again: boolean

    :returns: ``state`` and, when it is ``done``, the report as ``check_table.py --json`` prints
        it; else ``percent`` of the bytes read, and ``message`` and ``fix`` for people. ``state``
        is ``none`` for a link, and for a reader while there is no report.
    :rtype: dictionary
    """
    resource = _resource(context, data_dict["resource_id"])
    language = language_of(data_dict.get("lang") or texts.language())
    subject = reports.subject_of(resource)
    if subject is None:
        return {"state": "none"}
    may_check = may_have_checked(context, resource["id"])
    if may_check and data_dict["again"]:
        standing = reports.check_again(subject, language)
    elif may_check:
        standing = reports.standing_of(subject, language)
    else:
        standing = reports.known_standing(subject, language)
    model.Session.commit()
    if standing.report is not None:
        return {"state": "done", **_limited(standing.report, data_dict.get("limit"))}
    return report_texts.standing_dict(standing)


@tk.validate_action_data(schema.release_target)
def imss_resource_report(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The check of a resource's file: is it publishable, and what has to change.

    While the check of a large file is under way it is a report with that one finding.

    :param id: the resource
    :type id: string

    :returns: the report, as ``check_table.py --json`` prints it; empty for a link
    :rtype: dictionary
    """
    resource = _resource(context, data_dict["id"])
    subject = reports.subject_of(resource)
    if subject is None:
        return {}
    if not may_have_checked(context, resource["id"]):
        known = reports.known_standing(subject, texts.language()).report
        return known.model_dump(mode="json") if known is not None else {}
    report = reports.report_of(resource, texts.language())
    model.Session.commit()
    return report.model_dump(mode="json") if report is not None else {}


def may_have_checked(context: Context, resource_id: str) -> bool:
    """Those who take part have a file checked; the rest read what is there."""
    try:
        tk.check_access("imss_table_check", {"user": context.get("user")}, {"id": resource_id})
    except tk.NotAuthorized:
        return False
    return True


def _resource(context: Context, resource_id: str) -> dict[str, Any]:
    tk.check_access("imss_resource_report", context, {"id": resource_id})
    resource: dict[str, Any] = tk.get_action("resource_show")(
        {"user": context["user"]}, {"id": resource_id}
    )
    return resource


def _limited(report: CheckReport, limit: int | None) -> dict[str, Any]:
    findings = report.findings if limit is None else report.findings[:limit]
    return report.model_copy(update={"findings": findings, "shown": len(findings)}).model_dump(
        mode="json"
    )
