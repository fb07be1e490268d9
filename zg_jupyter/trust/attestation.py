"""What a provider's attestation proves: every check a row, and a verdict that counts no gaps.

The order of trust (protocol/e2ee.md section 6): Intel's signature, the machine, the application on
it, the report data, and last that the signer named there is the one on chain. A development
attestation goes another way and never arrives there: it is signed by the provider's own signer, and
says itself that no hardware stands behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.trust.dcap import Judgement
from zg_jupyter.trust.document import Document, Image, images
from zg_jupyter.trust.rows import REQUIRED, REQUIRED_OF_STAND_INS, Check, Rows, Rules

Proof = Literal["genuine", "development", "not-proved"]


@dataclass(frozen=True)
class Attestation:
    """What was found out about a provider's enclave.

    Attributes
    ----------
    checks:
        In the order of trust.
    signer:
        Whom the quote names, lower case; empty when it names nobody.
    enc_pub:
        The enclave's X25519 key, 32 bytes; ``None`` when it has none, and also when the
        attestation proves nothing, so that nobody seals to a key that nobody vouches for.
    images:
        What the enclave runs, by a compose file that the quote vouches for.
    tcb_status, advisories:
        Intel's word on the platform, and what is known against it.
    quote_sha256:
        Names the quote, for receipts and records.
    development:
        A stand-in without TEE hardware.
    at:
        Unix seconds of the judgement.
    """

    provider: str
    checks: tuple[Check, ...]
    signer: str
    enc_pub: bytes | None
    images: tuple[Image, ...]
    tcb_status: str
    advisories: tuple[str, ...]
    quote_sha256: str
    development: bool
    at: int

    @property
    def proof(self) -> Proof:
        """``genuine``, ``development`` (a stand-in that is in order) or ``not-proved``."""
        if self.open:
            return "not-proved"
        return "development" if self.development else "genuine"

    @property
    def genuine(self) -> bool:
        """Whether Intel TDX hardware stands behind the signer: every required check passed."""
        return self.proof == "genuine"

    @property
    def open(self) -> tuple[Check, ...]:
        """What keeps it from being proved: checks that failed, and required ones not run."""
        return _open(self.checks, development=self.development)

    def check(self, name: str) -> Check:
        """The check of that name; KeyError when there is none."""
        return {check.name: check for check in self.checks}[name]


def judge(
    document: Document,
    offer: Offer,
    network: Network,
    *,
    signature: Judgement,
    now: int,
    rules: Rules | None = None,
    others: Mapping[str, str] | None = None,
) -> Attestation:
    """Look at everything that an attestation claims.

    Parameters
    ----------
    document:
        What the provider answered.
    offer:
        The service as the chain has it, with its signer.
    network:
        Whether stand-ins are allowed here.
    signature:
        What :func:`zg_jupyter.trust.dcap.verify` says of the quote.
    now:
        Unix seconds.
    rules:
        What is accepted; up-to-date platforms when omitted.
    others:
        Providers by the signer they registered (lower case), to name the one whose quote it is.
    """
    rows = Rows(document, offer, network, signature, rules or Rules(), others or {})
    checks = rows.all()
    proved = not _open(checks, development=document.development)
    started = {check.name: check.outcome for check in checks}["compose hash"] == "pass"
    return Attestation(
        provider=offer.provider,
        checks=checks,
        signer=rows.report.signer if rows.report else "",
        enc_pub=rows.report.enc_pub if rows.report and proved else None,
        images=images(document.app_compose) if started and document.app_compose else (),
        tcb_status=signature.tcb_status,
        advisories=signature.advisories,
        quote_sha256=document.sha256,
        development=document.development,
        at=now,
    )


def _open(checks: tuple[Check, ...], *, development: bool) -> tuple[Check, ...]:
    required = REQUIRED_OF_STAND_INS if development else REQUIRED
    made = {check.name for check in checks}
    missing = (Check(name, "not-run", "it was not made") for name in required if name not in made)
    return tuple(
        check
        for check in (*checks, *missing)
        if check.outcome == "fail" or (check.name in required and check.outcome != "pass")
    )
