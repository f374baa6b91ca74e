"""Releases to a federal catalogue: projection, plan, target, ledger, runner, verify. No CKAN."""
