"""What people changed at the target since it was confirmed, told apart from our own pending work.

Pure. At each confirmation the ledger keeps a short mark of every value the mirror looks after, as
the target showed it (:func:`shown_marks`). A later difference is drift where the target no longer
shows what it showed then; otherwise the release, the rules or the settings moved. The marks are
gone from the moment a write of ours leaves, so our own half-done work is never taken for drift.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ckanext.imssbienestar.mirror.ledger.entries import Adoption, FileEntry, LedgerEntry
from ckanext.imssbienestar.mirror.planning.changes import (
    FieldChange,
    extras_of,
    group_names,
    shown_text,
    tag_names,
)
from ckanext.imssbienestar.mirror.planning.desired import DesiredPackage, DesiredResource
from ckanext.imssbienestar.mirror.planning.remote import RemotePackage, RemoteResource

_MARK_BYTES = 6
_ORDER = "resources.order"
_EXTRA = "extras."

Pairs = Iterable[tuple[DesiredResource | None, RemoteResource | None]]


def mark(value: Any) -> str:
    """A short mark of a value: enough to see that it changed, nothing to read it from."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    content = text.encode("utf-8", "surrogatepass")  # half a character is a difference too
    return hashlib.blake2b(content, digest_size=_MARK_BYTES).hexdigest()


def shown_values(desired: DesiredPackage, remote: RemotePackage, pairs: Pairs) -> dict[str, Any]:
    """Every value the mirror looks after as the target shows it, by the field of a change."""
    values: dict[str, Any] = {"state": remote.state, "name": remote.name}
    if desired.private is not None:
        values["private"] = remote.private
    values |= {name: shown_text(remote.raw.get(name)) for name in desired.fields}
    if desired.tags is not None:
        values["tags"] = list(tag_names(remote))
    if desired.groups is not None:
        values["groups"] = list(group_names(remote))
    if desired.extras is not None:
        found = extras_of(remote)
        values |= {f"extras.{key}": found.get(key, "") for key in desired.managed_extras}
    for wanted, shown in pairs:
        if wanted is not None and shown is not None:
            prefix = f"resources.{wanted.identifier}"
            values |= {
                f"{prefix}.{name}": shown_text(shown.raw.get(name)) for name in wanted.fields
            }
    values[_ORDER] = [resource.id for resource in remote.resources]
    return values


def shown_marks(desired: DesiredPackage, remote: RemotePackage, pairs: Pairs) -> str:
    """The marks of :func:`shown_values`, as the ledger keeps them."""
    values = shown_values(desired, remote, pairs)
    return json.dumps({name: mark(value) for name, value in values.items()}, sort_keys=True)


def drifted(
    changes: Sequence[FieldChange],
    remote: RemotePackage,
    entry: LedgerEntry | None,
    checked: Mapping[str, str],
) -> tuple[str, ...]:
    """The fields, of a plan's changes, that somebody changed at the target by hand.

    :param checked: SHA-256 of the target's files that were read just now, by resource id.
    """
    if not changes or entry is None or not entry.shown:
        return ()
    marks = json.loads(entry.shown)
    return tuple(
        change.field for change in changes if _by_hand(change, remote, entry, checked, marks)
    )


def _by_hand(
    change: FieldChange,
    remote: RemotePackage,
    entry: LedgerEntry,
    checked: Mapping[str, str],
    marks: Mapping[str, str],
) -> bool:
    field = change.field
    if field == _ORDER:  # the change leaves out what is to go; the mark is of the whole list
        return marks.get(field) != mark([resource.id for resource in remote.resources])
    if field in marks:
        return marks[field] != mark(change.before)
    _, _, rest = field.partition("resources.")
    identifier, _, name = rest.rpartition(".")
    if name == "sha256":
        return _file_by_hand(entry.files.get(identifier), remote, checked)
    # A whole resource that is to go: ours once, or put there by somebody.
    return bool(rest) and not identifier and rest not in {f.remote_id for f in entry.files.values()}


def _file_by_hand(
    known: FileEntry | None, remote: RemotePackage, checked: Mapping[str, str]
) -> bool:
    if known is None:
        return False
    shown = next((one for one in remote.resources if one.id == known.remote_id), None)
    if shown is None:
        return True
    touched = shown.fingerprint.as_text() != known.fingerprint
    return touched and checked.get(shown.id) != known.sha256


def with_earlier_extras(desired: DesiredPackage, entry: LedgerEntry | None) -> DesiredPackage:
    """What is wanted, without the extras that an earlier release had and this one has not.

    The marks of the last confirmation name them; every other extra there is somebody else's.
    """
    if desired.extras is None or entry is None or not entry.shown:
        return desired
    marks = json.loads(entry.shown)
    earlier = {name.removeprefix(_EXTRA) for name in marks if name.startswith(_EXTRA)}
    return replace(desired, managed_extras=desired.managed_extras | earlier)


def with_adopted(
    desired: DesiredPackage, remote: RemotePackage, entry: LedgerEntry | None
) -> tuple[DesiredPackage, tuple[Adoption, ...]]:
    """What is wanted, with the target's own value wherever a person accepted it.

    An acceptance is for one release and one value: it lapses when either is another.
    """
    if entry is None or not entry.adopted:
        return desired, ()
    found = {one.id: one for one in remote.resources}
    ids = {key: file.remote_id for key, file in entry.files.items()}
    pairs = [(one, found.get(ids.get(one.identifier, ""))) for one in desired.resources]
    values = shown_values(desired, remote, pairs)
    valid = {
        one.field: one
        for one in entry.adopted
        if adoptable(one.field)
        and one.digest == desired.digest
        and one.field in values
        and mark(values[one.field]) == one.mark
    }
    return _accept(desired, {name: values[name] for name in valid}), tuple(valid.values())


def adoptable(field: str) -> bool:
    """Whether a difference of this field can be accepted: words can, files cannot.

    What was signed are the files: one that differs, is missing or was added by somebody is no
    copy of the release. Name and state decide whose copy it is.
    """
    if field in ("name", "state", _ORDER):
        return False
    parts = field.split(".")
    return parts[0] != "resources" or (len(parts) > 2 and parts[-1] != "sha256")


def _accept(desired: DesiredPackage, values: Mapping[str, Any]) -> DesiredPackage:
    if not values:
        return desired
    fields = {name: values.get(name, value) for name, value in desired.fields.items()}
    extras = desired.extras
    if extras is not None:
        managed = {key: values.get(f"extras.{key}") for key in desired.managed_extras}
        accepted = {key: value for key, value in managed.items() if value is not None}
        extras = {key: value for key, value in {**extras, **accepted}.items() if value}
    return replace(
        desired,
        fields=fields,
        extras=extras,
        tags=tuple(values["tags"]) if "tags" in values else desired.tags,
        groups=tuple(values["groups"]) if "groups" in values else desired.groups,
        private=values.get("private", desired.private),
        resources=tuple(_accept_in(one, values) for one in desired.resources),
    )


def _accept_in(resource: DesiredResource, values: Mapping[str, Any]) -> DesiredResource:
    prefix = f"resources.{resource.identifier}."
    fields = {name: values.get(prefix + name, value) for name, value in resource.fields.items()}
    return replace(resource, fields=fields)
