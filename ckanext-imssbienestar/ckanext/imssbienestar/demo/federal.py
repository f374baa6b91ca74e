"""The federal side of the demonstration: its organization and groups, and its reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.demo.client import Client


def prepare(admin: Client, organization: Mapping[str, Any]) -> None:
    """What the federal catalogue has before anybody mirrors to it; only what is missing."""
    if admin.find("organization_show", id=organization["name"]) is None:
        admin.write("organization_create", **organization)
    present = set(admin.read("group_list"))
    for group in read_yaml("vocabularies/federal_groups.yaml")["values"]:
        if group["code"] not in present:
            admin.write("group_create", name=group["code"], title=group["es"])


def review(admin: Client, organization: str, names: Sequence[str]) -> Iterator[str]:
    """The reviewer of the federal catalogue makes public what the mirror left private.

    Done through the federal catalogue's own API with its own account: the mirror never does it.
    """
    answer = admin.read(
        "package_search", fq=f"organization:{organization}", include_private=True, rows=1000
    )
    for dataset in answer["results"]:
        if dataset["private"] and dataset["name"] in names:
            admin.write("package_patch", id=dataset["id"], private=False)
            yield str(dataset["name"])
