"""An answer that is passed on sealed, as a gateway does: read as far as it can be, and no further.

Everything that is signed of a sealed exchange can be computed without any key (protocol/e2ee.md 7),
so whoever passes it on can say whether the provider signed it, and not what it says.
"""

from __future__ import annotations

import httpx

from zg_jupyter.errors import ProviderUnreachable
from zg_jupyter.records import Offer
from zg_jupyter.transport.reading import UNSURE, Reader, unreadable
from zg_jupyter.transport.rewritten import is_trace, without_trace
from zg_jupyter.transport.trace import trace_in
from zg_jupyter.trust import hpke, jcs, sealed
from zg_jupyter.trust.sealed import BadSeal


class PassingReader(Reader):
    """Gives the events of a sealed answer as they came, instead of their words.

    Parameters
    ----------
    offer, response, streamed:
        As for :class:`~zg_jupyter.transport.reading.Reader`.
    request:
        Binding hash of the request.
    """

    def __init__(
        self, offer: Offer, response: httpx.Response, streamed: bool, request: bytes
    ) -> None:
        super().__init__(offer, response, streamed, None, keep=False)
        self._request = request
        self._bindings: list[bytes] = []
        self._final = False

    def around(self, text: str) -> int:
        """Bytes of an event that are no words: its envelope and what base64 adds."""
        words = sealed.envelope_of(jcs.strict(text)).get("ciphertext")
        return len(text.encode()) - len(hpke.decode(words))

    def end(self) -> list[str]:
        texts = []
        if self._sse is None:
            texts = [self._passed(bytes(self._body).decode("utf-8", "replace"))]
        if not self._final:
            raise ProviderUnreachable(
                f"The stream of provider {self.offer.label} broke off before its end.",
                charged=UNSURE,
            )
        return [text for text in texts if text]

    def _event(self, data: str) -> str:
        if data.strip() == "[DONE]":
            self.done = True
            return ""
        return self._passed(data)

    def _passed(self, data: str) -> str:
        fields = self._fields(data.encode())
        self._take({name: value for name, value in fields.items() if name != "choices"}, "")
        if self._cut is not None:
            self._trace = trace_in(fields) or self._trace
            if is_trace(fields):
                return ""
            data = without_trace(data.encode()).decode()
        if "choices" in fields:  # what a sealed answer never says in the open
            raise unreadable(self.offer, "is not sealed as it should be")
        try:
            whole = jcs.strict(data)
            self._bindings.append(sealed.binding_of(whole))
            self._final = sealed.envelope_of(whole).get("final") is True
        except (BadSeal, ValueError):
            raise unreadable(self.offer, "is not sealed as it should be") from None
        return data

    def signed_text(self) -> str:
        """What must be signed of the exchange."""
        return sealed.signed_text(self._request, self._bindings, streamed=self._sse is not None)
