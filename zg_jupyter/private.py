"""Which key a private prompt may be sealed for: the one that a believed attestation names.

The key decides who reads the prompt, so it comes from nowhere else: not from the provider's
``/v1/e2ee/pubkey``, not from the fields around a quote, not from an attestation of another signer
than the chain knows.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Protocol

from zg_jupyter.errors import TrustError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.trust.attestation import Attestation
from zg_jupyter.trust.enclave import EnclaveKey, Report

_LASTS = 600.0  # seconds; a provider that has a new key says so at once
_ANOTHER = "Ask another one, or ask without --private."
_GENUINE = "Intel TDX hardware, checked"
_STAND_IN = "a development attestation, signed by the registered signer"


class Attests(Protocol):
    """Who judges attestations."""

    async def attest(self, provider: str, *, fresh: bool = False) -> Attestation: ...


def bound_key(attestation: Attestation, offer: Offer, network: Network) -> EnclaveKey:
    """The key that an attestation binds to a provider's signer on the chain.

    Parameters
    ----------
    attestation:
        What stands behind the provider.
    offer, network:
        Whose it should be, and where.

    Raises
    ------
    TrustError
        Nothing binds a key to that signer; the sentence says what is missing.
    """
    if not offer.signer:
        raise _distrust(offer, "its signer is on the chain, which did not answer")
    if attestation.development and not network.is_development:
        raise _distrust(offer, "its attestation is a development one, without TEE hardware")
    if attestation.proof == "not-proved":
        first = attestation.open[0]
        raise _distrust(
            offer, f"its attestation proves nothing ({first.name}: {first.why.rstrip('.')})"
        )
    if attestation.signer.lower() != offer.signer.lower():
        raise _distrust(offer, f"its attestation is of {attestation.signer}, not of its signer")
    if attestation.enc_pub is None:
        raise _distrust(offer, "its attestation names no key for private prompts")
    return EnclaveKey.of(
        Report(attestation.enc_pub, attestation.signer),
        development=attestation.development,
        why=_STAND_IN if attestation.development else _GENUINE,
    )


class AttestedKeys:
    """Keys by attestation (:class:`zg_jupyter.trust.enclave.KeyTrust`).

    Parameters
    ----------
    attestations:
        Says what stands behind a provider.
    network:
        Decides whether a development attestation counts.
    """

    def __init__(self, attestations: Attests, network: Network) -> None:
        self._attestations = attestations
        self._network = network
        self._known: dict[tuple[str, str, str], tuple[EnclaveKey, float]] = {}
        self._asking: defaultdict[tuple[str, str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def key_for(self, offer: Offer, *, fresh: bool = False) -> EnclaveKey:
        """As in :class:`~zg_jupyter.trust.enclave.KeyTrust`; remembered for ten minutes."""
        name = (offer.provider, offer.url, offer.signer)
        called = time.monotonic()
        oldest = called if fresh else called - _LASTS
        async with self._asking[name]:  # many prompts at once look at one attestation
            key, since = self._known.pop(name, (None, 0.0))
            if key is None or since < oldest:
                found = await self._attestations.attest(offer.provider, fresh=fresh)
                key, since = bound_key(found, offer, self._network), time.monotonic()
            self._known[name] = key, since
            return key


def _distrust(offer: Offer, why: str) -> TrustError:
    return TrustError(
        f"Provider {offer.label} cannot be asked in private: {why}.", next_step=_ANOTHER
    )
