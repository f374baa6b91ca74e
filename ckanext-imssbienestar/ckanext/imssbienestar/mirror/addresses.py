"""Where a call may go: tokens and files leave this machine encrypted or not at all."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LONGEST_LABEL = 63  # of a host's name, between two points


def is_address(text: str) -> bool:
    """Whether a text is an HTTP address that can be called, as far as its letters tell."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port that is none, or half an address in brackets
        return False
    labels = host.removesuffix(".").split(".")
    named = all(0 < len(label) <= _LONGEST_LABEL for label in labels)
    return parts.scheme in ("http", "https") and named and port != 0


def is_loopback(address: str) -> bool:
    """Whether an address names this machine, without asking any name server."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private_enough(address: str) -> bool:
    """Whether nobody on the way can read a call to an address."""
    return urlsplit(address).scheme == "https" or is_loopback(address)


def same_place(one: str, other: str) -> bool:
    """Whether two addresses are one: letter case, default ports and names of this machine aside."""
    return _place(one) == _place(other)


def _place(address: str) -> tuple[str, int, str]:
    parts = urlsplit(address)
    host = "localhost" if is_loopback(address) else (parts.hostname or "").rstrip(".")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return host, port, parts.path.rstrip("/")
