"""A look into the server's database, past the server."""

import contextlib
import sqlite3

import psycopg2

from harness.server import Server


def sql(server: Server, statement: str) -> list[tuple]:
    """Runs one statement, commits, and answers its rows."""
    if server.store.kind == "sqlite":
        file = server.data / "crisol.db"
        with contextlib.closing(sqlite3.connect(file, timeout=10)) as db, db:
            return db.execute(statement).fetchall()
    with contextlib.closing(psycopg2.connect(server.store.url)) as db, db, db.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
