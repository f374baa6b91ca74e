"""Every sentence exists in both languages, with the same facts, and is used."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter

import pytest

import ckanext.imssbienestar.mirror.texts as texts_module
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.mirror.ledger.entries import State
from ckanext.imssbienestar.mirror.planning.plan import Action
from ckanext.imssbienestar.mirror.texts import codes, say, sentence_of

ROOM = Path(texts_module.__file__).parent
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
MADE_OF_PARTS = ("action-", "state-", "column-", "word-", "side-", "review-", "kind-")


def facts(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("code", codes())
def test_both_languages_say_the_same(code: str) -> None:
    entry = read_yaml("federal/texts.yaml")["texts"][code]
    assert entry["es"]
    assert entry["en"]
    assert facts(entry["es"]) == facts(entry["en"])
    assert ("next_es" in entry) == ("next_en" in entry)
    assert facts(entry.get("next_es", "")) == facts(entry.get("next_en", ""))


@pytest.mark.parametrize("code", codes())
def test_no_text_is_left_over(code: str) -> None:
    assert f'"{code}"' in SOURCES or code.startswith(MADE_OF_PARTS)


def test_every_code_in_the_room_has_a_text() -> None:
    used = set(re.findall(r'(?:say|Error|raise kind|_problem)\(\s*"([a-z-]+)"', SOURCES))
    assert used - set(codes()) == set()
    for word in [*(f"action-{one.value}" for one in Action), *(f"state-{one}" for one in State)]:
        assert say(word).what("en")


def test_a_sentence_may_hold_another() -> None:
    sentence = say("gave-up", dataset="uno", attempts=3, cause=say("reason-equal"))
    kept = sentence_of(json.loads(json.dumps(sentence.as_data())))
    for one in (sentence, kept):
        assert "igual" in one.full("es")
        assert "equal" in one.full("en")


@pytest.mark.parametrize("facts", [{}, {"dataset": "uno"}])
def test_what_another_version_kept_is_named(facts: dict[str, str]) -> None:
    code = "gave-up" if facts else "of-another-day"
    assert code in sentence_of({"code": code, "facts": facts}).full("en")
