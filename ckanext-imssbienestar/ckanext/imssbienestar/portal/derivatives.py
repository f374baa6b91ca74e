"""A safe derivative in the portal: offered for a file that is looked at and wiped, then a draft.

The file with personal data is never kept (R-202): it is in a private folder while it is counted.
What is kept until the person decides is the derivative, which the guard let pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import flask
from ckan import model
from ckan.plugins import toolkit as tk
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.derivative.result import DerivativeReport
from ckanext.imssbienestar.checks.derivative.rules import number
from ckanext.imssbienestar.checks.derivative.suggest import suggest
from ckanext.imssbienestar.errors import TerminalError
from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.content import content_store

_FILE_NAME = "conteos.csv"
_NAME_LENGTH = 100
# What the new draft has in common with the dataset it is derived from.
_SHARED = (
    *("owner_org", "frequency", "spatial_coverage", "language", "theme", "access_rights"),
    *("license_id", "contact_name", "contact_email", "legal_basis"),
)


class OfferOverError(TerminalError):
    """The offer was made too long ago, to somebody else, or never."""


@dataclass(frozen=True)
class Offer:
    """A derivative for a person to look at.

    :ivar token: what :func:`accept` takes, signed and good for an hour.
    """

    report: DerivativeReport
    preview: list[list[str]]
    token: str


def offer(upload: FileStorage, dataset: dict[str, Any], user_id: str) -> Offer:
    """Count what may be published of a file; nothing of the file itself is kept.

    :param dataset: the one that the file was for.
    :raises FileTooLarge: it would take longer than a person waits for a page.
    :raises NoSafeDerivativeError: nothing safe and useful can be made of it.
    """
    store = content_store()
    with (
        store.receive(upload.stream, config.check_inline_bytes()) as received,
        suggest(
            received.path, language=texts.language(), file_name=upload.filename or ""
        ) as derivative,
    ):
        with (
            derivative.path.open("rb") as stream,
            store.receive(stream, config.largest_file()) as safe,
        ):
            store.keep(safe)
        report = derivative.report
        token = _signer().dumps(
            {
                "user": user_id,
                "dataset": dataset["id"],
                "sha256": safe.sha256,
                "schema": derivative.dictionary.to_table_schema(),
                "k": report.k,
                "rows": report.rows,
                "left_out": report.left_out,
            }
        )
        return Offer(report, derivative.preview(), token)


def accept(token: str, dataset: dict[str, Any], user: model.User) -> str:
    """Make a private draft of an offer, linked to its dataset (A-06), and give its name.

    The draft goes the ordinary way: its file is looked at again when it is uploaded.

    :raises OfferOverError: the offer does not hold, or its file is gone.
    :raises tk.ValidationError: the draft cannot be made; then none is left.
    """
    offered = _offered(token, dataset, user)
    path = content_store().path(offered["sha256"])
    draft = tk.get_action("package_create")({"user": user.name}, _draft(dataset, offered))
    try:
        with path.open("rb") as stream:
            resource = tk.get_action("resource_create")(
                {"user": user.name},
                {
                    "package_id": draft["id"],
                    "name": draft["title"],
                    "format": "CSV",
                    "upload": FileStorage(stream, filename=_FILE_NAME),
                },
            )
        tk.get_action("imss_dictionary_update")(
            {"user": user.name},
            {"resource_id": resource["id"], "schema": json.dumps(offered["schema"])},
        )
    except (tk.ValidationError, FileNotFoundError) as error:
        context = {"ignore_auth": True, "user": user.name}
        tk.get_action("dataset_purge")(context, {"id": draft["id"]})
        if isinstance(error, FileNotFoundError):  # a sweep came before
            raise OfferOverError("The derivative is no longer kept.") from error
        raise
    return str(draft["name"])


def _offered(token: str, dataset: dict[str, Any], user: model.User) -> dict[str, Any]:
    try:
        offered: dict[str, Any] = _signer().loads(token, max_age=int(number("offer_seconds")))
    except BadSignature as error:
        raise OfferOverError("The offer is over.") from error
    if (offered["user"], offered["dataset"]) != (user.id, dataset["id"]):
        raise OfferOverError("The offer was made to somebody else.")
    return offered


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(flask.current_app.secret_key), salt="imss-derivative")


def _draft(dataset: dict[str, Any], offered: dict[str, Any]) -> dict[str, Any]:
    title = tk._("{title} (counts)").format(title=dataset["title"])
    said = tk._(
        "Counts in groups of at least {k} records of the database «{title}», which holds personal "
        "data and is not published. Of its {rows} records, {left_out} are in no group."
    )
    shared = {name: dataset[name] for name in _SHARED if dataset.get(name)}
    return {
        **shared,
        "title": title,
        "name": _free_name(dataset["name"]),
        "private": True,
        "derived_from": dataset["id"],
        "quality_notes": said.format(title=dataset["title"], **offered),
    }


def _free_name(name: str) -> str:
    """An address that no dataset has."""
    tried, count = f"{name[: _NAME_LENGTH - 15]}-conteos", 1
    while model.Package.get(tried) is not None:
        count += 1
        tried = f"{name[: _NAME_LENGTH - 15]}-conteos-{count}"
    return tried
