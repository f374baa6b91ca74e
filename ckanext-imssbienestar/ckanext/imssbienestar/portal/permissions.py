"""Who sees a dataset that is not public: its organization, and those who review it."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ckan import model
from ckan.lib.plugins import DefaultPermissionLabels
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.workflow import Role
from ckanext.imssbienestar.procedure import designations

CATALOGUE_LABEL = "imss-catalogue"
"""On every dataset; held by those with a role in the whole catalogue."""


class ReviewPermissionLabels(DefaultPermissionLabels):
    """CKAN's labels, widened by the designations in force.

    The labels decide in the search index and in ``package_show`` alike, so a dataset under review
    is hidden everywhere by the same rule.
    """

    def get_dataset_labels(self, dataset_obj: model.Package) -> list[str]:
        """CKAN's own labels plus the catalogue's."""
        return [*super().get_dataset_labels(dataset_obj), CATALOGUE_LABEL]

    def get_user_dataset_labels(self, user_obj: Any) -> list[str]:
        """CKAN's own labels plus one for each place where the person is designated."""
        labels = super().get_user_dataset_labels(user_obj)
        if not user_obj or user_obj.is_anonymous:
            return labels
        held = designations.organizations_of(model.Session, user_obj.id, today())
        return labels + [
            CATALOGUE_LABEL if organization is None else f"member-{organization}"
            for organization in held
        ]


def roles_of(user_id: str, organization_id: str | None) -> frozenset[Role]:
    """The roles a person holds today for one organization."""
    return designations.roles_of(model.Session, user_id, organization_id, today())


def takes_part(user_id: str) -> bool:
    """Whether a person is designated to anything today."""
    return bool(designations.organizations_of(model.Session, user_id, today()))


def today() -> datetime.date:
    """The date in Mexico City, whose calendar the Procedure follows."""
    return datetime.datetime.now(ZoneInfo("America/Mexico_City")).date()


def readable_organizations(context: Any) -> list[str] | None:
    """The units whose releases under way this person may see; None means every unit."""
    user = model.User.get(str(context.get("user") or ""))
    if user is None:
        return []
    if user.sysadmin:
        return None
    held = designations.organizations_of(model.Session, user.id, today())
    if None in held:
        return None
    member_of = tk.get_action("organization_list_for_user")(
        {"user": user.name, "ignore_auth": True}, {"permission": "read"}
    )
    return [*(org["id"] for org in member_of), *(org for org in held if org is not None)]
