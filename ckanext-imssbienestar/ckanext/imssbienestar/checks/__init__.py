"""Is this file publishable? Reading, table engine, dictionary lint, personal data. No CKAN."""
