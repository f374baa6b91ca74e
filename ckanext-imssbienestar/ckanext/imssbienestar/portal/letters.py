"""Letters that arrive as PDF: looked at, then kept in the content store."""

from __future__ import annotations

from typing import Any

from ckan.lib.munge import munge_filename
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.formats.oficio.received import letter_problems
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.portal.problems import refusal
from ckanext.imssbienestar.portal.texts import sentence


def receive_letter(upload: Any, field: str = "upload") -> StoredFile:
    """Keep an uploaded letter; the caller's transaction is to refer to it.

    :param upload: what the form or the request has under ``field``.
    :raises tk.ValidationError: under ``field``: there is no file, or it is no PDF that can be
        opened, or too large; nothing was kept.
    """
    if not isinstance(upload, FileStorage) or not upload.filename:
        raise tk.ValidationError({field: [tk._("Attach the letter as PDF.")]})
    store = content_store()
    try:
        with store.receive(upload.stream, config.largest_file()) as candidate:
            if problems := letter_problems(candidate.path):
                raise refusal(problems, field)
            store.keep(candidate)
            return StoredFile(munge_filename(upload.filename), candidate.sha256, candidate.size)
    except ImssError as error:
        raise tk.ValidationError({field: [sentence(error)]}) from error
