"""ckan.ini.example holds only settings that CKAN and the plugins know, with values they accept."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from ckan.common import CKANConfig, config_declaration
from ckan.config.declaration.option import Flag

pytestmark = pytest.mark.usefixtures("with_plugins")

# Flask's own settings, which CKAN passes on, and those of ckanext-scheming, which declares none.
UNDECLARED = ("SESSION_COOKIE_", "REMEMBER_COOKIE_", "scheming.")


@pytest.fixture
def example(project: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(project / "ckan.ini.example", encoding="utf-8")
    return dict(parser["app:main"])


def test_every_setting_is_declared(example: dict[str, str]) -> None:
    declared = {str(key) for key in config_declaration.iter_options(exclude=Flag.none())}
    unknown = [key for key in example if key not in declared and not key.startswith(UNDECLARED)]
    assert unknown == []


def test_every_value_is_accepted(example: dict[str, str], ckan_config: CKANConfig) -> None:
    _normalized, errors = config_declaration.validate(CKANConfig({**ckan_config, **example}))
    assert {key: errors[key] for key in example if key in errors} == {}


def test_our_settings_have_the_declared_defaults(example: dict[str, str]) -> None:
    for option in config_declaration.iter_options(pattern="ckanext.imssbienestar.*"):
        default = config_declaration[option].default
        assert example[str(option)] == str(default)
