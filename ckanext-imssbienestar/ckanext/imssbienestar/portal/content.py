"""The content store of this site, and the uploader that puts every resource file in it.

CKAN's own uploader overwrites the file of a resource in place. This one hashes the file while it
arrives, looks for personal data before the bytes can be reached by anybody, keeps it under its
SHA-256 and records which file the resource has. The hash and size of a resource are never taken
from a request.
"""

from __future__ import annotations

import datetime
import mimetypes
from typing import Any, Literal

from ckan import model
from ckan.lib.munge import munge_filename
from ckan.plugins import toolkit as tk
from werkzeug.datastructures import FileStorage

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.portal import guard
from ckanext.imssbienestar.portal.texts import sentence
from ckanext.imssbienestar.procedure import resource_files
from ckanext.imssbienestar.procedure.content_store import ContentStore

SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
"""The algorithm as DCAT-AP wants it named."""


def content_store() -> ContentStore:
    """The store of this site."""
    return ContentStore(config.content_path())


class ContentStoreUpload:
    """CKAN's resource-uploader protocol over the content store.

    Made once for each changed resource of a write, before validation: it fills the fields that
    follow from the file.
    """

    def __init__(self, resource: dict[str, Any]) -> None:
        upload = resource.pop("upload", None)
        self.clear = bool(resource.pop("clear_upload", None))
        self.filename: str | None = None
        self.mimetype: str | None = None
        self._received: StoredFile | None = None
        if isinstance(upload, FileStorage) and upload.filename:
            received = self._receive(upload, upload.filename, resource)
            self._received = received
            self.filesize = received.size
        else:
            self._keep_known(resource)

    def get_path(self, id: str) -> str:
        """Path of the file of a resource; a 404 when it has none."""
        stored = _file_of(id)
        if stored is not None and content_store().path(stored.sha256).is_file():
            return str(content_store().path(stored.sha256))
        return tk.abort(404, tk._("No download is available"))

    def upload(self, id: str, max_size: int = 10) -> Literal["file uploaded"] | None:
        """Record which file the resource has, in the transaction of the write.

        The bytes were kept before; the size limit was applied while they arrived.
        """
        if self._received is not None:
            resource_files.assign(
                model.Session,
                _dataset_of(id),
                id,
                self._received,
                datetime.datetime.now(datetime.UTC),
            )
            return "file uploaded"
        if self.clear:
            resource_files.forget(model.Session, id)
        return None

    def _receive(self, upload: FileStorage, filename: str, resource: dict[str, Any]) -> StoredFile:
        name = munge_filename(filename)
        store = content_store()
        try:
            with store.receive(upload.stream, config.largest_file()) as candidate:
                guard.let_in(candidate, filename)
                store.keep(candidate)
        except ImssError as error:
            raise tk.ValidationError({"upload": [sentence(error)]}) from error
        self.filename = name
        self.mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        resource.update(
            url=name,
            url_type="upload",
            last_modified=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
            size=candidate.size,
            mimetype=self.mimetype,
            hash=candidate.sha256,
            hash_algorithm=SHA256,
        )
        return StoredFile(name, candidate.sha256, candidate.size)

    def _keep_known(self, resource: dict[str, Any]) -> None:
        """Put back what we know of the file, whatever the request says."""
        for field in ("hash", "hash_algorithm", "size"):
            resource.pop(field, None)
        stored = _file_of(str(resource.get("id", "")))
        if self.clear or stored is None:
            resource["url_type"] = ""
            return
        resource.update(
            url=stored.name,
            url_type="upload",
            size=stored.size,
            hash=stored.sha256,
            hash_algorithm=SHA256,
        )


def _file_of(resource_id: str) -> StoredFile | None:
    return resource_files.file_of(model.Session, _dataset_of(resource_id), resource_id)


def _dataset_of(resource_id: str) -> str:
    resource = model.Resource.get(resource_id) if resource_id else None
    return str(resource.package_id) if resource is not None else ""
