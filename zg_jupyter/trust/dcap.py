"""Intel's signature over a quote, by the package ``dcap-qvl``, which needs no network for it.

What it needs is *collateral*: Intel's lists of revoked keys and of platform versions, signed by
Intel, valid for some weeks. It comes from a file or from a collateral service (PCCS); whoever
serves it can withhold it, but not forge it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal

from zg_jupyter.errors import MissingExtra, TrustError
from zg_jupyter.networks import host_of

_SECONDS = 20.0
_LONGEST = 200


@dataclass(frozen=True)
class Judgement:
    """What Intel's signature says: whether it holds, and how up to date the platform is.

    ``tcb_status`` is Intel's word (``UpToDate``, ``OutOfDate``, ...), empty where there is none.
    """

    outcome: Literal["pass", "fail", "not-run"]
    why: str
    tcb_status: str = ""
    advisories: tuple[str, ...] = field(default=())


def verify(quote: bytes, collateral: str, now: int) -> Judgement:
    """Judge the signature.

    Parameters
    ----------
    quote:
        Header, body and signature.
    collateral:
        JSON, as ``dcap-qvl`` and the collateral services of dstack write it.
    now:
        Unix seconds at which certificates and lists have to be valid.
    """
    try:
        qvl = library()
    except MissingExtra as missing:
        return Judgement("not-run", f"{missing.what} {missing.next_step}")
    try:
        held = qvl.QuoteCollateralV3.from_json(collateral)
    except (ValueError, TypeError) as error:
        return Judgement("fail", f"the collateral cannot be read: {_line(error)}")
    try:
        found = qvl.verify(quote, held, now)
    except (ValueError, OverflowError) as error:
        return Judgement("fail", _line(error))
    advisories = tuple(map(str, found.advisory_ids))
    return Judgement("pass", "signed by Intel TDX hardware", str(found.status), advisories)


async def fetch_collateral(quote: bytes, pccs_url: str) -> str:
    """Collateral for a quote from a collateral service, as JSON.

    Raises
    ------
    MissingExtra
        ``dcap-qvl`` is not installed.
    TrustError
        The service does not answer in 20 seconds, or has none for this quote.
    """
    qvl = library()
    if not pccs_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise TrustError(f"{host_of(pccs_url)} is not asked for collateral: it needs https://.")
    try:
        held = await asyncio.wait_for(qvl.get_collateral(pccs_url.rstrip("/"), quote), _SECONDS)
    except (ValueError, RuntimeError, OSError, asyncio.TimeoutError) as error:
        said = _line(error).replace(pccs_url.rstrip("/"), host_of(pccs_url)) or "no answer"
        raise TrustError(f"{host_of(pccs_url)} gave no collateral: {said}.") from None
    return str(held.to_json())


def library() -> Any:
    """The package ``dcap_qvl``; MissingExtra where it is not installed."""
    try:
        import dcap_qvl
    except ImportError:
        raise MissingExtra("Verifying Intel's signature", "trust") from None
    return dcap_qvl


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()).replace("Caused by: ", "").removesuffix(".")
    return text.removeprefix("Verification failed: ")[:_LONGEST]
