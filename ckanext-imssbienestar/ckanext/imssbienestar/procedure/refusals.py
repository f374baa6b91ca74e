"""What rules of the domain refuse: an act that was not done, with everything against it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.errors import TerminalError


class ActRefused(TerminalError):
    """Rules stand against an act; nothing of it was written.

    :ivar problems: all that was found, those that only tell something too.
    """

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        blocking = [found for found in problem_findings(problems, "en") if found.blocks]
        super().__init__(
            " ".join(found.message for found in blocking),
            next_step=" ".join(found.fix for found in blocking),
        )


def refuse_first_blocking(problems: Iterable[Problem], most: int) -> None:
    """Go on when nothing blocks; of thousands of problems only the first that block are told.

    :raises ActRefused: something does.
    """
    blocking = (one for one in problems if problem_findings([one])[0].blocks)
    if found := tuple(islice(blocking, most)):
        raise ActRefused(*found)


def refuse_blocking(problems: Iterable[Problem]) -> None:
    """Go on when nothing blocks.

    :raises ActRefused: something does.
    """
    found = tuple(problems)
    if any(one.blocks for one in problem_findings(found)):
        raise ActRefused(*found)
