"""Administrative units as the rows of a table, and what such a table would change."""
