"""Packaging. Source root and schemas live in two folders, see docs/architecture.md section 3."""

from pathlib import Path

from setuptools import Extension, find_namespace_packages, setup

SOURCE_ROOT = "ckanext-imssbienestar"
SURVEY = f"{SOURCE_ROOT}/survey"

setup(
    name="ckanext-imssbienestar",
    version="0.1.0",
    description="Open data of IMSS-BIENESTAR: describe, check, sign, publish, mirror, verify",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3.0-or-later",
    python_requires=">=3.11",
    packages=[
        *find_namespace_packages(where=SOURCE_ROOT, include=["ckanext.*"]),
        "ckanext.imssbienestar.schemas",
    ],
    package_dir={"": SOURCE_ROOT, "ckanext.imssbienestar.schemas": "schemas"},
    package_data={
        "ckanext.imssbienestar": [
            "config_declaration.yaml",
            "i18n/*.pot",
            "i18n/*/LC_MESSAGES/*",
            "migration/**/*",
            "portal/templates/**/*",
            "portal/assets/**/*",
        ],
        "ckanext.imssbienestar.schemas": ["**/*"],
    },
    ext_modules=[
        # Without a compiler all is checked just as well, only later: see checks/survey.py.
        Extension(
            "ckanext.imssbienestar.checks._survey",
            [f"{SURVEY}/{name}.c" for name in ("module", "survey", "column")],
            depends=[f"{SURVEY}/survey.h"],
            # One build for Python 3.11 and every later one.
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            py_limited_api=True,
            optional=True,
        )
    ],
    install_requires=[
        # What runs without CKAN: checks, formats, domain, mirror.
        "defusedxml>=0.7.1,<0.8",
        "duckdb>=1.4,<3",
        "fpdf2>=2.8,<3",
        "frictionless>=5.18,<6",
        "openpyxl>=3.1,<4",
        "prometheus-client>=0.22,<1",
        "pydantic>=2.10,<3",
        "python-calamine>=0.6,<1",
        # The Oficio de Validación as a document that can still be edited.
        "python-docx>=1.2,<2",
        # The electronic signatures (PAdES) of letters that come back signed.
        "pyhanko>=0.38,<0.40",
        # What stands in a PDF: the guard reads attached letters.
        "pypdf>=6,<8",
        "PyYAML>=6,<7",
        "requests>=2.32,<3",
        "requests-toolbelt>=1,<2",
        "rfc8785>=0.1.4,<0.2",
        # The hashes on that letter as QR codes; it needs no other package.
        "segno>=1.6.6,<2",
        "SQLAlchemy>=2,<3",
        "tqdm>=4.66,<5",
        # Open Sans: the printed dictionary looks the same, and has all its letters, everywhere.
        "ttf-opensans==2020.10.30",
    ],
    extras_require={
        "ckan": [
            "ckan[requirements]>=2.12,<2.13",
            "ckanext-scheming>=3.1,<3.2",
            "ckanext-dcat>=2.4.4,<2.5",
            "gunicorn>=23",
            # An editable install builds with it; CKAN itself only asks for an old one.
            "setuptools>=77",
        ],
        "dev": [
            "aiosmtpd>=1.4",
            "axe-playwright-python>=0.1.7",
            "beautifulsoup4>=4.12",
            "factory-boy>=3.3",
            "faker>=30",
            "freezegun>=1.5",
            "hypothesis>=6.100",
            "import-linter>=2.5",
            "mypy>=1.15",
            "playwright>=1.50",
            "polib>=1.2",
            "pytest>=8.3",
            "pytest-cov>=6",
            "pytest-factoryboy>=2.7",
            "pytest-xdist>=3.6",
            "pytest-rerunfailures>=15",
            "python-stdnum>=2.1",
            "responses>=0.25",
            "ruff>=0.11",
            "types-PyYAML>=6",
            "types-requests>=2.32",
            "build>=1.2",
        ],
    },
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
    entry_points={
        "ckan.plugins": [
            "imssbienestar=ckanext.imssbienestar.portal.plugin:ImssBienestarPlugin",
        ],
        "babel.extractors": ["ckan=ckan.lib.extract:extract_ckan"],
    },
    message_extractors={
        f"{SOURCE_ROOT}/ckanext/imssbienestar": [
            ("**.py", "python", None),
            ("**.html", "ckan", None),
        ],
    },
)
