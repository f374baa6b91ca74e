"""Formato 2, the concentrado: its layout, as XLSX, ODS and PDF."""
