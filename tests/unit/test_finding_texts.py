"""The texts of findings: the same facts in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from check_cases import HEADER, Check

from ckanext.imssbienestar.checks.languages import LANGUAGES
from ckanext.imssbienestar.checks.texts import finding, known_codes
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.errors import ConfigurationError


def test_messages_in_english(check: Check) -> None:
    report = check(HEADER + "A,2024-01-01,x\n", language="en")
    assert report.findings[0].message == (
        "Cell C2 (column “monto_pesos”) says “x” and must be a whole number."
    )


def test_every_code_has_the_same_facts_in_both_languages() -> None:
    class Asked(dict[str, object]):
        def __missing__(self, name: str) -> str:
            self[name] = name
            return name

    for code, entry in read_yaml("findings.yaml")["codes"].items():
        asked = []
        for language in LANGUAGES:
            names = Asked()
            for part in (entry, *entry.get("variants", {}).values()):
                for text in part.get(language, {}).values():
                    assert text.format_map(names).strip(), code
            asked.append(set(names))
        assert asked[0] == asked[1], code


def test_a_code_without_text_and_a_text_without_its_fact_are_mistakes() -> None:
    assert "metadata-missing" in known_codes()
    with pytest.raises(ConfigurationError):
        finding("no-such-code")
    with pytest.raises(ConfigurationError):
        finding("metadata-missing")


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("metadata-missing", {"field": "Título"}),
        ("no-resources", {}),
        ("not-uploaded", {"resource": "donativos"}),
        ("dictionary-missing", {}),
        ("file-changed", {"what": "el archivo"}),
        ("nothing-changed", {}),
        ("personal-data", {"column": "curp", "kind": "CURP"}),
    ],
)
def test_texts_of_the_gates(code: str, facts: dict[str, Any]) -> None:
    for language in ("es", "en", "es_MX"):
        made = finding(code, language=language, **facts)
        assert made.blocks
        assert made.message
        assert made.fix
        assert all(str(fact) in made.message for fact in facts.values())
