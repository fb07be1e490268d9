"""The tables of a gateway, beside the spend record in the same database.

What a key may spend is no column here: it is a stored budget of the spend record, which is
looked at in the same transaction that reserves money.
"""

from __future__ import annotations

from zg_jupyter.spend.database import Database

#: Words that SQLite and PostgreSQL share. ``said`` holds the settings of a class as JSON.
_TABLES = (
    """CREATE TABLE IF NOT EXISTS gateway_classes (
    name TEXT PRIMARY KEY,
    manages TEXT NOT NULL,
    said TEXT NOT NULL
)""",
    """CREATE TABLE IF NOT EXISTS gateway_keys (
    id TEXT PRIMARY KEY,
    class TEXT NOT NULL,
    name TEXT NOT NULL,
    preview TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL,
    expires DOUBLE PRECISION,
    seen DOUBLE PRECISION,
    paused INTEGER NOT NULL DEFAULT 0,
    revoked INTEGER NOT NULL DEFAULT 0,
    rate BIGINT,
    models TEXT,
    joins TEXT
)""",
    "CREATE TABLE IF NOT EXISTS gateway_secrets (digest TEXT PRIMARY KEY, key_id TEXT NOT NULL)",
    # Requests of the last minute, where several gateways share a database.
    "CREATE TABLE IF NOT EXISTS gateway_asked (key_id TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)",
    "CREATE INDEX IF NOT EXISTS gateway_asked_by ON gateway_asked (key_id, at)",
    "CREATE INDEX IF NOT EXISTS gateway_keys_of ON gateway_keys (class)",
    "CREATE INDEX IF NOT EXISTS gateway_joins ON gateway_keys (joins)",
)


def make(database: Database) -> None:
    """Make those that are missing."""
    with database.writing() as db:
        database.alone(db, "gateway tables")
        for statement in _TABLES:
            db.execute(statement)
