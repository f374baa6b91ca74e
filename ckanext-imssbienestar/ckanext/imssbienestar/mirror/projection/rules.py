"""The rules of a target as data: the shape of ``schemas/federal/<profile>.yaml``."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ckanext.imssbienestar.datafiles import read_yaml


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NameRule(_Rules):
    """How a dataset is named there."""

    style: Literal["snake_case", "as_is"]


class VisibilityRule(_Rules):
    """Who decides whether a dataset is public; ``keep`` leaves it to the target."""

    at_creation: Literal["private", "public"]
    afterwards: Literal["keep", "public", "private"]


class LicenseRule(_Rules):
    """A fixed licence (``id``) or the one of a document field (``field``)."""

    id: str | None = None
    field: str | None = None
    must_exist: bool = False


class FrequencyRule(_Rules):
    """A resource field that holds the frequency in words of a vocabulary."""

    field: str
    words: str
    language: Literal["es", "en"] = "es"


class DatasetRules(_Rules):
    """Target field ← document field, and what needs more than a copy.

    :ivar document_extras: whether the document's own free extras go along.
    :ivar digest_extra: name of the extra that holds the release's digest.
    """

    name: NameRule
    visibility: VisibilityRule
    fields: dict[str, str]
    license: LicenseRule
    group: Literal["required", "optional"]
    tags: bool = True
    extras: dict[str, str] | None = None
    document_extras: bool = False
    digest_extra: str | None = None


class ResourceRules(_Rules):
    """Resource fields; an empty list of formats takes all."""

    formats: list[str] = Field(default_factory=list)
    fields: dict[str, str]
    update_frequency: FrequencyRule | None = None
    foreign: Literal["remove", "keep"] = "remove"


class Limit(_Rules):
    """Something the federal side does not take more of, and where that is said."""

    source: str = Field(min_length=1)
    date: date


class TextLimit(Limit):
    """Length and letters of a name.

    :ivar pattern: regular expression that the whole of it matches.
    :ivar unique: whether two of a dataset may not be the same.
    """

    pattern: str
    shortest: int = 1
    longest: int
    unique: bool = False


class SizeLimit(Limit):
    """Most bytes of a file; None where no limit is known."""

    largest_bytes: int | None = None


class EncodingLimit(Limit):
    """How the letters of a text file are written, by its format.

    :ivar formats: format, as the document spells it, to a codec of Python.
    """

    formats: dict[str, str] = Field(default_factory=dict)


class Limits(_Rules):
    """What a release must keep to; one that does not is refused alone."""

    dataset_name: TextLimit
    file_name: TextLimit
    keyword: TextLimit
    file_size: SizeLimit
    encoding: EncodingLimit


class ReviewRule(_Rules):
    """Calendar days after which a silence of the federal side is told to a person.

    :ivar remind_after_days: in review without becoming public.
    :ivar receipt_after_days: sent without a comprobante.
    """

    remind_after_days: int = 10
    receipt_after_days: int = 10
    source: str = ""


class ProfileRules(_Rules):
    """One target profile, dated and with its sources."""

    id: str
    date: date
    title: dict[str, str]
    sources: list[str] = Field(min_length=1)
    dataset: DatasetRules
    resource: ResourceRules
    limits: Limits
    review: ReviewRule = ReviewRule()


def load_rules(profile: str) -> ProfileRules:
    """The rules of a profile by its id."""
    return ProfileRules.model_validate(read_yaml(f"federal/{profile}.yaml"))


def words_of(rule: FrequencyRule) -> dict[str, str]:
    """Frequency code → word."""
    vocabulary = read_yaml(rule.words)
    return {value["code"]: value[rule.language] for value in vocabulary["values"]}
