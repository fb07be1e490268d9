"""Whether an answer is proved, and one that is still being found out.

A signature is fetched with a request of its own, after the answer is there and paid for. Nobody
waits for it who does not look: :class:`PendingVerdict` is a :class:`Verdict` that waits when it is
looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from concurrent.futures import Future

VerdictStatus = Literal["verified", "signed-by-unknown", "mismatch", "unsigned", "not-checked"]


@dataclass(frozen=True)
class Verdict:
    """Whether the answer is proved to come from the provider's registered signer.

    ``development`` marks a signer whose enclave is a stand-in: the signature may be right, the
    hardware is not there. ``sealed`` marks an exchange that only the enclave could read.
    ``text`` and ``signature`` are what the provider handed out.
    """

    status: VerdictStatus
    reason: str
    signer: str = ""
    development: bool = False
    sealed: bool = False
    text: str = field(default="", compare=False, repr=False)
    signature: str = field(default="", compare=False, repr=False)

    @property
    def now(self) -> Verdict:
        """What is known at this moment."""
        return self

    @property
    def settled(self) -> bool:
        """Whether it will stay as it is."""
        return True

    def wait(self, seconds: float | None = None) -> Verdict:
        """Wait for the end of the check, for some seconds at most; gives what is known then."""
        del seconds
        return self.now

    async def found(self) -> Verdict:
        """Wait for the end of the check inside an event loop."""
        return self.now

    def then(self, call: Callable[[Verdict], None]) -> None:
        """Call with what was found, now or from another thread when the check ends."""
        call(self)

    def __str__(self) -> str:
        label = " (development signer, no TEE hardware)" if self.development else ""
        if self.status == "verified":
            return f"verified{', sealed' if self.sealed else ''}{label}"
        return f"{self.status}: {self.reason}{label}"


NOT_CHECKED = Verdict("not-checked", "the signature was not fetched")
_CHECKING = Verdict("not-checked", "the signature is being checked")


class PendingVerdict(Verdict):
    """A verdict that is being found out: whoever looks at it waits for it.

    Only the thread that finds it out must not wait for itself: there it says that the signature is
    being checked, and ``await verdict.found()`` waits.

    Parameters
    ----------
    patience:
        Seconds after which somebody who looks goes on without.
    """

    def __init__(self, patience: float) -> None:
        from concurrent.futures import Future  # loads much, and `%load_ext` loads this module

        own = {
            "_patience": patience,
            "_thread": threading.get_ident(),
            "_result": Future[Verdict](),
        }
        self.__dict__.update(own)  # the class is frozen

    _patience: float
    _thread: int
    _result: Future[Verdict]

    def settle(self, verdict: Verdict) -> None:
        """The check has ended; only its first end counts."""
        if not self._result.done():
            self._result.set_result(verdict)

    @property
    def now(self) -> Verdict:
        return self._result.result() if self._result.done() else _CHECKING

    @property
    def settled(self) -> bool:
        return self._result.done()

    def wait(self, seconds: float | None = None) -> Verdict:
        if threading.get_ident() != self._thread:
            patience = self._patience if seconds is None else seconds
            from concurrent.futures import wait

            wait([self._result], timeout=patience)
        return self.now

    async def found(self) -> Verdict:
        import asyncio

        return await asyncio.shield(asyncio.wrap_future(self._result))

    def then(self, call: Callable[[Verdict], None]) -> None:
        self._result.add_done_callback(lambda result: call(result.result()))

    @property
    def status(self) -> VerdictStatus:
        return self.wait().status

    @property
    def reason(self) -> str:
        return self.wait().reason

    @property
    def signer(self) -> str:
        return self.wait().signer

    @property
    def development(self) -> bool:
        return self.wait().development

    @property
    def sealed(self) -> bool:
        return self.wait().sealed

    @property
    def text(self) -> str:
        return self.wait().text

    @property
    def signature(self) -> str:
        return self.wait().signature

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdict) and self.wait() == other.wait()

    def __hash__(self) -> int:
        return hash(self.wait())

    def __repr__(self) -> str:
        return repr(self.wait())

    def __reduce__(self) -> tuple[Any, ...]:
        found = self.wait()
        return Verdict, tuple(getattr(found, f.name) for f in fields(Verdict))
