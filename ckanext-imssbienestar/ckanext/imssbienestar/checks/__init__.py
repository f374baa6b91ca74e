"""Is this file publishable? Reading, table engine, dictionary lint, personal data. No CKAN."""

from ckanext.imssbienestar.checks.engine import check_table
from ckanext.imssbienestar.checks.personal_data import (
    PersonalDataReport,
    personal_data_findings,
    scan_header,
    scan_personal_data,
)

__all__ = [
    "PersonalDataReport",
    "check_table",
    "personal_data_findings",
    "scan_header",
    "scan_personal_data",
]
