"""The safe derivative: counts by generalised columns, from a table that may not be published."""
