"""Designations: who holds which role, by which *oficio* (R-025, R-028)."""

from __future__ import annotations

import datetime
from typing import Any

import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.model import Designation
from ckanext.imssbienestar.portal import permissions, texts
from ckanext.imssbienestar.portal.logic import schema
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import designations


@tk.validate_action_data(schema.designation_create)
def imss_designation_create(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Record that a person holds a role, from a date on.

    :param user: the id or name of the person's account
    :type user: string
    :param role: ``liaison``, ``unit_head`` (both need an organization), ``transparency_unit`` or
        ``administrator`` (both of the whole catalogue)
    :type role: string
    :param organization: the id or name of the unit
    :type organization: string
    :param oficio_number: the number of the *oficio* that designates
    :type oficio_number: string
    :param valid_from: first day, ``YYYY-MM-DD`` (default: today)
    :type valid_from: string

    :rtype: dictionary
    """
    tk.check_access("imss_designation_create", context, data_dict)
    refuse_in_record(data_dict["oficio_number"], field="oficio_number")
    user = model.User.get(data_dict["user"])
    if user is None:
        raise tk.ValidationError({"user": [tk._("There is no such user.")]})
    try:
        designation = designations.designate(
            model.Session,
            user_id=user.id,
            role=data_dict["role"],
            organization_id=_organization_id(data_dict.get("organization")),
            oficio_number=data_dict["oficio_number"],
            valid_from=_day(data_dict.get("valid_from")),
            created_by=str(context["user"]),
            now=datetime.datetime.now(datetime.UTC),
        )
    except designations.DesignationRefused as error:
        raise tk.ValidationError({"message": [texts.sentence(error)]}) from error
    model.Session.commit()
    return _dictized(designation)


@tk.validate_action_data(schema.designation_end)
def imss_designation_end(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Give a designation its last day; it is kept for the record.

    :param id: the id of the designation
    :type id: string
    :param valid_to: last day, ``YYYY-MM-DD`` (default: today)
    :type valid_to: string

    :rtype: dictionary
    """
    tk.check_access("imss_designation_end", context, data_dict)
    try:
        designation = designations.end(
            model.Session, data_dict["id"], _day(data_dict.get("valid_to"))
        )
    except designations.DesignationRefused as error:
        raise tk.ValidationError({"message": [texts.sentence(error)]}) from error
    model.Session.commit()
    return _dictized(designation)


@tk.side_effect_free
@tk.validate_action_data(schema.designation_list)
def imss_designation_list(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """List the designations, ended ones too, oldest first.

    :param organization: only those of this unit
    :type organization: string

    :rtype: list of dictionaries
    """
    tk.check_access("imss_designation_list", context, data_dict)
    query = sa.select(Designation).order_by(Designation.valid_from, Designation.created)
    if organization := data_dict.get("organization"):
        query = query.where(Designation.organization_id == _organization_id(organization))
    return [_dictized(designation) for designation in model.Session.scalars(query)]


def _dictized(designation: Designation) -> dict[str, Any]:
    return {
        "id": designation.id,
        "user_id": designation.user_id,
        "role": designation.role,
        "organization_id": designation.organization_id,
        "oficio_number": designation.oficio_number,
        "valid_from": designation.valid_from.isoformat(),
        "valid_to": designation.valid_to.isoformat() if designation.valid_to else None,
    }


def _organization_id(name_or_id: str | None) -> str | None:
    if not name_or_id:
        return None
    organization = model.Group.get(name_or_id)
    if organization is None or not organization.is_organization:
        raise tk.ValidationError({"organization": [tk._("There is no such organization.")]})
    return str(organization.id)


def _day(value: datetime.datetime | None) -> datetime.date:
    return value.date() if value is not None else permissions.today()
