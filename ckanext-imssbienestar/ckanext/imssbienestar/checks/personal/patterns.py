"""Patterns of the rules files: refused at load, by name, unless they run in linear time.

A pattern runs in Python on single values and in DuckDB (RE2) on whole columns. RE2 is linear
whatever the pattern; Python's engine is not, so only what is bounded is let through: no repeat
without an upper limit, no variable repeat inside another, no look-around, no back-reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

# The compiler's own parse tree: the one honest way to know what a pattern repeats.
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from ckanext.imssbienestar.errors import ConfigurationError

if TYPE_CHECKING:
    import duckdb

# Longest run one repeat may take: a work factor for each place of the text.
_LONGEST_REPEAT = 100
_REFUSED = {
    codes.ASSERT: "it looks ahead or behind",
    codes.ASSERT_NOT: "it looks ahead or behind",
    codes.GROUPREF: "it refers back to a group",
    codes.GROUPREF_EXISTS: "it refers back to a group",
    codes.ATOMIC_GROUP: "RE2 has no atomic groups",
    codes.POSSESSIVE_REPEAT: "RE2 has no possessive repeats",
}


@cache
def compiled(pattern: str, *, name: str) -> re.Pattern[str]:
    """A pattern of a rules file, ready for Python.

    :param name: how the rules file calls it, for the error.
    :raises ConfigurationError: it is no pattern, or it could run for longer than linear time.
    """
    try:
        ready = re.compile(pattern)
        reason = next(_faults(parser.parse(pattern), inside_repeat=False), "")
    except re.error as error:
        reason = str(error)
    if reason:
        raise _bad(name, reason)
    return ready


def require_known_to_engine(patterns: Mapping[str, str], engine: duckdb.DuckDBPyConnection) -> None:
    """Patterns, by name, that DuckDB must be able to run too.

    :raises ConfigurationError: names the first that it cannot.
    """
    # Imported here: single values are judged without the engine.
    import duckdb

    for name, pattern in patterns.items():
        try:
            engine.execute("SELECT regexp_matches('', ?)", [pattern])
        except duckdb.Error:
            raise _bad(name, "DuckDB's RE2 does not know it") from None


def _bad(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"The personal-data rules have a bad pattern under {name}: {reason}.",
        next_step="Correct the pattern; no file is let through until the rules can be read.",
    )


def _faults(tree: Any, *, inside_repeat: bool) -> Iterator[str]:
    for code, value in tree:
        if code in _REFUSED:
            yield _REFUSED[code]
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            least, most, body = value
            if most is codes.MAXREPEAT or most > _LONGEST_REPEAT:
                yield f"it repeats without a limit, or more than {_LONGEST_REPEAT} times"
            varies = least != most
            if varies and inside_repeat:
                yield "it has a variable repeat inside another"
            yield from _faults(body, inside_repeat=inside_repeat or (varies and most > 1))
        elif code is codes.SUBPATTERN:
            yield from _faults(value[-1], inside_repeat=inside_repeat)
        elif code is codes.BRANCH:
            for branch in value[1]:
                yield from _faults(branch, inside_repeat=inside_repeat)
