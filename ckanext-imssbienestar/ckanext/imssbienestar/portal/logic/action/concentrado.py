"""Formato 2, the *Concentrado General*: generated from what is closed and decided, never typed."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar import config
from ckanext.imssbienestar.domain.analysis import DocumentRefused
from ckanext.imssbienestar.domain.inventory_values import clean_text
from ckanext.imssbienestar.formats.concentrado.files import MEDIA_TYPES, dump_concentrado
from ckanext.imssbienestar.portal import acting, problems
from ckanext.imssbienestar.portal.identification import concentrado_shown
from ckanext.imssbienestar.portal.logic import analysis_schema as schema
from ckanext.imssbienestar.portal.logic.coordination import coordination_id, tells_altered
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_in_record
from ckanext.imssbienestar.procedure import concentrado
from ckanext.imssbienestar.procedure.concentrado import ConcentradoVersion


@tk.validate_action_data(schema.concentrado_generate)
@tells_altered
def imss_concentrado_generate(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Close the next Formato 2 of a group, from its closed Formato 1 and its analysis (R-069).

    For the liaison, who reviews it (R-041); the members of the group may see a preview. Rows, marks
    and totals follow from what was decided (R-075 to R-079); a version is superseded by the next
    one and never changed. Refused while the analysis is not complete, with ``findings``.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param attributions: articles or powers by which the unit has these databases (R-074), at least
        one; also a text with one a line
    :type attributions: list of strings
    :param preview: say what the form would say and close nothing (default: false)
    :type preview: boolean

    :returns: the form as ``imss_concentrado_show`` gives it; a preview has no ``digest``
    :rtype: dictionary
    """
    preview = data_dict["preview"]
    action = "imss_analysis_decide" if preview else "imss_concentrado_generate"
    group = coordination_id(context, data_dict["coordination"], action)
    attributions = _attributions(data_dict["attributions"])
    now = datetime.datetime.now(datetime.UTC)
    try:
        if preview:
            form = concentrado.draft(model.Session, group, attributions, config.organism(), now)
            return concentrado_shown.form_dict(form)
        actor = acting.require(context, "generate_concentrado", group)
        refuse_in_record("\n".join(attributions), field="attributions")
        version = concentrado.generate(
            model.Session,
            group,
            attributions,
            organism=config.organism(),
            person=actor.person,
            now=now,
        )
    except DocumentRefused as error:
        model.Session.rollback()
        raise problems.refusal(error.problems[:_TOLD]) from error
    answer = _shown(version)
    told = {"version": version.number, "digest": version.digest, "totals": answer["totals"]}
    acting.record(actor, "concentrado.generated", f"concentrado:{group}", told)
    model.Session.commit()
    return answer


_TOLD = 50  # problems of one refusal


@tk.side_effect_free
@tk.validate_action_data(schema.concentrado_show)
@tells_altered
def imss_concentrado_show(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A version of the Formato 2 of a group: its header, rows, marks and totals.

    For the group and those who look after it.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param version: its number (default: the newest)
    :type version: integer

    :returns: the form; ``outdated`` says why another should be generated: ``superseded`` by a newer
        one, ``inventory`` (a newer Formato 1 was closed), ``decisions`` (something was decided
        otherwise), or nothing
    :rtype: dictionary
    """
    group = coordination_id(context, data_dict["coordination"], "imss_concentrado_show")
    return _shown(_version(group, data_dict.get("version")))


@tk.side_effect_free
@tk.validate_action_data(schema.concentrado_list)
@tells_altered
def imss_concentrado_list(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """The versions of the Formato 2 of a group, the newest first.

    For the group and those who look after it.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param limit: how many (default: 50)
    :type limit: integer
    :param offset: where to begin (default: 0)
    :type offset: integer

    :returns: ``count`` of all and ``results``, this page of them
    :rtype: dictionary
    """
    group = coordination_id(context, data_dict["coordination"], "imss_concentrado_list")
    found = concentrado.versions(
        model.Session, group, limit=data_dict["limit"], offset=data_dict["offset"]
    )
    return {
        "count": concentrado.version_count(model.Session, group),
        "results": concentrado_shown.version_dicts(found),
    }


@tk.side_effect_free
@tk.validate_action_data(schema.concentrado_export)
@tells_altered
def imss_concentrado_export(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """A version of the Formato 2 of a group as a file: the same cells in each form.

    For the group and those who look after it.

    :param coordination: id or name of the *coordinación central*
    :type coordination: string
    :param version: its number (default: the newest)
    :type version: integer
    :param format: ``xlsx``, ``ods`` or ``pdf``
    :type format: string
    :param lang: language of its titles, ``es`` (default; what is signed) or ``en``
    :type lang: string

    :returns: ``name`` and ``media_type`` of the file, and its bytes in ``base64``
    :rtype: dictionary
    """
    group = coordination_id(context, data_dict["coordination"], "imss_concentrado_export")
    version = _version(group, data_dict.get("version"))
    form, kind = concentrado.content(model.Session, version), data_dict["format"]
    content = dump_concentrado(form, kind, language=data_dict["lang"])
    name = model.Group.get(group).name
    return {
        "name": f"formato-2-{name}-v{version.number}.{kind}",
        "media_type": MEDIA_TYPES[kind],
        "base64": base64.b64encode(content).decode("ascii"),
    }


def _version(group: str, number: int | None) -> ConcentradoVersion:
    found = (
        concentrado.newest(model.Session, group)
        if number is None
        else concentrado.by_number(model.Session, group, number)
    )
    if found is None:
        raise tk.ObjectNotFound(tk._("There is no such Formato 2."))
    return found


def _shown(version: ConcentradoVersion) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC)
    form = concentrado.content(model.Session, version)
    why = concentrado.outdated(model.Session, version, now)
    return concentrado_shown.shown_dict(version, form, why)


def _attributions(sent: Any) -> list[str]:
    """One a line or one an item; blank ones are left out."""
    items = sent if isinstance(sent, list) else [sent]
    if not all(isinstance(item, str) for item in items):
        raise tk.ValidationError({"attributions": [tk._("Write the articles as texts.")]})
    lines = [line for item in items for line in clean_text(item).split("\n")]
    return [line.strip() for line in lines if line.strip()]
