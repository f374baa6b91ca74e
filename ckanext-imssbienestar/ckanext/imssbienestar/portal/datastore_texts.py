"""Where a published table stands, in words for people, in the language of the request."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import datastore_failures as failures
from ckanext.imssbienestar.portal.datastore import TableStanding
from ckanext.imssbienestar.portal.datastore_errors import Kind
from ckanext.imssbienestar.portal.datastore_failures import Failure


def standing_sentence(standing: TableStanding) -> str:
    """Loaded with how many rows, waiting, or why not."""
    if standing.loaded is not None:
        text = tk.ungettext("{count} row", "{count} rows", standing.loaded.rows)
        return str(text.format(count=standing.loaded.rows))
    if standing.failure is not None:
        return failure_sentence(standing.failure)
    return tk._("Waiting to be loaded by the background worker.")


def missing_preview(resource: dict[str, Any], *, edits: bool) -> tuple[str, ...]:
    """Why the page of a published resource shows no table, or not the newest; () when it does.

    :param edits: the reader may edit the dataset: what the public sees, what happened and the next
        step. The public reads no more than that there is no preview.
    """
    failure = failures.find(resource["id"])
    if failure is None:
        return ()
    earlier_is_shown = bool(resource.get("datastore_active"))
    if edits:
        seen = (
            tk._("The preview still shows the table of the release before.")
            if earlier_is_shown
            else tk._("The table could not be loaded: nobody sees a preview of this file.")
        )
        return (seen, failure_sentence(failure))
    if earlier_is_shown:
        return ()
    return (tk._("The preview of this table is not available. The file can be downloaded."),)


def failure_sentence(failure: Failure) -> str:
    """What happened and what to do about it."""
    return {
        Kind.COLUMN_NAME: tk._(
            "The column «{column}» cannot be shown as a table: a name has at most {longest} bytes, "
            "no quotes or colons and no underscore first. Rename it in the next release."
        ),
        Kind.COLUMNS: tk._(
            "The columns of the file are not those of its data dictionary. Check the file again."
        ),
        Kind.NO_DICTIONARY: tk._(
            "This resource has no data dictionary that can be used. Describe its columns in the "
            "next release."
        ),
        Kind.NOT_LET_THROUGH: tk._(
            "There is no record that the file holds no personal data by the present rules: it was "
            "not looked at yet, or waits for the Transparency Unit. Tell the administrator, who "
            "has it looked at with «ckan imssbienestar personal-data scan»."
        ),
        Kind.CONTENT: tk._(
            "The stored file is missing or is no longer what was signed. Tell the administrator: "
            "it must come back from the back-up."
        ),
        Kind.ENCODING: tk._("The file is not UTF-8. Check the file again."),
        Kind.ROW: tk._(
            "Row {row} of the file cannot be read as a row of this table. Check the file again."
        ),
        Kind.ROWS: tk._(
            "{loaded} rows were read and the check counted {expected}. Nothing was loaded; tell "
            "the administrator."
        ),
        Kind.REFUSED: tk._(
            "PostgreSQL cannot keep the file with the types of its data dictionary (code {code}). "
            "Check the file again and tell the administrator."
        ),
        Kind.UNAVAILABLE: tk._(
            "The database of the tables could not do it (code «{code}»). It is tried again; if it "
            "goes on, the administrator should look at it."
        ),
    }[failure.kind].format(**failure.facts)
