"""The least that a copy costs the federal catalogue, for comparison: nobody could do with less.

For each dataset a ``package_create`` with the mirror's own fields, a ``package_revise`` with three
files from memory, and the three files downloaded: two writes, since CKAN takes no files with a
creation, and the bytes read back. It reads no institutional catalogue, looks at nothing, remembers
nothing and recognises no answer that was lost.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from bench.fresh_catalogues import federal_side, token
from bench.signed_datasets import FILES

_LONGEST = 120


def copy_least(
    target: str,
    organization: str,
    created: dict[str, Any],
    content: bytes,
    count: int,
    workers: int,
) -> float:
    """Seconds for that many copies of a dataset.

    :param organization: name of the one that is made for them.
    :param created: what the mirror would create it with.
    """
    owner = federal_side().write("organization_create", name=organization)["id"]
    fields = {**created, "owner_org": owner}
    fields.pop("id", None)
    started = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        shares = [range(first, count, workers) for first in range(workers)]
        made = sum(pool.map(lambda share: _copies(target, fields, content, share), shares))
    seconds = time.monotonic() - started
    if made != count:
        raise SystemExit(f"the least copied {made} of {count} datasets")
    return round(seconds, 2)


def _copies(target: str, fields: dict[str, Any], content: bytes, share: Sequence[int]) -> int:
    with requests.Session() as session:
        session.headers["Authorization"] = token("federal")
        return sum(_copy(session, target, fields, content, number) for number in share)


def _copy(
    session: requests.Session, target: str, fields: dict[str, Any], content: bytes, number: int
) -> bool:
    made = _result(
        session.post(
            f"{target}/api/3/action/package_create",
            json={**fields, "name": f"{fields['name']}_{fields['owner_org'][:8]}_{number}"},
            timeout=_LONGEST,
        )
    )
    described = [
        {"name": f"{file}", "format": "CSV", "url": f"{file}.csv", "url_type": "upload"}
        for file in range(FILES)
    ]
    form = {
        "match": json.dumps({"id": made["id"]}),
        "update": json.dumps({"resources": described}),
    }
    files = {
        f"update__resources__{file}__upload": (f"{file}.csv", content, "text/csv")
        for file in range(FILES)
    }
    revised = session.post(
        f"{target}/api/3/action/package_revise", data=form, files=files, timeout=_LONGEST
    )
    back = 0
    for resource in _result(revised)["package"]["resources"]:
        path = f"/dataset/{made['id']}/resource/{resource['id']}/download/{resource['name']}.csv"
        back += session.get(f"{target}{path}", timeout=_LONGEST).content == content
    return back == FILES


def _result(answer: requests.Response) -> Any:
    answer.raise_for_status()
    return answer.json()["result"]
