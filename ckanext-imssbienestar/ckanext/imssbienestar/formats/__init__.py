"""What people send, brought to canonical form; dictionaries in and out. No CKAN."""

from ckanext.imssbienestar.formats.dictionary_csv import dump_dictionary_csv
from ckanext.imssbienestar.formats.dictionary_files import load_dictionary, parse_dictionary

__all__ = ["dump_dictionary_csv", "load_dictionary", "parse_dictionary"]
