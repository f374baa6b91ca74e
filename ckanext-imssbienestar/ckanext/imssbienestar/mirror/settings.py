"""The mirror's settings: one TOML profile, the environment above it, tokens never in either file.

Environment variables are ``IMSS_MIRROR_<SECTION>__<SETTING>`` (``IMSS_MIRROR_TARGET__TOKEN``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from ckanext.imssbienestar.mirror.addresses import is_address, is_private_enough
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.profile_file import beside, ledger_address, read_profile
from ckanext.imssbienestar.mirror.review_settings import (
    NoticeSettings,
    ReceiptSettings,
    ReviewSettings,
    check_file_host,
)
from ckanext.imssbienestar.mirror.texts import DEFAULT_LANGUAGE, Language
from ckanext.imssbienestar.mirror.tokens import Token, read_token


def _catalogue_address(value: str) -> str:
    if not is_address(value):
        raise ValueError("an address starting with https:// or http://")
    parts = urlsplit(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("an address without user, ? or #")
    if not is_private_enough(value):
        raise ValueError("an address starting with https://: http:// is for this machine only")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_catalogue_address)]


ReadBackMode = Literal["always", "size", "sample"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(_Section):
    """The institutional catalogue."""

    url: Address
    token_file: Path | None = None
    token: SecretStr | None = None


class TargetSettings(_Section):
    """The catalogue that receives the mirror.

    :ivar profile: which rules of ``schemas/federal`` apply.
    :ivar groups: group of the target by theme of the dataset; ``group`` for the rest.
    :ivar license: overrides the profile's licence id.
    :ivar drift: what becomes of a dataset that somebody changed there by hand: ``repair`` writes
        over it, ``hold`` leaves it to a person.
    :ivar files: whether files are uploaded there, or are at ``file_host`` already and only linked.
    :ivar file_host: address of a file there, with ``{organization}``, ``{dataset}``, ``{file}``.
    """

    url: Address
    token_file: Path | None = None
    token: SecretStr | None = None
    profile: str = "pnda"
    organization: str = Field(min_length=1)
    group: str | None = None
    groups: dict[str, str] = Field(default_factory=dict)
    license: str | None = None
    drift: Literal["repair", "hold"] = "repair"
    files: Literal["upload", "link"] = "upload"
    file_host: Annotated[str, AfterValidator(check_file_host)] | None = None


class LedgerSettings(_Section):
    """Where the ledger is: an SQLAlchemy address; ``sqlite:///file`` is relative to the profile."""

    url: str = ""


class LimitSettings(_Section):
    """How hard to push and when to stop.

    :ivar withdraw_guard_minimum: a plan may always withdraw this many datasets.
    :ivar withdraw_guard_share: and beyond that, this share of what is mirrored.
    :ivar rewrite_guard_minimum: a plan may always rewrite this many datasets that were there.
    :ivar rewrite_guard_share: and beyond that, this share of what is mirrored.
    :ivar plan_valid_hours: age at which a stored plan is no longer carried out.
    :ivar circuit_failures: passing failures in a row that stop the run.
    :ivar minimum_interval_seconds: between calls; None leaves it to the transport, which is in no
        hurry with another machine.
    :ivar calls_at_once: calls under way to one host, over all threads of a run.
    :ivar read_back: which files are downloaded again before they are confirmed, see
        :class:`~ckanext.imssbienestar.mirror.running.read_back.ReadBack` also for the next two.
    :ivar spool: folder of the temporary files; the system's by default.
    """

    connect_timeout: float = Field(10.0, gt=0)
    read_timeout: float = Field(120.0, gt=0)
    attempts: int = Field(5, ge=1)
    first_delay: float = Field(0.5, ge=0)
    longest_delay: float = Field(30.0, ge=0)
    longest_retry_after: float = Field(120.0, ge=0)
    minimum_interval_seconds: float | None = Field(None, ge=0)
    calls_at_once: int = Field(4, ge=1)
    read_back: ReadBackMode = "always"
    read_back_largest_bytes: int = Field(50_000_000, ge=0)
    read_back_sample: float = Field(0.1, ge=0, le=1)
    page_size: int = Field(1000, ge=1, le=1000)
    withdraw_guard_minimum: int = Field(5, ge=0)
    withdraw_guard_share: float = Field(0.10, ge=0, le=1)
    rewrite_guard_minimum: int = Field(25, ge=0)
    rewrite_guard_share: float = Field(0.25, ge=0, le=1)
    plan_valid_hours: float = Field(24.0, gt=0)
    circuit_failures: int = Field(5, ge=1)
    spool: Path | None = None


class ScheduleSettings(_Section):
    """What should run, so that somebody can say that it did not.

    :ivar every_hours: between the beginnings of two runs of everything.
    :ivar tolerance_hours: how much later than that a run may begin before it counts as late.
    :ivar review_every_hours: between two looks at the federal side by CKAN's workers; none without.
    :ivar remind: those looks mail about what takes too long.
    """

    every_hours: float = Field(24.0, gt=0)
    tolerance_hours: float = Field(1.0, ge=0)
    review_every_hours: float | None = Field(None, gt=0)
    remind: bool = False


class MirrorSettings(_Section):
    """Everything a run needs to know; see :func:`load_settings`.

    :ivar contact: mailbox named in the User-Agent, so that the other side can write to us.
    """

    contact: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    language: Language = DEFAULT_LANGUAGE
    source: SourceSettings
    target: TargetSettings
    ledger: LedgerSettings = LedgerSettings()
    limits: LimitSettings = LimitSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    notice: NoticeSettings | None = None
    review: ReviewSettings = ReviewSettings()
    receipts: ReceiptSettings = ReceiptSettings()


def load_settings(profile: Path) -> MirrorSettings:
    """Read a profile; every fault is a :class:`MirrorConfigurationError` that names it.

    Tokens are not read here, so that ``status`` works without them: see :func:`source_token`.
    """
    return settings_of(read_profile(profile), profile)


def settings_of(content: Mapping[str, Any], profile: Path) -> MirrorSettings:
    """The settings that a profile and the environment say, judged; likewise."""
    try:
        settings = MirrorSettings(**content)
    except ValidationError as error:
        raise MirrorConfigurationError(
            "profile-setting", path=profile, problems=_problems(error)
        ) from None
    return _resolve_paths(settings, profile)


def source_token(settings: MirrorSettings) -> Token:
    """The token of the institutional catalogue."""
    return _token(settings.source, "source")


def target_token(settings: MirrorSettings) -> Token:
    """The token of the target."""
    return _token(settings.target, "target")


def _token(side: SourceSettings | TargetSettings, section: str) -> Token:
    given = side.token.get_secret_value() if side.token is not None else ""
    return read_token(given, side.token_file, section)


def _problems(error: ValidationError) -> str:
    # Values are left out: a token pasted into the wrong setting must not reach the screen.
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or '?'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )


def _resolve_paths(settings: MirrorSettings, profile: Path) -> MirrorSettings:
    folder = profile.resolve().parent
    source = settings.source.model_copy(
        update={"token_file": beside(profile, settings.source.token_file)}
    )
    target = settings.target.model_copy(
        update={"token_file": beside(profile, settings.target.token_file)}
    )
    limits = settings.limits.model_copy(update={"spool": beside(profile, settings.limits.spool)})
    url = ledger_address(settings.ledger.url, profile)
    return settings.model_copy(
        update={
            "source": source,
            "target": target,
            "limits": limits,
            "ledger": settings.ledger.model_copy(update={"url": url}),
            "notice": settings.notice and settings.notice.beside(folder),
            "receipts": settings.receipts.beside(folder, profile.stem),
        }
    )
