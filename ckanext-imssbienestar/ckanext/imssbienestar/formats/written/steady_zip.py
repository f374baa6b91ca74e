"""ZIP archives that hold no time of writing: the same parts give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

_MOMENT = (2026, 1, 1, 0, 0, 0)


def steady_zip(
    parts: Iterable[tuple[str, bytes]], *, stored: frozenset[str] = frozenset()
) -> bytes:
    """An archive of the parts, in their order.

    :param stored: parts that are not compressed, such as the ``mimetype`` of an ODS.
    """
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return result.getvalue()


def steadied(archive: bytes) -> bytes:
    """The same archive without its times, its parts in alphabetical order."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return steady_zip((name, source.read(name)) for name in sorted(source.namelist()))
