"""The check report of a resource, computed once for the same bytes, dictionary and rules."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import insert

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks import RULES_VERSION, check_table
from ckanext.imssbienestar.domain.dictionary import DataDictionary
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.domain.release import StoredFile
from ckanext.imssbienestar.model import StoredReport
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.procedure import resource_files


def report_of(resource: dict[str, Any], language: str) -> CheckReport | None:
    """The report of a resource's file with its dictionary; None for a resource without a file.

    Checks the file when there is no report for this combination yet, and stores the result in the
    present transaction.
    """
    stored = resource_files.file_of(model.Session, resource["package_id"], resource["id"])
    if stored is None:
        return None
    schema = resource.get("schema") or None
    key = _key(stored, schema, language)
    known = model.Session.scalars(sa.select(StoredReport).filter_by(**key)).one_or_none()
    if known is not None:
        report = CheckReport.model_validate(known.report)
        return report.model_copy(update={"file": stored.name})
    report = _check(stored, schema, language)
    model.Session.execute(
        insert(StoredReport)
        .values(
            **key,
            report=report.model_dump(mode="json"),
            created=datetime.datetime.now(datetime.UTC),
        )
        .on_conflict_do_nothing()
    )
    return report


def _key(stored: StoredFile, schema: dict[str, Any] | None, language: str) -> dict[str, str]:
    # Not RFC 8785: a dictionary that cannot be signed is still checked, and the report says more.
    canonical = json.dumps(schema, sort_keys=True).encode() if schema else b""
    return {
        "sha256": stored.sha256,
        "dictionary_digest": hashlib.sha256(canonical).hexdigest(),
        "rules_version": RULES_VERSION,
        "language": language,
    }


def _check(stored: StoredFile, schema: dict[str, Any] | None, language: str) -> CheckReport:
    return check_table(
        content_store().path(stored.sha256),
        DataDictionary.from_table_schema(schema) if schema else None,
        file_name=stored.name,
        limit=config.findings_kept(),
        language=language,
    )
