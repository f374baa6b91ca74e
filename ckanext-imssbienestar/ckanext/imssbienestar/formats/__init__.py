"""What people send, brought to canonical form; dictionaries in and out. No CKAN."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ckanext.imssbienestar.formats.dictionary.csv import dump_dictionary_csv
from ckanext.imssbienestar.formats.dictionary.files import (
    DictionaryForm,
    dump_dictionary,
    load_dictionary,
    parse_dictionary,
)

if TYPE_CHECKING:
    from ckanext.imssbienestar.formats.dictionary.pdf import dump_dictionary_pdf
    from ckanext.imssbienestar.formats.dictionary.workbook import dump_dictionary_workbook

__all__ = [
    "DictionaryForm",
    "dump_dictionary",
    "dump_dictionary_csv",
    "dump_dictionary_pdf",
    "dump_dictionary_workbook",
    "load_dictionary",
    "parse_dictionary",
]

_MODULES = {
    "dump_dictionary_pdf": "dictionary.pdf",
    "dump_dictionary_workbook": "dictionary.workbook",
}


def __getattr__(name: str) -> Any:
    """The printed form and the workbook are loaded when they are first asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
