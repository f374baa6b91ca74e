"""CKAN actions, auth functions, schemas and validators."""
