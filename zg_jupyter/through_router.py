"""What can be proved of an answer that came through a router, and what is only the router's word.

A provider signs the bytes it got from the router and the bytes it gave it. What lies here are the
bytes that we gave the router and got from it. Where the router added no more than its trace, both
are the same, and the signature proves the answer as on the direct route. Where it rewrote
anything (as the model's name in a request), the signature is about other bytes: then no verdict is
better than ``unsigned``, and its reason says what little is known. A sealed exchange is another
matter: what is signed of it leaves out what a router may rewrite, so it is proved or it is not.
Nothing else in this package judges an answer of a router.

The provider's record is read from the chain, never from the router. Without a chain there is
no record, and so no proof.
"""

from __future__ import annotations

import time
from dataclasses import replace

from zg_jupyter.catalog.offers import offer_of
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.chain.rpc import Rpc
from zg_jupyter.errors import ChainError, ZgError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings
from zg_jupyter.transport.base import Closed
from zg_jupyter.transport.direct import DirectTransport
from zg_jupyter.transport.documents import Documents
from zg_jupyter.transport.pools import make_http
from zg_jupyter.trust import signature
from zg_jupyter.trust.signature import SignedText
from zg_jupyter.verdict import Verdict

_FRESH = 600.0  # seconds that a provider's record is good for
_SILENT = 60.0  # seconds that a chain which did not answer is left alone
_STANDARD = "standard"
_NO_CHAIN = "it came through a router, and there is no chain here to ask who signs for its provider"
_SILENT_CHAIN = "who signs for its provider is on the chain, which did not answer"
_ANSWER_ONLY = (
    "the provider's signer signed this answer, but for a request that the router had rewritten: "
    "what it was asked is not proved"
)
_NAME_ONLY = "the router could read and change no more than the model's name"
_UNSIGNED_SEAL = (
    "the provider has no signature for this answer, so whoever passed it on may have made it"
)
_OTHER_BYTES = (
    "the provider's signer signed an exchange of this id, but not these bytes: a router rewrites "
    "them, so this answer is not proved"
)


class ThroughRouter:
    """Judges the answers of one router.

    Parameters
    ----------
    network:
        Where the router's providers are registered; without an RPC URL nothing is looked up.
    settings:
        Timeouts, and ports that providers may use.
    """

    def __init__(self, network: Network, settings: Settings) -> None:
        self._network = network
        self._rpc = Rpc(network.rpc_url)
        self._contracts = Contracts(self._rpc, network.ledger, network.inference)
        self._http = make_http(
            network, connect_timeout=settings.connect_timeout, ports=settings.provider_ports
        )
        self._direct = DirectTransport(self._http, network, settings)
        self.read = Documents(self._http, network).read
        self._records: dict[str, tuple[float, Offer | None]] = {}
        self._silent_until = float("-inf")

    def at_once(self, offer: Offer, closed: Closed) -> Verdict | None:
        """The verdict where there is nothing to look up; ``None`` where there is."""
        if offer.info.get("trust_mode") == _STANDARD:
            return _unsigned("this service does not sign its answers", closed)
        if not self._network.rpc_url:
            return _unsigned(_NO_CHAIN, closed)
        if not closed.chat_id:
            return _unsigned("the router did not say by which id its signature is found", closed)
        return None

    async def judged(self, offer: Offer, closed: Closed) -> Verdict:
        """The verdict, from the provider's record on the chain and its own signature."""
        who = offer.provider
        if closed.trace and not closed.signed_text:  # a seal is for nobody else
            who = closed.trace.served(who)
        try:
            record = await self.record(who)
        except ChainError:
            return replace(_unsigned(_SILENT_CHAIN, closed), status="not-checked")
        if record is None:
            return _unsigned(f"the chain knows no provider {who}", closed)
        if not signature.expected_signer(record, record.info):
            return _unsigned("this service does not sign its answers", closed)
        if not record.acknowledged:
            why = "the network's owner has not acknowledged its signer"
            return Verdict("signed-by-unknown", why, record.signer, record.development)
        try:
            signed = await self._direct.signature(record, closed.chat_id)
        except ZgError as error:
            return Verdict("not-checked", error.what, "", record.development)
        if signed is None and closed.signed_text:
            return _unsigned(_UNSIGNED_SEAL, closed)
        if signed is None:
            return _unsigned("the provider has no signature for this answer", closed)
        return _compared(signed, record, closed)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._rpc.aclose()

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """Everybody who is registered on the chain, looked up; raises ChainError."""
        del fresh
        return [offer_of(one, self._network) for one in await self._contracts.services()]

    async def record(self, provider: str, *, fresh: bool = False) -> Offer | None:
        """What the chain says of a provider; raises ChainError where it says nothing."""
        now, key = time.monotonic(), provider.lower()
        read_at, known = self._records.get(key, (float("-inf"), None))
        if not fresh and now - read_at < _FRESH:
            return known
        if now < self._silent_until:
            raise ChainError(_SILENT_CHAIN)
        try:
            service = await self._contracts.service(provider)
        except ChainError:
            self._silent_until = time.monotonic() + _SILENT
            raise
        found = offer_of(service, self._network) if service else None
        self._records[key] = time.monotonic(), found
        return found


def _compared(signed: SignedText, record: Offer, closed: Closed) -> Verdict:
    """A signature against the bytes without the router's trace, and the signer on the chain."""
    if closed.signed_text:
        found = signature.check_sealed(
            signed,
            text=closed.signed_text,
            signer=record.signer,  # also of a separate model: the enclave that was sealed for
            development=record.development,
        )
        proved = found.status == "verified"
        return replace(found, reason=f"{found.reason}; {_NAME_ONLY}") if proved else found
    signer = signature.expected_signer(record, record.info)
    found = signature.check(
        signed,
        request_sha256=closed.request_sha256,
        response_sha256=closed.response_sha256,
        signer=signer,
        development=record.development,
        identity=signature.third_party(record.info),
    )
    if found.status == "verified":
        return replace(found, reason=f"{found.reason}; the router added only its trace")
    by = signature.by_signer(signed, signer, record.development)
    if by.status != "verified":
        return by
    response = signed.text.partition(":")[2].partition(":")[0]
    same = response.lower() == closed.response_sha256
    return _unsigned(_ANSWER_ONLY if same else _OTHER_BYTES, closed)


def _unsigned(why: str, closed: Closed) -> Verdict:
    claim = closed.trace.claim if closed.trace else ""
    return Verdict("unsigned", "; ".join(filter(None, (why, claim))))
