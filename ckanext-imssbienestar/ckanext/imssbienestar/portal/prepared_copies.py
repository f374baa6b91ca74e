"""Publishable copies of large files, made by a job and kept until a person confirms or time is up.

They lie in the content store, where no address reaches them, as the account of what they change and
the copy itself. The account is written last: where it is, the rest is. What is not confirmed within
the setting ``copy_kept_seconds`` is wiped by a later job, a visit to any such page, or the sweep.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.findings import Finding
from ckanext.imssbienestar.formats.canonical.changes import NormalisedCopy
from ckanext.imssbienestar.formats.canonical.normalise import Copy
from ckanext.imssbienestar.portal.check_runs import ReportKey


class _Account(BaseModel):
    """What is written beside a copy, or in its place.

    :ivar report: None where no copy could be made.
    :ivar refusals: why none could be made.
    :ivar sheets: of the workbook, where the question is which one is the table.
    """

    report: NormalisedCopy | None = None
    refusals: tuple[Finding, ...] = ()
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreparedCopy:
    """What a job left.

    :ivar copy: None where no copy could be made.
    """

    copy: Copy | None
    refusals: tuple[Finding, ...]
    sheets: tuple[str, ...]


def keep(key: ReportKey, made: Copy) -> None:
    """Keep a copy and its account; the copy may be moved away.

    :raises OSError: the disk is full.
    """
    data, account = _paths(key)
    data.parent.mkdir(parents=True, exist_ok=True)
    made.save(data, overwrite=True)
    data.chmod(0o600)
    _write(account, _Account(report=made.report))


def keep_refusal(key: ReportKey, refusals: Iterable[Finding], sheets: Sequence[str]) -> None:
    """Keep why no copy could be made."""
    data, account = _paths(key)
    account.parent.mkdir(parents=True, exist_ok=True)
    data.unlink(missing_ok=True)
    _write(account, _Account(refusals=tuple(refusals), sheets=tuple(sheets)))


def find(key: ReportKey) -> PreparedCopy | None:
    """What was prepared; None when nothing was, or its time is up."""
    data, account = _paths(key)
    try:
        if _is_over(account):
            return None
        told = _Account.model_validate_json(account.read_bytes())
    except FileNotFoundError:
        return None
    if told.report is None:
        return PreparedCopy(None, told.refusals, told.sheets)
    return PreparedCopy(Copy(told.report, data), (), ()) if data.is_file() else None


def forget(key: ReportKey) -> None:
    """Wipe a copy: it was confirmed."""
    data, account = _paths(key)
    account.unlink(missing_ok=True)
    data.unlink(missing_ok=True)


def wipe_old() -> None:
    """Wipe what nobody confirmed in time, and what a process that was killed left half written."""
    for path in _folder().glob("*"):
        # Somebody else may wipe it at the same moment.
        with suppress(FileNotFoundError):
            if _is_over(path):
                path.unlink()


def _folder() -> Path:
    return config.content_path() / "copies"


def _paths(key: ReportKey) -> tuple[Path, Path]:
    """The copy and its account."""
    name = hashlib.sha256("\n".join(key.values.values()).encode()).hexdigest()
    return _folder() / f"{name}.csv", _folder() / f"{name}.json"


def _is_over(path: Path) -> bool:
    return time.time() - path.stat().st_mtime > config.copy_kept_seconds()


def _write(target: Path, account: _Account) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            output.write(account.model_dump_json())
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
