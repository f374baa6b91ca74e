"""A real federal CKAN, a played institutional one, and faults between them.

The federal catalogue is the one ``scripts/test mirror`` starts. Each test has an organization of
its own there, and its mirror runs as an editor of it, not as an administrator.
"""

from __future__ import annotations

import configparser
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from mirror.catalogue import Catalogue, Tenant
from mirror.fake_source import TOKEN, Dataset, FakeSource, dataset
from mirror.fault_proxy import FaultProxy
from mirror.programs import Mirror, write_profile


@pytest.fixture(scope="session")
def federal() -> Catalogue:
    """The federal catalogue, as its administrator."""
    url = os.environ.get("IMSS_TEST_FEDERAL_URL")
    if not url:
        pytest.skip("needs the catalogues that scripts/test mirror starts")
    token = Path(os.environ["IMSS_TEST_FEDERAL_TOKEN_FILE"]).read_text(encoding="utf-8").strip()
    return Catalogue(url, token)


@pytest.fixture
def unique() -> str:
    """Something no other test calls its things."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def tenant(federal: Catalogue, unique: str) -> Tenant:
    """A fresh organization and group, with an editor in both."""
    organization, group, user = f"org-{unique}", f"grp-{unique}", f"editor-{unique}"
    federal.call("organization_create", name=organization)
    federal.call("group_create", name=group)
    federal.call("user_create", name=user, email=f"{user}@example.org", password=uuid.uuid4().hex)
    federal.call("organization_member_create", id=organization, username=user, role="editor")
    federal.call("group_member_create", id=group, username=user, role="editor")
    token = federal.call("api_token_create", user=user, name="mirror")["token"]
    return Tenant(organization, group, token, federal.as_user(token))


@pytest.fixture
def source() -> Iterator[FakeSource]:
    """The institutional catalogue."""
    server = FakeSource()
    yield server
    server.stop()


@pytest.fixture
def proxy(federal: Catalogue) -> Iterator[FaultProxy]:
    """A way to the federal catalogue that can be spoilt."""
    server = FaultProxy(federal.url)
    yield server
    server.stop()


@pytest.fixture
def make_mirror(
    source: FakeSource, federal: Catalogue, tenant: Tenant, tmp_path: Path
) -> Callable[..., Mirror]:
    """Writes a profile for the tenant; keywords override its parts."""

    def make(**changes: Any) -> Mirror:
        settings: dict[str, Any] = {
            "source_url": source.url,
            "target_url": federal.url,
            "source_token": TOKEN,
            "target_token": tenant.token,
            "organization": tenant.organization,
            "group": tenant.group,
        }
        return write_profile(tmp_path, **(settings | changes))

    return make


@pytest.fixture
def mirror(make_mirror: Callable[..., Mirror]) -> Mirror:
    """The mirror of the tenant with the federal rules."""
    return make_mirror()


@pytest.fixture
def one(source: FakeSource, unique: str) -> Dataset:
    """A published dataset with two files."""
    made = dataset(f"gasto_{unique}", b"a,b\n1,2\n", b"c\n3\n")
    source.datasets = [made]
    return made


@pytest.fixture
def published(source: FakeSource, mirror: Mirror, unique: str) -> Dataset:
    """A dataset with two files, already mirrored."""
    one = dataset(f"gasto_{unique}", b"a,b\n1,2\n", b"c\n3\n")
    source.datasets = [one]
    assert mirror("run").code == 0
    return one


@pytest.fixture
def ledger_url(unique: str) -> Iterator[str]:
    """A schema of its own in the federal catalogue's throw-away database."""
    if "IMSS_TEST_FEDERAL_INI" not in os.environ:
        pytest.skip("needs the catalogues that scripts/test mirror starts")
    ini = configparser.ConfigParser()
    ini.read(os.environ["IMSS_TEST_FEDERAL_INI"], encoding="utf-8")
    url = sa.make_url(ini["app:main"]["sqlalchemy.url"])
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"create schema {unique}"))
    in_schema = url.update_query_dict({"options": f"-csearch_path={unique}"})
    yield in_schema.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"drop schema {unique} cascade"))
    engine.dispose()
