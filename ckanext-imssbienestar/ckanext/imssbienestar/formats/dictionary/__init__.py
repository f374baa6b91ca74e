"""Data dictionaries in and out: JSON, CSV, workbook, form, printed page."""
