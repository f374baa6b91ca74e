"""Pure rules: pydantic and the standard library only; no CKAN, no files, no network, no clock."""
