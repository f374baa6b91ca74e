"""The files of an Oficio de Validación: to sign, and to send with its forms."""

from __future__ import annotations

import io
from collections.abc import Iterator

from ckan import model

from ckanext.imssbienestar.domain.inventory_versions import ClosedInventory
from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.formats.concentrado.files import MEDIA_TYPES, dump_concentrado
from ckanext.imssbienestar.formats.inventory.workbook import dump_inventory_xlsx
from ckanext.imssbienestar.formats.oficio.document import dump_oficio_document
from ckanext.imssbienestar.formats.oficio.pdf import dump_oficio_pdf
from ckanext.imssbienestar.model import Oficio, SignedOficio
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import closed_inventories, concentrado, oficios
from ckanext.imssbienestar.procedure.mails import Attachment

PDF, XLSX = MEDIA_TYPES["pdf"], MEDIA_TYPES["xlsx"]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LARGEST = 1 << 30  # what we write ourselves has no other limit


def to_sign(row: Oficio, form: str) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a letter that is to be signed.

    :param form: ``docx`` or ``pdf``.
    """
    letter, template = oficios.content(row), oficios.template_of(row)
    if form == "docx":
        return f"{file_stem(row)}.docx", DOCX, dump_oficio_document(letter, template)
    return f"{file_stem(row)}.pdf", PDF, dump_oficio_pdf(letter, template)


def to_send(row: Oficio, copy: SignedOficio) -> list[Attachment]:
    """The signed letter, Formato 1 and Formato 2 of each group, in the content store (R-089)."""
    signed = Attachment(copy.sha256, f"{file_stem(row)}-firmado.pdf", PDF)
    return [signed, *_forms(row)]


def file_stem(row: Oficio) -> str:
    """A file name for a letter, without what no file system takes."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in row.folio)
    return f"oficio-de-validacion-{plain}"


def _forms(row: Oficio) -> Iterator[Attachment]:
    for coordination_id, form in zip(row.coordination_ids, oficios.content(row).forms, strict=True):
        name = model.Group.get(coordination_id).name
        inventory = _inventory(coordination_id, form.inventory_version, form.inventory_digest)
        yield _kept(
            dump_inventory_xlsx(inventory.header, inventory.entries),
            f"formato-1-{name}-v{form.inventory_version}.xlsx",
            XLSX,
        )
        version = concentrado.by_number(model.Session, coordination_id, form.concentrado_version)
        if version is None or version.digest != form.concentrado_digest:
            raise _other_than_signed(row)
        yield _kept(
            dump_concentrado(concentrado.content(model.Session, version), "pdf"),
            f"formato-2-{name}-v{form.concentrado_version}.pdf",
            PDF,
        )


def _inventory(coordination_id: str, number: int, digest: str) -> ClosedInventory:
    version = closed_inventories.by_number(model.Session, coordination_id, number)
    if version is None or version.digest != digest:
        raise ConfigurationError(f"Formato 1 {digest} of a letter is not in the database.")
    return closed_inventories.content(model.Session, version)


def _other_than_signed(row: Oficio) -> ConfigurationError:
    return ConfigurationError(f"A Formato 2 of the letter {row.id} is not in the database.")


def _kept(content: bytes, name: str, media_type: str) -> Attachment:
    store = content_store()
    with store.receive(io.BytesIO(content), _LARGEST) as candidate:
        store.keep(candidate)
    return Attachment(candidate.sha256, name, media_type)
