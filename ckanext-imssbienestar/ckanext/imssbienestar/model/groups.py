"""Units, designations, working groups and what they meet about (R-019 to R-044)."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from ckanext.imssbienestar.model.base import Base, Time, new_id

_Texts = postgresql.ARRAY(sa.Text)


class UnitPeriod(Base):
    """What a unit is called and where it hangs, for some days; see ``domain.units.UnitPeriod``.

    :ivar unit_id: CKAN's id of the organization; it stays when the unit is renamed or moved.
    """

    __tablename__ = "imss_unit_period"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    unit_id: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    parent_id: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[datetime.date] = mapped_column(sa.Date)
    valid_to: Mapped[datetime.date | None] = mapped_column(sa.Date)


class WorkingGroup(Base):
    """The group of a *coordinación central* (R-019); see ``domain.working_groups``."""

    __tablename__ = "imss_working_group"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    valid_from: Mapped[datetime.date] = mapped_column(sa.Date)
    valid_to: Mapped[datetime.date | None] = mapped_column(sa.Date)


class DesignationOficio(Base):
    """The letters that designate, as they were received (R-025); append-only.

    One letter may name several people.

    :ivar size: in bytes.
    :ivar received_by: CKAN's id of the user who recorded it.
    """

    __tablename__ = "imss_designation_oficio"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(sa.Text)
    date: Mapped[datetime.date] = mapped_column(sa.Date)
    sha256: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    file_name: Mapped[str] = mapped_column(sa.Text)
    received: Mapped[datetime.datetime] = mapped_column(Time)
    received_by: Mapped[str] = mapped_column(sa.Text)


class Designation(Base):
    """A person's post by *oficio* (R-025), with its dates; ended, never overwritten (R-028).

    The database refuses any change but a last day, or an earlier one.

    :ivar role: code of a ``domain.designations.Post``.
    :ivar organization_id: the unit, or None for a post in the whole organism.
    :ivar oficio_id: None for those recorded before letters were kept.
    :ivar represents: the *divisiones* a member stands for (A-11).
    :ivar replaces: id of the designation whose place it took.
    """

    __tablename__ = "imss_designation"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[str] = mapped_column(sa.Text)
    organization_id: Mapped[str | None] = mapped_column(sa.Text)
    oficio_number: Mapped[str] = mapped_column(sa.Text)
    oficio_id: Mapped[str | None] = mapped_column(sa.ForeignKey("imss_designation_oficio.id"))
    level: Mapped[str] = mapped_column(sa.Text, default="")
    represents: Mapped[list[str]] = mapped_column(_Texts, default=list)
    replaces: Mapped[str | None] = mapped_column(sa.ForeignKey("imss_designation.id"))
    valid_from: Mapped[datetime.date] = mapped_column(sa.Date)
    valid_to: Mapped[datetime.date | None] = mapped_column(sa.Date)
    created: Mapped[datetime.datetime] = mapped_column(Time)
    created_by: Mapped[str] = mapped_column(sa.Text)


class GrantedMembership(Base):
    """A membership of CKAN that a designation gave; others are nobody's business here."""

    __tablename__ = "imss_granted_membership"

    user_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    organization_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    capacity: Mapped[str] = mapped_column(sa.Text)


class Meeting(Base):
    """A meeting of a group; see ``domain.meetings.Meeting``.

    :ivar called: CKAN's ids of the users who were called.
    :ivar forms: ``formato_1``, ``formato_2``: those it is to formalise.
    :ivar held: None while nobody has said.
    :ivar minutes_sha256: of the file of its minutes (R-030), or empty.
    :ivar recorded: when what it came to was said last.
    """

    __tablename__ = "imss_meeting"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    starts_at: Mapped[datetime.datetime] = mapped_column(Time)
    agenda: Mapped[list[str]] = mapped_column(_Texts, default=list)
    called: Mapped[list[str]] = mapped_column(_Texts, default=list)
    forms: Mapped[list[str]] = mapped_column(_Texts, default=list)
    attended: Mapped[list[str]] = mapped_column(_Texts, default=list)
    held: Mapped[bool | None] = mapped_column(sa.Boolean)
    minutes_sha256: Mapped[str] = mapped_column(sa.Text, default="")
    minutes_name: Mapped[str] = mapped_column(sa.Text, default="")
    minutes_size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    recorded: Mapped[datetime.datetime | None] = mapped_column(Time)
    recorded_by: Mapped[str] = mapped_column(sa.Text, default="")
    created: Mapped[datetime.datetime] = mapped_column(Time)
    created_by: Mapped[str] = mapped_column(sa.Text)


class SentForm(Base):
    """A form as it was sent to the Transparency Unit (R-033, R-042); append-only.

    :ivar meeting_id: the meeting that is to formalise it, when there is one.
    :ivar form: ``formato_1`` or ``formato_2``.
    :ivar sha256: of ``document``, the canonical JSON of what was sent.
    """

    __tablename__ = "imss_sent_form"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    meeting_id: Mapped[str | None] = mapped_column(sa.ForeignKey("imss_meeting.id"))
    form: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)
    document: Mapped[str] = mapped_column(sa.Text)
    sent: Mapped[datetime.datetime] = mapped_column(Time)
    sent_by: Mapped[str] = mapped_column(sa.Text)


class Observation(Base):
    """What the Transparency Unit says of a form that was sent to it (R-033); append-only."""

    __tablename__ = "imss_observation"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    sent_form_id: Mapped[str] = mapped_column(sa.ForeignKey("imss_sent_form.id"))
    text: Mapped[str] = mapped_column(sa.Text)
    made: Mapped[datetime.datetime] = mapped_column(Time)
    made_by: Mapped[str] = mapped_column(sa.Text)


class Agreement(Base):
    """What a meeting agreed, who answers for it and until when (R-039).

    :ivar position: its place among those of the meeting, from 1.
    :ivar state: an ``domain.meetings.AgreementState``.
    """

    __tablename__ = "imss_agreement"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    meeting_id: Mapped[str] = mapped_column(sa.ForeignKey("imss_meeting.id"))
    position: Mapped[int] = mapped_column(sa.Integer)
    text: Mapped[str] = mapped_column(sa.Text)
    owner: Mapped[str] = mapped_column(sa.Text)
    due: Mapped[datetime.date] = mapped_column(sa.Date)
    state: Mapped[str] = mapped_column(sa.Text, default="open")
    closed_on: Mapped[datetime.date | None] = mapped_column(sa.Date)


class Request(Base):
    """A *requerimiento* of the Transparency Unit to the liaison of a group (R-043)."""

    __tablename__ = "imss_request"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    made_on: Mapped[datetime.date] = mapped_column(sa.Date)
    made_by: Mapped[str] = mapped_column(sa.Text)
    due: Mapped[datetime.date] = mapped_column(sa.Date)
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    answered_on: Mapped[datetime.date | None] = mapped_column(sa.Date)
    answered_by: Mapped[str] = mapped_column(sa.Text, default="")


class ReportedDatabase(Base):
    """A new database, or one to withdraw: told by the group, then by the liaison (R-034, R-035).

    :ivar kind: ``new`` or ``withdrawal``.
    :ivar identifier: of the entry to withdraw; empty for a new one.
    :ivar forwarded: when the liaison told the Transparency Unit.
    """

    __tablename__ = "imss_reported_database"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    coordination_id: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    identifier: Mapped[str] = mapped_column(sa.Text, default="")
    text: Mapped[str] = mapped_column(sa.Text)
    reported: Mapped[datetime.datetime] = mapped_column(Time)
    reported_by: Mapped[str] = mapped_column(sa.Text)
    forwarded: Mapped[datetime.datetime | None] = mapped_column(Time)
    forwarded_by: Mapped[str] = mapped_column(sa.Text, default="")
