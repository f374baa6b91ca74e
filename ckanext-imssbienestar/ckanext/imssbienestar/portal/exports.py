"""Files with every finding of a check, made by a job when the report keeps only the first.

They lie in the content store, where the sweep takes them away after a day as it does all that
nothing refers to; they are made again when somebody asks.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.findings import CheckReport
from ckanext.imssbienestar.formats.report_files import findings_csv
from ckanext.imssbienestar.portal.check_runs import ReportKey


def path_of(key: ReportKey) -> Path:
    """Where the file of a check is, or will be."""
    name = hashlib.sha256("\n".join(key.values.values()).encode()).hexdigest()
    return config.content_path() / "exports" / f"{name}.csv"


def write(key: ReportKey, report: CheckReport) -> None:
    """Write the findings as CSV, whole or not at all."""
    target = path_of(key)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as output:
            output.writelines(findings_csv(report.findings, key.language))
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
