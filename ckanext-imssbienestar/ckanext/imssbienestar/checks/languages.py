"""The languages that texts for people exist in."""

from __future__ import annotations

DEFAULT_LANGUAGE = "es"
LANGUAGES = ("es", "en")


def language_of(locale: str) -> str:
    """The language we have texts in for a locale such as ``es_MX``; Spanish when unknown."""
    short = locale.replace("-", "_").partition("_")[0].lower()
    return short if short in LANGUAGES else DEFAULT_LANGUAGE
