"""How quick answers were, beside what they cost: what we know of providers ourselves."""

from __future__ import annotations

from zg_jupyter.records import Receipt, Sample
from zg_jupyter.spend.database import Connection

_MOST = 5_000


def keep(db: Connection, row_id: str, receipt: Receipt) -> None:
    """Note the speed of an answer that one provider gave at the first try."""
    db.execute(
        "INSERT INTO speeds VALUES (?, ?, ?, ?) ON CONFLICT (row) DO UPDATE SET"
        " first_token = excluded.first_token, seconds = excluded.seconds, tokens = excluded.tokens",
        (
            *(row_id, receipt.first_token_seconds, receipt.total_seconds),
            receipt.usage.completion_tokens,
        ),
    )


def newest(db: Connection, network: str, since: float) -> list[Sample]:
    """The newest tries on a network since a time in unix seconds, the newest first."""
    found = db.execute(
        "SELECT a.provider, a.model, a.started, a.outcome, s.first_token, s.seconds,"
        " COALESCE(s.tokens, 0) FROM attempts a LEFT JOIN speeds s ON s.row = a.row"
        " WHERE a.network = ? AND a.started > ? ORDER BY a.started DESC LIMIT ?",
        (network, since, _MOST),
    ).fetchall()
    return [Sample(*values) for values in found]
