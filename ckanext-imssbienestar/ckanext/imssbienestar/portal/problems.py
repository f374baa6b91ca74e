"""What the rules have against something, as CKAN answers it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.checks.texts import problem_findings
from ckanext.imssbienestar.domain.problems import Problem
from ckanext.imssbienestar.portal import texts


def told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """The problems as findings, in the language of the request."""
    findings = problem_findings(problems, texts.language())
    return [finding.model_dump(mode="json") for finding in findings]


def refusal(problems: Iterable[Problem], field: str = "message") -> tk.ValidationError:
    """What is answered when they keep something from being done.

    ``findings`` has them whole; the field has their sentences, each with what to do.
    """
    findings = told(problems)
    sentences = [f"{found['message']} {found['fix']}" for found in findings]
    return tk.ValidationError({field: sentences, "findings": findings})
