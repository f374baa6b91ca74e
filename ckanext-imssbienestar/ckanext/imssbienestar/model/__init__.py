"""The tables this extension adds to CKAN's database.

They hold what may not be lost or rewritten: who was designated, what was identified, decided and
signed, by whom, and which bytes each resource has. They have no foreign key to CKAN's own tables on
purpose: the record of a sign-off outlives the purge of a dataset or a user. The tables are made by
the migrations, never by ``create_all``; the database itself refuses to change what is marked
append-only (see the triggers of the revisions).
"""

from __future__ import annotations

from ckanext.imssbienestar.model.base import Base, new_id
from ckanext.imssbienestar.model.forms import (
    AnalysisDecision,
    ClosedInventory,
    Concentrado,
    DatabaseIdentifier,
    Inventory,
    InventoryEntry,
    InventoryEntryVersion,
    InventoryImport,
    Oficio,
    OficioTemplate,
    PaperReceipt,
    SignedOficio,
)
from ckanext.imssbienestar.model.groups import (
    Agreement,
    Designation,
    DesignationOficio,
    GrantedMembership,
    Meeting,
    Observation,
    ReportedDatabase,
    Request,
    SentForm,
    UnitPeriod,
    WorkingGroup,
)
from ckanext.imssbienestar.model.records import HistoryAnchor, HistoryEvent, Mail
from ckanext.imssbienestar.model.releases import (
    CheckedFile,
    CheckRun,
    PersonalDecision,
    PersonalScan,
    RefusedFile,
    Release,
    ReleaseDocument,
    ReleaseEvent,
    ResourceFile,
    StoredReport,
)

__all__ = [
    "Agreement",
    "AnalysisDecision",
    "Base",
    "CheckRun",
    "CheckedFile",
    "ClosedInventory",
    "Concentrado",
    "DatabaseIdentifier",
    "Designation",
    "DesignationOficio",
    "GrantedMembership",
    "HistoryAnchor",
    "HistoryEvent",
    "Inventory",
    "InventoryEntry",
    "InventoryEntryVersion",
    "InventoryImport",
    "Mail",
    "Meeting",
    "Observation",
    "Oficio",
    "OficioTemplate",
    "PaperReceipt",
    "PersonalDecision",
    "PersonalScan",
    "RefusedFile",
    "Release",
    "ReleaseDocument",
    "ReleaseEvent",
    "ReportedDatabase",
    "Request",
    "ResourceFile",
    "SentForm",
    "SignedOficio",
    "StoredReport",
    "UnitPeriod",
    "WorkingGroup",
    "new_id",
]
