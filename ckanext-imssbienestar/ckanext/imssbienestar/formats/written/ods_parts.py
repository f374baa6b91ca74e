"""The parts that every OpenDocument spreadsheet (ODF 1.3) written here has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from ckanext.imssbienestar.formats.written.steady_zip import steady_zip

_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        **{
            part: f"{_ODF}:{part}:1.0"
            for part in ("office", "table", "text", "style", "meta", "config")
        },
        "fo": f"{_ODF}:xsl-fo-compatible:1.0",
        "number": f"{_ODF}:datastyle:1.0",
        "of": f"{_ODF}:of:1.2",
        "dc": "http://purl.org/dc/elements/1.1/",
    }.items()
)
_OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n'
# Spaces that XML would take for one or for none: at either end of a paragraph, or after another.
_LOST_SPACE = re.compile(r"^ | $|(?<= ) |\t")


def ods_archive(parts: Mapping[str, str]) -> bytes:
    """The spreadsheet of these parts; the same bytes each time.

    :param parts: what stands inside the root element of ``content``, ``styles``, ``settings`` and
        ``meta``, those there are.
    """
    written = {"mimetype": _MIMETYPE} | {
        f"{name}.xml": (
            f'{_OPENING}<office:document-{name} {_NAMES} office:version="1.3">'
            f"{inside}</office:document-{name}>"
        )
        for name, inside in parts.items()
    }
    written["META-INF/manifest.xml"] = _manifest(parts)
    return steady_zip(
        ((name, text.encode("utf-8")) for name, text in written.items()),
        stored=frozenset({"mimetype"}),
    )


def paragraphs(text: str) -> str:
    """The text as paragraphs, one for each line, with every space kept."""
    return "".join(
        f"<text:p>{_LOST_SPACE.sub(_kept_space, escape(line))}</text:p>"
        for line in text.split("\n")
    )


def _kept_space(found: re.Match[str]) -> str:
    return "<text:tab/>" if found.group() == "\t" else "<text:s/>"


def _manifest(parts: Mapping[str, str]) -> str:
    space = f"{_ODF}:manifest:1.0"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in (("/", _MIMETYPE), *((f"{part}.xml", "text/xml") for part in parts))
    )
    return (
        f'{_OPENING}<manifest:manifest xmlns:manifest="{space}" manifest:version="1.3">'
        f"{entries}</manifest:manifest>"
    )
