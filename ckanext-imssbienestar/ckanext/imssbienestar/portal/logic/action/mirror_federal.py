"""The federal side: telling it, seeing what it did, and the comprobantes it issues."""

from __future__ import annotations

from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Kind
from ckanext.imssbienestar.mirror.review.passages import Kind as Movement
from ckanext.imssbienestar.portal import mirror_activities, mirror_receipts, texts
from ckanext.imssbienestar.portal.logic import schema
from ckanext.imssbienestar.portal.logic.action.mirror import ask_for

# What of a summary is for whoever asked; the rest is how the program remembers.
_TOLD = ("mail", "message_id", "doubtful", "unconfirmed", "refused", "counts", "reminded")


@tk.validate_action_data(schema.mirror_notify)
def imss_mirror_notify(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Have a background worker write to the federal side what was sent to it (article 39).

    Without more, nothing leaves: the activity ends with the mail as it would leave, which
    ``imss_mirror_activity_show`` gives. Then call this again with ``dry_run`` false and
    ``as_shown`` set to the id of that activity: that mail leaves, or none.

    :param dataset: id or name of one dataset; every one that was not told of (optional)
    :type dataset: string
    :param dry_run: write the mail and send nothing (default: ``true``)
    :type dry_run: boolean
    :param again: also what an earlier mail may have told of, its answer lost (default: ``false``)
    :type again: boolean
    :param as_shown: id of the dry run whose mail is to leave (optional)
    :type as_shown: string

    :returns: the activity; ``new`` is false when the same was already waiting
    :rtype: dictionary
    """
    tk.check_access("imss_mirror_notify", context, data_dict)
    wishes: dict[str, Any] = {name: True for name in ("dry_run", "again") if data_dict[name]}
    if data_dict.get("as_shown"):
        wishes["as_shown"] = data_dict["as_shown"]
    return ask_for(context, Kind.NOTIFY, data_dict.get("dataset"), wishes)


@tk.validate_action_data(schema.mirror_review)
def imss_mirror_review(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Have a background worker look at what the federal side did with what was sent to it.

    What became public is downloaded and compared with what was signed. Nothing is written there.

    :param dataset: id or name of one dataset; all of them (optional)
    :type dataset: string
    :param remind: mail to the federal side about what takes too long (default: ``false``)
    :type remind: boolean
    :param now: look before the interval of the profile is over (default: ``true``)
    :type now: boolean

    :returns: the activity; ``new`` is false when the same was already waiting
    :rtype: dictionary
    """
    tk.check_access("imss_mirror_review", context, data_dict)
    wishes = {name: True for name in ("now", "remind") if data_dict[name]}
    return ask_for(context, Kind.REVIEW, data_dict.get("dataset"), wishes)


@tk.side_effect_free
@tk.validate_action_data(schema.mirror_activity)
def imss_mirror_activity_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Say how far an activity of the mirror is, or how it ended.

    :param id: the id of the activity
    :type id: string

    :returns: the activity; for a notice also ``mail`` (``from``, ``to``, ``cc``, ``subject``,
        ``body``, ``attachments``, ``count``, ``datasets``), ``message_id`` once it left,
        ``doubtful``, ``unconfirmed`` and ``refused``; for a look ``counts`` and ``reminded``
    :rtype: dictionary
    """
    tk.check_access("imss_mirror_activity_show", context, data_dict)
    try:
        activity = mirror_activities.find(data_dict["id"])
    except MirrorConfigurationError as error:
        raise tk.ValidationError({"message": error.told(texts.language())}) from error
    if activity is None:
        raise tk.ObjectNotFound(tk._("There is no such activity."))
    told = {name: activity.summary[name] for name in _TOLD if name in activity.summary}
    return {**mirror_activities.activity_dict(activity), **told}


@tk.validate_action_data(schema.mirror_receipt_record)
def imss_mirror_receipt_record(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Keep a comprobante of the federal side against the release it is about (article 21).

    Recording again corrects: the last one counts, the others stay.

    :param dataset: id or name of a dataset that was sent
    :type dataset: string
    :param kind: ``load`` (the first sending of the dataset), ``change`` or ``withdrawal``
    :type kind: string
    :param number: of the comprobante, as the document says
    :type number: string
    :param date: of the comprobante, as the document says: ``2026-11-23``
    :type date: string
    :param upload: its file: a whole PDF, PNG or JPEG of at most 20 MB without personal data
    :type upload: FileStorage

    :rtype: dictionary
    """
    tk.check_access("imss_mirror_receipt_record", context, data_dict)
    wish = mirror_receipts.Wish(
        data_dict["dataset"],
        Movement(data_dict["kind"]),
        data_dict["number"],
        data_dict["date"],
    )
    user = model.User.get(str(context.get("user") or ""))
    if user is None:
        raise tk.NotAuthorized
    try:
        found = mirror_receipts.record(wish, data_dict.get("upload"), user)
    except MirrorConfigurationError as error:
        raise tk.ValidationError({"message": error.told(texts.language())}) from error
    return mirror_receipts.receipt_dict(found)


@tk.side_effect_free
@tk.validate_action_data(schema.mirror_receipt_list)
def imss_mirror_receipt_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """List the comprobantes of the federal side, the newest first.

    :param dataset: id or name of one dataset (optional)
    :type dataset: string
    :param limit: comprobantes in a page, at most 1000 (default: 50)
    :type limit: integer
    :param offset: comprobantes to pass over (default: 0)
    :type offset: integer

    :returns: ``count`` and ``results``; of each, ``counts`` says whether a later one corrected it,
        ``kept`` whether its file is there, ``url`` where
    :rtype: dictionary
    """
    tk.check_access("imss_mirror_receipt_list", context, data_dict)
    try:
        found = mirror_receipts.listed(data_dict.get("dataset") or "")
    except MirrorConfigurationError as error:
        raise tk.ValidationError({"message": error.told(texts.language())}) from error
    start, end = data_dict["offset"], data_dict["offset"] + data_dict["limit"]
    shown = [mirror_receipts.receipt_dict(one) for one in found[start:end]]
    return {"count": len(found), "results": shown}
