"""The table-driven part of a projection; subclasses override what a table cannot say."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ckanext.imssbienestar.mirror.catalogues.releases import Release
from ckanext.imssbienestar.mirror.errors import ReleaseError
from ckanext.imssbienestar.mirror.planning.desired import (
    DesiredFile,
    DesiredPackage,
    DesiredResource,
)
from ckanext.imssbienestar.mirror.projection.limits import check_dataset_name, check_files
from ckanext.imssbienestar.mirror.projection.rules import ProfileRules, words_of
from ckanext.imssbienestar.mirror.settings import TargetSettings
from ckanext.imssbienestar.mirror.texts import Sentence, say

_LONGEST_FILE_NAME = 100


class Projection:
    """Makes the desired dataset of a release from rules and the operator's settings."""

    def __init__(self, rules: ProfileRules, target: TargetSettings) -> None:
        self.rules = rules
        self.target = target
        frequency = rules.resource.update_frequency
        self._words = words_of(frequency) if frequency else {}

    @property
    def license_id(self) -> str | None:
        """The one licence every dataset gets, if the rules or the settings fix one."""
        return self.target.license or self.rules.dataset.license.id

    @property
    def group_names(self) -> tuple[str, ...]:
        """Every group a dataset may be put in."""
        names = {self.target.group, *self.target.groups.values()}
        return tuple(sorted(name for name in names if name))

    def name(self, release: Release) -> str:
        """The dataset's name on the target."""
        name = self.make_name(release.dataset_name)
        if len(name) < self.rules.limits.dataset_name.shortest:
            raise ReleaseError("no-name", name=release.dataset_name, profile=self.rules.id)
        check_dataset_name(self.rules, release.dataset_name, name)
        return name

    def project(self, release: Release) -> DesiredPackage:
        """The dataset as it must be on the target; a :class:`ReleaseError` when it cannot be."""
        dataset = release.document.get("dataset", {})
        resources, warnings = self._resources(release, dataset)
        visibility = self.rules.dataset.visibility
        return DesiredPackage(
            dataset_id=release.dataset_id,
            dataset_name=release.dataset_name,
            name=self.name(release),
            release_id=release.id,
            digest=release.digest,
            organization=self.target.organization,
            fields=self._fields(release, dataset),
            tags=self._tags(dataset) if self.rules.dataset.tags else None,
            groups=self._groups(dataset),
            resources=resources,
            extras=self._extras(release, dataset),
            managed_extras=self._managed_extras(dataset),
            private_at_creation=visibility.at_creation == "private",
            private={"keep": None, "public": False, "private": True}[visibility.afterwards],
            remove_foreign=self.rules.resource.foreign == "remove",
            warnings=warnings,
        )

    def make_name(self, name: str) -> str:
        """The target's spelling of a dataset name."""
        return name

    def make_file_name(self, name: str) -> str:
        """The target's spelling of a file name."""
        return make_file_name(name)

    def resource_fields(
        self, resource: Mapping[str, Any], dataset: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Resource fields under the target's names."""
        values = {
            field: plain(resource.get(source))
            for field, source in self.rules.resource.fields.items()
        }
        # CKAN guesses these two when they are empty; a guess is not a difference.
        return {
            field: value
            for field, value in values.items()
            if value or field not in ("format", "mimetype")
        }

    def frequency_word(self, dataset: Mapping[str, Any], name: str) -> str:
        """The target's word for the dataset's update frequency."""
        code = str(dataset.get("frequency") or "")
        if code not in self._words:
            raise ReleaseError("frequency-unknown", frequency=code, dataset=name)
        return self._words[code]

    def _fields(self, release: Release, dataset: Mapping[str, Any]) -> dict[str, str]:
        fields = {
            field: plain(dataset.get(source)) for field, source in self.rules.dataset.fields.items()
        }
        rule = self.rules.dataset.license
        license_id = self.license_id or (plain(dataset.get(rule.field)) if rule.field else "")
        if not fields.get("title"):  # CKAN would fill it the same way, and then seem to differ
            fields["title"] = self.name(release)
        return {**fields, "license_id": license_id}

    def _tags(self, dataset: Mapping[str, Any]) -> tuple[str, ...]:
        limit = self.rules.limits.keyword
        cleaned = (
            make_tag(str(tag), limit.shortest, limit.longest) for tag in dataset.get("tags", [])
        )
        return tuple(sorted({tag for tag in cleaned if tag}))

    def _groups(self, dataset: Mapping[str, Any]) -> tuple[str, ...] | None:
        theme = str(dataset.get("theme") or "")
        group = self.target.groups.get(theme) or self.target.group
        return (group,) if group else None

    def _extras(self, release: Release, dataset: Mapping[str, Any]) -> dict[str, str] | None:
        rules = self.rules.dataset
        if rules.extras is None:
            return None
        extras = {key: plain(dataset.get(source)) for key, source in rules.extras.items()}
        if rules.document_extras:
            extras |= {key: plain(value) for key, value in _free_extras(dataset).items()}
        if rules.digest_extra:
            extras[rules.digest_extra] = release.digest
        return {key: value for key, value in extras.items() if value}

    def _managed_extras(self, dataset: Mapping[str, Any]) -> frozenset[str]:
        rules = self.rules.dataset
        if rules.extras is None:
            return frozenset()
        free = _free_extras(dataset) if rules.document_extras else {}
        return frozenset({*rules.extras, *free, *filter(None, [rules.digest_extra])})

    def _resources(
        self, release: Release, dataset: Mapping[str, Any]
    ) -> tuple[tuple[DesiredResource, ...], tuple[Sentence, ...]]:
        formats = {name.upper() for name in self.rules.resource.formats}
        kept: list[DesiredResource] = []
        warnings: list[Sentence] = []
        for resource in release.document.get("resources", []):
            if formats and str(resource.get("format", "")).upper() not in formats:
                warnings.append(self._dropped(release, resource))
            else:
                kept.append(self._resource(release, resource, dataset))
        self._check_files(release, kept)
        if not kept:
            raise ReleaseError(
                "no-files",
                dataset=release.dataset_name,
                profile=self.rules.id,
                formats=", ".join(self.rules.resource.formats) or "*",
            )
        return tuple(kept), tuple(warnings)

    def _check_files(self, release: Release, kept: Sequence[DesiredResource]) -> None:
        named = [
            (one.file.name, file)
            for one in kept
            if (file := release.file_of(one.identifier)) is not None
        ]
        check_files(self.rules, release.dataset_name, named)

    def _dropped(self, release: Release, resource: Mapping[str, Any]) -> Sentence:
        return say(
            "format-dropped",
            resource=resource.get("name") or resource.get("identifier"),
            dataset=release.dataset_name,
            profile=self.rules.id,
            format=resource.get("format") or "?",
        )

    def _resource(
        self, release: Release, resource: Mapping[str, Any], dataset: Mapping[str, Any]
    ) -> DesiredResource:
        identifier = str(resource["identifier"])
        file = release.file_of(identifier)
        if file is None:
            raise ReleaseError("release-malformed", dataset=release.dataset_name, cause=identifier)
        name = self.make_file_name(file.name)
        return DesiredResource(
            identifier=identifier,
            chosen_id=chosen_resource_id(self.target, release.dataset_id, identifier),
            fields=self.resource_fields(resource, dataset),
            file=DesiredFile(
                name,
                file.sha256,
                file.size,
                file.url,
                self._link(release, name),
                self.rules.limits.encoding.formats.get(str(resource.get("format")).upper(), ""),
            ),
        )

    def _link(self, release: Release, file_name: str) -> str:
        """Where the file host serves a file; empty when files are uploaded."""
        if self.target.files != "link" or self.target.file_host is None:
            return ""
        return self.target.file_host.format(
            organization=self.target.organization, dataset=self.name(release), file=file_name
        )


def chosen_resource_id(target: TargetSettings, dataset_id: str, identifier: str) -> str:
    """The same id for the same resource on the same target, always: a resend cannot duplicate."""
    name = "/".join((target.url, target.organization, dataset_id, identifier))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def plain(value: Any) -> str:
    """A value as the text a CKAN field keeps: stripped, structures as compact JSON, None empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    if isinstance(value, Mapping | Sequence):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return str(value)


def ascii_letters(text: str) -> str:
    """Lower-case text without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def make_tag(tag: str, shortest: int = 2, longest: int = 100) -> str:
    """A keyword inside CKAN's rules for tags; empty if nothing is left of it."""
    # An accent that is a letter of its own, as some systems write it, is no letter to CKAN.
    composed = unicodedata.normalize("NFC", tag)
    cleaned = re.sub(r"\s+", " ", re.sub(r"[^\w \-.]", " ", composed)).strip()[:longest].strip()
    return cleaned if len(cleaned) >= shortest else ""


def make_file_name(name: str) -> str:
    """A file name that CKAN keeps as it is, so that the address is foreseeable."""
    cleaned = re.sub(r"[^a-z0-9_.-]+", "_", ascii_letters(name)).strip("._-") or "archivo"
    stem, dot, extension = cleaned.rpartition(".")
    if not dot:
        return cleaned[:_LONGEST_FILE_NAME]
    return f"{stem[: _LONGEST_FILE_NAME - len(extension) - 1]}.{extension}"


def _free_extras(dataset: Mapping[str, Any]) -> Mapping[str, Any]:
    extras = dataset.get("extras")
    return extras if isinstance(extras, Mapping) else {}
