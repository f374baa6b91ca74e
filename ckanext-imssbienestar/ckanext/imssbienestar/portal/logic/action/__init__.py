"""The actions of the API, by subject."""

from __future__ import annotations

from ckanext.imssbienestar.portal.logic.action.analysis import (
    imss_analysis_decide,
    imss_analysis_repeat,
    imss_analysis_show,
)
from ckanext.imssbienestar.portal.logic.action.concentrado import (
    imss_concentrado_export,
    imss_concentrado_generate,
    imss_concentrado_list,
    imss_concentrado_show,
)
from ckanext.imssbienestar.portal.logic.action.designation import (
    imss_designation_create,
    imss_designation_end,
    imss_designation_list,
    imss_designation_replace,
    imss_designation_show,
)
from ckanext.imssbienestar.portal.logic.action.dictionary import (
    imss_dictionary_export,
    imss_dictionary_import,
    imss_dictionary_infer,
    imss_dictionary_show,
    imss_dictionary_update,
)
from ckanext.imssbienestar.portal.logic.action.group import (
    imss_group_create,
    imss_group_list,
    imss_group_show,
)
from ckanext.imssbienestar.portal.logic.action.history import imss_history_list
from ckanext.imssbienestar.portal.logic.action.inventory import (
    imss_inventory_entry_create,
    imss_inventory_entry_delete,
    imss_inventory_entry_show,
    imss_inventory_entry_update,
    imss_inventory_show,
    imss_inventory_update,
)
from ckanext.imssbienestar.portal.logic.action.inventory_files import (
    imss_inventory_export,
    imss_inventory_import,
)
from ckanext.imssbienestar.portal.logic.action.inventory_versions import (
    imss_inventory_close,
    imss_inventory_give_back,
    imss_inventory_hand_over,
    imss_inventory_version_list,
    imss_inventory_version_show,
)
from ckanext.imssbienestar.portal.logic.action.mail import (
    imss_mail_list,
    imss_mail_retry,
)
from ckanext.imssbienestar.portal.logic.action.meeting import (
    imss_agreement_close,
    imss_agreement_list,
    imss_meeting_create,
    imss_meeting_list,
    imss_meeting_record,
    imss_meeting_show,
    imss_meeting_update,
)
from ckanext.imssbienestar.portal.logic.action.mirror import (
    imss_mirror_equality,
    imss_mirror_start,
    imss_mirror_status,
)
from ckanext.imssbienestar.portal.logic.action.mirror_federal import (
    imss_mirror_activity_show,
    imss_mirror_notify,
    imss_mirror_receipt_list,
    imss_mirror_receipt_record,
    imss_mirror_review,
)
from ckanext.imssbienestar.portal.logic.action.oficio import (
    imss_oficio_create,
    imss_oficio_export,
    imss_oficio_list,
    imss_oficio_preview,
    imss_oficio_show,
)
from ckanext.imssbienestar.portal.logic.action.oficio_delivery import (
    imss_oficio_paper_receipt,
    imss_oficio_receive_signed,
    imss_oficio_send,
    imss_oficio_template_show,
    imss_oficio_template_update,
)
from ckanext.imssbienestar.portal.logic.action.personal_data import (
    imss_personal_data_decide,
    imss_personal_data_list,
    imss_personal_data_show,
    package_create,
)
from ckanext.imssbienestar.portal.logic.action.published import (
    dataset_purge,
    package_create_default_resource_views,
    package_update,
    resource_create_default_resource_views,
)
from ckanext.imssbienestar.portal.logic.action.release import (
    imss_release_list,
    imss_release_publish,
    imss_release_return,
    imss_release_show,
    imss_release_sign,
    imss_release_submit,
)
from ckanext.imssbienestar.portal.logic.action.report import (
    imss_resource_report,
    imss_table_check,
)
from ckanext.imssbienestar.portal.logic.action.request import (
    imss_database_forward,
    imss_database_list,
    imss_database_report,
    imss_request_answer,
    imss_request_create,
    imss_request_list,
    imss_request_show,
)
from ckanext.imssbienestar.portal.logic.action.sent_form import (
    imss_form_list,
    imss_form_send,
    imss_form_show,
    imss_observation_create,
    imss_observation_list,
)
from ckanext.imssbienestar.portal.logic.action.table import datastore_search
from ckanext.imssbienestar.portal.logic.action.tag import (
    tag_autocomplete,
    tag_list,
    tag_search,
    tag_show,
)
from ckanext.imssbienestar.portal.logic.action.unit import (
    imss_unit_export,
    imss_unit_import,
    imss_unit_list,
    imss_unit_show,
)
from ckanext.imssbienestar.portal.logic.action.unit_texts import (
    group_create,
    group_update,
    organization_create,
    organization_update,
)
from ckanext.imssbienestar.portal.logic.action.update import (
    imss_update_discard,
    imss_update_start,
)

__all__ = [
    "dataset_purge",
    "datastore_search",
    "group_create",
    "group_update",
    "imss_agreement_close",
    "imss_agreement_list",
    "imss_analysis_decide",
    "imss_analysis_repeat",
    "imss_analysis_show",
    "imss_concentrado_export",
    "imss_concentrado_generate",
    "imss_concentrado_list",
    "imss_concentrado_show",
    "imss_database_forward",
    "imss_database_list",
    "imss_database_report",
    "imss_designation_create",
    "imss_designation_end",
    "imss_designation_list",
    "imss_designation_replace",
    "imss_designation_show",
    "imss_dictionary_export",
    "imss_dictionary_import",
    "imss_dictionary_infer",
    "imss_dictionary_show",
    "imss_dictionary_update",
    "imss_form_list",
    "imss_form_send",
    "imss_form_show",
    "imss_group_create",
    "imss_group_list",
    "imss_group_show",
    "imss_history_list",
    "imss_inventory_close",
    "imss_inventory_entry_create",
    "imss_inventory_entry_delete",
    "imss_inventory_entry_show",
    "imss_inventory_entry_update",
    "imss_inventory_export",
    "imss_inventory_give_back",
    "imss_inventory_hand_over",
    "imss_inventory_import",
    "imss_inventory_show",
    "imss_inventory_update",
    "imss_inventory_version_list",
    "imss_inventory_version_show",
    "imss_mail_list",
    "imss_mail_retry",
    "imss_meeting_create",
    "imss_meeting_list",
    "imss_meeting_record",
    "imss_meeting_show",
    "imss_meeting_update",
    "imss_mirror_activity_show",
    "imss_mirror_equality",
    "imss_mirror_notify",
    "imss_mirror_receipt_list",
    "imss_mirror_receipt_record",
    "imss_mirror_review",
    "imss_mirror_start",
    "imss_mirror_status",
    "imss_observation_create",
    "imss_observation_list",
    "imss_oficio_create",
    "imss_oficio_export",
    "imss_oficio_list",
    "imss_oficio_paper_receipt",
    "imss_oficio_preview",
    "imss_oficio_receive_signed",
    "imss_oficio_send",
    "imss_oficio_show",
    "imss_oficio_template_show",
    "imss_oficio_template_update",
    "imss_personal_data_decide",
    "imss_personal_data_list",
    "imss_personal_data_show",
    "imss_release_list",
    "imss_release_publish",
    "imss_release_return",
    "imss_release_show",
    "imss_release_sign",
    "imss_release_submit",
    "imss_request_answer",
    "imss_request_create",
    "imss_request_list",
    "imss_request_show",
    "imss_resource_report",
    "imss_table_check",
    "imss_unit_export",
    "imss_unit_import",
    "imss_unit_list",
    "imss_unit_show",
    "imss_update_discard",
    "imss_update_start",
    "organization_create",
    "organization_update",
    "package_create",
    "package_create_default_resource_views",
    "package_update",
    "resource_create_default_resource_views",
    "tag_autocomplete",
    "tag_list",
    "tag_search",
    "tag_show",
]
