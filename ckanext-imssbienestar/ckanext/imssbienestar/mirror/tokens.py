"""The tokens of the two catalogues: read where the profile says, and shown to nobody."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.profile_file import token_variable
from ckanext.imssbienestar.mirror.texts import Sentence, say


class Secret(Protocol):
    """A text that no log, error or debugger shows; pydantic's ``SecretStr`` is one too."""

    def get_secret_value(self) -> str:
        """The text itself."""


class Token:
    """A :class:`Secret` that costs nothing to load."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Token('**********')"


def read_token(given: str, token_file: Path | None, section: str) -> Token:
    """The token of one side.

    :param given: by the environment, which wins; empty when it gives none.
    :param section: of the profile: ``source`` or ``target``.
    :raises MirrorConfigurationError: there is none, others may read it, or it is no token.
    """
    side = say(f"side-{section}")
    if given.strip():
        return _sendable(given.strip(), side)
    if token_file is None:
        raise MirrorConfigurationError(
            "token-missing", side=side, section=section, variable=token_variable(section)
        )
    try:
        _refuse_open_file(token_file, side)
        words = token_file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or type(error).__name__
        raise MirrorConfigurationError(
            "token-unreadable", side=side, path=token_file, cause=cause
        ) from None
    if len(words) != 1:
        raise MirrorConfigurationError("token-empty", side=side, path=token_file)
    return _sendable(words[0], side)


def _refuse_open_file(path: Path, side: Sentence) -> None:
    """A token that others on the machine can read or replace is no secret."""
    if os.name != "posix":
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise MirrorConfigurationError("token-open", side=side, path=path, mode=f"{mode:04o}")


def _sendable(token: str, side: Sentence) -> Token:
    """A token that fits in a header, where only letters without accents do."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise MirrorConfigurationError("token-letters", side=side)
    return Token(token)
