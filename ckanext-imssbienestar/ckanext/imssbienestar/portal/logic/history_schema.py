"""What the actions on the history accept."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk

_PAGE = 50


@tk.validator_args
def history_list(
    not_empty: Any,
    default: Any,
    unicode_safe: Any,
    natural_number_validator: Any,
    limit_to_configured_maximum: Any,
) -> dict[str, Any]:
    """A group, and a page of its events."""
    return {
        "coordination": [not_empty, unicode_safe],
        "limit": [default(_PAGE), natural_number_validator, limit_to_configured_maximum("", 1000)],
        "offset": [default(0), natural_number_validator],
    }
