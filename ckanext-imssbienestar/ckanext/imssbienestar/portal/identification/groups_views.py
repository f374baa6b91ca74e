"""The pages of working groups: which there are, and who is in each of them (R-019 to R-037)."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.designations import Post
from ckanext.imssbienestar.portal import acting, designated, groups, permissions, texts
from ckanext.imssbienestar.portal.identification import groups_texts
from ckanext.imssbienestar.portal.identification.pages import (
    demand_account,
    done_or_told,
    place,
    section_page,
)
from ckanext.imssbienestar.procedure.rules import designation_rules

imss_group = Blueprint("imss_group", __name__, url_prefix="/working-group")

_PER_PAGE = 50


@imss_group.get("/")
def index() -> str:
    """The groups that this person reads; for who keeps them, what the organism lacks too."""
    demand_account()
    page = max(tk.request.args.get("page", 1, type=int), 1)
    people = acting.people()
    person = tk.current_user.id
    found = groups.listed(person)
    keeps = people.may(person, "keep_groups")
    if not people.held_by(person) and not tk.current_user.sysadmin:
        return tk.abort(404, tk._("You are in no working group today."))
    return tk.render(
        "imssbienestar/identification/groups.html",
        {
            "groups": found[(page - 1) * _PER_PAGE : page * _PER_PAGE],
            "count": len(found),
            "page": page,
            "pages": max(1, -(-len(found) // _PER_PAGE)),
            "standing": groups_texts.of_all(found),
            "findings": groups.organism_findings(people) if keeps else [],
            "keeps": keeps,
            "organism": _of_organism() if keeps or tk.current_user.sysadmin else [],
            "today": permissions.today(),
        },
    )


@imss_group.post("/")
def make() -> WerkzeugResponse:
    """Make the group of a coordination."""
    demand_account()
    form = tk.request.form
    data = {"coordination": form.get("coordination"), "valid_from": form.get("valid_from")}
    back = tk.url_for("imss_group.index")
    _, response = done_or_told("imss_group_create", data, tk._("The group was made."), back)
    return response


@imss_group.get("/<name>")
def read(name: str) -> str:
    """Who is in a group by letter of IV.1.A, who stands for which *división*, what it lacks."""
    where = place(name)
    group = tk.get_action("imss_group_show")({"user": tk.current_user.name}, {"coordination": name})
    return section_page(
        "group",
        where,
        "imss_group.read",
        groups_texts.of_one(group),
        group=group,
        letters=_letters(group, where.coordination_id),
        divisions={each["id"]: each["title"] for each in group["coverage"]["divisions"]},
        levels={
            level.code: level.label(texts.language()) for level in designation_rules().levels.levels
        },
        posts=_post_labels(),
        keeps=where.people.may(tk.current_user.id, "keep_groups"),
    )


def _letters(group: dict[str, Any], coordination_id: str) -> list[dict[str, Any]]:
    """The letters of IV.1.A with who is in the group by each, and who may be recorded there."""
    language = texts.language()
    found = []
    for letter, rules in groups.letters(acting.people(), coordination_id).items():
        held = group["people"][letter]
        found.append(
            {
                "letter": letter,
                "title": " / ".join(rule.label(language) for rule in rules),
                "people": [
                    {**each, "changes": may_record(each["role"], each["organization_id"])}
                    for each in held
                ],
                "may_add": [
                    rule.code.value
                    for rule in rules
                    if rule.held_in
                    and not (rule.single and held)
                    and may_record(rule.code.value, coordination_id)
                ],
            }
        )
    return found


def may_record(role: str, organization_id: str | None) -> bool:
    """Whether this person records designations to a post in a place."""
    try:
        designated.recorder({"user": tk.current_user.name}, Post(role), organization_id)
    except tk.NotAuthorized:
        return False
    return True


def _of_organism() -> list[dict[str, Any]]:
    """The posts of the whole organism and who holds them today."""
    language = texts.language()
    listed = tk.get_action("imss_designation_list")(
        {"user": tk.current_user.name}, {"in_force": True, "limit": 1000}
    )["results"]
    return [
        {
            "role": rule.code.value,
            "title": rule.label(language),
            "single": rule.single,
            "people": [row for row in listed if row["role"] == rule.code.value],
        }
        for rule in designation_rules().posts
        if not rule.held_in
    ]


def _post_labels() -> dict[str, str]:
    language = texts.language()
    return {rule.code.value: rule.label(language) for rule in designation_rules().posts}
