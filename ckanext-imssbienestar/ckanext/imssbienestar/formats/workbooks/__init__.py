"""Workbooks (XLSX, ODS, XLS), read by a process of its own; what every such reader shares."""
