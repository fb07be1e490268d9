"""Whether the proof of an answer holds, as far as that can be told without asking anybody.

The provider's signature covers the exact bytes of request and answer. So the text in those bytes
is proved, and so is what it was billed by; who else wrote what else into a proof is not: its
checksum shows an accident only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zg_jupyter import evidence, pricing
from zg_jupyter.errors import ZgError
from zg_jupyter.networks import DEVNET_CHAIN_ID
from zg_jupyter.records import Usage
from zg_jupyter.transport import reading
from zg_jupyter.trust import signature
from zg_jupyter.verdict import Verdict

#: ``signed``: the signature holds, and the text could not be held against it.
Outcome = Literal["verified", "signed", "unsigned", "failed"]

_SEALED = "zg-sig-v1/"
_KINDS: dict[str, type] = {
    **dict.fromkeys(("version", "chain_id", "attempts"), int),
    **dict.fromkeys(("sealed", "development"), bool),
    **dict.fromkeys(("prices", "usage"), dict),
    **dict.fromkeys(("package", "network", "genesis", "books", "route", "provider", "model"), str),
    **dict.fromkeys(("registered_signer", "third_party"), str),
    **dict.fromkeys(("request_sha256", "response_sha256"), str),
    **dict.fromkeys(("signed_text", "signature", "signer", "verdict", "reason"), str),
    **dict.fromkeys(("service_type", "fee", "earlier_tries", "cost", "time", "recorded"), str),
    **dict.fromkeys(("body", "body_missing", "request", "sha256"), str),
}
_DEVELOPMENT = "development signer, no TEE hardware"
_NO_KEY = "it was sealed on its way"


@dataclass(frozen=True)
class Judged:
    """What a proof is worth.

    Attributes
    ----------
    problems:
        What does not hold, the worst first.
    text:
        What the signed bytes say; ``None`` where that cannot be told.
    images:
        Digests of the signed images, for an answer that is images.
    why:
        The verdict in a few words, where nothing failed.
    """

    outcome: Outcome
    why: str
    problems: tuple[str, ...] = ()
    text: str | None = None
    images: tuple[str, ...] = ()

    def against(self, *problems: str) -> Judged:
        """The same with further problems; the worst is said."""
        found = (*problems, *self.problems)
        return Judged("failed", found[0], found, self.text, self.images) if found else self


def judge(proof: Any) -> Judged:
    """Check everything in a proof that can be checked offline.

    Parameters
    ----------
    proof:
        As :func:`zg_jupyter.evidence.proof_of` made it, or whatever stands in its place.
    """
    if problem := _unreadable(proof):
        return _failed(problem)
    try:
        return _judged(proof)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return _failed("the receipt does not make sense")


def is_development(proof: Mapping[str, Any]) -> bool:
    """Whether a stand-in for TEE hardware signed: on the embedded network, always."""
    return bool(proof["development"]) or proof["chain_id"] == DEVNET_CHAIN_ID


def _unreadable(proof: Any) -> str:
    if not isinstance(proof, Mapping):
        return "the receipt is no receipt"
    for name, kind in _KINDS.items():
        if name not in proof:
            return f"{name} is missing from the receipt"
        if type(proof[name]) is not kind:
            return f"{name} in the receipt is not what it should be"
    if proof["version"] != evidence.VERSION:
        return f"the receipt is of form {proof['version']}, which this version does not know"
    return ""


def _judged(proof: Mapping[str, Any]) -> Judged:
    found = _signature(proof)
    problems = [found.reason] if found.status in ("mismatch", "signed-by-unknown") else []
    text, said, images, missing = _text(proof)
    problems += said
    problems += _request(proof)
    problems += _money(proof)
    for name in ("time", *(["recorded"] if proof["recorded"] else [])):
        evidence.seconds(proof[name])
    if found.status != proof["verdict"] and not problems:
        problems.append(f"the receipt says {proof['verdict']!r}, which it does not prove")
    if found.status == "verified" and proof["signer"].lower() != found.signer.lower():
        problems.append("the receipt names another signer than the signature has")
    if found.status == "verified" and is_development(proof) and not proof["development"]:
        problems.append("the receipt hides that its signer is a development one")
    if evidence.checksum(proof) != proof["sha256"]:
        problems.append("the receipt was changed: its checksum does not fit")
    if problems:
        return Judged("failed", problems[0], tuple(problems), text, images)
    label = f" ({_DEVELOPMENT})" if is_development(proof) else ""
    if found.status != "verified":
        return Judged("unsigned", proof["reason"] or found.reason, (), text, images)
    if text is None and not images:
        why = f"the signature holds, text not rechecked: {missing}{label}"
        return Judged("signed", why, (), text, images)
    return Judged("verified", f"signed by {proof['signer']}{label}", (), text, images)


def _signature(proof: Mapping[str, Any]) -> Verdict:
    """The verdict again, from the signed text and the signature."""
    signed, development = proof["signed_text"], is_development(proof)
    if not signed and not proof["signature"]:
        claimed = proof["verdict"]
        if claimed in ("unsigned", "not-checked"):
            return Verdict(claimed, proof["reason"], "", development)
        return Verdict("mismatch", "the signature is missing", "", development)
    request, response = proof["request_sha256"], proof["response_sha256"]
    record = signature.SignedText(signed, proof["signature"])
    if signed.startswith(_SEALED):
        scheme, _, rest = signed.partition(":")
        if not scheme or rest.lower() != f"{request}:{response}".lower():
            reason = "the signed text is about another exchange"
            return Verdict("mismatch", reason, "", development)
        return signature.by_signer(record, proof["registered_signer"], development)
    return signature.check(
        record,
        request_sha256=request,
        response_sha256=response,
        signer=proof["registered_signer"],
        development=development,
        identity=proof["third_party"] or None,
    )


def _text(proof: Mapping[str, Any]) -> tuple[str | None, list[str], tuple[str, ...], str]:
    """What the bytes say, what is wrong with them, digests of images, or why there are none."""
    missing = _NO_KEY if proof["sealed"] else proof["body_missing"]
    if proof["service_type"].endswith(("-to-image", "image-editing")):
        return None, [], tuple(filter(None, proof["response_sha256"].split(","))), missing
    if not proof["body"]:
        return None, [], (), missing or evidence.NOT_KEPT
    try:
        body = evidence.unpacked(proof["body"])
    except ValueError:
        return None, ["the kept bytes of the answer are damaged"], (), missing
    if hashlib.sha256(body).hexdigest() != proof["response_sha256"]:
        return None, ["the kept bytes are not the answer that was signed"], (), missing
    if proof["sealed"]:
        return None, [], (), missing
    try:
        text, usage = reading.read_back(proof["service_type"], body)
    except ZgError:
        return None, ["the kept bytes are no answer"], (), missing
    told = Usage(**proof["usage"])
    if usage is not None and not told.estimated and usage != told:
        return text, ["the usage is not the one in the signed answer"], (), missing
    return text, [], (), missing


def _request(proof: Mapping[str, Any]) -> list[str]:
    if not proof["request"]:
        return []
    try:
        digest = hashlib.sha256(evidence.unpacked(proof["request"])).hexdigest()
    except ValueError:
        digest = ""
    same = proof["sealed"] or digest == proof["request_sha256"]
    return [] if same else ["the kept request is not the one that was signed"]


def _money(proof: Mapping[str, Any]) -> list[str]:
    """Cost is usage times price, and nothing where an answer was given again.

    A router's cost is the router's word: nothing in a receipt can prove it.
    """
    usage = Usage(**proof["usage"])
    if any(
        type(count) is not int or count < 0
        for name, count in proof["usage"].items()
        if name != "estimated"
    ):
        raise ValueError("usage is whole numbers")
    prices = evidence.prices_from(proof["prices"])
    fee, earlier, cost = (int(proof[name]) for name in ("fee", "earlier_tries", "cost"))
    try:
        right = sum(pricing.fee_parts(proof["service_type"], prices, usage))
    except ZgError:
        return ["how this service is billed is not known"]
    told = proof["route"] == "router" and fee >= 0
    if (fee != right and not told) or earlier < 0:
        return ["the cost is not what this usage costs at this price"]
    if cost != (0 if proof["recorded"] else fee + earlier):
        return ["the cost is not what the tries cost together"]
    return []


def _failed(problem: str) -> Judged:
    return Judged("failed", problem, (problem,))
