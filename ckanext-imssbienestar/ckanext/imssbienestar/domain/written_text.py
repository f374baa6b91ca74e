"""Texts that people write: whether they say something, and what an office document can hold."""

from __future__ import annotations

import re

# What XML 1.0, and so a workbook or a document, cannot hold.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def says_something(value: str) -> bool:
    """Whether there is a letter or a digit in it: a dash, or what nobody sees, answers nothing."""
    return any(map(str.isalnum, value))


def is_writable(text: str) -> bool:
    """Whether an office document, and JSON that is signed, can hold every character of it."""
    return _UNWRITABLE.search(text) is None


def writable(text: str) -> str:
    """The text without what XML cannot hold; every line ends with one line feed."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
