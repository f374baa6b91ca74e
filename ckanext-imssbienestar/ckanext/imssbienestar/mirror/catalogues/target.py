"""The catalogue that receives the mirror: CKAN's actions as the few things the mirror does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ckanext.imssbienestar.mirror.catalogues.file_host import FileHost
from ckanext.imssbienestar.mirror.catalogues.parts import UploadPart
from ckanext.imssbienestar.mirror.catalogues.spool import Received, measure
from ckanext.imssbienestar.mirror.catalogues.transport import Transport
from ckanext.imssbienestar.mirror.errors import (
    CatalogueUnusableError,
    EditedMeanwhileError,
    NotThereError,
    RejectedError,
)
from ckanext.imssbienestar.mirror.planning.calls import Creation, Revision
from ckanext.imssbienestar.mirror.planning.desired import DesiredFile
from ckanext.imssbienestar.mirror.planning.fingerprint import file_name_of
from ckanext.imssbienestar.mirror.planning.plan import Catalogue
from ckanext.imssbienestar.mirror.planning.remote import (
    RemotePackage,
    RemoteResource,
    parse_package,
)

# Solr counts each name as a clause and takes 1,024 of them by default.
_NAMES_A_SEARCH = 500


class Target:
    """One organization of one catalogue."""

    def __init__(
        self,
        transport: Transport,
        organization: str,
        page_size: int = 1000,
        file_host: FileHost | None = None,
    ) -> None:
        self._transport = transport
        self._file_host = file_host
        self._organization = organization  # name or id, until the pre-flight says which is which
        self._keys = frozenset({organization})
        self._page_size = page_size

    @property
    def host(self) -> str:
        """Name of the catalogue for people."""
        return self._transport.host

    def write_to(self, organization_id: str, name: str) -> None:
        """Use this organization, as the pre-flight found it, from now on."""
        self._organization = name
        self._keys = frozenset({organization_id, name})

    def owns(self, package: RemotePackage) -> bool:
        """Whether a dataset is of the organization we write to."""
        return bool({package.organization_id, package.organization_name} & self._keys)

    # -- reading ---------------------------------------------------------------------------

    def organizations(self) -> tuple[tuple[str, str], ...]:
        """(id, name) of the organizations where the token's account may create datasets."""
        return self._allowed("create_dataset")

    def updatable_organizations(self) -> tuple[tuple[str, str], ...]:
        """(id, name) of the organizations where it may change them."""
        return self._allowed("update_dataset")

    def own_groups(self) -> tuple[str, ...]:
        """Names of the groups where the token's account may put datasets."""
        return tuple(str(one.get("name")) for one in self._list("group_list_authz", {}))

    def version(self) -> str:
        """The CKAN version it tells; empty when it keeps that to itself."""
        found = self._transport.read("status_show", {})
        return str(found.get("ckan_version") or "") if isinstance(found, Mapping) else ""

    def _allowed(self, permission: str) -> tuple[tuple[str, str], ...]:
        payload = {"permission": permission}
        found = self._list("organization_list_for_user", payload)
        return tuple((str(one.get("id")), str(one.get("name"))) for one in found)

    def groups(self) -> tuple[str, ...]:
        """Names of the groups there."""
        return tuple(str(name) for name in self._list("group_list", {}))

    def licenses(self) -> tuple[str, ...]:
        """Ids of the licences there."""
        return tuple(str(one.get("id")) for one in self._list("license_list", {}))

    def packages(self) -> tuple[RemotePackage, ...]:
        """The organization's datasets, private ones included, one call a page."""
        return tuple(self._search(f'organization:"{self._organization}"'))

    def taken(self, names: Sequence[str]) -> dict[str, str]:
        """Of these names, the ones another organization uses, with that organization's name."""
        found: dict[str, str] = {}
        for start in range(0, len(names), _NAMES_A_SEARCH):
            clauses = " OR ".join(f'"{name}"' for name in names[start : start + _NAMES_A_SEARCH])
            for package in self._search(f"name:({clauses})"):
                if not self.owns(package):
                    found[package.name] = package.organization_name or "?"
        return found

    def catalogue(self, packages: tuple[RemotePackage, ...], names: Sequence[str]) -> Catalogue:
        """What is there: ours, and who has the others of the ``names`` that we want to use.

        Names that are not ours there are looked up, so a run without news makes no such call.
        """
        ours = {package.name for package in packages}
        return Catalogue(packages, self.taken([name for name in names if name not in ours]))

    def show(self, name_or_id: str) -> RemotePackage | None:
        """A dataset as it is now, deleted ones included; None if there is none."""
        try:
            raw = self._transport.read("package_show", {"id": name_or_id})
        except NotThereError:
            return None
        return self._package("package_show", raw)

    def measure(self, package: RemotePackage, resource: RemoteResource) -> Received | None:
        """Hash and size of the bytes that people download there; None if there are none."""
        address = str(resource.raw.get("url") or "")
        if self._file_host is not None and not resource.is_upload:
            return self._file_host.measure(address) if self._file_host.serves(address) else None
        # The address is made from our own base: what the catalogue calls itself may be another
        # host, to which the token of a private dataset must not go.
        name = file_name_of(address)
        url = (
            f"{self._transport.base_url}/dataset/{package.id}/resource/{resource.id}"
            f"/download/{quote(name, safe='%')}"
        )
        try:
            return measure(lambda consume: self._transport.download(url, consume))
        except NotThereError:
            return None

    def demand(self, file: DesiredFile) -> None:
        """Make sure that a file to be linked is at its address; see :class:`FileHost`."""
        if self._file_host is not None:
            self._file_host.demand(file)

    # -- writing: one call each, one try each ----------------------------------------------

    def create(self, creation: Creation) -> RemotePackage:
        """Create a dataset without resources."""
        raw = self._transport.write("package_create", creation.fields)
        return self._package("package_create", raw)

    def revise(self, revision: Revision) -> None:
        """Change a dataset and all its files in one call."""
        fields = {
            "match": json.dumps(revision.match),
            "filter": json.dumps(list(revision.drop)),
            "update": json.dumps(revision.update),
            "include": json.dumps(["+package__id", "-*"]),
        }
        parts = [
            UploadPart(
                f"update__resources__{upload.position}__upload",
                upload.path,
                upload.name,
                upload.media_type,
                upload.sha256,
            )
            for upload in revision.uploads
        ]
        try:
            if parts:
                self._transport.upload("package_revise", fields, parts)
            else:
                plain = {name: json.loads(value) for name, value in fields.items()}
                self._transport.write("package_revise", plain)
        except RejectedError as error:
            if "match" in error.fields:
                raise EditedMeanwhileError("edited-meanwhile", host=self.host) from None
            raise

    def delete(self, package_id: str) -> None:
        """Take a dataset away; its name stays reserved there."""
        self._transport.write("package_delete", {"id": package_id})

    # -- shapes ----------------------------------------------------------------------------

    def _search(self, query: str) -> Iterator[RemotePackage]:
        start, seen = 0, set[str]()
        while True:
            page = self._transport.read(
                "package_search",
                {
                    "fq": query,
                    "include_private": True,
                    "rows": self._page_size,
                    "start": start,
                    "sort": "id asc",
                },
            )
            if not isinstance(page, Mapping) or not isinstance(page.get("results"), list):
                raise self._broken("package_search", "results")
            for raw in page["results"]:
                package = self._package("package_search", raw)
                if package.id not in seen:
                    seen.add(package.id)
                    yield package
            start += len(page["results"])
            if not page["results"] or start >= int(page.get("count") or 0):
                return

    def _package(self, call: str, raw: Any) -> RemotePackage:
        try:
            return parse_package(raw)
        except (KeyError, TypeError, AttributeError) as error:
            raise self._broken(call, str(error)) from None

    def _list(self, action: str, payload: Mapping[str, Any]) -> list[Any]:
        found = self._transport.read(action, payload)
        if not isinstance(found, list):
            raise self._broken(action, type(found).__name__)
        return found

    def _broken(self, call: str, cause: str) -> CatalogueUnusableError:
        return CatalogueUnusableError("answer-broken", host=self.host, call=call, cause=cause)
