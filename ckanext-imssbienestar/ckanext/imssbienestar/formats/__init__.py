"""What people send to canonical CSV, dictionaries in and out, and the open formats derived from them. No CKAN."""
