"""Personal data stopped at the door: nothing of a refused file is kept (R-178, R-201, R-202)."""

from __future__ import annotations

from pathlib import Path

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.checks.personal_data import scan_personal_data


def refuse_personal_data(path: Path, filename: str) -> None:
    """Look at a file that nobody can reach yet.

    :param filename: the name the person gave the file.
    :raises tk.ValidationError: it holds personal data; says which columns and why, never a value.
    """
    report = scan_personal_data(path, file_name=filename)
    if not report.blocked:
        return
    columns = ", ".join(column.column for column in report.columns if column.decision == "block")
    text = tk._(
        "The file was refused and nothing of it was kept: these columns hold personal data: "
        "{columns}. A list of persons is confidential (LGPDPPSO; Lineamientos del Padrón, "
        "numerals 34 and 49). Publish counts instead of persons, or remove the columns. "
        "If it is a false alarm, write to {mailbox}; requests on your own data (ARCO rights) go "
        "there too."
    )
    raise tk.ValidationError(
        {"upload": [text.format(columns=columns, mailbox=config.institutional_mailbox())]}
    )
