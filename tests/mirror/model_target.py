"""CKAN's semantics in memory, for properties over many examples: what a call does, and faults."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from ckanext.imssbienestar.mirror.catalogues.spool import Received
from ckanext.imssbienestar.mirror.errors import EditedMeanwhileError, RejectedError
from ckanext.imssbienestar.mirror.planning.calls import Creation, Revision
from ckanext.imssbienestar.mirror.planning.remote import (
    RemotePackage,
    RemoteResource,
    parse_package,
)

ORGANIZATION = {"id": "org-id", "name": "imss-bienestar"}


class ModelTarget:
    """Has the methods of ``Target`` that a job uses.

    :ivar fault: called before and after each write with its name and the moment; may raise.
    :ivar touches_unchanged: whether an update that changes nothing moves the dataset's date, as
        before CKAN 2.12.
    """

    host = "model"

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.bytes: dict[str, bytes] = {}
        self.writes: list[str] = []
        self.fault: Callable[[str, str], None] = lambda _call, _moment: None
        self.clock = itertools.count(1)
        self.touches_unchanged = False
        self._lost_tags: set[str] = set()

    # -- what a job calls ------------------------------------------------------------------

    def owns(self, package: RemotePackage) -> bool:
        return package.organization_name == ORGANIZATION["name"]

    def packages(self) -> tuple[RemotePackage, ...]:
        active = (one for one in self.stored.values() if one["state"] == "active")
        return tuple(parse_package(copy.deepcopy(one)) for one in active)

    def show(self, name_or_id: str) -> RemotePackage | None:
        found = self.stored.get(name_or_id)
        if found is None:
            newest_first = reversed(self.stored.values())
            same_name = [one for one in newest_first if one["name"] == name_or_id]
            same_name.sort(key=lambda one: one["state"] != "active")
            found = same_name[0] if same_name else None
        return parse_package(copy.deepcopy(found)) if found else None

    def measure(self, _package: RemotePackage, resource: RemoteResource) -> Received | None:
        content = self.bytes.get(resource.id)
        if content is None or resource.raw.get("url_type") != "upload":
            return None
        return Received(hashlib.sha256(content).hexdigest(), len(content))

    def create(self, creation: Creation) -> RemotePackage:
        fields = json.loads(json.dumps(creation.fields))
        return parse_package(self.package_create(fields))

    def revise(self, revision: Revision) -> None:
        sent = {upload.position: upload.path.read_bytes() for upload in revision.uploads}
        update = json.loads(json.dumps(revision.update))
        self.package_revise(dict(revision.match), revision.drop, update, sent)

    def delete(self, package_id: str) -> None:
        self.package_delete(package_id)

    # -- the actions -----------------------------------------------------------------------

    def package_create(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Only names of datasets that are there are taken, whatever was deleted before."""
        self._before("package_create")
        names = {one["name"] for one in self.stored.values() if one["state"] == "active"}
        if fields["name"] in names:
            raise RejectedError("rejected", fields={"name": ["in use"]}, host="", call="", cause="")
        package_id = str(uuid.uuid4())
        self.stored[package_id] = {
            "id": package_id,
            "state": "active",
            "organization": ORGANIZATION,
            "resources": [],
            "tags": [],
            "groups": [],
            "extras": [],
            **fields,
            "owner_org": ORGANIZATION["id"],
        }
        self._touch(package_id)
        self._after("package_create")
        return copy.deepcopy(self.stored[package_id])

    def package_revise(
        self,
        match: dict[str, Any],
        drop: Sequence[str],
        update: dict[str, Any],
        sent: dict[int, bytes],
    ) -> None:
        """All of it or nothing, and only while the dataset is as ``match`` says."""
        self._before("package_revise")
        package = self.stored[match["id"]]
        self._check_match(package, match)
        before = copy.deepcopy(package)
        for name in drop:
            package.pop(name.removeprefix("-"), None)
        _merge(package, update)
        package.setdefault("resources", [])
        for position, resource in enumerate(package["resources"]):
            resource.setdefault("id", str(uuid.uuid4()))
            if position in sent:
                self._upload(resource, sent[position])
        if sent or self._moves(before, package, update):
            self._touch(package["id"])
        self._after("package_revise")

    def package_delete(self, package_id: str) -> None:
        """CKAN does not move the dataset's date for this."""
        self._before("package_delete")
        self.stored[package_id]["state"] = "deleted"
        self.stored[package_id]["groups"] = []
        self._after("package_delete")

    # -- what a person over there does ------------------------------------------------------

    def edit(self, package_id: str, **fields: Any) -> None:
        self.stored[package_id] |= fields
        self._touch(package_id)

    def replace_file(self, package_id: str, position: int, content: bytes) -> None:
        """As the page does it: a new date and size, the old hash."""
        resource = self.stored[package_id]["resources"][position]
        resource["last_modified"] = f"moment {next(self.clock)}"
        resource["size"] = len(content)
        self.bytes[resource["id"]] = content
        self._touch(package_id)

    def delete_resource(self, package_id: str, position: int) -> None:
        """CKAN moves the dataset's date for this; here a match must not depend on it."""
        del self.stored[package_id]["resources"][position]

    # -- inside -----------------------------------------------------------------------------

    def _moves(self, before: dict[str, Any], after: dict[str, Any], update: dict[str, Any]) -> bool:
        """Whether the dataset's date moves.

        CKAN 2.12 leaves it when nothing changes, but takes a keyword that was removed once for a
        change each time keywords or groups come by name alone, unlike it shows them.
        """
        had, has = _tags(before), _tags(after)
        if had - has:
            self._lost_tags.add(after["id"])
        by_name = bool(update.get("tags") or update.get("groups"))
        same = {**before, "tags": sorted(had)} == {**after, "tags": sorted(has)}
        return self.touches_unchanged or not same or (by_name and after["id"] in self._lost_tags)

    def _upload(self, resource: dict[str, Any], content: bytes) -> None:
        self.bytes[resource["id"]] = content
        resource["last_modified"] = f"moment {next(self.clock)}"
        # What the call says of the size is believed, as in CKAN 2.9.0 to 2.9.5; later ones measure.
        resource["size"] = resource.get("size") or len(content)
        resource["url"] = f"https://model/dataset/x/resource/{resource['id']}/{resource['url']}"

    def _check_match(self, package: dict[str, Any], match: dict[str, Any]) -> None:
        resources = [resource["id"] for resource in package["resources"]]
        wanted = [resource["id"] for resource in match.get("resources", [])]
        plain = {key: value for key, value in match.items() if key != "resources"}
        same = all(package.get(key) == value for key, value in plain.items())
        if not same or resources[: len(wanted)] != wanted:
            raise EditedMeanwhileError("edited-meanwhile", host="model")

    def _touch(self, package_id: str) -> None:
        self.stored[package_id]["metadata_modified"] = f"moment {next(self.clock)}"

    def _before(self, call: str) -> None:
        self.fault(call, "before")
        self.writes.append(call)

    def _after(self, call: str) -> None:
        self.fault(call, "after")


def _tags(package: dict[str, Any]) -> set[str]:
    return {tag["name"] for tag in package.get("tags") or ()}


def _merge(into: dict[str, Any], update: dict[str, Any]) -> None:
    """As ``package_revise`` does: lists by position, never shorter."""
    for key, value in update.items():
        if isinstance(into.get(key), dict) and isinstance(value, dict):
            _merge(into[key], value)
        elif isinstance(into.get(key), list) and isinstance(value, list):
            for index, item in enumerate(value):
                if index >= len(into[key]):
                    into[key].append(item)
                elif isinstance(into[key][index], dict):
                    _merge(into[key][index], item)
                else:
                    into[key][index] = item
        else:
            into[key] = value
