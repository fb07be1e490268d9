"""The tables of the spend record, once for both databases that may hold it.

Amounts are split into two integers (billions of neuron, and the rest) so that SQL can add them up
exactly: one 0G alone is 10**18 neuron, and ten of them no longer fit into 64 bits.
"""

from __future__ import annotations

VERSION = 2
# `counters` holds, for every scope a budget can have, what its rows cost (open ones in full), so
# that a budget is checked without reading rows; `totals` does the same for summaries.
_TABLES = """
CREATE TABLE IF NOT EXISTS spend (
    id TEXT PRIMARY KEY,
    started REAL NOT NULL,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    network TEXT NOT NULL,
    "user" TEXT NOT NULL,
    notebook TEXT NOT NULL,
    cell TEXT NOT NULL,
    scopes TEXT NOT NULL,
    route TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    reserved_giga INTEGER NOT NULL,
    reserved_rest INTEGER NOT NULL,
    cost_giga INTEGER NOT NULL DEFAULT 0,
    cost_rest INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS spend_open ON spend (network, "user") WHERE state = 'reserved';
CREATE INDEX IF NOT EXISTS spend_newest ON spend (started);
CREATE TABLE IF NOT EXISTS attempts (
    row TEXT NOT NULL,
    number INTEGER NOT NULL,
    network TEXT NOT NULL,
    "user" TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    route TEXT NOT NULL,
    started REAL NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    seconds REAL NOT NULL,
    cost_giga INTEGER NOT NULL,
    cost_rest INTEGER NOT NULL,
    unclear_giga INTEGER NOT NULL,
    unclear_rest INTEGER NOT NULL,
    PRIMARY KEY (row, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempts_unclear ON attempts (network, "user", provider)
    WHERE unclear_giga > 0 OR unclear_rest > 0;
CREATE INDEX IF NOT EXISTS attempts_newest ON attempts (network, started);
CREATE TABLE IF NOT EXISTS speeds (
    row TEXT PRIMARY KEY,
    first_token REAL,
    seconds REAL NOT NULL,
    tokens INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (
    scope TEXT PRIMARY KEY,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS budgets (
    scope TEXT PRIMARY KEY,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
    network TEXT NOT NULL,
    "user" TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    notebook TEXT NOT NULL,
    cell TEXT NOT NULL,
    day TEXT NOT NULL,
    answers INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL,
    PRIMARY KEY (network, "user", provider, model, notebook, cell, day)
) WITHOUT ROWID;
"""
_MOVES = """
CREATE TABLE IF NOT EXISTS moves (
    id TEXT PRIMARY KEY,
    time REAL NOT NULL,
    network TEXT NOT NULL,
    "user" TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    giga INTEGER NOT NULL,
    rest INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'done',
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS moves_by_owner ON moves (network, "user", provider);
"""
# A process lives as long as its lease, by the clock of the database; `marks` is how two processes
# find out that they look at the same record.
_LEASES = """
CREATE TABLE IF NOT EXISTS leases (owner TEXT PRIMARY KEY, until TIMESTAMPTZ NOT NULL);
"""
_MARKS = """
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_VERSION = """
CREATE TABLE IF NOT EXISTS version (number INTEGER NOT NULL);
"""


def for_sqlite() -> list[str]:
    """The statements that make the tables in a file."""
    return _statements(_TABLES + _MOVES + _MARKS)


def for_postgresql() -> list[str]:
    """The same for a database that several machines share."""
    text = _TABLES + _MOVES + _MARKS + _LEASES + _VERSION
    for sqlite, postgresql in (
        (" REAL", " DOUBLE PRECISION"),
        (" INTEGER", " BIGINT"),
        (") WITHOUT ROWID", ")"),
        # What a file numbers by itself: the order in which rows were made.
        ("id TEXT PRIMARY KEY", "id TEXT PRIMARY KEY, nth BIGINT GENERATED ALWAYS AS IDENTITY"),
    ):
        text = text.replace(sqlite, postgresql)
    return _statements(text)


def _statements(text: str) -> list[str]:
    return [statement.strip() for statement in text.split(";") if statement.strip()]
