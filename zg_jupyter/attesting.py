"""Attestations of providers: fetched, judged, and kept by the hash of their quote."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from zg_jupyter import wire_json
from zg_jupyter.errors import BadInput, ConfigError, MissingExtra, NoOffer, ProviderUnreachable
from zg_jupyter.errors import TrustError as TrustError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings, home
from zg_jupyter.trust import dcap, document
from zg_jupyter.trust.attestation import Attestation as Attestation
from zg_jupyter.trust.attestation import judge
from zg_jupyter.trust.dcap import Judgement
from zg_jupyter.trust.document import Document
from zg_jupyter.trust.rows import Rules

_PATHS = ("/v1/quote?legacy=false", "/v1/quote")
_LASTS = 600.0  # seconds that an attestation is used before the provider is asked again
_COLLATERAL_LASTS = 86_400.0
_KEPT_FOR = 30 * 86_400.0
_LIST = "boot_chains.json"
#: What Intel may say of a platform that is not revoked.
TCB_WORDS = (
    "UpToDate",
    "SWHardeningNeeded",
    "ConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "OutOfDate",
    "OutOfDateConfigurationNeeded",
)


class _Offers(Protocol):
    async def offers(self, *, fresh: bool = False) -> list[Offer]: ...


@dataclass(frozen=True)
class _Known:
    offer: Offer
    attestation: Attestation
    since: float


class Attestations:
    """The attestations of one network.

    Parameters
    ----------
    catalog:
        Has the signers, as the chain knows them.
    read:
        Gets a document below a provider's URL.
    network, settings:
        Where, and what is accepted there.
    folder:
        Where quotes are kept with their collateral; ``attestations`` in the user's folder when
        omitted.
    clock:
        Unix seconds at which Intel's certificates and lists have to be valid.
    """

    def __init__(
        self,
        catalog: _Offers,
        read: Callable[[str, str], Awaitable[bytes]],
        network: Network,
        settings: Settings,
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._catalog = catalog
        self._read = read
        self._network = network
        self._settings = settings
        self._folder = folder
        self._known: dict[str, _Known] = {}

    async def attest(
        self, provider: str, *, collateral: str | Path = "", fresh: bool = False
    ) -> Attestation:
        """Find out what stands behind a provider's signer.

        Parameters
        ----------
        provider:
            Its address.
        collateral:
            File with Intel's collateral, instead of the service in the setting ``pccs_url``.
        fresh:
            Ask the chain and the provider, however young the last attestation is.

        Returns
        -------
        Attestation
            Also when it proves nothing: its checks say why.

        Raises
        ------
        BadInput
            The file cannot be read, or the setting ``tcb_accept`` names no status of Intel's.
        NoOffer
            No such provider has a service here.
        ProviderUnreachable, UnsafeAddress
            It does not hand out its quote, or its URL may not be called.
        """
        given = await asyncio.to_thread(_file, Path(collateral)) if collateral else None
        offers = [o for o in await self._catalog.offers(fresh=fresh) if o.has_account]
        offer = next((o for o in offers if o.provider.lower() == provider.lower()), None)
        if offer is None:
            raise NoOffer(
                f"No provider {provider[:42]} has a service on {self._network.name}.",
                next_step="See them with: %zg providers",
            )
        known = self._known.get(offer.provider)
        if known and not fresh and given is None and _still(known, offer):
            return known.attestation
        body = await self._fetched(offer)
        found = await asyncio.to_thread(document.read, body)
        kept = _Kept(self._folder or home() / "attestations", found.sha256)
        signature = await self._signature(found, given, kept)
        attestation = await asyncio.to_thread(
            judge,
            found,
            offer,
            self._network,
            signature=signature,
            now=int(self._clock()),
            rules=Rules(
                _accepted(self._settings.tcb_accept), await asyncio.to_thread(_boot_chains)
            ),
            others={o.signer.lower(): o.provider for o in offers},
        )
        if found.sha256:
            await asyncio.to_thread(kept.write, body)
        if attestation.proof != "not-proved":
            self._known[offer.provider] = _Known(offer, attestation, time.monotonic())
        return attestation

    async def _fetched(self, offer: Offer) -> bytes:
        with contextlib.suppress(ProviderUnreachable):
            return await self._read(offer.url, _PATHS[0])
        return await self._read(offer.url, _PATHS[1])  # a broker that knows one layout only

    async def _signature(self, found: Document, given: str | None, kept: _Kept) -> Judgement:
        if found.quote is None or found.development:
            return Judgement("not-run", "there is no TDX quote")
        raw, collateral = found.quote.raw, given
        if collateral is None:
            collateral = await asyncio.to_thread(kept.read)
        fetched = collateral is None
        if collateral is None:
            try:
                collateral = await dcap.fetch_collateral(raw, self._settings.pccs_url)
            except MissingExtra as missing:
                return Judgement("not-run", f"{missing.what} {missing.next_step}")
            except TrustError as error:
                return Judgement("not-run", error.what)
        judgement = await asyncio.to_thread(dcap.verify, raw, collateral, int(self._clock()))
        if fetched and judgement.outcome == "pass":
            kept.collateral = (collateral, time.time())
        return judgement


class _Kept:
    """A quote's document and collateral in a file: saves a fetch, and shows later what was seen.

    Parameters
    ----------
    folder, sha256:
        Where, and of which quote.
    """

    def __init__(self, folder: Path, sha256: str) -> None:
        self._path = folder / f"{sha256}.json"
        self.collateral: tuple[str, float] | None = None

    def read(self) -> str | None:
        """Collateral that was fetched within a day; Intel's own dates are judged anyway."""
        try:
            text, since = wire_json.loads(self._path.read_bytes())["collateral"]
            if not isinstance(text, str) or not 0 <= time.time() - since < _COLLATERAL_LASTS:
                return None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        self.collateral = (text, since)
        return text

    def write(self, body: bytes) -> None:
        """Keep both; files of 30 days ago go."""
        kept = {"document": body.decode("utf-8", "replace"), "collateral": self.collateral}
        with contextlib.suppress(OSError):  # nothing depends on it
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for other in self._path.parent.glob("*.json"):
                if other.stat().st_mtime < time.time() - _KEPT_FOR:
                    other.unlink(missing_ok=True)
            draft = self._path.with_suffix(f".{os.getpid()}.part")
            draft.write_text(json.dumps(kept), encoding="utf-8")
            draft.replace(self._path)


def _still(known: _Known, offer: Offer) -> bool:
    same = (known.offer.signer, known.offer.acknowledged, known.offer.url) == (
        offer.signer,
        offer.acknowledged,
        offer.url,
    )
    return same and time.monotonic() - known.since < _LASTS


def _accepted(text: str) -> frozenset[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in TCB_WORDS:
            close = difflib.get_close_matches(word, TCB_WORDS, n=1)
            raise BadInput(
                f"tcb_accept names {word[:40]!r}, which Intel says of no platform.",
                next_step=f"Did you mean {(close or TCB_WORDS)[0]!r}?",
            )
    return frozenset(words)


def _file(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"The collateral file {path} cannot be read ({type(error).__name__})."
        ) from None


def _boot_chains() -> frozenset[tuple[str, ...]] | None:
    path = home() / _LIST
    try:
        entries: Any = json.loads(path.read_text(encoding="utf-8"))
        chains = frozenset(tuple(str(register).lower() for register in e) for e in entries)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        chains = frozenset({()})
    if any(len(chain) != 3 for chain in chains):
        raise ConfigError(
            f"The file {path} is not a list of [MRTD, RTMR1, RTMR2].",
            next_step="Mend it or delete it.",
        )
    return chains
