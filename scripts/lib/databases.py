"""Makes CKAN's databases: ``databases.py keep|renew NAME…``; addresses and secrets by environment.

IMSS_DATABASE_ADMIN_URL is a role that may create databases. When IMSS_DATABASE_PASSWORD is set a
role ``ckan`` with it owns the databases, else the administrator does.
"""

import os
import sys

import psycopg2
from psycopg2 import sql


def main(mode: str, names: list[str]) -> None:
    """Leaves every database existing; ``renew`` empties it by making it again."""
    connection = psycopg2.connect(os.environ["IMSS_DATABASE_ADMIN_URL"], connect_timeout=20)
    connection.autocommit = True
    with connection.cursor() as cursor:
        creation = "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0"
        if password := os.environ.get("IMSS_DATABASE_PASSWORD"):
            creation += " OWNER ckan"
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = 'ckan'")
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            statement = sql.SQL("{} ROLE ckan LOGIN PASSWORD %s").format(verb)
            cursor.execute(statement, (password,))
        for name in names:
            if mode == "renew":
                drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                cursor.execute(drop.format(sql.Identifier(name)))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if not cursor.fetchone():
                cursor.execute(sql.SQL(creation).format(sql.Identifier(name)))


try:
    main(sys.argv[1], sys.argv[2:])
except psycopg2.Error as refusal:
    sys.exit(f"PostgreSQL refused: {refusal}".strip())
