"""Which key a private prompt may be sealed for: the one that a believed attestation names.

The key decides who reads the prompt, so it comes from nowhere else: not from the provider's
``/v1/e2ee/pubkey``, not from the fields around a quote, not from an attestation of another signer
than the chain knows.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass

from zg_jupyter import wire_json
from zg_jupyter.errors import TrustError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.transport.documents import Documents
from zg_jupyter.trust import signature
from zg_jupyter.trust.enclave import EnclaveKey, Report

_PATH = "/v1/quote?legacy=false"
_LASTS = 600.0  # seconds; a provider that has a new key says so at once
_QUOTE_SIZE = 632
_REPORT_AT = 568
_DEVELOPMENT = b"DEVELOPMENT ATTESTATION"
_ANOTHER = "Ask another one, or ask without --private."


@dataclass(frozen=True)
class Judged:
    """What came out of looking at an attestation.

    Attributes
    ----------
    genuine:
        Hardware of the right kind, running the right software, signed it.
    development:
        It is a stand-in, signed by the provider's signer itself.
    why:
        In words.
    """

    genuine: bool
    development: bool
    why: str


def bound_key(report_data: bytes, judged: Judged, offer: Offer, network: Network) -> EnclaveKey:
    """The key that an attestation binds to a provider's signer on the chain.

    Parameters
    ----------
    report_data:
        The 64 bytes inside the quote.
    judged:
        Whether the quote around them can be believed.
    offer, network:
        Whose it should be, and where.

    Raises
    ------
    TrustError
        Nothing binds a key to that signer; the sentence says what is missing.
    """
    try:
        report = Report.read(report_data)
    except ValueError:
        raise _distrust(offer, "its attestation names no key for private prompts") from None
    if not offer.signer:
        raise _distrust(offer, "its signer is on the chain, which did not answer")
    if report.signer.lower() != offer.signer.lower():
        raise _distrust(offer, f"its attestation is of {report.signer}, not of its signer")
    if judged.development and not network.is_development:
        raise _distrust(offer, "its attestation is a development one, without TEE hardware")
    if not (judged.genuine or judged.development):
        raise _distrust(offer, judged.why)
    return EnclaveKey.of(report, development=judged.development, why=judged.why)


class AttestedKeys:
    """Keys by attestation (:class:`zg_jupyter.trust.enclave.KeyTrust`).

    Parameters
    ----------
    documents:
        Reads what providers publish.
    network:
        Decides whether a development attestation counts.
    """

    def __init__(self, documents: Documents, network: Network) -> None:
        self._documents = documents
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
                key, since = await self._asked(offer), time.monotonic()
            self._known[name] = key, since
            return key

    async def _asked(self, offer: Offer) -> EnclaveKey:
        document = await self._documents.read(offer.url, _PATH)
        try:
            fields = wire_json.loads(document)
            quote = bytes.fromhex(fields["quote"].removeprefix("0x"))
            signed = str(fields.get("development_signature"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _distrust(offer, "it shows no attestation that can be read") from None
        judged = _judge(quote, signed, offer)
        return bound_key(quote[_REPORT_AT:_QUOTE_SIZE], judged, offer, self._network)


def _judge(quote: bytes, signed: str, offer: Offer) -> Judged:
    """Whether a quote can be believed."""
    if not quote.startswith(_DEVELOPMENT):
        return Judged(False, False, "its attestation cannot be checked by this version")
    signer = signature.recovered(quote, signed)
    if not signer or signer.lower() != offer.signer.lower():
        return Judged(False, False, "its development attestation is not signed by its signer")
    return Judged(False, True, "a development attestation, signed by the registered signer")


def _distrust(offer: Offer, why: str) -> TrustError:
    return TrustError(
        f"Provider {offer.label} cannot be asked in private: {why}.", next_step=_ANOTHER
    )
