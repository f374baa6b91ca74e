"""What people send, brought to canonical form; dictionaries in and out. No CKAN."""

from ckanext.imssbienestar.formats.dictionary_csv import dump_dictionary_csv
from ckanext.imssbienestar.formats.dictionary_files import (
    DictionaryForm,
    dump_dictionary,
    load_dictionary,
    parse_dictionary,
)
from ckanext.imssbienestar.formats.dictionary_pdf import dump_dictionary_pdf
from ckanext.imssbienestar.formats.dictionary_workbook import dump_dictionary_workbook

__all__ = [
    "DictionaryForm",
    "dump_dictionary",
    "dump_dictionary_csv",
    "dump_dictionary_pdf",
    "dump_dictionary_workbook",
    "load_dictionary",
    "parse_dictionary",
]
