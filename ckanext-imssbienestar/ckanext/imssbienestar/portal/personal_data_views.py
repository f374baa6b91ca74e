"""The pages of the Transparency Unit on personal data: what awaits it, and its decisions."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.portal import personal_data, personal_data_texts

imss_personal_data = Blueprint("imss_personal_data", __name__)

_PAGE = 50


@imss_personal_data.get("/personal-data")
def index() -> str:
    """What awaits a decision."""
    page = max(1, tk.request.args.get("page", 1, type=int))
    asked = {"limit": _PAGE, "offset": (page - 1) * _PAGE}
    try:
        found = tk.get_action("imss_personal_data_list")({"user": tk.current_user.name}, asked)
    except tk.NotAuthorized as error:
        return tk.abort(403, str(error))
    variables = {
        "files": found["results"],
        "count": found["count"],
        "page": page,
        "pages": -(-found["count"] // _PAGE),
    }
    return tk.render("imssbienestar/personal_data_list.html", variables)


@imss_personal_data.get("/personal-data/<sha256>")
def show(sha256: str) -> str:
    """What the guard told of a file."""
    return _page(sha256)


@imss_personal_data.post("/personal-data/<sha256>")
def decide(sha256: str) -> WerkzeugResponse | str:
    """The button of a column."""
    form = tk.request.form
    asked = {"sha256": sha256, "column": form.get("column"), "reason": form.get("reason")}
    try:
        tk.get_action("imss_personal_data_decide")({"user": tk.current_user.name}, asked)
    except tk.NotAuthorized as error:
        return tk.abort(403, str(error))
    except tk.ObjectNotFound as error:
        return tk.abort(404, str(error))
    except tk.ValidationError as error:
        said = " ".join(map(str, error.error_dict.get("reason", [])))
        typed = {"column": form.get("column"), "reason": form.get("reason"), "error": said}
        return _page(sha256, typed)
    tk.h.flash_success(tk._("Recorded: this column of this file is a false alarm."))
    return tk.redirect_to("imss_personal_data.show", sha256=sha256)


def _page(sha256: str, typed: dict[str, Any] | None = None) -> str:
    try:
        file = tk.get_action("imss_personal_data_show")(
            {"user": tk.current_user.name}, {"sha256": sha256}
        )
    except (tk.NotAuthorized, tk.ObjectNotFound):
        # One answer for both: an address must not tell which files were refused.
        return tk.abort(404, tk._("The guard knows of no such file."))
    user = tk.current_user
    variables = {
        "file": file,
        "may_decide": personal_data.is_transparency_unit(user.id),
        "least_words": personal_data_texts.least_words(),
        "longest": personal_data_texts.longest_reason(),
        "typed": typed or {},
    }
    return tk.render("imssbienestar/personal_data_file.html", variables)
