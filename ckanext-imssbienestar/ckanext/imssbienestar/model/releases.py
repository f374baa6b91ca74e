"""Releases and their files: what was signed, which bytes a resource has, what was found in them."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from ckanext.imssbienestar.model.base import Base, Time, new_id


class ReleaseDocument(Base):
    """A canonical release document under its digest; append-only."""

    __tablename__ = "imss_release_document"

    digest: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    canonical: Mapped[str] = mapped_column(sa.Text)
    created: Mapped[datetime.datetime] = mapped_column(Time)


class Release(Base):
    """Where one release of a dataset stands; its content is the document of its digest.

    :ivar dataset_id: CKAN's id of the dataset that is or will be public.
    :ivar working_id: CKAN's id of the dataset the content was taken from: the dataset itself for
        a first release, its working copy for an update.
    """

    __tablename__ = "imss_release"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default=new_id)
    dataset_id: Mapped[str] = mapped_column(sa.Text)
    dataset_name: Mapped[str] = mapped_column(sa.Text)
    working_id: Mapped[str] = mapped_column(sa.Text)
    organization_id: Mapped[str] = mapped_column(sa.Text)
    number: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[str] = mapped_column(sa.ForeignKey("imss_release_document.digest"))
    created: Mapped[datetime.datetime] = mapped_column(Time)
    modified: Mapped[datetime.datetime] = mapped_column(Time)
    published: Mapped[datetime.datetime | None] = mapped_column(Time)


class ReleaseEvent(Base):
    """One transition of one release: who, when, in what role, over which digest; append-only."""

    __tablename__ = "imss_release_event"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    release_id: Mapped[str] = mapped_column(sa.ForeignKey("imss_release.id"))
    transition: Mapped[str] = mapped_column(sa.Text)
    from_state: Mapped[str] = mapped_column(sa.Text)
    to_state: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[str] = mapped_column(sa.Text)
    user_id: Mapped[str] = mapped_column(sa.Text)
    oficio_number: Mapped[str] = mapped_column(sa.Text, default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    occurred: Mapped[datetime.datetime] = mapped_column(Time)


class ResourceFile(Base):
    """Which stored file a CKAN resource has now; the authority on its hash and size.

    :ivar dataset_id: the dataset the resource belonged to then. CKAN lets a deleted resource's id
        be used again in another dataset, which must not inherit the file.
    """

    __tablename__ = "imss_resource_file"

    resource_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    dataset_id: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.Text)
    uploaded: Mapped[datetime.datetime] = mapped_column(Time)


class StoredReport(Base):
    """A check's result, valid for exactly these bytes, this dictionary and these rules."""

    __tablename__ = "imss_check_report"

    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    dictionary_digest: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    rules_version: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    language: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    report: Mapped[dict[str, object]] = mapped_column(postgresql.JSONB)
    created: Mapped[datetime.datetime] = mapped_column(Time)


class CheckRun(Base):
    """A check of a file too large to be checked while somebody waits.

    One for the same bytes, dictionary, rules and language, however often it is asked for.

    :ivar id: of this attempt; a worker that comes back from the dead has the id of an earlier one.
    :ivar dictionary: the Table Schema to check with.
    :ivar reason: a word for why it failed, see ``portal.check_runs.Reason``.
    :ivar heartbeat: when its process last gave a sign of life.
    """

    __tablename__ = "imss_check_run"

    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    dictionary_digest: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    rules_version: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    language: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, unique=True, default=new_id)
    file_name: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    dictionary: Mapped[dict[str, object] | None] = mapped_column(
        postgresql.JSONB(none_as_null=True)
    )
    state: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    bytes_read: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    attempt: Mapped[int] = mapped_column(sa.Integer, default=1)
    queued: Mapped[datetime.datetime] = mapped_column(Time)
    heartbeat: Mapped[datetime.datetime | None] = mapped_column(Time)
    finished: Mapped[datetime.datetime | None] = mapped_column(Time)


class CheckedFile(Base):
    """Which file and dictionary a resource had, from when on: an old report beside the new one."""

    __tablename__ = "imss_checked_file"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    resource_id: Mapped[str] = mapped_column(sa.Text)
    dataset_id: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.Text)
    dictionary_digest: Mapped[str] = mapped_column(sa.Text)
    file_name: Mapped[str] = mapped_column(sa.Text)
    since: Mapped[datetime.datetime] = mapped_column(Time)


class PersonalScan(Base):
    """One look of the guard at a stored file; append-only, the newest of a rules version counts.

    :ivar size: in bytes.
    :ivar columns: what it says of each column, without any value (see ``PersonalDataColumn``).
    """

    __tablename__ = "imss_personal_scan"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    rules_version: Mapped[str] = mapped_column(sa.Text)
    columns: Mapped[list[dict[str, object]]] = mapped_column(postgresql.JSONB)
    scanned: Mapped[datetime.datetime] = mapped_column(Time)


class RefusedFile(Base):
    """A file the guard refused: all that is known of it, since nothing of it was kept (R-202).

    Append-only.

    :ivar file_name: empty where the name itself might tell of a person.
    :ivar user_id: empty when no account sent it (a command, a job).
    """

    __tablename__ = "imss_refused_file"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    rules_version: Mapped[str] = mapped_column(sa.Text)
    file_name: Mapped[str] = mapped_column(sa.Text)
    columns: Mapped[list[dict[str, object]]] = mapped_column(postgresql.JSONB)
    organization_id: Mapped[str] = mapped_column(sa.Text)
    dataset_id: Mapped[str] = mapped_column(sa.Text)
    user_id: Mapped[str] = mapped_column(sa.Text)
    occurred: Mapped[datetime.datetime] = mapped_column(Time)


class PersonalDecision(Base):
    """The Transparency Unit overrules the guard for one column of one file (R-201); append-only.

    :ivar oficio_number: of the designation by which the person decided.
    """

    __tablename__ = "imss_personal_decision"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.Text)
    column: Mapped[str] = mapped_column("column_name", sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    decision: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
    user_id: Mapped[str] = mapped_column(sa.Text)
    oficio_number: Mapped[str] = mapped_column(sa.Text)
    rules_version: Mapped[str] = mapped_column(sa.Text)
    decided: Mapped[datetime.datetime] = mapped_column(Time)
