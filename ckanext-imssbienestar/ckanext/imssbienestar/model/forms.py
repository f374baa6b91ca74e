"""Formato 1, the analysis, Formato 2 and the Oficio de Validación (R-045 to R-093)."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from ckanext.imssbienestar.model.base import Base, Time, new_id


class DatabaseIdentifier(Base):
    """Every identifier ever given to a database, in the whole organism (R-054); append-only.

    :ivar key: the identifier in capitals: two that differ in case alone are one.
    """

    __tablename__ = "imss_database_identifier"

    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    identifier: Mapped[str] = mapped_column(sa.Text)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    given: Mapped[datetime.datetime] = mapped_column(Time)


class Inventory(Base):
    """The draft of a group's Formato 1: its header and where it stands.

    Its row is locked by whatever changes the draft or closes it.

    :ivar state: ``draft``, or ``in_review`` while the liaison looks at it (R-032).
    :ivar handed_by: CKAN's id of the user who handed it to the liaison; empty in a draft.
    :ivar remarks: what the liaison said when it was given back.
    """

    __tablename__ = "imss_inventory"

    coordination_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    header: Mapped[dict[str, str]] = mapped_column(postgresql.JSONB, default=dict)
    declared_empty: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    state: Mapped[str] = mapped_column(sa.Text, default="draft")
    handed: Mapped[datetime.datetime | None] = mapped_column(Time)
    handed_by: Mapped[str] = mapped_column(sa.Text, default="")
    remarks: Mapped[str] = mapped_column(sa.Text, default="")
    modified: Mapped[datetime.datetime] = mapped_column(Time)
    modified_by: Mapped[str] = mapped_column(sa.Text)


class InventoryEntry(Base):
    """One database in a group's draft; see ``domain.inventory.InventoryEntry``.

    :ivar position: its place in the form.
    :ivar mark: the version mark of its content, by which two editors are told apart.
    :ivar name_key: its name without case and accents: two with the same are told.
    :ivar gaps: what the rules still miss in it, each as ``code:variant:column``.
    """

    __tablename__ = "imss_inventory_entry"

    identifier: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    coordination_id: Mapped[str] = mapped_column(sa.ForeignKey("imss_inventory.coordination_id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    values: Mapped[dict[str, str]] = mapped_column("entry_values", postgresql.JSONB)
    mark: Mapped[str] = mapped_column(sa.Text)
    name_key: Mapped[str] = mapped_column(sa.Text)
    gaps: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text), default=list)
    modified: Mapped[datetime.datetime] = mapped_column(Time)
    modified_by: Mapped[str] = mapped_column(sa.Text)


class InventoryEntryVersion(Base):
    """What an entry of a draft was from one moment on; append-only.

    So a change is attributed (R-040), and whoever edited an older version is told what changed.

    :ivar values: None for an entry that was taken out of the draft.
    """

    __tablename__ = "imss_inventory_entry_version"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    identifier: Mapped[str] = mapped_column(sa.Text)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    mark: Mapped[str] = mapped_column(sa.Text)
    values: Mapped[dict[str, str] | None] = mapped_column(
        "entry_values", postgresql.JSONB(none_as_null=True)
    )
    made: Mapped[datetime.datetime] = mapped_column(Time)
    made_by: Mapped[str] = mapped_column(sa.Text)


class InventoryImport(Base):
    """A workbook that was read and looked at, and waits for its person to say yes.

    :ivar sha256: of the file; the file itself is not kept.
    :ivar reading: JSON of what was read of it.
    :ivar plan: JSON of what it would do, as it was shown.
    :ivar digest: of that plan: only what was shown is done.
    """

    __tablename__ = "imss_inventory_import"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    user_id: Mapped[str] = mapped_column(sa.Text)
    file_name: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)
    reading: Mapped[str] = mapped_column(sa.Text)
    plan: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[str] = mapped_column(sa.Text)
    made: Mapped[datetime.datetime] = mapped_column(Time)


class ClosedInventory(Base):
    """A closed version of Formato 1 (R-068), as its canonical document; append-only."""

    __tablename__ = "imss_closed_inventory"

    digest: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[int] = mapped_column(sa.Integer)
    document: Mapped[str] = mapped_column(sa.Text)
    closed: Mapped[datetime.datetime] = mapped_column(Time)
    closed_by: Mapped[str] = mapped_column(sa.Text)


class AnalysisDecision(Base):
    """What was decided about one database of a closed Formato 1 (R-046); append-only.

    The newest of an entry counts.

    :ivar publish: None for "as the other answers say".
    """

    __tablename__ = "imss_analysis_decision"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    inventory_digest: Mapped[str] = mapped_column(sa.ForeignKey("imss_closed_inventory.digest"))
    entry: Mapped[str] = mapped_column(sa.Text)
    relevant_to_society: Mapped[bool] = mapped_column(sa.Boolean)
    useful_to_understand: Mapped[bool] = mapped_column(sa.Boolean)
    publish: Mapped[bool | None] = mapped_column(sa.Boolean)
    reason: Mapped[str] = mapped_column(sa.Text)
    author: Mapped[str] = mapped_column(sa.Text)
    decided: Mapped[datetime.datetime] = mapped_column(Time)


class Concentrado(Base):
    """A closed version of Formato 2 (R-069), as its canonical document; append-only."""

    __tablename__ = "imss_concentrado"

    digest: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[int] = mapped_column(sa.Integer)
    inventory_digest: Mapped[str] = mapped_column(sa.ForeignKey("imss_closed_inventory.digest"))
    document: Mapped[str] = mapped_column(sa.Text)
    closed: Mapped[datetime.datetime] = mapped_column(Time)
    closed_by: Mapped[str] = mapped_column(sa.Text)


class Oficio(Base):
    """An Oficio de Validación as it was generated (R-082), as its canonical document; append-only.

    :ivar coordination_ids: the groups whose forms it covers, in the order of the document.
    :ivar folio_key: the folio without case and spaces: no two letters have the same (R-084).
    :ivar template: the canonical JSON of the template it is printed by.
    """

    __tablename__ = "imss_oficio"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(sa.Text)
    coordination_ids: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text))
    folio: Mapped[str] = mapped_column(sa.Text)
    folio_key: Mapped[str] = mapped_column(sa.Text, unique=True)
    digest: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)
    template: Mapped[str] = mapped_column(sa.Text)
    made: Mapped[datetime.datetime] = mapped_column(Time)
    made_by: Mapped[str] = mapped_column(sa.Text)


class SignedOficio(Base):
    """A signed copy that came back (R-082); append-only.

    :ivar size: in bytes.
    :ivar accepted: nothing stood against it; a refused copy is recorded, its bytes are not kept.
    :ivar problems: codes of what was found.
    :ivar signatures: what is known of its electronic signatures, without names.
    """

    __tablename__ = "imss_signed_oficio"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    oficio_id: Mapped[str] = mapped_column(sa.ForeignKey("imss_oficio.id"))
    sha256: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    file_name: Mapped[str] = mapped_column(sa.Text)
    accepted: Mapped[bool] = mapped_column(sa.Boolean)
    problems: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text), default=list)
    signatures: Mapped[list[dict[str, object]]] = mapped_column(postgresql.JSONB, default=list)
    received: Mapped[datetime.datetime] = mapped_column(Time)
    received_by: Mapped[str] = mapped_column(sa.Text)


class PaperReceipt(Base):
    """A letter arrived on paper too (R-089, A-19); append-only.

    :ivar reference: number of the stamp or of its entry in the register; may be empty.
    """

    __tablename__ = "imss_paper_receipt"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    oficio_id: Mapped[str] = mapped_column(sa.ForeignKey("imss_oficio.id"))
    received_on: Mapped[datetime.date] = mapped_column(sa.Date)
    reference: Mapped[str] = mapped_column(sa.Text, default="")
    recorded: Mapped[datetime.datetime] = mapped_column(Time)
    recorded_by: Mapped[str] = mapped_column(sa.Text)


class OficioTemplate(Base):
    """The words of the letters from a moment on (A-18); append-only, the newest counts.

    :ivar words: the canonical JSON of a ``domain.oficio_template.OficioTemplate``.
    """

    __tablename__ = "imss_oficio_template"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    words: Mapped[str] = mapped_column(sa.Text)
    since: Mapped[datetime.datetime] = mapped_column(Time)
    changed_by: Mapped[str] = mapped_column(sa.Text)
