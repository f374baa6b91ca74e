"""What a broken connection was about: read from the chain of errors that the library wraps."""

from __future__ import annotations

import ssl


def never_left(error: Exception) -> bool:
    """Whether the connection was never made, so that nothing can have been applied."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError")


def network_cause(error: Exception) -> str:
    """A few words; the library's own text carries addresses of objects."""
    names: list[str] = []
    inner: BaseException | None = error
    while inner is not None and len(names) < 4:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        names.append(type(inner).__name__)
        reason = inner.args[0] if inner.args else None
        following = getattr(reason, "reason", reason)
        inner = following if isinstance(following, BaseException) else inner.__context__
    return names[-1]


def distrust(error: Exception) -> str | None:
    """What is wrong with the other side's certificate; None where nothing is."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLCertVerificationError):
            return inner.verify_message
        within = inner.args[0] if inner.args else None
        reason = getattr(within, "reason", None)  # an error of urllib3; a word in one of ssl
        following = reason if isinstance(reason, BaseException) else within
        inner = following if isinstance(following, BaseException) else None
    return None
