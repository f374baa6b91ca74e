"""Is this file publishable? Reading, table engine, dictionary lint, personal data. No CKAN."""

import hashlib
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    "rules_version",
    "scan_header",
    "scan_personal_data",
]

_MODULES = {
    "check_table": "engine",
    "PersonalDataReport": "personal_data",
    "personal_data_findings": "personal_data",
    "scan_header": "personal_data",
    "scan_personal_data": "personal_data",
}

RULES_VERSION = "5"
"""Changes with every change of what a check finds: stored reports of older rules are not used."""


def rules_version(accepted_terms: Iterable[str] = ()) -> str:
    """The version of the rules together with the terms that a catalogue accepts besides."""
    terms = "\n".join(sorted({term.strip().casefold() for term in accepted_terms} - {""}))
    if not terms:
        return RULES_VERSION
    return f"{RULES_VERSION}+{hashlib.sha256(terms.encode()).hexdigest()[:12]}"


def __getattr__(name: str) -> Any:
    """The engine and the guard are loaded when they are first asked for, and not before."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
