"""The pages of the data dictionary: to read, to edit, to bring in and to download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ckan.plugins import toolkit as tk
from flask import Blueprint, Response
from werkzeug.wrappers import Response as WerkzeugResponse

from ckanext.imssbienestar.domain.dictionary import DataDictionary, DictionaryError
from ckanext.imssbienestar.domain.dictionary_changes import adopted
from ckanext.imssbienestar.domain.workflow import State
from ckanext.imssbienestar.errors import ImssError
from ckanext.imssbienestar.formats import DictionaryForm
from ckanext.imssbienestar.formats.dictionary.documents import texts as document_texts
from ckanext.imssbienestar.portal import dictionaries, dictionary_editor, texts
from ckanext.imssbienestar.portal.dictionary_editor import Editor

imss_dictionary = Blueprint("imss_dictionary", __name__)

Page = str | WerkzeugResponse


@imss_dictionary.get("/dataset/<id>/resource/<resource_id>/dictionary")
def show(id: str, resource_id: str, errors: Sequence[str] = ()) -> str:
    """The dictionary of a resource as a table, with what those who edit it may do."""
    dataset, resource = _dataset_and_resource(id, resource_id)
    return tk.render(
        "imssbienestar/dictionary.html",
        {
            **_common(dataset, resource),
            "errors": errors,
            "digest": dictionaries.current_digest(resource),
            "editable": _may_edit(dataset) and _is_draft(dataset),
            "edits": _may_edit(dataset),
        },
    )


@imss_dictionary.post("/dataset/<id>/resource/<resource_id>/dictionary")
def bring_in(id: str, resource_id: str) -> Page:
    """Import a dictionary file."""
    _dataset_and_resource(id, resource_id)
    try:
        tk.get_action("imss_dictionary_import")(
            {"user": tk.current_user.name},
            {
                "resource_id": resource_id,
                "upload": tk.request.files.get("upload"),
                "digest": tk.request.form.get("digest"),
            },
        )
    except tk.NotAuthorized:
        return tk.abort(403, _not_authorized())
    except tk.ValidationError as error:
        return show(id, resource_id, errors=_sentences(error))
    tk.h.flash_success(tk._("The data dictionary was replaced."))
    return tk.redirect_to("imss_dictionary.show", id=id, resource_id=resource_id)


@imss_dictionary.get("/dataset/<id>/resource/<resource_id>/dictionary/edit")
def edit(id: str, resource_id: str) -> Page:
    """The form: one row for each column of the file."""
    dataset, resource = _editable(id, resource_id)
    if not _is_draft(dataset):
        tk.h.flash_notice(_not_now(dataset))
        return tk.redirect_to("imss_dictionary.show", id=id, resource_id=resource_id)
    return _with_editor(dataset, resource, _page_number(), _form)


@imss_dictionary.post("/dataset/<id>/resource/<resource_id>/dictionary/edit")
def save(id: str, resource_id: str) -> Page:
    """Save what was typed, or show it again with what is wrong."""
    dataset, resource = _editable(id, resource_id)
    return _with_editor(dataset, resource, _page_number(), _saved)


@imss_dictionary.post("/dataset/<id>/resource/<resource_id>/dictionary/adopt")
def adopt(id: str, resource_id: str) -> Page:
    """Give the stored dictionary the columns of the file."""
    dataset, resource = _editable(id, resource_id)
    return _with_editor(dataset, resource, 1, _adopted)


@imss_dictionary.get("/dataset/<id>/resource/<resource_id>/dictionary.<form>")
def download(id: str, resource_id: str, form: str) -> Response:
    """The dictionary in one of its forms; ``?proposed=1`` for the one proposed from the file."""
    dataset, resource = _dataset_and_resource(id, resource_id)
    try:
        wanted = DictionaryForm(form)
        dictionary = dictionaries.stored_dictionary(resource)
        if dictionary is None and tk.request.args.get("proposed") and _may_edit(dataset):
            found = dictionaries.found_columns(resource)
            dictionary = found.proposal if found is not None else None
        if dictionary is None:
            return tk.abort(404, tk._("This resource has no data dictionary yet."))
        content = dictionaries.exported(dataset, resource, dictionary, wanted, texts.language())
    except ValueError:
        return tk.abort(404, tk._("There is no such form of a data dictionary."))
    except DictionaryError as error:
        return tk.abort(409, " ".join(each.message for each in dictionaries.findings_of(error)))
    except ImssError:
        return tk.abort(503, _unreadable())
    charset = "; charset=utf-8" if wanted.is_text else ""
    response = Response(content, content_type=wanted.media_type + charset)
    name = dictionaries.file_name(resource, wanted)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _with_editor(dataset: dict[str, Any], resource: dict[str, Any], page: int, then: Any) -> Page:
    """Run a step with the form of this resource; what stands in the way is a sentence."""
    try:
        editor = dictionary_editor.open_editor(resource, page)
    except DictionaryError as error:
        found = dictionaries.findings_of(error)
        errors = [f"{each.message} {each.fix}" for each in found]
        return show(dataset["id"], resource["id"], errors=errors)
    except ImssError:
        return show(dataset["id"], resource["id"], errors=[_unreadable()])
    if editor is None:
        sentence = tk._(
            "There is nothing to begin from: upload a file with a row of column names, or import "
            "a dictionary."
        )
        return show(dataset["id"], resource["id"], errors=[sentence])
    answer: Page = then(dataset, resource, editor)
    return answer


def _form(dataset: dict[str, Any], resource: dict[str, Any], editor: Editor) -> str:
    return tk.render(
        "imssbienestar/dictionary_edit.html",
        {
            **_common(dataset, resource),
            "editor": editor,
            "labels": document_texts("labels", texts.language()),
            "help": document_texts("help", texts.language()),
        },
    )


def _saved(dataset: dict[str, Any], resource: dict[str, Any], editor: Editor) -> Page:
    form = tk.request.form
    typed = dictionary_editor.typed_rows(form)
    digest = form.get("digest", "")

    def again(**facts: Any) -> str:
        tried = dictionary_editor.retyped_form(editor, typed, digest=digest, **facts)
        return _form(dataset, resource, tried)

    gone = {row["name"] for row in typed.values()} - set(editor.base.names)
    if digest != editor.digest or gone:
        return again(sentences=[_moved(gone)], moved=True)
    if not _is_draft(dataset):
        return again(sentences=[_not_now(dataset)])
    try:
        dictionary = dictionary_editor.typed_dictionary(editor, typed)
        if form.get("then") == "adopt" and editor.found is not None:
            dictionary = adopted(
                dictionary, editor.found, dictionary_editor.marked_columns(form.getlist("retype"))
            )
        _store(resource, dictionary, digest)
    except DictionaryError as error:
        return again(error=error)
    except tk.ValidationError as error:
        return again(sentences=_sentences(error))
    return _onward(dataset, resource, dictionary, form.get("then", ""))


def _adopted(dataset: dict[str, Any], resource: dict[str, Any], editor: Editor) -> Page:
    form = tk.request.form
    errors: Sequence[str] = ()
    if not _is_draft(dataset):
        errors = [_not_now(dataset)]
    elif editor.found is not None:
        dictionary = adopted(
            editor.base, editor.found, dictionary_editor.marked_columns(form.getlist("retype"))
        )
        try:
            _store(resource, dictionary, form.get("digest", ""))
        except tk.ValidationError as error:
            errors = _sentences(error)
        else:
            return _onward(dataset, resource, dictionary, "adopt")
    return show(dataset["id"], resource["id"], errors=errors)


def _store(resource: dict[str, Any], dictionary: DataDictionary, digest: str) -> None:
    tk.get_action("imss_dictionary_update")(
        {"user": tk.current_user.name},
        {
            "resource_id": resource["id"],
            "schema": dictionary.to_table_schema(),
            "digest": digest,
        },
    )


def _onward(
    dataset: dict[str, Any], resource: dict[str, Any], dictionary: DataDictionary, then: str
) -> WerkzeugResponse:
    """Tell what was done and go where the person wanted."""
    done = tk._("The data dictionary was saved.")
    if then == "adopt":
        done = tk._("The dictionary now has the columns of the file; what was written stayed.")
    missing = len(dictionary_editor.fields_to_describe(dictionary))
    if missing:
        left = tk.ungettext(
            "{missing} description is still to be written.",
            "{missing} descriptions are still to be written.",
            missing,
        )
        done = f"{done} {left.format(missing=missing)}"
    tk.h.flash_success(done)
    place = {"id": dataset["name"], "resource_id": resource["id"]}
    if then.isdigit():
        return tk.redirect_to("imss_dictionary.edit", page=then, **place)
    if then == "adopt":
        return tk.redirect_to("imss_dictionary.edit", **place)
    return tk.redirect_to("imss_dictionary.show", **place)


def _common(dataset: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "pkg_dict": dataset,
        "pkg": dataset,
        "dataset_type": dataset["type"],
        "res": resource,
    }


def _dataset_and_resource(id: str, resource_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    context = {"user": tk.current_user.name}
    try:
        dataset = tk.get_action("package_show")(context, {"id": id})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return tk.abort(404, tk._("Dataset not found"))
    resource = next((res for res in dataset["resources"] if res["id"] == resource_id), None)
    if resource is None:
        return tk.abort(404, tk._("Resource not found"))
    return dataset, resource


def _editable(id: str, resource_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    dataset, resource = _dataset_and_resource(id, resource_id)
    if not _may_edit(dataset):
        return tk.abort(403, _not_authorized())
    return dataset, resource


def _may_edit(dataset: dict[str, Any]) -> bool:
    return bool(tk.h.check_access("package_update", {"id": dataset["id"]}))


def _is_draft(dataset: dict[str, Any]) -> bool:
    return bool(tk.h.imss_state(dataset) == State.DRAFT)


def _page_number() -> int:
    text = tk.request.args.get("page") or tk.request.form.get("page") or "1"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _not_authorized() -> str:
    return tk._("Not authorized to change this data dictionary")


def _not_now(dataset: dict[str, Any]) -> str:
    if tk.h.imss_state(dataset) == State.PUBLISHED:
        return tk._(
            "A published dataset is changed only by a new signed release. "
            "Choose «Prepare an update», change the copy and send it to review."
        )
    return tk._(
        "The dataset is under review, so its dictionary is not changed now. Return it to draft "
        "to change it."
    )


def _moved(gone: set[str]) -> str:
    sentence = tk._(
        "The dictionary was changed by somebody else, or its file was replaced, after you opened "
        "this page. Nothing of yours was lost: what you typed is below, and what is saved now "
        "stands beside it where it differs. Save again to keep yours."
    )
    if gone:
        left = tk._("These columns are no longer in the dictionary: {columns}.")
        sentence = f"{sentence} {left.format(columns=', '.join(sorted(gone)))}"
    return sentence


def _unreadable() -> str:
    return tk._("The file cannot be read now. Try again, or upload it once more.")


def _sentences(error: tk.ValidationError) -> list[str]:
    found: list[str] = []
    for key, value in error.error_dict.items():
        if key != "findings":
            found += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return found
