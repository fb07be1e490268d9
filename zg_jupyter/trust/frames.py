"""Sealed answers, frame by frame: made by the enclave, opened by the client (protocol/e2ee.md 5).

An answer in one piece is one frame; of a stream, each event is one. They open in their order
only, and the last one says that it is the last: what was left out, doubled or cut off shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zg_jupyter.trust import hpke, jcs, sealed
from zg_jupyter.trust.sealed import ENVELOPE, BadSeal

CHOICES = "choices"
#: What the brokers of 2026 leave to routers.
UNBOUND = ("model", "x_0g_trace")
_LOOK_AHEAD = 32  # frames; to tell a missing one from one that was changed


class FrameSealer:
    """The enclave's side of one answer.

    Parameters
    ----------
    reply_to:
        The client's public key of this request.
    request:
        Binding hash of the request.
    unbound:
        Fields that others may change.

    Raises
    ------
    BadSeal
        ``reply_to`` is no usable key.
    """

    def __init__(self, reply_to: bytes, request: bytes, unbound: Sequence[str] = UNBOUND) -> None:
        try:
            self._sealer = hpke.Sealer(reply_to, hpke.RESPONSE_INFO)
        except ValueError:
            raise BadSeal("client_eph_pub is not a usable key") from None
        self._request = request
        self._unbound = list(unbound)
        self._bindings: list[bytes] = []

    def seal(self, fields: Mapping[str, Any], *, final: bool) -> dict[str, Any]:
        """The next frame, with ``choices`` sealed."""
        envelope: dict[str, Any] = {}
        if not self._bindings:
            envelope = {"v": sealed.VERSION, "enc": hpke.encode(self._sealer.enc)}
        envelope |= {"sealed_fields": [CHOICES], "unbound_fields": self._unbound, "final": final}
        frame = {name: value for name, value in fields.items() if name != CHOICES}
        frame[ENVELOPE] = envelope
        aad = sealed.aad_of(frame)
        ciphertext = self._sealer.seal(sealed.hidden(fields, [CHOICES]), aad)
        envelope["ciphertext"] = hpke.encode(ciphertext)
        self._bindings.append(sealed.binding(aad, ciphertext))
        return frame

    def signed_text(self, *, streamed: bool) -> str:
        """What is to be signed once the last frame is made."""
        return sealed.signed_text(self._request, self._bindings, streamed=streamed)


class FrameOpener:
    """The client's side of one answer.

    Parameters
    ----------
    reply:
        The key that was made for the request.
    request:
        Binding hash of the request.

    Attributes
    ----------
    final:
        Whether the last frame was there.
    """

    def __init__(self, reply: hpke.KeyPair, request: bytes) -> None:
        self._reply = reply
        self._request = request
        self._opener: hpke.Opener | None = None
        self._bindings: dict[bytes, None] = {}  # in their order
        self.final = False

    def open(self, data: str | bytes) -> dict[str, Any]:
        """The next frame as if it had never been sealed.

        Parameters
        ----------
        data:
            One JSON object as it arrived.

        Raises
        ------
        BadSeal
            It is not the next frame as the enclave sealed it; the answer ends here.
        """
        try:
            fields = jcs.strict(data)
        except ValueError as error:
            raise BadSeal(f"it cannot be read ({error})") from None
        envelope = sealed.envelope_of(fields)
        if self.final:
            raise BadSeal("a frame came after the final one")
        final = envelope.get("final")
        if not isinstance(final, bool):
            raise BadSeal("a frame does not say whether it is the final one")
        names = sealed.sealed_of(envelope)
        if CHOICES not in names:
            raise BadSeal("its choices are not sealed")
        opener = self._opener or self._first(envelope)
        aad, ciphertext = sealed.aad_of(fields), sealed.ciphertext_of(envelope)
        binding = sealed.binding(aad, ciphertext)
        if binding in self._bindings:
            raise BadSeal("a frame came twice")
        try:
            plaintext = opener.open(ciphertext, aad)
        except hpke.DoesNotOpen:
            raise BadSeal(self._why(opener, ciphertext, aad)) from None
        self._opener = opener
        opened = sealed.merged(fields, plaintext, names)
        self._bindings[binding] = None
        self.final = final
        return opened

    def _first(self, envelope: Mapping[str, Any]) -> hpke.Opener:
        if "enc" not in envelope and "v" not in envelope:
            raise BadSeal("its first frame is missing")
        if not sealed.is_version(envelope.get("v")):
            raise BadSeal("its version is not 1")
        try:
            return self._reply.opener(hpke.decode_key(envelope.get("enc")), hpke.RESPONSE_INFO)
        except ValueError:
            raise BadSeal("enc is not a usable key") from None

    def _why(self, opener: hpke.Opener, ciphertext: bytes, aad: bytes) -> str:
        """A frame that opens under a later number has lost one before it; others were changed."""
        for _ in range(_LOOK_AHEAD):
            try:
                opener.open(ciphertext, aad)
            except hpke.DoesNotOpen:
                continue
            return "a frame is missing or out of order"
        return "a frame does not open: it was changed on the way"

    def signed_text(self, *, streamed: bool) -> str:
        """What the enclave must have signed.

        Raises
        ------
        BadSeal
            The answer is not whole.
        """
        if not self.final:
            raise BadSeal("its final frame is missing")
        return sealed.signed_text(self._request, list(self._bindings), streamed=streamed)
