"""The plugin: wiring only. Everything it names lives in the module that its name says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ckan import plugins as p
from ckan.lib.plugins import DefaultTranslation
from ckan.plugins import toolkit as tk

from ckanext.imssbienestar.portal import cli, helpers, hooks, memberships, private_copies, views
from ckanext.imssbienestar.portal.content import ContentStoreUpload
from ckanext.imssbienestar.portal.dictionary_editor import LARGEST_FORM_BYTES
from ckanext.imssbienestar.portal.logic import action, auth, validators
from ckanext.imssbienestar.portal.permissions import ReviewPermissionLabels

PACKAGE = Path(__file__).parent.parent


@tk.blanket.actions(action)
@tk.blanket.auth_functions(auth)
@tk.blanket.validators(validators)
@tk.blanket.helpers(helpers)
@tk.blanket.blueprints(views)
@tk.blanket.cli(cli)
@tk.blanket.config_declarations(str(PACKAGE / "config_declaration.yaml"))
class ImssBienestarPlugin(p.SingletonPlugin, DefaultTranslation, ReviewPermissionLabels):
    """The institutional catalogue of IMSS-BIENESTAR."""

    p.implements(p.IConfigurer)
    p.implements(p.IConfigurable)
    p.implements(p.ITranslation)
    p.implements(p.IMiddleware, inherit=True)
    p.implements(p.IPermissionLabels)
    p.implements(p.IUploader, inherit=True)
    p.implements(p.IPackageController, inherit=True)

    def update_config(self, config: Any) -> None:
        """Templates and assets."""
        tk.add_template_directory(config, "templates")
        tk.add_resource("assets", "imssbienestar")

    def configure(self, config: Any) -> None:
        """See :mod:`~ckanext.imssbienestar.portal.private_copies`."""
        private_copies.prepare()

    def make_middleware(self, app: Any, config: Any) -> Any:
        """Room for a long form, a sentence for what nobody may do, and what a new day brings."""
        app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_FORM_BYTES
        app.register_error_handler(tk.NotAuthorized, views.refused)
        app.before_request(memberships.once_a_day)
        return app

    def i18n_directory(self) -> str:
        """The translations lie beside the rooms, a folder above where CKAN would look."""
        return str(PACKAGE / "i18n")

    def get_resource_uploader(self, data_dict: dict[str, Any]) -> ContentStoreUpload:
        """Resource files go to the content store."""
        return ContentStoreUpload(data_dict)

    def after_dataset_create(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """See :mod:`~ckanext.imssbienestar.portal.hooks`."""
        hooks.after_dataset_write(pkg_dict["id"])

    def after_dataset_update(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """See :mod:`~ckanext.imssbienestar.portal.hooks`."""
        hooks.after_dataset_write(pkg_dict["id"])

    def after_dataset_delete(self, context: Any, pkg_dict: dict[str, Any]) -> None:
        """See :mod:`~ckanext.imssbienestar.portal.hooks`."""
        hooks.after_dataset_delete(pkg_dict["id"])
