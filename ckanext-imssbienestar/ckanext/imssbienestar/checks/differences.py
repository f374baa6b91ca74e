"""Where this engine and frictionless differ on purpose; each has a test in tests/referee.

Everywhere else the two must agree: same code, row and column on the same file.
"""

from __future__ import annotations

DIFFERENCES: dict[str, str] = {
    "encoding": "Latin-1 is an encoding-error; frictionless guesses an encoding unless told.",
    "iso-dates": "2018-1-5 and 2018-1 are type errors: ISO 8601 wants two digits.",
    "iso-year": "A year is four digits; frictionless also takes +201 and 1_23.",
    "number-words": "NaN and Infinity are type errors: no value is an empty cell.",
    "number-forms": "1_000 and digits of other scripts are type errors: other readers refuse them.",
    "clock": "24:00:00 and week dates are type errors; a datetime joins its parts by T or a space.",
    "pattern": "A pattern is RE2 (linear time) and must match the whole cell, also with a|b.",
    "labels-by-name": (
        "With more or fewer labels than fields they are compared by name (frictionless: "
        "fieldsMatch equal), so that one absent column does not spoil the rest."
    ),
    "label-spaces": "Spaces around a label are part of it: incorrect-label; frictionless trims.",
    "cells-by-name": "The cells of a misplaced column are judged by the field of its name.",
    "total-row": "A total row is one total-row finding and its cells are not judged.",
    "header-place": (
        "The header is the row that looks like one or fits the dictionary; frictionless guesses "
        "it from the widths of the rows, whatever the schema names."
    ),
    "title-rows": "Rows above the header are merged-title-row; the header is found below them.",
    "unclosed-quote": "A quote left open is named, and the row it swallowed is not judged.",
    "delimiter": "Any separator but a comma is wrong-delimiter, and the file is read on with it.",
    "zones": "Limits on datetimes compare the written clock and not the zone.",
    "header-missing": "A first row of data is one header-missing, and not a wrong label a column.",
    "row-text": "duplicate-row compares what is written: 7 and 007 make two rows.",
    "gaps": "sequential-value tells every gap, from zero too; frictionless stops at the first.",
}
