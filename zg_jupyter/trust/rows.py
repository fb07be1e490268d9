"""The single checks of an attestation, in the order of trust."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from zg_jupyter.errors import TrustError
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.trust import eventlog, signature
from zg_jupyter.trust import quote as quotes
from zg_jupyter.trust.dcap import Judgement
from zg_jupyter.trust.document import Document
from zg_jupyter.trust.quote import Quote, ReportData

Outcome = Literal["pass", "fail", "not-run"]

_BOTH = ("quote", "event log", "compose hash", "report data", "signer", "acknowledged")
#: Checks that must have passed, for hardware and for a stand-in.
REQUIRED = ("hardware", "tcb", "debug", *_BOTH)
REQUIRED_OF_STAND_INS = ("development", *_BOTH)
_REVOKED = "Revoked"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. ``not-run`` is never as good as ``pass``."""

    name: str
    outcome: Outcome
    why: str


@dataclass(frozen=True)
class Rules:
    """What is accepted.

    Attributes
    ----------
    tcb:
        Words of Intel for a platform that is good enough; a revoked one never is.
    boot_chains:
        Known (MRTD, RTMR1, RTMR2) in hex, lower case; ``None`` when there is no such list.
    """

    tcb: frozenset[str] = frozenset({"UpToDate"})
    boot_chains: frozenset[tuple[str, ...]] | None = None


class NotRun(Exception):
    """A check that cannot be made; says why."""


@dataclass
class Rows:
    """The checks of one attestation: each gives why it holds, or raises why it does not.

    Parameters are those of :func:`zg_jupyter.trust.attestation.judge`.
    """

    document: Document
    offer: Offer
    network: Network
    signature: Judgement
    rules: Rules
    others: Mapping[str, str]
    report: ReportData | None = None
    _events: list[eventlog.Event] | None = None

    def all(self) -> tuple[Check, ...]:
        """Make every check."""
        stand_in = self.document.development
        steps: list[tuple[str, Callable[[], str]]] = [("quote", self._quote)]
        if stand_in:
            steps += [("hardware", self._no_hardware), ("development", self._development)]
        else:
            steps += [("hardware", self._hardware), ("tcb", self._tcb), ("debug", self._debug)]
        steps += [
            ("boot chain", self._boot_chain),
            ("event log", self._event_log),
            ("compose hash", self._compose_hash),
            ("config id", self._config_id),
            ("report data", self._report_data),
            ("signer", self._signer),
            ("acknowledged", self._acknowledged),
        ]
        return tuple(_made(name, step) for name, step in steps)

    @property
    def _it(self) -> Quote:
        if self.document.quote is None:
            raise NotRun("there is no quote to look at")
        return self.document.quote

    def _quote(self) -> str:
        if self.document.quote is None:
            raise TrustError(self.document.problem)
        return f"{len(self._it.raw)} bytes"

    def _hardware(self) -> str:
        _ = self._it
        if self.signature.outcome == "not-run":
            raise NotRun(self.signature.why)
        if self.signature.outcome == "fail":
            raise TrustError(f"Intel's signature does not hold: {self.signature.why}.")
        return self.signature.why

    def _no_hardware(self) -> str:
        if not self.network.is_development:
            raise TrustError("A development attestation proves nothing on a public network.")
        raise NotRun("a development attestation: no TEE hardware stands behind it")

    def _development(self) -> str:
        if not self._it.development:
            raise TrustError("The provider calls it a development attestation, the quote does not.")
        signed_by = signature.recovered(self._it.raw, self.document.development_signature)
        if signed_by.lower() != self.offer.signer.lower():
            raise TrustError("It is not signed by the signer on chain.")
        return "signed by the signer on chain"

    def _tcb(self) -> str:
        _, status = self._it, self.signature.tcb_status
        if self.signature.outcome != "pass" or not status:
            raise NotRun("Intel's word on the platform comes with its signature")
        against = ", ".join(self.signature.advisories)
        shown = f"{status} ({against})" if against else status
        if status == _REVOKED or status not in self.rules.tcb:
            raise TrustError(f"Intel says of this platform: {shown}.")
        return f"Intel says of this platform: {shown}"

    def _debug(self) -> str:
        if self._it.debug:
            raise TrustError("The machine runs in debug mode: its operator can read its memory.")
        return "debug mode is off"

    def _boot_chain(self) -> str:
        chain = (self._it.mrtd, self._it.rtmr[1], self._it.rtmr[2])
        if self.document.development:
            raise NotRun("a stand-in boots nothing")
        if self.rules.boot_chains is None:
            raise NotRun("no list of known systems: firmware and kernel are not compared")
        if not all(map(any, chain)) or tuple(r.hex() for r in chain) not in self.rules.boot_chains:
            raise TrustError("Firmware or kernel are not on the list of known systems.")
        return "firmware and kernel are on the list of known systems"

    def _event_log(self) -> str:
        _ = self._it
        if self.document.event_log is None:
            raise NotRun("the provider gives no event log")
        events = eventlog.read(self.document.event_log)
        if eventlog.replay(events) != self._it.rtmr[3]:
            raise TrustError("The event log does not lead to the quote's RTMR3.")
        self._events = events
        taken = sum(not event.derived for event in events)
        as_given = f"; the digests of {taken} are taken as given" if taken else ""
        return f"{len(events)} events lead to the quote's RTMR3{as_given}"

    def _compose_hash(self) -> str:
        if self._events is None:
            raise NotRun("it needs an event log that holds")
        if eventlog.compose_hash(self._events) != self._composed():
            raise TrustError("The compose text is not the one that was started.")
        return "the compose text is the one that was started"

    def _config_id(self) -> str:
        told = self._it.compose_hash
        if told is None:
            raise NotRun("MRCONFIGID holds no compose hash")
        if told != self._composed():
            raise TrustError("The compose text is not the one in MRCONFIGID.")
        return "the compose text is the one in MRCONFIGID"

    def _report_data(self) -> str:
        report = quotes.parse_report_data(self._it.report_data)
        self.report = report
        key = "with an encryption key" if report.enc_pub else "without an encryption key"
        return f"{report.layout} layout, {key}"

    def _signer(self) -> str:
        if self.report is None:
            raise NotRun("the quote names no signer")
        told, known = self.report.signer, self.offer.signer
        if not known.removeprefix("0x").strip("0"):
            raise NotRun("the chain names no signer for this provider")
        if told == known.lower():
            return f"{known} is also the signer on chain"
        if owner := self.others.get(told):
            raise TrustError(f"The quote is that of another provider, {owner}.")
        raise TrustError(f"The quote names the signer {told}, the chain names {known}.")

    def _acknowledged(self) -> str:
        if not self.offer.acknowledged:
            raise TrustError("The contract's owner has not acknowledged the signer on chain.")
        return "the contract's owner has acknowledged the signer"

    def _composed(self) -> bytes:
        if self.document.app_compose is None:
            raise NotRun("the provider gives no compose text")
        return hashlib.sha256(self.document.app_compose.encode()).digest()


def _made(name: str, step: Callable[[], str]) -> Check:
    try:
        return Check(name, "pass", step())
    except TrustError as error:
        return Check(name, "fail", error.what)
    except NotRun as gap:
        return Check(name, "not-run", str(gap))
