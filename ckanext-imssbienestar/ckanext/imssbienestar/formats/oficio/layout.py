"""The Oficio de Validación as it is shown: the same texts in the DOCX and in the PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass

from ckanext.imssbienestar.domain.concentrado import Totals
from ckanext.imssbienestar.domain.oficio import CoveredForm, Oficio, Post
from ckanext.imssbienestar.domain.oficio_template import LetterWords, OficioTemplate, fill
from ckanext.imssbienestar.domain.written_text import writable

# How much of a QR code may be dirty and it is still read; paper gets stamped and folded.
_CORRECTION = "m"


@dataclass(frozen=True)
class ShownDigest:
    """A form or release that the letter covers, and its SHA-256."""

    label: str
    digest: str


@dataclass(frozen=True)
class ShownCode:
    """A QR code: what it says, and the words under it."""

    payload: str
    caption: str

    def png(self) -> bytes:
        """Black on white with its margin; the same bytes each time."""
        # Imported here because only those who make letters need it.
        import segno

        written = io.BytesIO()
        code = segno.make(self.payload, error=_CORRECTION, micro=False, boost_error=False)
        code.save(written, kind="png", scale=6, border=4)
        return written.getvalue()


@dataclass(frozen=True)
class ShownOficio:
    """The letter's texts, part by part, in the order in which they are read.

    :ivar table: titles, one row for each coordinación, the total (A-17).
    """

    title: str
    organism: str
    number: str
    subject: str
    date: str
    addressee: tuple[str, ...]
    paragraphs: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    covered: str
    digests: tuple[ShownDigest, ...]
    codes: tuple[ShownCode, ...]
    farewell: str
    attention: str
    signature: tuple[str, ...]
    copies: tuple[str, ...]
    page: str

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that is written in it, in order."""
        return (
            self.organism,
            self.number,
            self.subject,
            self.date,
            *self.addressee,
            *self.paragraphs,
            *(text for row in self.table for text in row),
            self.covered,
            *(text for found in self.digests for text in (found.label, found.digest)),
            self.farewell,
            self.attention,
            *self.signature,
            *self.copies,
            *(code.caption for code in self.codes),
        )


def show_oficio(oficio: Oficio, template: OficioTemplate) -> ShownOficio:
    """The letter in the words of a template (R-084 to R-092).

    Characters that no office document can hold (control characters) are left out.
    """
    words, settings = template.letter, oficio.settings
    return ShownOficio(
        title=writable(f"{oficio.number_line}. {oficio.subject}"),
        organism=writable(settings.organism),
        number=writable(oficio.number_line),
        subject=writable(oficio.subject),
        date=writable(oficio.date_line),
        addressee=(*_post_lines(settings.addressee), writable(words.present)),
        paragraphs=tuple(writable(text) for text in oficio.paragraphs),
        table=tuple(_table(oficio, words)),
        covered=writable(words.covered),
        digests=tuple(_digests(oficio, words)),
        codes=tuple(_codes(oficio, words)),
        farewell=writable(words.farewell),
        attention=writable(words.attention),
        signature=_post_lines(oficio.signatory),
        copies=tuple(
            writable(f"{words.copies} {', '.join(_post_lines(copy))}") for copy in settings.copies
        ),
        page=words.page,
    )


def _post_lines(post: Post) -> tuple[str, ...]:
    lines = (post.name, post.post, post.unit)
    return tuple(writable(line).strip() for line in lines if line.strip())


def _table(oficio: Oficio, words: LetterWords) -> Iterator[tuple[str, ...]]:
    titles = words.table
    yield tuple(
        writable(title)
        for title in (
            titles.coordination,
            titles.databases,
            titles.personal,
            titles.open,
            titles.public_interest,
        )
    )
    for form in oficio.forms:
        yield (writable(form.coordination), *_counts(form.totals))
    yield (writable(titles.total), *_counts(oficio.totals))


def _counts(totals: Totals) -> tuple[str, ...]:
    return tuple(str(count) for count in astuple(totals))


def _digests(oficio: Oficio, words: LetterWords) -> Iterator[ShownDigest]:
    for form in oficio.forms:
        yield ShownDigest(
            _label(words.inventory, form, form.inventory_version), form.inventory_digest
        )
        yield ShownDigest(
            _label(words.concentrado, form, form.concentrado_version), form.concentrado_digest
        )
    for release in oficio.releases:
        label = {"dataset": release.dataset, "version": str(release.number)}
        yield ShownDigest(writable(fill(words.release, label)), release.digest)


def _label(text: str, form: CoveredForm, version: int) -> str:
    return writable(fill(text, {"coordination": form.coordination, "version": str(version)}))


def _codes(oficio: Oficio, words: LetterWords) -> Iterator[ShownCode]:
    """One for each form, with the two hashes, and one for each release."""
    first = oficio.number_line
    for form in oficio.forms:
        lines = (
            first,
            f"Formato 1 v{form.inventory_version} SHA-256 {form.inventory_digest}",
            f"Formato 2 v{form.concentrado_version} SHA-256 {form.concentrado_digest}",
        )
        yield ShownCode("\n".join(lines), _label(words.concentrado, form, form.concentrado_version))
    for release in oficio.releases:
        label = {"dataset": release.dataset, "version": str(release.number)}
        caption = writable(fill(words.release, label))
        yield ShownCode(f"{first}\nv{release.number} SHA-256 {release.digest}", caption)
