"""What happens around CKAN's own writes of datasets."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.domain.release import digest
from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.portal import datastore_jobs, reports, texts
from ckanext.imssbienestar.portal.documents import current_document, stored_dataset
from ckanext.imssbienestar.portal.gate import field_labels
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_certain
from ckanext.imssbienestar.procedure import releases


def before_dataset_write(sent: dict[str, Any]) -> None:
    """Runs before every create and update: nothing of a refused text is written anywhere.

    An undone write stays for a while in the files of the database, and in its log (R-202).

    :param sent: what the request holds; that it has the right shape is not proven yet.
    :raises tk.ValidationError: a text of it shows personal data.
    """
    resources = sent.get("resources")
    listed = resources if isinstance(resources, list) else []
    known = [each for each in listed if isinstance(each, dict)]
    refuse_certain({**sent, "resources": known}, field_labels(texts.language()))


def after_dataset_write(dataset_id: str) -> None:
    """Runs after every create and update, inside their transaction.

    :raises tk.ValidationError: the write would make something public that nobody signed, or a text
        of it shows personal data.
    """
    dataset = stored_dataset(dataset_id)
    try:
        require_signed_if_public(dataset)
        refuse_certain(dataset, field_labels(texts.language()))
    except tk.ValidationError:
        model.Session.rollback()
        raise
    check_new_files(dataset)


def after_dataset_delete(dataset_id: str) -> None:
    """Runs inside a deletion, before anything is deleted: the tables go a little later.

    :raises tk.NotAuthorized: the dataset is published.
    """
    package = model.Package.get(dataset_id)
    if package is not None:
        refuse_if_published(package.id)
        datastore_jobs.request_synchronization(package.id, after_commit=True)


def refuse_if_published(dataset_id: str) -> None:
    """What is published neither leaves the catalogue by hand nor loses its record (R-008, R-126).

    :raises tk.NotAuthorized: the dataset has a published release; also of one that a hand in the
        database marked as deleted, which can be put back.
    """
    if _is_published(dataset_id):
        raise tk.NotAuthorized(
            tk._(
                "A published dataset is permanent: it is neither deleted nor purged. To change it, "
                "prepare an update and have it signed. If it was deleted by hand, "
                "docs/operations.md says how it comes back."
            )
        )


def refuse_if_shown(package: model.Package) -> None:
    """What the public sees is changed only by publishing (R-008, R-112).

    :raises tk.ValidationError: the dataset is public because a release of it is published. One that
        is public without, from before this extension, can still be made private.
    """
    if package.state == "active" and not package.private and _is_published(package.id):
        raise _refusal(len(package.resources), _not_what_was_signed())


def _is_published(dataset_id: str) -> bool:
    return releases.latest(model.Session, dataset_id, [State.PUBLISHED]) is not None


def require_signed_if_public(dataset: dict[str, Any]) -> None:
    """Public, published and equal to what was signed are one thing (R-008, R-112).

    This is the one gate in front of the public: it looks at what is stored, not at who wrote it,
    so that no action, form or option of the API has a way round it.
    """
    is_public = not dataset["private"] and dataset["state"] == "active"
    published = releases.latest(model.Session, dataset["id"], [State.PUBLISHED])
    if published is None:
        if is_public:
            raise _refusal(len(dataset["resources"]), _not_signed())
        return
    if not is_public or published.digest != digest(current_document(dataset)):
        raise _refusal(len(dataset["resources"]), _not_what_was_signed())


def _refusal(resources: int, sentence: str) -> tk.ValidationError:
    """The same sentence for the dataset and for each resource.

    Core's resource actions look for their error under the resource they were given, and
    ``resource_delete`` fails with a traceback when it is not there.
    """
    each = [{"message": [sentence]}] * max(1, resources)
    return tk.ValidationError({"private": [sentence], "resources": each})


def _not_signed() -> str:
    return tk._(
        "A dataset becomes public only by publishing a signed release. "
        "Save it as private and send it to review."
    )


def _not_what_was_signed() -> str:
    return tk._(
        "A published dataset is changed only by a new signed release. "
        "Choose «Prepare an update», change the copy and send it to review."
    )


def check_new_files(dataset: dict[str, Any]) -> None:
    """Check each file that has no report yet: at once if it is small, by a job if it is large."""
    for resource in dataset["resources"]:
        subject = reports.subject_of(resource)
        if subject is not None:
            reports.note_file(resource, subject)
            reports.standing_of(subject, texts.language())
