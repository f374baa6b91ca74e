"""Where something might have stayed: files, databases, queue, index; and the search there."""

from __future__ import annotations

import json
import mmap
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg2
import redis
import requests
from psycopg2 import sql


def forms_of(values: Iterable[str]) -> dict[bytes, str]:
    """The bytes in which each value could stand, with the value they are."""
    found: dict[bytes, str] = {}
    for value in values:
        written = {value, value.upper(), value.lower(), json.dumps(value)[1:-1], quote(value)}
        for text in sorted(written):
            if text.isascii():
                # Every other byte is zero, whichever comes first.
                forms = [text.encode(), text.encode("utf-16-le")[:-1]]
            else:
                forms = [text.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be")]
            found.update(dict.fromkeys(forms, value))
    return found


def search_files(forms: Mapping[bytes, str], folders: Iterable[Path]) -> Iterator[str]:
    """Every regular file under the folders, whatever it is; in names as well as in content."""
    for folder in folders:
        for path in folder.rglob("*"):
            yield from _told(path.name.encode(), forms, f"the name of {path}")
            with suppress(FileNotFoundError):
                if path.is_file() and not path.is_symlink() and path.stat().st_size:
                    yield from _search_file(path, forms)


def search_databases(forms: Mapping[bytes, str], address: str) -> Iterator[str]:
    """Every table of every database of the server that this account may open."""
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        names = [str(name) for (name,) in cursor.fetchall()]
    for name in names:
        with suppress(psycopg2.OperationalError):  # somebody else's
            yield from _search_database(forms, f"{address.rsplit('/', 1)[0]}/{name}", name)


def search_queue(forms: Mapping[bytes, str], address: str) -> Iterator[str]:
    """Every key of Redis, unpacked where it is a job."""
    server = redis.Redis.from_url(address)
    readers = {
        b"string": lambda key: [server.get(key)],
        b"hash": lambda key: [part for pair in server.hgetall(key).items() for part in pair],
        b"list": lambda key: server.lrange(key, 0, -1),
        b"set": server.smembers,
        b"zset": lambda key: server.zrange(key, 0, -1),
    }
    for key in server.scan_iter():
        held = readers.get(server.type(key), lambda _: [])(key)
        for part in (key, *held):
            yield from _told(_unpacked(part or b""), forms, f"Redis: {key!r}")


def search_index(forms: Mapping[bytes, str], address: str) -> Iterator[str]:
    """Every document of a core of Solr."""
    query = {"q": "*:*", "rows": "100000", "fl": "*"}
    answer = requests.get(f"{address}/select", params=query, timeout=60).json()
    for document in answer["response"]["docs"]:
        content = json.dumps(document, ensure_ascii=False).encode()
        yield from _told(content, forms, f"Solr: {document.get('id')}")


def _search_file(path: Path, forms: Mapping[bytes, str]) -> Iterator[str]:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as all_:
        yield from (f"{path}: {value}" for form, value in forms.items() if all_.find(form) >= 0)


def _search_database(forms: Mapping[bytes, str], address: str, name: str) -> Iterator[str]:
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT LIKE 'pg!_%' ESCAPE '!' AND schemaname <> 'information_schema'"
        )
        for schema, table in cursor.fetchall():
            whole = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))
            cursor.execute(whole)
            for (row,) in cursor:
                yield from _told(str(row).encode(), forms, f"database {name}: {table}")


def _unpacked(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content


def _told(content: bytes, forms: Mapping[bytes, str], place: str) -> Iterator[str]:
    yield from (f"{place}: {value}" for form, value in forms.items() if form in content)
