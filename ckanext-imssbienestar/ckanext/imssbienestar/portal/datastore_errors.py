"""Why a published table is not in the DataStore; no error here ever holds a value of a cell.

Each has a ``kind`` and ``facts``, which are kept until the table is loaded; its sentence for people
is made from them in their language, see :mod:`~ckanext.imssbienestar.portal.datastore_texts`.
"""

from __future__ import annotations

from enum import StrEnum

from ckanext.imssbienestar.errors import TerminalError, TransientError

Facts = dict[str, str | int]


class Kind(StrEnum):
    """The reasons."""

    COLUMN_NAME = "column-name"
    COLUMNS = "columns"
    NO_DICTIONARY = "no-dictionary"
    NOT_LET_THROUGH = "not-let-through"
    CONTENT = "content"
    ENCODING = "encoding"
    ROW = "row"
    ROWS = "rows"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class TableRefused(TerminalError):
    """This file with this dictionary cannot be a table of the DataStore."""

    def __init__(
        self, kind: Kind, message: str, *, next_step: str = "", **facts: str | int
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.kind = kind
        self.facts: Facts = facts


class DictionaryMissing(TableRefused):
    """There is nothing that says which types the columns have."""

    def __init__(self) -> None:
        super().__init__(
            Kind.NO_DICTIONARY,
            "The resource has no data dictionary that can be used.",
            next_step="Describe its columns in the next release.",
        )


class NotLetThrough(TableRefused):
    """The guard has no passing record of the file by the present rules (R-182, R-201)."""

    def __init__(self) -> None:
        super().__init__(
            Kind.NOT_LET_THROUGH,
            "There is no record that the file holds no personal data by the present rules.",
            next_step="Run «ckan imssbienestar personal-data scan», then load the table again.",
        )


class UnusableColumnName(TableRefused):
    """A column has a name that no table of the DataStore can have."""

    def __init__(self, column: str, longest: int) -> None:
        super().__init__(
            Kind.COLUMN_NAME,
            f"The column {column!r} cannot be kept in the DataStore: a name there has at most "
            f"{longest} bytes, no quotes, colons or control characters, and no underscore first.",
            next_step="Rename the column in the file and in the dictionary of the next release.",
            column=column,
            longest=longest,
        )


class ColumnsDiffer(TableRefused):
    """The header of the file is not that of the dictionary."""

    def __init__(self) -> None:
        super().__init__(
            Kind.COLUMNS,
            "The columns of the file are not those of its dictionary.",
            next_step="Check the file again.",
        )


class NotUtf8(TableRefused):
    """The file is not UTF-8; a signed one is, unless it was altered."""

    def __init__(self) -> None:
        super().__init__(Kind.ENCODING, "The file is not UTF-8.", next_step="Check the file again.")


class RowUnreadable(TableRefused):
    """A row is not what CSV with these columns has.

    :param row: its number, the header being 1.
    """

    def __init__(self, row: int) -> None:
        super().__init__(
            Kind.ROW,
            f"Row {row} cannot be read as a row of this table.",
            next_step="Check the file again.",
            row=row,
        )


class RowsDiffer(TableRefused):
    """Not as many rows arrived as the check of the same file counted.

    :param loaded: rows that PostgreSQL has.
    :param expected: rows that the check counted.
    """

    def __init__(self, loaded: int, expected: int) -> None:
        super().__init__(
            Kind.ROWS,
            f"{loaded} rows were read and the check counted {expected}; nothing was loaded.",
            next_step="Check the file again and tell the system administrator.",
            loaded=loaded,
            expected=expected,
        )


class PostgresRefused(TableRefused):
    """PostgreSQL cannot keep this file with these types.

    :param code: its SQLSTATE. Its own message is not kept: it quotes cells.
    """

    def __init__(self, code: str) -> None:
        super().__init__(
            Kind.REFUSED,
            f"PostgreSQL cannot keep the file with the types of its dictionary (code {code}).",
            next_step="Check the file again and tell the system administrator.",
            code=code,
        )


class DataStoreUnavailable(TransientError):
    """The DataStore's database does not answer, is full or is busy.

    :param code: PostgreSQL's SQLSTATE, empty when there is none.
    """

    def __init__(self, code: str = "") -> None:
        detail = f" (PostgreSQL code {code})" if code else ""
        super().__init__(
            f"The DataStore's database could not do it now{detail}.",
            next_step="It is tried again; if it goes on, look at the database.",
        )
        self.kind = Kind.UNAVAILABLE
        self.facts: Facts = {"code": code}
