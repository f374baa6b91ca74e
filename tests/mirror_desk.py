"""The Administrator's desk: a site that looks after a mirror between two played catalogues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogue_cast import Unit
from ckan.lib.redis import connect_to_redis
from ckan.tests import factories
from mirror.fake_source import FakeSource, dataset
from mirror.mail_server import MailServer
from mirror.model_server import GROUP, ModelServer
from mirror.model_target import ORGANIZATION

from ckanext.imssbienestar.mirror.ledger.activities import Stage
from ckanext.imssbienestar.portal import mirror_jobs, mirror_site

FEDERAL, COPY = "datos.abiertos@example.org", "transparencia@example.org"
PROFILE_SETTING = "ckanext.imssbienestar.mirror_profile"


@dataclass
class Desk:
    """A site that looks after a mirror between two played catalogues, with a real mail server."""

    unit: Unit
    source: FakeSource
    target: ModelServer
    mail: MailServer
    profile: Path
    app: Any
    token: str

    def get(self, path: str, status: int = 200) -> str:
        """A page as the Administrator sees it."""
        answer = self.app.get(path, headers={"Authorization": self.token}, status=status)
        return str(answer.get_data(as_text=True))

    def press(self, path: str, status: int = 200, **form: Any) -> Any:
        """A form of the Administrator's; the page that follows it."""
        headers = {"Authorization": self.token}
        return self.app.post(path, data=form, headers=headers, status=status)

    def work(self) -> list[str]:
        """Have everything that waits done; returns the sentences they ended with, in Spanish."""
        activities = mirror_site.activities()
        waiting = [one for one in activities.recent(50) if one.stage is Stage.WAITING]
        for one in reversed(waiting):
            mirror_jobs.carry_out(one.id)
        return [self.ended(one.id) for one in reversed(waiting)]

    def ended(self, activity_id: str) -> str:
        """How an activity ended, in Spanish."""
        return str(json.loads(self.get(f"/mirror/activity/{activity_id}.json"))["message"])

    def sends(self, *names: str) -> None:
        """Have these datasets sent."""
        self.source.datasets += [dataset(name, b"a,b\n1,2\n") for name in names]
        self.unit.administrator.call("imss_mirror_start", kind="run")
        assert "como debe" in self.work()[-1]

    def draft(self, **form: Any) -> str:
        """The id of a notice that was written to be looked at."""
        self.press("/mirror/notify", **form)
        newest = mirror_site.activities().recent(1)[0].id
        self.work()
        return newest


@contextmanager
def open_desk(unit: Unit, folder: Path, app: Any) -> Iterator[Desk]:
    """A desk with nothing sent; its profile, tokens and ledger are in the folder."""
    source, target, mail = FakeSource(), ModelServer(), MailServer()
    profile = folder / "mirror.toml"
    for name, content in (("source", "institutional-token"), ("target", "federal-token")):
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    profile.write_text(
        f"""\
contact = "datos.abiertos@example.gob.mx"
[source]
url = "{source.url}"
token_file = "source"
[target]
url = "{target.url}"
token_file = "target"
organization = "{ORGANIZATION["name"]}"
group = "{GROUP}"
[limits]
minimum_interval_seconds = 0
[notice]
host = "127.0.0.1"
port = {mail.port}
starttls = false
from = "espejo@example.org"
to = ["{FEDERAL}"]
cc = ["{COPY}"]
timeout_seconds = 5
[review]
interval_minutes = 0
remind_after_days = 0
receipt_after_days = 0
"""
    )
    connect_to_redis().flushdb()
    token = factories.APIToken(user=unit.administrator.name)["token"]
    yield Desk(unit, source, target, mail, profile, app, token)
    mirror_site.database().engine.dispose()
    for server in (source, target, mail):
        server.stop()
