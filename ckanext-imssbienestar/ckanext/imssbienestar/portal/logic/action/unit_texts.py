"""What is written of units and groups is looked at as the texts of datasets are (R-182, R-201)."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ckanext.imssbienestar.portal import texts
from ckanext.imssbienestar.portal.gate import field_labels
from ckanext.imssbienestar.portal.personal_data_metadata import refuse_certain
from ckanext.imssbienestar.procedure.gates import FieldLabels

# Accounts are named in a unit lawfully; datasets are looked at by themselves.
_NOT_LOOKED_AT = {"users", "packages", "resources"}


@tk.chained_action
def organization_create(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``organization_create``.

    :raises tk.ValidationError: a text shows personal data; nothing was written.
    """
    return _looked_at("organization_create", original, context, data_dict)


@tk.chained_action
def organization_update(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``organization_update``, see :func:`organization_create`."""
    return _looked_at("organization_update", original, context, data_dict)


@tk.chained_action
def group_create(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``group_create``, see :func:`organization_create`."""
    return _looked_at("group_create", original, context, data_dict)


@tk.chained_action
def group_update(original: Any, context: Context, data_dict: DataDict) -> Any:
    """Core's ``group_update``, see :func:`organization_create`."""
    return _looked_at("group_update", original, context, data_dict)


def _looked_at(action: str, original: Any, context: Context, data_dict: DataDict) -> Any:
    if not context.get("ignore_auth"):  # whoever may not write keeps nobody busy with texts
        tk.check_access(action, {"user": context.get("user")}, data_dict)
    labels = field_labels(texts.language())
    written = {key: value for key, value in data_dict.items() if key not in _NOT_LOOKED_AT}
    words = {**labels.resource, **labels.dataset}
    refuse_certain({**written, "resources": []}, FieldLabels(words, words))
    return original(context, data_dict)
