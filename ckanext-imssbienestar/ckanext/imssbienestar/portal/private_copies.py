"""Where this site makes copies of files that nobody judged yet, and when they are wiped.

The guard, the check, the workbook reader and the normaliser make them in one private folder; the
upload itself arrives in one beside the content store. Whatever a process that was killed left is
wiped when any process of the site starts, web or worker, and whenever another copy is made.
"""

from __future__ import annotations

import os
from pathlib import Path

from ckanext.imssbienestar import config
from ckanext.imssbienestar.errors import ConfigurationError
from ckanext.imssbienestar.portal.content import content_store
from ckanext.imssbienestar.private_files import ENVIRONMENT, wipe_abandoned


def prepare() -> None:
    """Name the folder to this process and to those it starts, and wipe what is abandoned."""
    folder = config.private_path()
    if folder is not None:
        os.environ[ENVIRONMENT] = str(folder)
    wipe()


def wipe() -> int:
    """Wipe the copies that belong to no living process, and say how many there were."""
    return sum(wipe_abandoned(folder) for folder in _folders())


def _folders() -> set[Path | None]:
    try:
        return {config.private_path(), content_store().private}
    except ConfigurationError:
        return {None}
