"""Is this file publishable? Reading, table engine, dictionary lint, personal data. No CKAN."""

from ckanext.imssbienestar.checks.engine import check_table
from ckanext.imssbienestar.checks.personal_data import (
    PersonalDataReport,
    personal_data_findings,
    scan_header,
    scan_personal_data,
)

__all__ = [
    "RULES_VERSION",
    "PersonalDataReport",
    "check_table",
    "personal_data_findings",
    "scan_header",
    "scan_personal_data",
]

RULES_VERSION = "1"
"""Changes with every change of what a check finds: stored reports of older rules are not used."""
