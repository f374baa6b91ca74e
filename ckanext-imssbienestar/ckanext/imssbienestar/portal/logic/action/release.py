"""Releases: submit, sign, publish, return, show, list."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.domain.findings import any_blocking
from ckanext.imssbienestar.domain.release import file_hashes
from ckanext.imssbienestar.domain.workflow import Act, Reason, Transition, TransitionRefused
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import (
    datastore_jobs,
    gate,
    permissions,
    personal_data,
    release_view,
    texts,
    updates,
)
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.documents import current_document, stored_dataset, subject_of
from ckanext.imssbienestar.portal.logic import schema
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import release_queries, releases


@tk.validate_action_data(schema.release_target)
def imss_release_submit(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Send a dataset to review: freeze its metadata, dictionaries and files into a release.

    For the *Enlace de Transparencia* of its unit (R-042, R-104). Refused while a check finds
    something that blocks; the error then holds ``findings``, each with its fix.

    :param id: the id or name of the dataset, or of the working copy of an update
    :type id: string

    :returns: the release, in review
    :rtype: dictionary
    """
    dataset = _dataset(data_dict["id"])
    tk.check_access("imss_release_submit", context, {"id": dataset["id"]})
    act = _act(context, Transition.SUBMIT, dataset["owner_org"])
    # Taken before the check: a file that comes meanwhile is not in it, and signing then refuses.
    document = current_document(dataset)
    _scan_missing(document)
    with_reports = gate.findings_of(dataset)
    model.Session.commit()  # the reports stay, whatever comes next
    if any_blocking(with_reports):
        raise tk.ValidationError(
            {
                "message": tk._("The dataset cannot be sent to review yet: see the findings."),
                "findings": [found.model_dump(mode="json") for found in with_reports],
            }
        )
    return _transition(
        context,
        lambda: releases.submit(model.Session, subject_of(dataset), document, act, _now()),
    )


@tk.validate_action_data(schema.release_sign)
def imss_release_sign(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Sign the release that is in review: first the head of the unit, then the UT.

    The signature covers the digest; it is refused when the content is no longer what was sent.

    :param id: the id of the release, or the id or name of its dataset
    :type id: string
    :param oficio_number: the number of the *oficio* (needed from the head of the unit, R-084)
    :type oficio_number: string
    :param digest: the digest you were shown; refused if the release has another (optional)
    :type digest: string

    :returns: the release; its state is ``signed`` after the last signature
    :rtype: dictionary
    """
    release = _release(data_dict["id"])
    tk.check_access("imss_release_sign", context, {"id": release.working_id})
    refuse_in_record(data_dict["oficio_number"], field="oficio_number")
    act = _act(
        context,
        Transition.SIGN,
        release.organization_id,
        oficio_number=data_dict["oficio_number"],
    )
    return _transition(context, lambda: _move_unchanged(release.id, act, data_dict.get("digest")))


@tk.validate_action_data(schema.release_publish)
def imss_release_publish(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Publish a signed release: from now on the public sees exactly what was signed.

    For the *Administrador de Datos Abiertos*, after the UT agreed (R-111). Refused, with what
    changed, when one byte of metadata, dictionary or file is not what was signed.

    :param id: the id of the release, or the id or name of its dataset
    :type id: string
    :param digest: the digest you were shown; refused if the release has another (optional)
    :type digest: string

    :returns: the release, published
    :rtype: dictionary
    """
    release = _release(data_dict["id"])
    tk.check_access("imss_release_publish", context, {"id": release.working_id})
    act = _act(context, Transition.PUBLISH, release.organization_id)

    def publish() -> Release:
        moved = _move_unchanged(release.id, act, data_dict.get("digest"))
        updates.make_public(moved, str(context["user"]))
        return moved

    published = _transition(context, publish)
    datastore_jobs.request_synchronization(published["dataset_id"])
    return published


@tk.validate_action_data(schema.release_return)
def imss_release_return(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Return a release to draft, with the reason; its signatures no longer count.

    :param id: the id of the release, or the id or name of its dataset
    :type id: string
    :param reason: what has to change
    :type reason: string

    :returns: the release, in draft
    :rtype: dictionary
    """
    release = _release(data_dict["id"])
    tk.check_access("imss_release_return", context, {"id": release.working_id})
    refuse_in_record(data_dict["reason"], field="reason")
    act = _act(context, Transition.RETURN, release.organization_id, reason=data_dict["reason"])
    return _transition(context, lambda: releases.move(model.Session, release.id, act, _now()))


@tk.side_effect_free
@tk.validate_action_data(schema.release_target)
def imss_release_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Show a release: document, files, history, who acts next and what you may do.

    :param id: the id of the release, or the id or name of its dataset (its newest release then)
    :type id: string

    :rtype: dictionary
    """
    release = _release(data_dict["id"])
    tk.check_access("imss_release_show", context, {"release": release})
    return release_view.full(release, _user_id(context))


@tk.side_effect_free
@tk.validate_action_data(schema.release_list)
def imss_release_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List releases, a page at a time, by dataset and number.

    Anybody sees the published and the withdrawn ones; the members of a unit and those with a role
    also see theirs under way.

    :param dataset_id: only the releases of this dataset (id or name)
    :type dataset_id: string
    :param state: only these states
    :type state: string or list of strings
    :param latest: only the newest release of each dataset among those states (default: false)
    :type latest: boolean
    :param limit: releases in a page, at most ``ckan.search.rows_max`` (default: 100)
    :type limit: integer
    :param offset: releases to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` of all that match and ``results``, this page of them
    :rtype: dictionary
    """
    tk.check_access("imss_release_list", context, data_dict)
    dataset_id = data_dict.get("dataset_id")
    if dataset_id:
        package = model.Package.get(dataset_id)
        dataset_id = package.id if package else dataset_id
    query = release_queries.ReleaseQuery(
        always_visible=release_view.PUBLIC_STATES,
        organizations=permissions.readable_organizations(context),
        states=tuple(data_dict.get("state") or ()),
        dataset_id=dataset_id,
        latest=data_dict["latest"],
        limit=data_dict["limit"],
        offset=data_dict["offset"],
    )
    found, count = release_queries.find(model.Session, query)
    return release_view.page(found, count)


def _scan_missing(document: dict[str, Any]) -> None:
    """Files stored under older rules are looked at again before their review."""
    try:
        personal_data.scan_missing(file_hashes(document))
    except ImssError as error:
        raise tk.ValidationError({"message": [texts.sentence(error)]}) from error


def _transition(context: Context, make: Callable[[], Release]) -> dict[str, Any]:
    """Run one transition and commit it, or undo all of it and say why."""
    try:
        release = make()
        model.Session.commit()
    except TransitionRefused as error:
        model.Session.rollback()
        if error.reason in {Reason.NOT_DESIGNATED, Reason.ALREADY_ACTED}:
            raise tk.NotAuthorized(texts.sentence(error)) from error
        raise tk.ValidationError({"message": [texts.sentence(error)]}) from error
    except ImssError as error:
        model.Session.rollback()
        raise tk.ValidationError({"message": [texts.sentence(error)]}) from error
    except tk.ValidationError:
        model.Session.rollback()
        raise
    return release_view.full(release, _user_id(context))


def _move_unchanged(release_id: str, act: Act, seen_digest: str | None) -> Release:
    """A move over content that must still be, byte for byte, what the release froze."""
    # The locks come before the content is read, so that nothing can move in between.
    release = releases.get(model.Session, release_id, lock=True)
    current = current_document(stored_dataset(release.working_id, lock=True))
    moved = releases.move(
        model.Session, release_id, act, _now(), current=current, seen_digest=seen_digest
    )
    for sha256 in file_hashes(current):
        content_store().verify(sha256)
    personal_data.require_passed(file_hashes(current))
    return moved


def _act(
    context: Context,
    transition: Transition,
    organization_id: str,
    *,
    oficio_number: str = "",
    reason: str = "",
) -> Act:
    user_id = _user_id(context)
    roles = permissions.roles_of(user_id, organization_id) if user_id else frozenset()
    return Act(transition, user_id, roles, oficio_number=oficio_number, reason=reason)


def _dataset(name_or_id: str) -> dict[str, Any]:
    package = model.Package.get(name_or_id)
    if package is None or package.state == "deleted":
        raise tk.ObjectNotFound(tk._("There is no such dataset."))
    return stored_dataset(package.id)


def _release(name_or_id: str) -> Release:
    """A release by its id, or the one under way, else the newest public one, of a dataset.

    A published dataset whose update is under review still answers with what is public.
    """
    release = model.Session.get(Release, name_or_id)
    if release is not None:
        return release
    package = model.Package.get(name_or_id)
    if package is not None:
        release = releases.open_release(model.Session, package.id) or releases.latest(
            model.Session, package.id, release_view.PUBLIC_STATES
        )
    if release is None:
        raise tk.ObjectNotFound(tk._("There is no such release."))
    return release


def _user_id(context: Context) -> str:
    user = model.User.get(str(context.get("user") or ""))
    return user.id if user is not None else ""


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
