"""Makes CKAN's databases: ``databases.py keep|renew NAME…``; addresses and secrets by environment.

IMSS_DATABASE_ADMIN_URL is a role that may create databases and roles. When IMSS_DATABASE_PASSWORD
is set a role ``ckan`` with it owns the databases, else the administrator does.

A name written ``MAIN+STORE`` is a catalogue with a DataStore: the database STORE, and a role
``STORE_reader`` with the password IMSS_DATASTORE_PASSWORD that can only read there, get the
permissions that ``ckan datastore set-permissions`` prints.
"""

import os
import sys
from importlib.resources import files

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import make_dsn


def main(mode: str, names: list[str]) -> None:
    """Leaves every database existing; ``renew`` empties it by making it again."""
    with administrator() as cursor:
        owner = None
        if password := os.environ.get("IMSS_DATABASE_PASSWORD"):
            owner = "ckan"
            make_role(cursor, owner, password)
        for name in names:
            main_database, _, store = name.partition("+")
            make_database(cursor, mode, main_database, owner)
            if store:
                make_database(cursor, mode, store, owner)
                reader = f"{store}_reader"
                make_role(cursor, reader, os.environ["IMSS_DATASTORE_PASSWORD"])
                set_permissions(main_database, store, reader, owner)


def administrator(database: str | None = None) -> Cursor:
    """A cursor of the administrator; on the server's own database unless one is named."""
    address = os.environ["IMSS_DATABASE_ADMIN_URL"]
    dsn = make_dsn(address, dbname=database) if database else make_dsn(address)
    connection = psycopg2.connect(dsn, connect_timeout=20)
    connection.autocommit = True
    return connection.cursor()


def make_role(cursor: Cursor, name: str, password: str) -> None:
    """Leaves the role existing, with that password."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
    verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
    statement = sql.SQL("{} ROLE {} LOGIN PASSWORD %s").format(verb, sql.Identifier(name))
    cursor.execute(statement, (password,))


def make_database(cursor: Cursor, mode: str, name: str, owner: str | None) -> None:
    """Leaves the database existing, and empty when it is renewed."""
    if mode == "renew":
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        cursor.execute(drop.format(sql.Identifier(name)))
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if not cursor.fetchone():
        creation = "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0"
        if owner:
            creation += " OWNER {}"
        parts = [sql.Identifier(part) for part in (name, owner) if part]
        cursor.execute(sql.SQL(creation).format(*parts))


def set_permissions(main_database: str, store: str, reader: str, owner: str | None) -> None:
    """What ``ckan datastore set-permissions`` prints, without starting CKAN to print it."""
    script = files("ckanext.datastore").joinpath("set_permissions.sql").read_text(encoding="utf-8")
    with administrator(store) as cursor:
        cursor.execute("SELECT current_user")
        writer = owner or cursor.fetchone()[0]
        names = {
            "maindb": main_database,
            "datastoredb": store,
            "mainuser": writer,
            "writeuser": writer,
            "readuser": reader,
        }
        quoted = {key: sql.Identifier(name).as_string(cursor) for key, name in names.items()}
        # Only psql knows this line; we are connected to that database already.
        statements = script.replace("\\connect {datastoredb}", "").format(**quoted)
        cursor.execute(statements)


try:
    main(sys.argv[1], sys.argv[2:])
except psycopg2.Error as refusal:
    sys.exit(f"PostgreSQL refused: {refusal}".strip())
