"""The words of the Oficio de Validación from a day on: dated, added, never overwritten (A-18)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ckanext.imssbienestar import model
from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.oficio_template import (
    OficioTemplate,
    parse_oficio_template,
    template_problems,
)
from ckanext.imssbienestar.domain.release import canonical
from ckanext.imssbienestar.procedure.refusals import refuse_blocking


def template(session: Session) -> OficioTemplate:
    """The words that count now: the newest ones, or those of ``schemas/oficio.yaml``."""
    words = session.scalar(
        sa.select(model.OficioTemplate.words).order_by(model.OficioTemplate.id.desc()).limit(1)
    )
    return parsed(words) if words else parse_oficio_template(read_yaml("oficio.yaml"))


def versions(session: Session) -> list[model.OficioTemplate]:
    """What they were, the newest first."""
    return list(
        session.scalars(sa.select(model.OficioTemplate).order_by(model.OficioTemplate.id.desc()))
    )


def checked(words: Mapping[str, Any]) -> OficioTemplate:
    """Words that somebody proposes.

    :raises ConfigurationError: a part is missing, or there is one that the letter does not have.
    :raises ActRefused: a letter with them would lack something or say it wrongly.
    """
    proposed = parse_oficio_template(words)
    refuse_blocking(template_problems(proposed))
    return proposed


def change(
    session: Session, words: OficioTemplate, *, person: str, now: datetime.datetime
) -> model.OficioTemplate | None:
    """Let these words count from now on; None when they do already. Flushes, does not commit.

    :param words: what :func:`checked` gave.
    """
    # One after another: of two people the second changes what the first wrote, and no other.
    session.execute(sa.text(f"LOCK TABLE {model.OficioTemplate.__tablename__} IN EXCLUSIVE MODE"))
    if template(session) == words:
        return None
    row = model.OficioTemplate(words=written(words), since=now, changed_by=person)
    session.add(row)
    session.flush()
    return row


def written(words: OficioTemplate) -> str:
    """The words as canonical JSON."""
    return canonical(words.model_dump(mode="json")).decode()


def parsed(text: str) -> OficioTemplate:
    """What :func:`written` wrote."""
    return parse_oficio_template(json.loads(text))
