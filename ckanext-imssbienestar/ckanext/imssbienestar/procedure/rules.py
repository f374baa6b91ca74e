"""The dated rules of chapters 1 and 2 of the Procedure, read once."""

from __future__ import annotations

from functools import cache

from ckanext.imssbienestar.datafiles import read_yaml
from ckanext.imssbienestar.domain.analysis import AnalysisRules
from ckanext.imssbienestar.domain.capabilities import CapabilityRules, parse_capability_rules
from ckanext.imssbienestar.domain.designations import DesignationRules, parse_designation_rules
from ckanext.imssbienestar.domain.meetings import MeetingRules
from ckanext.imssbienestar.domain.units import UnitRules, parse_unit_rules


@cache
def unit_rules() -> UnitRules:
    """The kinds of units, from ``schemas/units.yaml``."""
    return parse_unit_rules(read_yaml("units.yaml"))


@cache
def designation_rules() -> DesignationRules:
    """The posts and their levels, from ``schemas/capabilities.yaml`` and ``levels.yaml``."""
    return parse_designation_rules(read_yaml("capabilities.yaml"), read_yaml("levels.yaml"))


@cache
def capability_rules() -> CapabilityRules:
    """Who may do what, from ``schemas/capabilities.yaml``."""
    return parse_capability_rules(read_yaml("capabilities.yaml"), designation_rules())


@cache
def analysis_rules() -> AnalysisRules:
    """What the analysis goes by, from ``schemas/public_interest.yaml``."""
    return AnalysisRules.from_data(read_yaml("public_interest.yaml"))


@cache
def meeting_rules() -> MeetingRules:
    """What records of meetings may hold, from ``schemas/meetings.yaml``."""
    return MeetingRules.model_validate(read_yaml("meetings.yaml"))
