"""Rows counted by generalised columns: coarser and coarser, until few are left out.

Only groups of at least k rows, and of at least k persons where a column tells persons apart, are
given. No total is given but the number of rows; what is left out is nothing, or at least k rows,
so that subtracting tells nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ckanext.imssbienestar.checks.derivative.persons import PersonKey, best_key
from ckanext.imssbienestar.checks.derivative.plan import Column
from ckanext.imssbienestar.checks.derivative.rules import Step, derivative_rules, number
from ckanext.imssbienestar.checks.derivative.steps import (
    PLACES,
    generalised,
    place_name,
    places,
    understood,
)
from ckanext.imssbienestar.checks.table_source import RELATION, TableSource

_BASE, _GROUPS = "derivative_base", "derivative_groups"

Degrees = tuple[int, ...]
"""For each column, which of its steps is taken; its number of steps when it is left out."""


@dataclass(frozen=True)
class Counted:
    """The result's columns and how much of the original it tells.

    :ivar columns: those that were crossed. :ivar degrees: of each of them.
    """

    columns: tuple[Column, ...]
    degrees: Degrees
    rows: int
    groups: int
    published: int

    @property
    def left_out(self) -> int:
        """Rows in no group of the result."""
        return self.rows - self.published

    @property
    def taken(self) -> list[tuple[Column, Step]]:
        """The columns of the result, each with its step."""
        return [
            (column, column.steps[degree])
            for column, degree in zip(self.columns, self.degrees, strict=True)
            if degree < len(column.steps)
        ]


class Crossing:
    """The columns of an open table that may be crossed, and what they have."""

    def __init__(
        self, table: TableSource, columns: Sequence[Column], persons: Sequence[PersonKey], k: int
    ) -> None:
        """Count the values of every column, at every step, in one pass.

        :param persons: what may tell persons apart, so that each counts once.
        """
        self._table = table
        self._k = k
        self._look_up(columns)
        self._source = self._understood(columns)
        self.rows = 0
        self._persons = ""
        self.columns = self._worth_crossing(columns, persons)
        """All columns as planned; those that cannot be crossed are dropped now."""

    @property
    def crossed(self) -> tuple[Column, ...]:
        """The columns that are crossed."""
        return tuple(column for column in self.columns if column.ladder)

    def count(self) -> Counted | None:
        """Make the groups of the result; None when no degree of detail is safe and says enough."""
        ways = list(self._ways())
        if not ways:
            return None
        first = self._first_way(ways)
        self._make_base(ways[first])
        best: Counted | None = None
        for degrees in ways[first:]:
            counted = self._counted(degrees)
            if best is None or counted.published > best.published:
                best = counted
            if counted.left_out <= number("left_out_at_most") * self.rows:
                return counted if counted.groups > 1 else None
        if best is None or best.groups < 2:
            return None
        if best.published < number("published_at_least") * self.rows:
            return None
        return self._counted(best.degrees)

    def result(self) -> Iterator[tuple[str, ...]]:
        """The groups counted last, in order; the number of rows is the last cell."""
        cursor = self._table.connection.execute(f"SELECT * FROM {_GROUPS} ORDER BY ALL")
        while rows := cursor.fetchmany(10_000):
            for row in rows:
                yield tuple(str(cell) for cell in row)

    # --- what the columns have ----------------------------------------------------------------

    def _look_up(self, columns: Sequence[Column]) -> None:
        if not any(column.ladder == "municipality" for column in columns):
            return
        connection = self._table.connection
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {PLACES} (name VARCHAR, state VARCHAR)")
        known = list(places())
        connection.execute(
            f"INSERT INTO {PLACES} SELECT unnest(?), unnest(?)",
            [[name for name, _ in known], [state for _, state in known]],
        )

    def _understood(self, columns: Sequence[Column]) -> str:
        """SQL of the rows with ``g…``, what is understood of each column, and states beside."""
        crossed = [column for column in columns if column.ladder]
        values = "".join(
            f", {understood(column.ladder, _cell(column))} AS {_value(column)}"
            for column in crossed
        )
        joins = "".join(
            f" LEFT JOIN {PLACES} AS p{column.place} "
            f"ON p{column.place}.name = {place_name(_cell(column))}"
            for column in crossed
            if column.ladder == "municipality"
        )
        return f"(SELECT *{values} FROM {RELATION}){joins}"

    def _worth_crossing(
        self, columns: Sequence[Column], persons: Sequence[PersonKey]
    ) -> list[Column]:
        """Count the values of every step in one pass, and drop what cannot be crossed."""
        asked: list[str] = ["count(*)"]
        for key in persons:
            asked += [f"count({key.sql})", f"approx_count_distinct({key.sql})"]
        for column in columns:
            if column.ladder:
                cell = f"trim({_cell(column)})"
                asked += [f"count(nullif({cell}, ''))", f"max(length({cell}))"]
            for step in column.steps:
                sql = _sql(column, step)
                asked += [f"count({sql})", f"approx_count_distinct({sql})"]
        found = iter(self._table.survey(asked, self._source))
        self.rows = int(next(found))
        counts = [(int(next(found)), int(next(found))) for _ in persons]
        self._persons = best_key(persons, counts, self.rows)
        self._different: dict[int, list[int]] = {}
        self._known_states: dict[int, bool] = {}
        judged = []
        for column in columns:
            if column.ladder:
                filled, longest = int(next(found)), int(next(found) or 0)
                steps = [(int(next(found)), int(next(found))) for _ in column.steps]
                self._different[column.place] = [count for _, count in steps]
                # Names that no catalogue knows have no state.
                least = number("understood_at_least") * filled
                self._known_states[column.place] = steps[-1][0] >= least
                column = self._judged(column, filled, longest, steps)
            judged.append(column)
        return _first_columns(judged)

    def _judged(
        self, column: Column, filled: int, longest: int, steps: Sequence[tuple[int, int]]
    ) -> Column:
        if not filled:
            return column.dropped("empty")
        first, different = column.steps[0], steps[0][1]
        if not first.keeps:
            understood = steps[0][0] >= number("understood_at_least") * filled
            return column if understood else column.dropped("fine")
        many = different > number("values_at_most") or different * self._k > self.rows
        if many and column.ladder != "municipality":
            return column.dropped("measure" if column.is_number else "many")
        return column.dropped("text") if longest > number("characters_at_most") else column

    # --- how coarse ---------------------------------------------------------------------------

    def _ways(self) -> Iterator[Degrees]:
        """From the finest to the coarsest, one column giving way each time."""
        degrees = [0] * len(self.crossed)
        while self.crossed:
            yield tuple(degrees)
            chosen = self._gives_way(degrees)
            if chosen is None:
                return
            column = self.crossed[chosen]
            coarser = degrees[chosen] + 1
            degrees[chosen] = coarser if coarser < self._usable(column) else len(column.steps)

    def _gives_way(self, degrees: Sequence[int]) -> int | None:
        """The next column to be coarser, or to be left out: None when one is left, at its coarsest.

        That with most values is made coarser; the least useful one is left out instead when it has
        many more, or when none can be coarser.
        """
        order = derivative_rules()["order"]
        scores: dict[int, float] = {}
        droppable: dict[int, tuple[int, int]] = {}
        for place, (column, degree) in enumerate(zip(self.crossed, degrees, strict=True)):
            if degree == len(column.steps):
                continue
            different = self._different[column.place][degree]
            if degree + 1 < self._usable(column):
                scores[place] = different
            else:
                droppable[place] = (order.index(column.role), different)
        if droppable and len(scores) + len(droppable) > 1:
            least = max(droppable, key=lambda place: (*droppable[place], place))
            scores[least] = droppable[least][1] / number("drop_after")
        # Of two alike, the one further right.
        return max(scores, key=lambda place: (scores[place], place), default=None)

    def _usable(self, column: Column) -> int:
        """How many of its steps say something that no other column says."""
        if column.ladder != "municipality":
            return len(column.steps)
        known = self._known_states.get(column.place, False)
        has_state = any(other.ladder == "state" for other in self.crossed)
        return len(column.steps) if known and not has_state else 1

    def _first_way(self, ways: Sequence[Degrees]) -> int:
        """The finest way that is worth counting exactly, by an estimate of its groups."""
        asked = [f"approx_count_distinct(hash({', '.join(self._keys(way))}))" for way in ways]
        most = min(number("groups_at_most"), self.rows / self._k)
        for place, groups in enumerate(self._table.survey(asked, self._source)):
            if groups <= most:
                return place
        return len(ways) - 1

    def _keys(self, degrees: Degrees) -> list[str]:
        return [
            _sql(column, column.steps[degree])
            for column, degree in zip(self.crossed, degrees, strict=True)
            if degree < len(column.steps)
        ]

    # --- the groups ---------------------------------------------------------------------------

    def _make_base(self, degrees: Degrees) -> None:
        """Count once by the finest steps; coarser ones are sums of these groups.

        Persons are counted apart, by hashes alone: with the texts of the groups beside each of them
        they would fill the disk. Of each group the first k are kept, enough to know of any union.
        """
        named = {
            _name(place, step): f"coalesce({_sql(column, column.steps[step])}, '')"
            for place, (column, degree) in enumerate(zip(self.crossed, degrees, strict=True))
            for step in range(degree, len(column.steps))
        }
        finest = [sql for name, sql in named.items() if name in self._names(degrees)]
        key = f"hash({', '.join(finest)})"
        columns = ", ".join(f"{sql} AS {name}" for name, sql in named.items())
        self._table.fetch(
            f"CREATE OR REPLACE TEMP TABLE {_BASE} AS "
            f"SELECT {columns}, {key} AS key, count(*) AS n FROM {self._source} GROUP BY ALL"
        )
        if self._persons:
            self._table.fetch(
                f"CREATE OR REPLACE TEMP TABLE {_BASE} AS SELECT * FROM {_BASE} JOIN ("
                f"SELECT key, min(p, {self._k}) AS persons FROM ("
                f"SELECT {key} AS key, hash({self._persons}) AS p FROM {self._source} GROUP BY ALL"
                ") GROUP BY key) USING (key)"
            )

    def _names(self, degrees: Degrees) -> list[str]:
        return [
            _name(place, degree)
            for place, (column, degree) in enumerate(zip(self.crossed, degrees, strict=True))
            if degree < len(column.steps)
        ]

    def _counted(self, degrees: Degrees) -> Counted:
        listed = ", ".join(self._names(degrees))
        persons = f" AND len(list_distinct(flatten(list(persons)))) >= {self._k}"
        self._table.fetch(
            f"CREATE OR REPLACE TEMP TABLE {_GROUPS} AS SELECT {listed}, sum(n)::BIGINT AS n "
            f"FROM {_BASE} GROUP BY {listed} "
            f"HAVING sum(n) >= {self._k}{persons if self._persons else ''}"
        )
        self._hide_remainder(listed)
        self._hide_told(degrees)
        [(groups, published)] = self._table.fetch(
            f"SELECT count(*), coalesce(sum(n), 0) FROM {_GROUPS}"
        )
        return Counted(self.crossed, degrees, self.rows, int(groups), int(published))

    def _hide_remainder(self, listed: str) -> None:
        """Fewer than k rows left out would be told by the number of all rows: one more group."""
        [(published,)] = self._table.fetch(f"SELECT coalesce(sum(n), 0) FROM {_GROUPS}")
        if 0 < self.rows - published < self._k:
            self._table.fetch(
                f"DELETE FROM {_GROUPS} WHERE rowid IN ("
                f"SELECT rowid FROM {_GROUPS} ORDER BY n, {listed} LIMIT 1)"
            )

    def _hide_told(self, degrees: Degrees) -> None:
        """Where all that share the other columns have one sensitive value, it is told of each."""
        taken = [
            (column, _name(place, degree))
            for place, (column, degree) in enumerate(zip(self.crossed, degrees, strict=True))
            if degree < len(column.steps)
        ]
        others = ", ".join(name for column, name in taken if not column.sensitive)
        sensitive = [name for column, name in taken if column.sensitive]
        if not others or not sensitive:
            return
        few = " OR ".join(
            f"count(DISTINCT {name}) < {number('different_at_least'):.0f}" for name in sensitive
        )
        self._table.fetch(
            f"DELETE FROM {_GROUPS} WHERE ({others}) IN ("
            f"SELECT ({others}) FROM {_GROUPS} GROUP BY {others} HAVING {few})"
        )


def _first_columns(columns: Sequence[Column]) -> list[Column]:
    order = derivative_rules()["order"]
    crossed = sorted(
        (column for column in columns if column.ladder),
        key=lambda column: (order.index(column.role), column.place),
    )
    kept = {column.place for column in crossed[: int(number("columns_at_most"))]}
    return [
        column.dropped("crossed") if column.ladder and column.place not in kept else column
        for column in columns
    ]


def _sql(column: Column, step: Step) -> str:
    return generalised(step, _value(column), f"p{column.place}.state")


def _value(column: Column) -> str:
    return f"g{column.place + 1}"


def _cell(column: Column) -> str:
    return f"c{column.place + 1}"


def _name(place: int, step: int) -> str:
    return f"v{place}_{step}"
