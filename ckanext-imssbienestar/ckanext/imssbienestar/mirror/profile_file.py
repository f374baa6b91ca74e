"""A profile before it is judged: its file, the environment above it, and where its ledger is.

Without the library that judges it: what asks only for these is there at once.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from ckanext.imssbienestar.mirror.environment import with_environment
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError

ENVIRONMENT_PREFIX = "IMSS_MIRROR_"
SECTIONS = (
    "contact",
    "language",
    "source",
    "target",
    "ledger",
    "limits",
    "schedule",
    "notice",
    "review",
    "receipts",
)
"""What a profile may have at its top, as the fields of ``settings.MirrorSettings``."""

_SQLITE_FILE = "sqlite:///"


def read_profile(profile: Path) -> dict[str, Any]:
    """What a profile and the environment say together, unjudged.

    :raises MirrorConfigurationError: there is no such file, it is no TOML, or has a secret in it.
    """
    content = _read_toml(profile)
    _refuse_secrets(profile, content)
    return with_environment(content, os.environ, ENVIRONMENT_PREFIX, SECTIONS)


def ledger_address(url: str, profile: Path) -> str:
    """The SQLAlchemy address of the ledger; a file of SQLite is relative to the profile.

    :param url: as the profile has it; empty for a file beside the profile.
    """
    url = url or f"{_SQLITE_FILE}{profile.stem}.ledger.sqlite"
    if url.startswith(_SQLITE_FILE) and url != _SQLITE_FILE:
        return _SQLITE_FILE + str(profile.resolve().parent / url.removeprefix(_SQLITE_FILE))
    return url


def ledger_file(url: str) -> Path | None:
    """The file of a ledger by its address; None where the ledger is not a plain file."""
    path = url.removeprefix(_SQLITE_FILE)
    return Path(path) if path and path != url and "?" not in path else None


def beside(profile: Path, path: str | Path | None) -> Path | None:
    """A path of the profile, which is relative to it; None as it is."""
    return None if path is None else profile.resolve().parent / at_home(Path(path))


def at_home(path: Path) -> Path:
    """The path with ``~`` as the folder it means; as it is where there is no such account."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def token_variable(section: str) -> str:
    """The variable of the environment that holds the token of a side."""
    return f"{ENVIRONMENT_PREFIX}{section.upper()}__TOKEN"


def _read_toml(profile: Path) -> dict[str, Any]:
    try:
        text = profile.read_bytes().decode("utf-8")
        return tomllib.loads(text)
    except OSError as error:
        raise MirrorConfigurationError(
            "profile-missing", path=profile, cause=error.strerror or type(error).__name__
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MirrorConfigurationError("profile-syntax", path=profile, cause=error) from None


def _refuse_secrets(profile: Path, content: dict[str, Any]) -> None:
    for section in ("source", "target"):
        table = content.get(section)
        if isinstance(table, dict) and "token" in table:
            raise MirrorConfigurationError(
                "token-in-profile",
                path=profile,
                setting=f"[{section}] token",
                variable=token_variable(section),
            )
    notice = content.get("notice")
    if isinstance(notice, dict) and "password" in notice:
        raise MirrorConfigurationError(
            "password-in-profile", path=profile, variable=f"{ENVIRONMENT_PREFIX}NOTICE__PASSWORD"
        )
