"""Formato 1, the inventory of a unit: workbooks out and back."""
