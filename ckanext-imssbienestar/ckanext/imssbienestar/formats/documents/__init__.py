"""Documents (DOCX, ODT, PDF...), read by a process of its own: the texts the guard looks at."""
