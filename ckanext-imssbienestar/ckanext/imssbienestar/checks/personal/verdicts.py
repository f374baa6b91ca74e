"""One column's verdict from what its name, its values and its table say, each with evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ckanext.imssbienestar.checks.personal.column_profile import ColumnProfile
from ckanext.imssbienestar.checks.personal.context import Table
from ckanext.imssbienestar.checks.personal.headers import (
    HeaderVerdict,
    Words,
    is_meaningless,
    is_named,
    phrases,
    shows,
)
from ckanext.imssbienestar.checks.personal.rules import (
    Decision,
    Detector,
    Strength,
    Threshold,
    detectors,
    tables,
)

_SEVERITY = {Decision.PASS: 0, Decision.REVIEW: 1, Decision.BLOCK: 2}
# Kinds that make a table one of persons, whatever its other columns say.
IDENTIFYING = frozenset(
    {"curp", "nss", "id-document", "rfc-person", "person-name", "birth-date", "folio", "minor"}
)


@dataclass(frozen=True)
class Verdict:
    """What one piece of evidence says of a column.

    :ivar evidence: ``header``, ``format``, ``check-digit``, ``names``, ``context`` or
        ``combination``.
    """

    kind: str
    decision: Decision
    evidence: tuple[str, ...]
    matches: int = 0
    sensitive: bool = False

    @property
    def severity(self) -> tuple[int, bool, bool, int]:
        """Orders verdicts on one column; the value speaks louder than the name."""
        return (
            _SEVERITY[self.decision],
            self.sensitive,
            "check-digit" in self.evidence,
            self.matches,
        )


def by_header(verdict: HeaderVerdict | None, profile: ColumnProfile) -> Iterator[Verdict]:
    """What the name says, unless the rule lets the values contradict it and they do."""
    if verdict is None:
        return
    if verdict.values_decide and profile.share("public-rfc", "number") > 0.5:
        return
    yield Verdict(verdict.kind, verdict.decision, ("header",), 0, verdict.sensitive)


def by_identifier(
    profile: ColumnProfile, words: Words, header: HeaderVerdict | None, table: Table
) -> Iterator[Verdict]:
    """Identifiers found by their form: CURP, RFC, NSS, CLABE, card, voter key, …."""
    commercial = "commercial" in table.kinds or shows(words, "commercial")
    for detector in detectors():
        named = header is not None and header.kind == detector.kind
        for threshold in detector.thresholds:
            if _holds(threshold, detector, profile, named=named, commercial=commercial):
                yield _identified(detector, threshold, profile, named=named)
                break


def _holds(
    threshold: Threshold,
    detector: Detector,
    profile: ColumnProfile,
    *,
    named: bool,
    commercial: bool,
) -> bool:
    signal = f"{detector.name}.{threshold.strength}"
    hits, different = profile.weight[signal], profile.distinct[signal]
    if hits < threshold.cells or different < threshold.distinct:
        return False
    if threshold.header is not None and threshold.header != named:
        return False
    if threshold.commercial is not None and threshold.commercial != commercial:
        return False
    of_form = profile.distinct[f"{detector.name}.form"]
    return (
        profile.share(signal) >= threshold.ratio and different >= threshold.checked_share * of_form
    )


def _identified(
    detector: Detector, threshold: Threshold, profile: ColumnProfile, *, named: bool
) -> Verdict:
    evidence = ["header"] if named else []
    evidence.append("format")
    if threshold.strength is not Strength.FORM and detector.holds is not None:
        evidence.append("check-digit")
    if threshold.strength is Strength.NEAR:
        evidence.append("context")
    matches = profile.weight[f"{detector.name}.{threshold.strength}"]
    return Verdict(detector.kind, threshold.decision, tuple(evidence), matches, detector.sensitive)


def by_contact(
    profile: ColumnProfile, words: Words, table: Table, *, persons: bool
) -> Iterator[Verdict]:
    """E-mail addresses and telephones of persons apart from those of offices."""
    public = bool({"facilities", "servants", "commercial"} & table.kinds) and not persons
    said = tuple(word for word in words if word != "contacto")
    institutional = any(shows(said, g) for g in ("facility", "servant", "commercial"))
    mails, different = profile.weight["email.person"], profile.distinct["email.person"]
    if mails and not institutional:
        named = profile.weight["email.named"]
        decision = Decision.BLOCK if different >= 2 or persons else Decision.REVIEW
        if public:
            of_all = mails + profile.weight["email.office"]
            decision = Decision.REVIEW if named >= 3 and named > 0.3 * of_all else Decision.PASS
        if decision is not Decision.PASS:
            yield Verdict("email", decision, ("format",), mails)
    told = profile.weight["phone.near"]
    if told:
        clear = profile.distinct["phone.near"] >= 2 or persons
        yield Verdict(
            "phone", Decision.BLOCK if clear else Decision.REVIEW, ("format", "context"), told
        )
    share = profile.share("phone.form")
    if share < 0.5 or institutional or public:
        return
    called = bool(
        {"telefono", "celular", "phone", "movil", "tel", "contacto", "mobile"} & set(words)
    )
    written = profile.weight["phone.written"] > 0.5 * profile.weight["phone.form"]
    if persons and (called or written or is_meaningless(profile.label)):
        evidence = ("header", "format") if called else ("format", "context")
        yield Verdict("phone", Decision.BLOCK, evidence, profile.weight["phone.form"])
    elif written and is_meaningless(profile.label):
        yield Verdict("phone", Decision.REVIEW, ("format",), profile.weight["phone.form"])


def by_address(
    profile: ColumnProfile, words: Words, table: Table, *, persons: bool
) -> Iterator[Verdict]:
    """A home told in a text; a column of addresses in a table of persons."""
    homes = profile.weight["home.near"]
    if homes:
        clear = profile.distinct["home.near"] >= 2 or persons
        decision = Decision.BLOCK if clear else Decision.REVIEW
        yield Verdict("address", decision, ("format", "context"), homes)
    institutional = any(shows(words, g) for g in ("facility", "servant", "commercial"))
    public = bool({"facilities", "servants", "commercial"} & table.kinds) and not persons
    if institutional or public:
        return
    matches = profile.weight["address"]
    if profile.share("address") >= 0.5 and profile.distinct["address"] >= 2:
        decision = Decision.BLOCK if persons else Decision.REVIEW
        yield Verdict("address", decision, ("format",), matches)
    elif (
        persons
        and profile.cells
        and is_named(words, phrases("person_columns", "contact"))
        and {"calle", "domicilio", "direccion", "address"} & set(words)
    ):
        yield Verdict("address", Decision.BLOCK, ("header", "context"), profile.cells)


def by_words(profile: ColumnProfile, table: Table, *, persons: bool) -> Iterator[Verdict]:
    """Kinship, blood, ethnicity, belief and the like, told by the words that fill a column."""
    if {"aggregate", "catalogue"} & table.kinds and not persons:
        return
    for entry in tables()["vocabularies"]:
        signal = f"word.{entry['name']}"
        if "kind" not in entry or profile.share(signal) < 0.6 or profile.distinct[signal] < 2:
            continue
        # Every word once is a list of the words, not a column of a table of persons.
        repeated = profile.cells >= 5 and profile.cells >= 2 * profile.different
        if not repeated and not persons and not table.is_row_level:
            continue
        decision = Decision.BLOCK if persons or table.is_row_level else Decision.REVIEW
        yield Verdict(
            entry["kind"],
            decision,
            ("format", "context") if decision is Decision.BLOCK else ("format",),
            profile.weight[signal],
            entry.get("sensitive", False),
        )


def by_health(
    profile: ColumnProfile, place: int, table: Table, *, persons: bool
) -> Iterator[Verdict]:
    """Diagnoses, row by row, of persons who can be told."""
    named = "sensitive" in table.roles[place]
    # «A905» may be a plate: only a name that says so, or none at all, makes it a diagnosis.
    clear = named or is_meaningless(profile.label)
    coded = clear and profile.share("icd") > 0.6 and profile.distinct["icd"] >= 2
    if not profile.cells or not (coded or named) or {"aggregate", "catalogue"} & table.kinds:
        return
    if persons:
        evidence = (*(("header",) if named else ()), *(("format",) if coded else ()), "context")
        matches = profile.weight["icd"] if coded else profile.cells
        yield Verdict("health", Decision.BLOCK, evidence, matches, sensitive=True)
    elif table.is_row_level:
        yield Verdict("health", Decision.REVIEW, ("context",), profile.cells, sensitive=True)
