"""The pages of the check report: of a resource, and of the frozen files of a release."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from flask import Blueprint, Response, jsonify, send_file
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.formats.report_files import findings_csv, write_findings_xlsx
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import exports, permissions, report_page, reports, texts
from ckanext.imssbienestar.portal.check_runs import RunState
from ckanext.imssbienestar.portal.logic.action.report import may_have_checked
from ckanext.imssbienestar.portal.report_page import Choice
from ckanext.imssbienestar.portal.report_texts import standing_dict
from ckanext.imssbienestar.portal.reports import CheckStanding, Subject
from ckanext.imssbienestar.procedure import releases

imss_report = Blueprint("imss_report", __name__)

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class _Place:
    """A file that is reported on, who looks, and the addresses of its pages.

    :ivar address: what tells it from others in the addresses of its pages.
    """

    title: str
    subject: Subject
    may_check: bool
    address: Mapping[str, Any]

    def standing(self) -> CheckStanding:
        """Where its check stands for this person."""
        ask = reports.standing_of if self.may_check else reports.known_standing
        standing = ask(self.subject, texts.language())
        model.Session.commit()
        return standing

    def export(self) -> dict[str, Any] | None:
        """How far the file with every finding is; None for those who may not have it made."""
        if not self.may_check:
            return None
        standing = reports.export_of(self.subject, texts.language())
        return {**standing_dict(standing), "most": config.findings_exported()}

    def url(self, what: str, **query: Any) -> str:
        """The address of one of its pages."""
        given = {name: value for name, value in query.items() if value is not None}
        page = "release_show" if what == "show" and "number" in self.address else what
        return str(tk.url_for(f"imss_report.{page}", **self.address, **given))


@imss_report.get("/dataset/<id>/resource/<resource_id>/report")
def show(id: str, resource_id: str) -> str:
    """The report of the file that a resource has."""
    dataset, resource = _resource(id, resource_id)
    variables = {**_variables(dataset), "res": resource}
    place = _place_of(dataset, resource)
    if place is None:
        return tk.render("imssbienestar/report.html", {**variables, "place": None})
    earlier = reports.earlier_of(resource, place.subject) if place.may_check else None
    view = report_page.view_of(place.standing(), Choice.of(tk.request.args), earlier)
    return tk.render("imssbienestar/report.html", {**variables, "place": place, **view})


@imss_report.get("/dataset/<id>/release/<int:number>/report")
def release_show(id: str, number: int) -> str:
    """The report of a release: its files as they were frozen, all of them or the one asked for."""
    release, dataset = _release(id, number)
    places = _places_in(release)
    variables = {**_variables(dataset), "release": release}
    if wanted := tk.request.args.get("file"):
        place = _named(places, wanted)
        view = report_page.view_of(place.standing(), Choice.of(tk.request.args))
        return tk.render("imssbienestar/report.html", {**variables, "place": place, **view})
    files = [(place, report_page.view_of(place.standing(), Choice())) for place in places]
    return tk.render("imssbienestar/report_release.html", {**variables, "files": files})


@imss_report.get("/dataset/<id>/resource/<resource_id>/report.json")
@imss_report.get("/dataset/<id>/release/<int:number>/report.json")
def state(**where: Any) -> Response:
    """How far the check is, for the progress bar."""
    return jsonify(standing_dict(_demanded_place(where).standing()))


@imss_report.get("/dataset/<id>/resource/<resource_id>/report.csv")
@imss_report.get("/dataset/<id>/release/<int:number>/report.csv")
def csv(**where: Any) -> Response:
    """The findings that are kept, as CSV."""
    report = _finished(_demanded_place(where))
    pieces = findings_csv(report.findings, texts.language())
    return _attachment(Response(pieces, content_type=_CSV), report.file, "csv")


@imss_report.get("/dataset/<id>/resource/<resource_id>/report.xlsx")
@imss_report.get("/dataset/<id>/release/<int:number>/report.xlsx")
def xlsx(**where: Any) -> Response:
    """The findings that are kept, as a workbook."""
    report = _finished(_demanded_place(where))
    buffer = io.BytesIO()
    summary = report_page.summary_rows(report)
    write_findings_xlsx(buffer, summary, report.findings, texts.language())
    return _attachment(Response(buffer.getvalue(), content_type=_XLSX), report.file, "xlsx")


@imss_report.post("/dataset/<id>/resource/<resource_id>/report")
@imss_report.post("/dataset/<id>/release/<int:number>/report")
def again(**where: Any) -> WerkzeugResponse:
    """Check again a file whose check failed."""
    place = _demanded_place(where, to_check=True)
    reports.check_again(place.subject, texts.language())
    model.Session.commit()
    return tk.redirect_to(place.url("show"))


@imss_report.post("/dataset/<id>/resource/<resource_id>/report-all")
@imss_report.post("/dataset/<id>/release/<int:number>/report-all")
def export(**where: Any) -> WerkzeugResponse:
    """Have the file with every finding made."""
    place = _demanded_place(where, to_check=True)
    reports.request_export(place.subject, texts.language())
    return tk.redirect_to(place.url("show") + "#imss-downloads-title")


@imss_report.get("/dataset/<id>/resource/<resource_id>/report-all.json")
@imss_report.get("/dataset/<id>/release/<int:number>/report-all.json")
def export_state(**where: Any) -> Response:
    """How far the file with every finding is."""
    place = _demanded_place(where, to_check=True)
    return jsonify(standing_dict(reports.export_of(place.subject, texts.language())))


@imss_report.get("/dataset/<id>/resource/<resource_id>/report-all.csv")
@imss_report.get("/dataset/<id>/release/<int:number>/report-all.csv")
def export_csv(**where: Any) -> Response:
    """The file with every finding."""
    place = _demanded_place(where, to_check=True)
    subject = place.subject
    if reports.export_of(subject, texts.language()).state is not RunState.DONE:
        return tk.abort(404, tk._("This file has not been made yet."))
    path = exports.path_of(subject.key(texts.language()).complete)
    return _attachment(send_file(path, mimetype="text/csv"), subject.stored.name, "csv")


def brief_of(resource: dict[str, Any]) -> dict[str, Any] | None:
    """What the page of a resource shows of its check; None where there is nothing to say.

    Only for pages of people who may see the resource.
    """
    package = model.Package.get(resource["package_id"])
    place = _place_of({"name": package.name}, resource) if package is not None else None
    if place is None:
        return None
    standing = place.standing()
    view = report_page.view_of(standing, Choice())
    return {**view, "place": place} if standing.state is not None else None


def _attachment(response: Response, file_name: str, suffix: str) -> Response:
    stem = file_name.rpartition(".")[0] or file_name
    kind = tk._("findings")
    name = f"{stem}.{kind}.{suffix}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _finished(place: _Place) -> CheckReport:
    report = place.standing().report
    if report is None:
        return tk.abort(404, tk._("This file has no report yet."))
    return report


def _variables(dataset: dict[str, Any]) -> dict[str, Any]:
    """What CKAN's own page of a dataset asks for."""
    return {"pkg_dict": dataset, "pkg": dataset, "dataset_type": dataset["type"], "release": None}


def _resource(id: str, resource_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A resource and its dataset; a draft does not exist for those who may not see it."""
    try:
        dataset = tk.get_action("package_show")({"user": tk.current_user.name}, {"id": id})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return tk.abort(404, tk._("Dataset not found"))
    resource = next((res for res in dataset["resources"] if res["id"] == resource_id), None)
    if resource is None:
        return tk.abort(404, tk._("Resource not found"))
    return dataset, resource


def _place_of(dataset: dict[str, Any], resource: dict[str, Any]) -> _Place | None:
    subject = reports.subject_of(resource)
    if subject is None:
        return None
    may_check = may_have_checked({"user": tk.current_user.name}, resource["id"])
    address = {"id": dataset["name"], "resource_id": resource["id"]}
    return _Place(tk.h.resource_display_name(resource), subject, may_check, address)


def _demanded_place(where: dict[str, Any], *, to_check: bool = False) -> _Place:
    """The file that an address means; a 404 when there is none.

    :param to_check: a 403 for those who may not have it checked.
    """
    if "number" in where:
        release, _dataset = _release(**where)
        place: _Place | None = _named(_places_in(release), tk.request.args.get("file", ""))
    else:
        place = _place_of(*_resource(**where))
    if place is None:
        return tk.abort(404, tk._("This resource has no file."))
    if to_check and not place.may_check:
        return tk.abort(403, tk._("Only those who take part have a file checked."))
    return place


def _release(id: str, number: int) -> tuple[Release, dict[str, Any]]:
    """A release and the dataset of its page; a draft does not exist for the others."""
    release = releases.by_number(model.Session, id, number)
    if release is None:
        return tk.abort(404, tk._("There is no such release."))
    context = {"user": tk.current_user.name}
    try:
        tk.check_access("imss_release_show", {**context}, {"release": release})
        dataset = tk.get_action("package_show")({**context}, {"id": _page_of(release)})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return tk.abort(404, tk._("There is no such release."))
    return release, dataset


def _page_of(release: Release) -> str:
    """The dataset whose page shows this release: a working copy is gone once it is published."""
    working = model.Package.get(release.working_id)
    return release.working_id if working is not None else release.dataset_id


def _places_in(release: Release) -> list[_Place]:
    may_check = _takes_part(release)
    return [
        _Place(
            str(resource.get("name") or resource["file"]["name"]),
            Subject(StoredFile(**resource["file"]), resource.get("schema")),
            may_check,
            {
                "id": release.dataset_name,
                "number": release.number,
                "file": resource["identifier"],
            },
        )
        for resource in releases.document_of(model.Session, release)["resources"]
        if "file" in resource
    ]


def _takes_part(release: Release) -> bool:
    user = tk.current_user
    if user.is_anonymous:
        return False
    return bool(permissions.roles_of(user.id, release.organization_id)) or tk.h.check_access(
        "package_update", {"id": _page_of(release)}
    )


def _named(places: list[_Place], identifier: str) -> _Place:
    place = next((place for place in places if place.address["file"] == identifier), None)
    return place if place is not None else tk.abort(404, tk._("No such file in this release."))
