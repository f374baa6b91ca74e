"""The federal side's limits on names, files and keywords: data, checked release by release."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.catalogues.releases import ReleaseFile
from ckanext.imssbienestar.mirror.errors import ReleaseError
from ckanext.imssbienestar.mirror.projection.rules import Limit, ProfileRules, TextLimit
from ckanext.imssbienestar.mirror.texts import Sentence, say

_CHUNK = 1024 * 1024


def check_dataset_name(rules: ProfileRules, dataset: str, name: str) -> None:
    """The name as the target will have it.

    :raises ReleaseError: like the other checks, with the rule's name, limit and source.
    """
    limit = rules.limits.dataset_name
    if not fits(limit, name):
        raise broken(dataset, say("rule-dataset-name"), name, _text_limit(limit), limit, rules)


def check_files(
    rules: ProfileRules, dataset: str, files: Iterable[tuple[str, ReleaseFile]]
) -> None:
    """Names, as the target will have them, and sizes of the files that are sent."""
    limits, names = rules.limits, list(files)
    for name, file in names:
        if not fits(limits.file_name, name):
            limit = limits.file_name
            raise broken(dataset, say("rule-file-name"), name, _text_limit(limit), limit, rules)
        most = limits.file_size.largest_bytes
        if most is not None and file.size > most:
            rule, found = say("rule-file-size"), f"{name}, {file.size} bytes"
            raise broken(dataset, rule, found, f"{most} bytes", limits.file_size, rules)
    if limits.file_name.unique:
        twice = [name for name, count in Counter(name for name, _ in names).items() if count > 1]
        if twice:
            rule, found = say("rule-file-unique"), ", ".join(twice)
            raise broken(dataset, rule, found, "1", limits.file_name, rules)


def check_encoding(path: Path, name: str, encoding: str) -> None:
    """Read a file as text from its beginning to its end; nothing of it is kept or told."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ReleaseError("encoding-broken", file=name, encoding=encoding) from None


def fits(limit: TextLimit, text: str) -> bool:
    """Whether a text is inside a limit."""
    if not limit.shortest <= len(text) <= limit.longest:
        return False
    return re.fullmatch(limit.pattern, text) is not None


def broken(
    dataset: str, rule: Sentence, found: str, allowed: Any, limit: Limit, rules: ProfileRules
) -> ReleaseError:
    """The refusal of one release by one rule."""
    return ReleaseError(
        "rule-broken",
        dataset=dataset,
        rule=rule,
        found=found,
        allowed=allowed,
        profile=rules.id,
        source=f"{limit.source} ({limit.date})",
    )


def _text_limit(limit: TextLimit) -> str:
    return f"{limit.shortest}–{limit.longest}, {limit.pattern}"
