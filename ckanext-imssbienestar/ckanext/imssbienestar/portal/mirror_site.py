"""The mirror as this site knows it: its profile, its ledger, who looks after it."""

from __future__ import annotations

from functools import lru_cache

from ckan import model
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.workflow import Role
from ckanext.imssbienestar.mirror.errors import MirrorConfigurationError
from ckanext.imssbienestar.mirror.ledger.activities import Activities
from ckanext.imssbienestar.mirror.ledger.database import LedgerDatabase, open_database
from ckanext.imssbienestar.mirror.overview.health import Records, records_of
from ckanext.imssbienestar.mirror.running.session import target_key
from ckanext.imssbienestar.mirror.settings import MirrorSettings, load_settings
from ckanext.imssbienestar.portal import permissions, texts


def is_set_up() -> bool:
    """Does this site look after the mirror?"""
    return config.mirror_profile() is not None


def settings() -> MirrorSettings:
    """The profile as it is now.

    :raises MirrorConfigurationError: it cannot be read or does not work.
    :raises tk.ObjectNotFound: this site has none.
    """
    profile = config.mirror_profile()
    if profile is None:
        raise tk.ObjectNotFound(tk._("This site does not look after the mirror."))
    return load_settings(profile)


def database(mirror: MirrorSettings | None = None) -> LedgerDatabase:
    """The ledger's database, kept open for the process.

    :raises MirrorConfigurationError: it cannot be opened.
    """
    mirror = mirror or settings()
    return _opened(mirror.ledger.url, target_key(mirror))


def activities() -> Activities:
    """What was asked of the mirror."""
    return Activities(database())


def records() -> Records:
    """All that the ledger knows."""
    mirror = settings()
    return records_of(mirror, database(mirror))


def looks_after(user_name: str | None) -> bool:
    """Is this person the *Administrador de Datos Abiertos* or a system administrator?"""
    user = model.User.get(str(user_name or ""))
    if user is None or user.state != "active":
        return False
    return bool(user.sysadmin) or Role.ADMINISTRATOR in permissions.roles_of(user.id, None)


def demand_keeper() -> None:
    """A page for those who look after the mirror; a refusal for everybody else."""
    if not looks_after(tk.current_user.name):
        tk.abort(403, tk._("Only the Open data administrator looks after the mirror."))


def records_or_problem() -> tuple[Records | None, str]:
    """What the ledger knows, or why it cannot be read."""
    if not is_set_up():
        return None, tk._(
            "This site does not look after the mirror: the setting "
            "ckanext.imssbienestar.mirror_profile is empty."
        )
    try:
        return records(), ""
    except MirrorConfigurationError as error:
        return None, error.told(texts.language())


@lru_cache(maxsize=8)
def _opened(url: str, target: str) -> LedgerDatabase:
    return open_database(url, target)
