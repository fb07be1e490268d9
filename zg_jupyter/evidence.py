"""What an answer can be rechecked with later, and how that is written into a notebook.

A provider signs digests of the bytes that went over the wire. Whoever has those bytes, the
signature and the prices can check an answer again, without a network and without us.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from zg_jupyter._version import __version__
from zg_jupyter.prices import CacheBilling, Prices, Ratio, Tier

if TYPE_CHECKING:
    from zg_jupyter.records import Receipt
    from zg_jupyter.verdict import Verdict

#: Of the form below.
VERSION = 1
#: Where it stands in the metadata of an output.
KEY = "zg_jupyter"
#: Bytes of an answer that are kept: as they came, and compressed.
MOST_RAW = 8 * 1024 * 1024
MOST_PACKED = 256 * 1024
TOO_LONG = "too long"
NOT_KEPT = "its bytes were not kept"


@dataclass(frozen=True)
class Evidence:
    """What was agreed on and what was exchanged; amounts in neuron.

    Attributes
    ----------
    chain_id, genesis, books:
        On which chain: its id, the hash of its first block, and our name for it.
    signer:
        Whose signature the chain asked for; empty where nobody signs.
    service_type, prices, fee:
        What the answer itself was billed by, and how much that is.
    request_sha256, response_sha256:
        Digests of the exact bytes, lower-case hex, as they are signed.
    third_party:
        Who ran the model behind a broker in a TEE; empty where the model ran in one itself.
    max_tokens:
        The bound that was sent.
    at:
        When it ended, by our clock (unix seconds).
    request, body:
        The bytes, where they were kept.
    """

    chain_id: int
    genesis: str
    books: str
    signer: str
    service_type: str
    prices: Prices
    fee: int
    request_sha256: str
    response_sha256: str
    max_tokens: int
    at: float
    third_party: str = ""
    request: bytes = field(default=b"", repr=False)
    body: bytes = field(default=b"", repr=False)


def proof_of(
    receipt: Receipt, verdict: Verdict, *, prompt: bool = False, **seen: str
) -> dict[str, Any]:
    """Everything that another program needs to check an answer again, as plain JSON.

    Parameters
    ----------
    receipt, verdict:
        Of the answer; ``verdict`` as it is known now.
    prompt:
        Whether the request itself is in it, and so the prompt; else only its digest.
    seen:
        What ties it to outputs of a notebook; covered by its checksum like all the rest.
    """
    known = receipt.evidence
    if known is None:
        return {}
    when = receipt.recorded_at
    body, why_not = _kept(known.body)
    found = {
        "version": VERSION,
        "package": __version__,
        **seen,
        "network": receipt.network,
        "chain_id": known.chain_id,
        "genesis": known.genesis,
        "books": known.books,
        "route": receipt.route,
        "provider": receipt.provider,
        "model": receipt.model,
        "sealed": receipt.sealed,
        "registered_signer": known.signer or _told_later(receipt, verdict),
        "third_party": known.third_party,
        "request_sha256": known.request_sha256,
        "response_sha256": known.response_sha256,
        "signed_text": verdict.text,
        "signature": verdict.signature,
        "signer": verdict.signer,
        "verdict": verdict.status,
        "reason": verdict.reason,
        "development": verdict.development,
        "service_type": known.service_type,
        "prices": prices_as_plain(known.prices),
        "usage": asdict(receipt.usage),
        "fee": str(known.fee),
        "earlier_tries": "0" if when is not None else str(receipt.cost - known.fee),
        "cost": str(receipt.cost),
        "attempts": len(receipt.attempts),
        "time": iso(known.at),
        "recorded": "" if when is None else iso(when),
        "body": body,
        "body_missing": why_not,
        "request": _kept(known.request)[0] if prompt else "",
    }
    return {**found, "sha256": checksum(found)}


def checksum(proof: Mapping[str, Any]) -> str:
    """Over all the rest of a proof. It shows an accident, not a forger: signatures do that."""
    return digest({name: value for name, value in proof.items() if name != "sha256"})


def digest(value: Any) -> str:
    """Of plain JSON, however it was written; lower-case hex."""
    told = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def iso(at: float) -> str:
    """Unix seconds as a time in UTC."""
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def seconds(when: str) -> float:
    """The same backwards; raises ValueError for anything else."""
    return datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def packed(data: bytes) -> str:
    """Bytes as short text."""
    return base64.b64encode(zlib.compress(data, 6)).decode() if data else ""


def unpacked(text: str) -> bytes:
    """The same backwards, never more than :data:`MOST_RAW`.

    Raises
    ------
    ValueError
        It is no such text.
    """
    if not text:
        return b""
    reader = zlib.decompressobj()
    try:
        data = reader.decompress(base64.b64decode(text, validate=True), MOST_RAW + 1)
    except zlib.error:
        raise ValueError("not compressed bytes") from None
    if len(data) > MOST_RAW or not reader.eof or reader.unused_data:
        raise ValueError("not compressed bytes of that size")
    return data


def prices_as_plain(prices: Prices) -> dict[str, Any]:
    """Prices as plain JSON."""
    cache = prices.cache
    return {
        "input": str(prices.input),
        "output": str(prices.output),
        "tiers": [[t.max_prompt_tokens, list(t.input), list(t.output)] for t in prices.tiers],
        "cache": cache and [cache.divisor, _list(cache.write), _list(cache.write_1h)],
    }


def prices_from(plain: Mapping[str, Any]) -> Prices:
    """The same backwards; raises ValueError, TypeError or KeyError for anything else."""
    tiers = tuple(
        Tier(_count(most), _ratio(one), _ratio(other)) for most, one, other in plain["tiers"]
    )
    cache = None
    if plain["cache"] is not None:
        divisor, write, write_1h = plain["cache"]
        if not _count(divisor):
            raise ValueError("a divisor of zero")
        cache = CacheBilling(divisor, write and _ratio(write), write_1h and _ratio(write_1h))
    return Prices(int(plain["input"]), int(plain["output"]), tiers, cache)


def as_plain(known: Evidence) -> dict[str, Any]:
    """Evidence as plain JSON, its bytes included."""
    plain = {f.name: getattr(known, f.name) for f in fields(known)}
    return {
        **plain,
        "prices": prices_as_plain(known.prices),
        "fee": str(known.fee),
        "request": packed(known.request),
        "body": packed(known.body),
    }


def from_plain(plain: Mapping[str, Any]) -> Evidence:
    """The same backwards; raises ValueError, TypeError or KeyError for anything else."""
    return Evidence(
        **{
            **plain,
            "prices": prices_from(plain["prices"]),
            "fee": int(plain["fee"]),
            "request": unpacked(plain["request"]),
            "body": unpacked(plain["body"]),
        }
    )


def _kept(data: bytes) -> tuple[str, str]:
    """Bytes as text, or why they are not there."""
    if not data:
        return "", NOT_KEPT
    text = packed(data)
    return (text, "") if len(text) * 3 // 4 <= MOST_PACKED else ("", TOO_LONG)


def _list(ratio: Ratio | None) -> list[int] | None:
    return None if ratio is None else list(ratio)


def _ratio(plain: Any) -> Ratio:
    numerator, denominator = plain
    if not _count(denominator):
        raise ValueError("a denominator of zero")
    return Ratio(_count(numerator), denominator)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("not a whole number")
    return value


def _told_later(receipt: Receipt, verdict: Verdict) -> str:
    """Who is registered as the signer of a router's provider: looked up after its answer."""
    return verdict.signer if receipt.route == "router" and verdict.status == "verified" else ""
