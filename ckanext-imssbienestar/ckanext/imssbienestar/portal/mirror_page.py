"""The choice of datasets that the page and the API show, and the equality of one of them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ckan import model

from ckanext.imssbienestar.mirror.ledger.ledger import Ledger
from ckanext.imssbienestar.mirror.ledger.proofs import Proofs
from ckanext.imssbienestar.mirror.overview.whereabouts import Group
from ckanext.imssbienestar.model import Release
from ckanext.imssbienestar.portal import mirror_site
from ckanext.imssbienestar.portal.mirror_equality import DatasetEquality, Published, equality_of
from ckanext.imssbienestar.portal.mirror_facts import Line, signed_files_of


@dataclass(frozen=True)
class Chosen:
    """The datasets that match, and how many of those that match the words are in each group."""

    lines: Sequence[Line]
    counts: Mapping[Group, int]


def chosen(lines: Sequence[Line], words: str, group: str, inside: bool) -> Chosen:
    """The datasets whose name, title or unit contains all words, whatever their accents.

    :param inside: whether somebody asks who may know of those that are not public.
    """
    wanted = _plain(words).split()
    found = [
        line
        for line in lines
        if (inside or line.published)
        and all(word in _plain(f"{line.name} {line.title} {line.organization}") for word in wanted)
    ]
    counts = Counter(line.answer.group for line in found)
    if group:
        found = [line for line in found if line.answer.group.value == group]
    return Chosen(found, {one: counts[one] for one in Group})


def equality(package: model.Package, release: Release) -> DatasetEquality:
    """What is known of the federal copy of a published dataset.

    :raises MirrorConfigurationError: the ledger cannot be read.
    """
    mirror = mirror_site.settings()
    database = mirror_site.database(mirror)
    published = Published(
        package.name,
        package.title or package.name,
        release.number,
        release.digest,
        signed_files_of(release.digest),
    )
    entry = Ledger(database).entries().get(package.id)
    return equality_of(published, entry, Proofs(database).of(package.id), mirror.target.url)


def line_equality(line: Line, target_url: str) -> DatasetEquality | None:
    """The same for one of many; None for a dataset that not everybody may see."""
    if line.number is None or not line.published:
        return None
    published = Published(line.name, line.title, line.number, line.digest, line.files)
    return equality_of(published, line.entry, line.proofs, target_url)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
