"""The two catalogues over HTTP: calls, answers, temporary files."""
