"""Which column names announce personal data: the rules of ``headers.yaml``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from ckanext.imssbienestar.checks.personal.rules import Decision, tables
from ckanext.imssbienestar.checks.personal.text import plain
from ckanext.imssbienestar.datafiles import read_yaml

Words = tuple[str, ...]

_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Za-z])(?=[0-9])")
_MEANINGLESS = re.compile(
    r"(c|col|column|columna|campo|field|var|v|x|unnamed|f|a|b|d|dato|valor)? ?[0-9]*|[a-z]"
)
# Glued words are only split when all parts are words of the rules and none is tiny.
_SHORTEST_PART = 3


@dataclass(frozen=True)
class HeaderRule:
    """One rule of ``headers.yaml``; its phrases are read as column names are."""

    kind: str
    sensitive: bool
    decision: Decision
    rule: str
    whole: frozenset[Words]
    anywhere: frozenset[Words]
    unless: tuple[str, ...]
    pass_with: tuple[str, ...]
    pass_in: frozenset[str]
    needs: frozenset[str]
    values_decide: bool
    says_pass: bool


@dataclass(frozen=True)
class HeaderVerdict:
    """What a name alone says of its column."""

    kind: str
    sensitive: bool
    decision: Decision
    rule: str
    values_decide: bool


@lru_cache(maxsize=4096)
def read_label(label: str) -> Words:
    """A column name as words: «Fec. Nac. del Px» is ``fecha nacimiento paciente``."""
    spaced = _CAMEL.sub(" ", label) if not label.isupper() else label
    words = (plain(spaced[:400])).split()
    known = _abbreviations()
    # «no» and «e» are abbreviations before a word and little words after one.
    opened = [known.get(word, word) for word in words]
    split = [part for word in opened for part in _unglued(word)]
    kept = [word for word in split if word not in _little_words()]
    return tuple(w for n, w in enumerate(kept) if n == 0 or kept[n - 1] != w)


def is_meaningless(label: str) -> bool:
    """Whether a name says nothing: ``c3``, ``Columna 2``, empty."""
    return bool(_MEANINGLESS.fullmatch(plain(label)))


def shows(words: Words, group: str) -> bool:
    """Whether a column name has a word of a group of ``headers.yaml``."""
    return not group_words(group).isdisjoint(words)


def is_named(words: Words, phrases: Collection[Words]) -> bool:
    """Whether a name is one of these phrases, or one of them about persons or with a number."""
    return words in phrases or _bare(words) in phrases


def header_verdicts(labels: Sequence[Words], table: Collection[str]) -> list[HeaderVerdict | None]:
    """What the rules say of each column of a header, None where none is concerned.

    :param labels: the names, read. :param table: what the table is: ``aggregate``, ``facilities``…
    """
    # A column that is personal data itself makes no other one public.
    public = [words for words in labels if not is_blocked_alone(words)]
    others = [[other for other in public if other is not words] for words in labels]
    return [_verdict(words, rest, table) for words, rest in zip(labels, others, strict=True)]


@lru_cache(maxsize=4096)
def may_concern(words: Words) -> bool:
    """Whether some rule could say something of a column of this name, in whatever table."""
    found = ((rule, _rest(rule, words)) for rule in header_rules())
    return any(
        rest is not None and not any(shows(rest, group) for group in rule.unless)
        for rule, rest in found
    )


@lru_cache(maxsize=4096)
def is_blocked_alone(words: Words) -> bool:
    """Whether a name is enough to block its column, whatever the others say."""
    verdict = _verdict(words, (), ())
    return verdict is not None and verdict.decision is Decision.BLOCK


def _verdict(words: Words, others: Sequence[Words], table: Collection[str]) -> HeaderVerdict | None:
    best: HeaderVerdict | None = None
    for rule in header_rules():
        rest = _rest(rule, words)
        if rest is None or any(shows(rest, group) for group in rule.unless):
            continue
        if rule.needs and rule.needs.isdisjoint(table):
            continue
        public = not rule.pass_in.isdisjoint(table) or any(
            shows(other, group) for group in rule.pass_with for other in others
        )
        if public and not rule.says_pass:
            continue
        decision = Decision.PASS if public else rule.decision
        verdict = HeaderVerdict(rule.kind, rule.sensitive, decision, rule.rule, rule.values_decide)
        if best is None or _severity(verdict) > _severity(best):
            best = verdict
    return best


def _severity(verdict: HeaderVerdict) -> tuple[int, bool]:
    return [Decision.PASS, Decision.REVIEW, Decision.BLOCK].index(
        verdict.decision
    ), verdict.sensitive


def _rest(rule: HeaderRule, words: Words) -> Words | None:
    """The words of the name outside the wording that the rule finds; None when it finds none."""
    if is_named(words, rule.whole):
        return ()
    for phrase in rule.anywhere:
        size = len(phrase)
        for start in range(len(words) - size + 1):
            if words[start : start + size] == phrase:
                return words[:start] + words[start + size :]
    return None


def _bare(words: Words) -> Words:
    persons = group_words("persons")
    return tuple(word for word in words if word not in persons and not word.isdigit())


def _unglued(word: str) -> list[str]:
    if len(word) < 2 * _SHORTEST_PART + 1 or word in _vocabulary():
        return [word]
    for place in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        first, rest = word[:place], word[place:]
        if first in _vocabulary() or first in _abbreviations():
            if rest in _vocabulary() or rest in _abbreviations():
                return [_abbreviations().get(part, part) for part in (first, rest)]
            for little in ("de", "del", "dela", "do"):
                tail = rest.removeprefix(little)
                if tail != rest and (tail in _vocabulary() or tail in _abbreviations()):
                    return [_abbreviations().get(part, part) for part in (first, tail)]
    return [word]


@cache
def header_rules() -> tuple[HeaderRule, ...]:
    """The rules, in the order of the file."""
    return tuple(map(_rule_of, _data()["rules"]))


@cache
def group_words(group: str) -> frozenset[str]:
    """The words of a group of ``headers.yaml``."""
    return frozenset(_data()["words"][group])


@cache
def phrases(name: str, part: str = "") -> frozenset[Words]:
    """A list of column names of ``tables.yaml``, read as column names are."""
    listed = tables()[name][part] if part else tables()[name]
    return _phrases(listed)


def _rule_of(entry: Mapping[str, Any]) -> HeaderRule:
    return HeaderRule(
        kind=entry["kind"],
        sensitive=entry.get("sensitive", False),
        decision=Decision(entry["decision"]),
        rule=entry["rule"],
        whole=_phrases(entry.get("whole", ())),
        anywhere=_phrases(entry.get("anywhere", ())),
        unless=tuple(entry.get("unless", ())),
        pass_with=tuple(entry.get("pass_with", ())),
        pass_in=frozenset(entry.get("pass_in", ())),
        needs=frozenset(entry.get("needs", ())),
        values_decide=entry.get("values_decide", False),
        says_pass=entry.get("says_pass", False),
    )


def _phrases(listed: Sequence[str]) -> frozenset[Words]:
    known, little = _abbreviations(), _little_words()
    return frozenset(
        tuple(known.get(word, word) for word in plain(phrase).split() if word not in little)
        for phrase in listed
    )


@cache
def _abbreviations() -> dict[str, str]:
    return {str(short): str(word) for short, word in _data()["abbreviations"].items()}


@cache
def _little_words() -> frozenset[str]:
    return frozenset(_data()["little_words"])


@cache
def _vocabulary() -> frozenset[str]:
    """Every word a rule or a group knows: what glued words are split into."""
    words = {w for group in _data()["words"].values() for w in group}
    for rule in _data()["rules"]:
        for phrase in (*rule.get("whole", ()), *rule.get("anywhere", ())):
            words.update(phrase.split())
    for listed in ("place_columns", "servant_columns", "facility_columns", "category_columns"):
        words.update(word for phrase in tables()[listed] for word in phrase.split())
    return frozenset(word for word in words if len(word) >= _SHORTEST_PART)


def _data() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml("personal_data/headers.yaml")
    return data
