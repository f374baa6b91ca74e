"""Data only: forms, vocabularies, layouts, federal rules and texts, each dated and sourced.

Installed as ``ckanext.imssbienestar.schemas`` so that wheels carry it and ckanext-scheming can
resolve ``ckanext.imssbienestar.schemas:dataset.yaml``.
"""
