"""For whom a private prompt is sealed that a router passes on.

The router is asked for nothing that decides who reads a prompt: the provider's record comes from
the chain, and its attestation from the address in that record, as on the direct route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zg_jupyter.attesting import Attestations
from zg_jupyter.errors import ChainError, NoOffer, TrustError
from zg_jupyter.listing import NO_CHAIN, not_private
from zg_jupyter.networks import Network
from zg_jupyter.private import AttestedKeys
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings

if TYPE_CHECKING:
    from zg_jupyter.through_router import ThroughRouter
    from zg_jupyter.trust.enclave import EnclaveKey

_ANOTHER = "Ask another one, or ask without --private."
_ELSEWHERE = (
    "Should it be registered on another network, choose that with: %zg network NAME; or ask "
    "without --private."
)


class RouterSeals:
    """Keys of a router's providers (:class:`zg_jupyter.trust.enclave.KeyTrust`).

    Parameters
    ----------
    through:
        Reads the providers' records on the chain, and what they publish themselves.
    network, settings:
        Where they are registered, and what is accepted there.

    Attributes
    ----------
    attestations:
        What stands behind the signers of that chain.
    """

    def __init__(self, through: ThroughRouter, network: Network, settings: Settings) -> None:
        self._through = through
        self._network = network.name
        self._has_chain = bool(network.rpc_url)
        self.attestations = Attestations(through, through.read, network, settings)
        self._keys = AttestedKeys(self.attestations, network)

    async def key_for(self, offer: Offer, *, fresh: bool = False) -> EnclaveKey:
        """As in :class:`~zg_jupyter.trust.enclave.KeyTrust`, for an offer of the router."""
        if not self._has_chain:
            raise _distrust(offer, NO_CHAIN)
        try:
            record = await self._through.record(offer.provider, fresh=fresh)
            if record is None:
                raise self._unknown(offer)
            if not record.acknowledged:
                raise _distrust(offer, "the network's owner has not acknowledged its signer")
            if why := not_private(record):
                raise _distrust(offer, why)
            return await self._keys.key_for(record, fresh=fresh)
        except ChainError:
            raise _distrust(offer, "its signer is on the chain, which did not answer") from None
        except NoOffer:
            raise self._unknown(offer) from None

    def _unknown(self, offer: Offer) -> TrustError:
        why = f"the chain of {self._network} knows no such provider"
        return _distrust(offer, why, _ELSEWHERE)


def _distrust(offer: Offer, why: str, next_step: str = _ANOTHER) -> TrustError:
    return TrustError(
        f"Provider {offer.label} cannot be asked in private: {why}.", next_step=next_step
    )
