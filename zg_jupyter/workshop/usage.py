"""What the students of a class used, without a secret in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, RouteError
from zg_jupyter.units import parse_amount, to_0g
from zg_jupyter.workshop.issuer import Issuer
from zg_jupyter.workshop.register import Content

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 6  # usage queries; a router takes eight (protocol/router.md 10)
COLUMNS = (
    *("student", "state", "requests", "tokens", "spent_0g", "limit_0g", "remaining_0g"),
    *("last_seen", "expires"),
)


@dataclass(frozen=True)
class Line:
    """One student. Amounts in neuron; ``None`` where the router does not say."""

    student: str
    state: str
    requests: int
    tokens: int
    spent: int
    limit: int | None
    remaining: int | None
    last_seen: str
    expires: str


def lines(content: Content, at: Issuer) -> list[Line]:
    """What is known about every student."""
    rows = {str(row["key_id"]): row for row in at.listed()}
    gateway = content.gateway

    def line(number: int) -> Line:
        pupil = content.pupils[number]
        row = rows.get(pupil.key_id, {})
        if not row:
            return Line(pupil.name, pupil.state, 0, 0, 0, None, None, "", "")
        if gateway or "last_seen" in row:
            requests, tokens = _int(row.get("requests")), _int(row.get("tokens"))
            seen, spent = str(row.get("last_seen") or ""), _amount(row.get("used")) or 0
        else:
            stats = at.stats(pupil.key_id)
            requests = _int(stats.get("total_requests"))
            tokens, spent = _int(stats.get("total_tokens")), _int(stats.get("total_cost"))
            seen = at.last_use(pupil.key_id) if requests else ""
        limit = _amount(row.get("credit_limit"))
        used = _amount(row.get("used")) or 0
        left = _amount(row.get("remaining"))
        if left is None and limit is not None:
            left = max(0, limit - used)
        state = str(row.get("status") or pupil.state)
        state = "paused" if row.get("paused") and state == "active" else state
        expires = str(row.get("expires_at") or "")
        # Of a student's former keys, too: the share is one.
        spent, limit = spent + pupil.spent, None if limit is None else limit + pupil.spent
        return Line(pupil.name, state, requests, tokens, spent, limit, left, seen, expires)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="zg-class") as pool:
        return list(pool.map(line, range(len(content.pupils))))


def table(content: Content, at: Issuer) -> pd.DataFrame:
    """The same as a table; the sum of everything is in ``attrs['zg_spent']`` (neuron)."""
    import pandas as pd

    found = lines(content, at)
    frame = pd.DataFrame(
        [
            (
                one.student,
                one.state,
                one.requests,
                one.tokens,
                to_0g(one.spent),
                None if one.limit is None else to_0g(one.limit),
                None if one.remaining is None else to_0g(one.remaining),
                _moment(one.last_seen),
                _moment(one.expires),
            )
            for one in found
        ],
        columns=list(COLUMNS),
    )
    frame.attrs["zg_spent"] = sum(one.spent for one in found)
    return frame


def spent_of(at: Issuer, key_ids: Sequence[str]) -> int:
    """What some keys spent together, in neuron."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="zg-class") as pool:
        return sum(_int(stats.get("total_cost")) for stats in pool.map(at.stats, key_ids))


def known_models(at: Issuer, wanted: Iterable[str]) -> None:
    """``BadInput`` for a model that the router does not have; where it does not say, all pass."""
    wanted = list(dict.fromkeys(wanted))
    if not wanted:
        return
    try:
        there = at.models()
    except RouteError:
        return
    for model in wanted:
        if there and model not in there:
            close = difflib.get_close_matches(model, there, n=1, cutoff=0.4)
            raise BadInput(
                f"The router has no model {model[:80]!r}.",
                charged="No key was made.",
                next_step=f"Did you mean {close[0]!r}?"
                if close
                else f"It has: {', '.join(there[:5])}",
            )


def _int(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _amount(value: Any) -> int | None:
    try:
        return None if value is None else parse_amount(str(value))
    except BadInput:
        return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        return None
