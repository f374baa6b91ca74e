"""One dataset from a draft to a published release, each step by the person whose step it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.demo.client import Client

OFICIO = "DEMO/VALIDACION/2026"


@dataclass(frozen=True)
class Cast:
    """Who acts: the clients by account name, and the account of each role in each unit."""

    clients: Mapping[str, Client]
    people: list[Mapping[str, Any]]

    def of(self, role: str, unit: str | None = None) -> Client:
        """The client of the person who holds a role."""
        name = next(
            person["name"]
            for person in self.people
            if person["role"] == role and person.get("unit") in {None, unit}
        )
        return self.clients[name]


def take(cast: Cast, samples: Path, entry: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Publish a sample, from wherever an earlier run left it; the release and whether we acted."""
    name, unit = entry["name"], entry["unit"]
    liaison = cast.of("liaison", unit)
    release = liaison.find("imss_release_show", id=name)
    if release is not None and release["state"] == "published":
        return release, False
    if release is None or release["state"] == "draft":
        describe(liaison, samples, entry, name, f"{name}.csv")
        release = liaison.write("imss_release_submit", id=name)
    return approve(cast, unit, release), True


def describe(
    liaison: Client, samples: Path, entry: Mapping[str, Any], name: str, file: str
) -> dict[str, Any]:
    """The draft: metadata, file and dictionary; what is there already is left alone."""
    dataset = liaison.find("package_show", id=name)
    if dataset is None:
        dataset = liaison.write("package_create", **metadata(samples, entry))
    if not dataset["resources"]:
        fields = {"package_id": dataset["id"], "name": dataset["title"], "format": "CSV"}
        dataset["resources"] = [liaison.upload("resource_create", fields, samples / file)]
    resource = dataset["resources"][0]
    if not resource.get("schema"):
        _import_dictionary(liaison, samples, entry, resource["id"])
    described: dict[str, Any] = liaison.read("package_show", id=name)
    return described


def metadata(samples: Path, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The dataset's fields from the sample's metadata file."""
    sample = entry.get("sample", entry["name"])
    source = json.loads((samples / f"{sample}.metadata.json").read_text(encoding="utf-8"))
    start, _, end = source["temporal"].partition("/")
    return {
        "name": entry["name"],
        "identifier": entry["name"],
        "title": entry.get("title", source["title"]),
        "notes": source["description"],
        "owner_org": entry["unit"],
        "tags": [{"name": keyword} for keyword in source["keywords"]],
        "modified": source["modified"],
        "frequency": source["accrualPeriodicity"],
        "temporal_start": start,
        "temporal_end": end,
        "spatial_coverage": "00",
        "language": source["language"],
        "theme": entry.get("theme", ""),
        "contact_name": source["contact"]["name"],
        "contact_email": source["contact"]["mbox"],
        "url": source["landingPage"],
        "legal_basis": source.get("legalBasis", ""),
        "quality_notes": "\n".join(source.get("notes", [])),
    }


def _import_dictionary(
    liaison: Client, samples: Path, entry: Mapping[str, Any], resource_id: str
) -> None:
    file = f"{entry.get('sample', entry['name'])}.dictionary.csv"
    text = (samples / file).read_text(encoding="utf-8")
    fields = {"resource_id": resource_id}
    liaison.upload_text("imss_dictionary_import", fields, file, text)
    if undescribed := entry.get("undescribed"):
        resource = liaison.read("resource_show", id=resource_id)
        for field in resource["schema"]["fields"]:
            if field["name"] == undescribed:
                field["description"] = ""
        liaison.write("resource_patch", id=resource_id, schema=resource["schema"])


def approve(cast: Cast, unit: str, release: dict[str, Any]) -> dict[str, Any]:
    """The signatures that are missing and the publication, each over the digest shown."""
    seen = {"id": release["id"], "digest": release["digest"]}
    while release["state"] == "in_review":
        role = release["next_roles"][0]
        release = cast.of(role, unit).write("imss_release_sign", **seen, oficio_number=OFICIO)
    published: dict[str, Any] = cast.of("administrator").write("imss_release_publish", **seen)
    return published
