"""A billed call at the stand-in: let in, given a provider, and charged."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.standins.router.call import Call
from tests.standins.router.catalog import Endpoint, Model
from tests.standins.router.refusals import Refused
from tests.standins.router.routing import wishes
from tests.standins.router.signing import exchange_text


@dataclass
class Deal:
    """Who serves a call.

    ``chat_id`` is what the provider calls its answer: in ``ZG-Res-Key`` when it sends one.
    """

    call: Call
    model: Model
    endpoint: Endpoint
    verify: bool
    chat_id: str
    settled: bool = False

    def headers(self) -> dict[str, str]:
        """What a served reply says of its provider."""
        found = {"X-Provider": self.endpoint.address}
        if self.call.router.faults.res_key:
            found["ZG-Res-Key"] = self.chat_id
        return found

    def settle(
        self,
        input_cost: int,
        output_cost: int,
        used: Mapping[str, int] | None = None,
        request_id: str = "",
    ) -> dict[str, Any]:
        """Charge account and key, once; gives the trace. Jobs have a ``request_id`` of theirs."""
        router, key = self.call.router, self.call.key
        assert key is not None
        total, tokens = input_cost + output_cost, used or {}
        if not self.settled:
            self.settled = True
            router.account.charge(
                total,
                request_id=request_id or self.call.request_id,
                api_key_id=key.key_id,
                model_id=self.endpoint.raw or self.model.id,
                canonical_id=self.model.id,
                provider_address=self.endpoint.address,
                input_tokens=tokens.get("prompt_tokens", 0),
                output_tokens=tokens.get("completion_tokens", 0),
                cached_tokens=tokens.get("cached_tokens", 0),
                trust_mode=self.endpoint.trust,
            )
            router.keys.book(key, total)
        return self._trace(input_cost, output_cost)

    def _trace(self, input_cost: int, output_cost: int) -> dict[str, Any]:
        router = self.call.router
        trace: dict[str, Any] = {
            "request_id": self.call.request_id,
            "provider": self.endpoint.address,
        }
        if self.call.fault.name != "no_billing":
            trace["billing"] = {
                "input_cost": str(input_cost),
                "output_cost": str(output_cost),
                "total_cost": str(input_cost + output_cost),
            }
            if router.account.currency == "usd":
                trace["billing"]["currency"] = "usd"
        if self.verify:
            signs = self.endpoint.trust != "standard"
            trace["tee_verified"] = router.faults.tee_verified if signs else None
        return trace

    def sign(self, upstream: tuple[bytes, bytes], client: tuple[bytes, bytes]) -> None:
        """Sign request and response as the provider; both pairs, the switch says which."""
        how = self.call.router.faults.signs
        request, response = client if how == "client" else upstream
        text = exchange_text(request, response, self.endpoint.identity)
        self.sign_text("another text" if how == "other" else text)

    def sign_text(self, text: str) -> None:
        """Sign a text, unless the provider is of the tier that signs nothing."""
        router = self.call.router
        if self.endpoint.trust != "standard":
            stranger = router.faults.signs == "stranger"
            router.signatures.keep(self.endpoint.address, self.chat_id, text, stranger)


def find_model(call: Call, name: object, kind: str) -> Model:
    """The model of a call, which has to be of a kind, and allowed to the key."""
    model = next((one for one in call.router.models if one.id == name), None)
    if model is None:
        raise Refused(404, "model_not_found", f"model {name!r} not found")
    if model.type != kind:
        raise Refused(400, "model_not_capable", f"model {name!r} is no {kind} model")
    if call.key is not None and call.key.allowed_models and name not in call.key.allowed_models:
        raise Refused(*call.router.faults.model_reply, "the key may not use this model")
    return model


def choose(call: Call, model: Model, body: Mapping[str, Any], peek: bool = False) -> list[Endpoint]:
    """Providers for a call, best first."""
    router, key = call.router, call.key
    assert key is not None
    return router.routing.candidates(
        router.models,
        model,
        wishes(call.headers, body, router.faults),
        body,
        allowed=key.allowed_providers,
        floor=key.trust_mode,
        peek=peek,
    )


def admit(call: Call, body: Mapping[str, Any], kind: str, verify: bool = False) -> Deal:
    """Everything that a billed call has to pass; the provider that answers.

    Raises
    ------
    Refused
        By the first rule that it does not pass.
    """
    router, key = call.router, call.key
    assert key is not None
    wish = wishes(call.headers, body, router.faults)
    model = find_model(call, body.get("model"), kind)
    if router.keys.over_limit(key):
        raise Refused(*router.faults.limit_reply, "the credit limit of this API key is used up")
    router.account.admit()
    found = choose(call, model, body)
    for endpoint in found if wish.fallbacks else found[:1]:
        if router.account.currency == "usd" and not endpoint.usd:
            # Stated for videos only.
            raise Refused(501, "usd_not_supported", "this model has no USD price")
        if not endpoint.broken:
            return Deal(call, model, endpoint, verify, str(uuid.uuid4()))
    headers = {"ZG-Failure-Source": "broker"}
    raise Refused(502, "provider_error", "the provider did not answer", headers)
