"""What the templates ask for."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from babel.dates import format_date
from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.cell_values import FieldType
from ckanext.imssbienestar.domain.release import digest
from ckanext.imssbienestar.domain.workflow import (
    ROLES_WITH_OFICIO,
    Role,
    State,
    Transition,
    available,
    next_roles,
    roles_for,
)
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.formats.dictionary import layout as dictionary_layout
from ckanext.imssbienestar.formats.dictionary.documents import texts as dictionary_texts
from ckanext.imssbienestar.formats.dictionary.documents import units
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import (
    datastore_texts,
    dictionaries,
    dictionary_editor,
    gate,
    mirror_site,
    permissions,
    personal_data,
    release_view,
    report_views,
    reports,
    texts,
    updates,
)
from ckanext.imssbienestar.portal.dictionary_editor import Editor, EditorRow
from ckanext.imssbienestar.portal.documents import current_document, stored_dataset
from ckanext.imssbienestar.portal.mirror_equality import published_release
from ckanext.imssbienestar.portal.vocabularies import Choice, choices, vocabulary
from ckanext.imssbienestar.procedure import designations, releases

__all__ = [
    "imss_access_right_choices",
    "imss_catalogue_columns",
    "imss_changes_shown",
    "imss_day",
    "imss_decides_on_personal_data",
    "imss_dictionary",
    "imss_dictionary_changes",
    "imss_dictionary_labels",
    "imss_dictionary_rules",
    "imss_frequency_choices",
    "imss_institutional_mailbox",
    "imss_language_choices",
    "imss_license_choices",
    "imss_looks_after_mirror",
    "imss_mirrored",
    "imss_missing_preview",
    "imss_needs_description",
    "imss_panel",
    "imss_report",
    "imss_role_label",
    "imss_rows_looked_at",
    "imss_state",
    "imss_state_choices",
    "imss_state_label",
    "imss_takes_part",
    "imss_term_label",
    "imss_theme_choices",
    "imss_transition_label",
    "imss_type_choices",
    "imss_type_label",
    "imss_units",
]


def imss_frequency_choices(field: Any) -> list[Choice]:
    """Update frequencies."""
    return choices("frequencies")


def imss_state_choices(field: Any) -> list[Choice]:
    """The whole country and the states."""
    return choices("states")


def imss_theme_choices(field: Any) -> list[Choice]:
    """The groups of the federal catalogue."""
    return choices("federal_groups")


def imss_language_choices(field: Any) -> list[Choice]:
    """Languages."""
    return choices("languages")


def imss_access_right_choices(field: Any) -> list[Choice]:
    """Access rights."""
    return choices("access_rights")


def imss_license_choices(field: Any) -> list[Choice]:
    """Licences."""
    return choices("licenses")


def imss_term_label(name: str, code: str) -> str:
    """The word for a code of a vocabulary; the code itself when it is unknown."""
    term = vocabulary(name).find(code)
    return term.label(texts.language()) if term else code


def imss_state_label(value: str) -> str:
    """A state of a release in people's words."""
    return texts.state_label(State(value))


def imss_role_label(value: str) -> str:
    """A role in the Procedure's words."""
    return texts.role_label(Role(value))


def imss_transition_label(value: str) -> str:
    """A transition as the words of its button."""
    return texts.transition_label(Transition(value))


def imss_type_label(value: str) -> str:
    """A Table Schema type in people's words."""
    words = dictionary_texts("types", texts.language())
    return words.get(value, value)


def imss_type_choices() -> list[tuple[str, str]]:
    """The Table Schema types with their words."""
    return [(str(kind), imss_type_label(str(kind))) for kind in FieldType]


def imss_units() -> list[str]:
    """The units that are proposed; another is as good."""
    return sorted(set(units().values()))


def imss_catalogue_columns() -> list[str]:
    """The columns of catalogues that a column may refer to, as a dictionary names them."""
    known = dictionary_layout.catalogue_columns()
    return [f"{name}.{column}" for name, columns in known.items() for column in columns]


def imss_needs_description(row: EditorRow) -> bool:
    """Whether a column in the form has no description, or one that repeats its name."""
    return row.needs_description


def imss_changes_shown(editor: Editor) -> dict[str, Any] | None:
    """How the file differs from the dictionary in the form; None when it does not."""
    return dictionaries.changes_dict(editor.changes) if editor.changes else None


def imss_decides_on_personal_data() -> bool:
    """Whether this person is of the Transparency Unit."""
    user = tk.current_user
    return not user.is_anonymous and personal_data.is_transparency_unit(user.id)


def imss_day(day: datetime.date | str) -> str:
    """A day in words, in the language of the request; it may come as the API writes it."""
    value = datetime.date.fromisoformat(day) if isinstance(day, str) else day
    return format_date(value, format="long", locale=texts.language())


def imss_takes_part() -> bool:
    """Whether the person of the request is designated to anything today."""
    user = tk.current_user
    return not user.is_anonymous and permissions.takes_part(user.id)


def imss_looks_after_mirror() -> bool:
    """Whether this person sees the page of the mirror."""
    user = tk.current_user
    return not user.is_anonymous and mirror_site.is_set_up() and mirror_site.looks_after(user.name)


def imss_mirrored(package: dict[str, Any]) -> bool:
    """Whether there is a page on the federal copy of this dataset."""
    return mirror_site.is_set_up() and published_release(package["id"]) is not None


def imss_institutional_mailbox() -> str:
    """The mailbox of the Transparency Unit."""
    return config.institutional_mailbox()


def imss_dictionary(resource: dict[str, Any]) -> dict[str, Any] | None:
    """The Table Schema of a resource, or None."""
    schema: dict[str, Any] | None = resource.get("schema") or None
    return schema


def imss_dictionary_changes(resource: dict[str, Any]) -> dict[str, Any] | None:
    """How the file of a resource differs from its dictionary; None when it does not.

    Only for pages of people who may edit the resource: it asks for no permission.
    """
    try:
        changes = dictionaries.changes_of(resource)
    except ImssError:  # the report says what is wrong with the file or the dictionary
        return None
    return dictionaries.changes_dict(changes) if changes else None


def imss_rows_looked_at(resource: dict[str, Any]) -> int | None:
    """How many rows a dictionary is compared with or proposed from; None when it is all of them.

    Only for pages of people who may edit the resource: it asks for no permission.
    """
    try:
        found = dictionaries.found_columns(resource)
    except ImssError:  # see imss_dictionary_changes
        return None
    return found.rows if found is not None and found.sampled else None


def imss_dictionary_labels() -> Mapping[str, str]:
    """What each property of a column is called, in every document and page alike."""
    return dictionary_texts("labels", texts.language())


def imss_dictionary_rules(schema: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """The rules of each column that have no place of their own in a table; [] when none has any."""
    return dictionary_editor.further_rules(schema, imss_dictionary_labels())


def imss_report(resource: dict[str, Any]) -> dict[str, Any] | None:
    """The check of a resource's file in short, or None where there is nothing to say."""
    return report_views.brief_of(resource)


def imss_missing_preview(dataset: dict[str, Any], resource: dict[str, Any]) -> tuple[str, ...]:
    """Why the table of a public resource could not be loaded, for this reader; () when it was."""
    if dataset["private"]:
        return ()
    edits = bool(tk.h.check_access("package_update", {"id": dataset["id"]}))
    return datastore_texts.missing_preview(resource, edits=edits)


def imss_state(dataset: dict[str, Any]) -> str:
    """The state of a dataset's release; takes an id or a name, since forms know no more.

    Only for pages of people who may see the dataset: it asks for no permission.
    """
    package = model.Package.get(str(dataset.get("id") or dataset.get("name") or ""))
    if package is None:
        return State.DRAFT.value
    return releases.standing(model.Session, _newest(package.id)).state.value


def imss_panel(dataset: dict[str, Any]) -> dict[str, Any] | None:
    """State, next people, findings and buttons of a dataset, for those who take part in it.

    None for everybody else: the public page of a dataset shows the published release and no more.
    """
    user = tk.current_user
    if user.is_anonymous:
        return None
    roles = permissions.roles_of(user.id, dataset.get("owner_org"))
    edits = tk.h.check_access("package_update", {"id": dataset["id"]})
    if not roles and not edits:
        return None
    release = _newest(dataset["id"])
    standing = releases.standing(model.Session, release)
    waiting = standing.state in {State.DRAFT, State.IN_REVIEW, State.SIGNED}
    found = gate.findings_of(dataset) if waiting else ()
    model.Session.commit()
    offered = available(standing, user.id, roles)
    next_ones = next_roles(standing)
    copy = updates.working_copy_of(dataset["id"])
    return {
        "state": standing.state.value,
        "release": release_view.full(release, user.id) if release is not None else None,
        "findings": [finding.model_dump(mode="json") for finding in found],
        "findings_total": len(found) + (_beyond_those_kept(dataset) if waiting else 0),
        "altered": _altered(dataset, release, standing.state),
        "blocked": any(finding.blocks for finding in found),
        "transitions": [transition.value for transition in offered],
        "oficio": _needs_oficio(standing, roles),
        "next": [
            {"role": role.value, "people": _people(role, dataset["owner_org"])}
            for role in next_ones
        ],
        "edits": edits,
        "update_of": _package_name(dataset.get("update_of")),
        "working_copy": copy.name if copy is not None else None,
        "can_update": edits and standing.state is State.PUBLISHED and not dataset["private"],
    }


def _newest(dataset_id: str) -> Release | None:
    """The release of what this page shows: the one under way, else the one that is public.

    The release of an update belongs to the page of its working copy: nobody should sign it in
    front of the content that it replaces.
    """
    return releases.open_release(model.Session, dataset_id) or releases.latest(
        model.Session, dataset_id, release_view.PUBLIC_STATES
    )


def _beyond_those_kept(dataset: dict[str, Any]) -> int:
    """Findings of the files that are counted in their reports and not listed one by one."""
    found = (reports.report_of(resource, texts.language()) for resource in dataset["resources"])
    return sum(report.total - len(report.findings) for report in found if report is not None)


def _altered(dataset: dict[str, Any], release: Release | None, state: State) -> bool:
    """Is the content under review no longer what was sent?"""
    if release is None or state not in {State.IN_REVIEW, State.SIGNED}:
        return False
    return digest(current_document(stored_dataset(dataset["id"]))) != release.digest


def _needs_oficio(standing: Any, roles: frozenset[Role]) -> bool:
    signers = roles_for(Transition.SIGN, standing)
    return any(role in ROLES_WITH_OFICIO and role in roles for role in signers)


def _people(role: Role, organization_id: str) -> list[str]:
    held = designations.holders(model.Session, [role], organization_id, permissions.today())
    users = [model.User.get(designation.user_id) for designation in held]
    return [user.display_name for user in users if user is not None]


def _package_name(package_id: str | None) -> str | None:
    package = model.Package.get(package_id) if package_id else None
    return package.name if package is not None else None
