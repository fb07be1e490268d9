"""The stand-in's reports of what was used (protocol/router.md section 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.standins.router.call import Call
from tests.standins.router.ledger import Row
from tests.standins.router.refusals import Refused


async def stats(call: Call) -> Response:
    """``GET /account/usage/stats``."""
    rows = _rows(call)
    prompt, completion = sum(r.input_tokens for r in rows), sum(r.output_tokens for r in rows)
    return JSONResponse(
        {
            "total_requests": len(rows),
            "total_tokens": prompt + completion,
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_cost": str(sum(r.cost for r in rows)),
            "currency": call.router.account.currency,
        }
    )


async def daily(call: Call) -> Response:
    """``GET /account/usage/daily``; days are UTC here (time zone unverified)."""
    by_tier = call.query("dimensions") == "trust_mode"
    days: dict[tuple[str, ...], list[Row]] = {}
    for row in _rows(call):
        tier = row.trust_mode if by_tier else ""
        days.setdefault((row.created_at[:10], row.canonical_id, row.model_id, tier), []).append(row)
    return JSONResponse(
        {
            "object": "list",
            "data": [
                {
                    "date": date,
                    "model_id": raw,
                    "canonical_id": canonical,
                    "request_count": len(rows),
                    **_tokens(rows),
                    "cost": str(sum(r.cost for r in rows)),
                    **({"trust_mode": tier} if by_tier else {}),
                }
                for (date, canonical, raw, tier), rows in sorted(days.items())
            ],
        }
    )


async def history(call: Call) -> Response:
    """``GET /account/usage/history``, newest first; a cursor overrides the offset."""
    numbered = list(enumerate(_rows(call), 1))[::-1]
    limit, offset = _number(call, "limit", 20), _number(call, "offset", 0)
    cursor = call.query("cursor")
    if cursor:
        offset = _number(call, "cursor", 0)
    shown = numbered[offset : offset + limit]
    end = offset + len(shown)
    reply: dict[str, Any] = {
        "object": "list",
        "data": [_shown(number, row) for number, row in shown],
        "limit": limit,
        "offset": offset,
        "next_cursor": str(end) if end < len(numbered) else None,
    }
    if not cursor and call.query("include_total") != "false":
        reply["total"] = len(numbered)
    return JSONResponse(reply)


def _rows(call: Call) -> list[Row]:
    rows = list(call.router.account.rows)
    if call.query("source") == "wallet":
        return []  # nobody has a wallet's session here
    for name, field in (
        ("api_key_id", "api_key_id"),
        ("trust_mode", "trust_mode"),
        ("model_id", "model_id"),
    ):
        if asked := call.query(name):
            rows = [row for row in rows if getattr(row, field) == asked]
    first, last = call.query("start_date"), call.query("end_date")
    return [
        row
        for row in rows
        if (not first or row.created_at[:10] >= first) and (not last or row.created_at[:10] <= last)
    ]


def _number(call: Call, name: str, default: int) -> int:
    text = call.query(name)
    if text and not text.isdecimal():
        raise Refused(400, "invalid_request", f"{name} is not a number")
    return int(text or default)


def _tokens(rows: Sequence[Row]) -> dict[str, int]:
    return {
        "input_tokens": sum(r.input_tokens for r in rows),
        "output_tokens": sum(r.output_tokens for r in rows),
        "cached_tokens": sum(r.cached_tokens for r in rows),
        "cache_write_tokens": 0,
        "cache_write_1h_tokens": 0,
    }


def _shown(number: int, row: Row) -> dict[str, Any]:
    return {
        "id": number,
        "request_id": row.request_id,
        "api_key_id": row.api_key_id,
        "model_id": row.model_id,
        "canonical_id": row.canonical_id,
        "provider_address": row.provider_address,
        **_tokens([row]),
        "cost": str(row.cost),
        "deposit_used": str(row.deposit_used),
        "credit_used": str(row.credit_used),
        "trust_mode": row.trust_mode,
        "created_at": row.created_at,
    }
