"""The provider's side of private prompts: the key that on a real provider never leaves its enclave.

Here it is a development key in a file of the state folder, beside the signer's. Deleting the file
while the provider is down gives it a new one; clients notice by themselves (protocol/e2ee.md 4).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zg_jupyter.errors import MissingExtra, ProviderError
from zg_jupyter.provider.completion import Writer, pack
from zg_jupyter.provider.refusal import Refusal
from zg_jupyter.provider.signer import create_secret
from zg_jupyter.records import Usage
from zg_jupyter.trust import hpke, jcs
from zg_jupyter.trust.enclave import Report
from zg_jupyter.trust.envelope import KeyMismatch, OpenedRequest, open_request
from zg_jupyter.trust.frames import FrameSealer
from zg_jupyter.trust.sealed import ENVELOPE, VERSION, BadSeal

log = logging.getLogger(__name__)

_FILE = "enclave.key"
MISMATCH = "e2ee_key_mismatch"


@dataclass(frozen=True)
class Enclave:
    """A key for sealed requests, and the address that signs for it."""

    key: hpke.KeyPair
    signer: str

    def report_data(self) -> bytes:
        """What the attestation binds, 64 bytes."""
        return Report(self.key.public, self.signer).write()

    def document(self) -> dict[str, Any]:
        """``GET /v1/e2ee/pubkey``: a convenience, which nobody may trust."""
        return {
            "v": VERSION,
            "kem_id": hpke.KEM_ID,
            "enc_pub": hpke.encode(self.key.public),
            "key_id": hpke.key_id(self.key.public),
            "signer_address": self.signer,
        }

    def open(self, raw: bytes) -> OpenedRequest:
        """Read a sealed request.

        Raises
        ------
        Refusal
            409 when it is sealed for another key, 400 for everything else.
        """
        try:
            return open_request(jcs.strict(raw), self.key, self.signer)
        except KeyMismatch:
            present = hpke.key_id(self.key.public)
            raise Refusal(409, f"{MISMATCH}: the present key is {present}", raw=True) from None
        except ValueError as error:
            raise Refusal(400, f"invalid sealed request: {error}") from None


def load(state_dir: Path, signer: str) -> Enclave | None:
    """The enclave key of a state folder; made at the first start, the same at every later one.

    Parameters
    ----------
    signer:
        The address that signs the answers.

    Returns
    -------
    Enclave or None
        ``None`` where the packages for it are not installed.

    Raises
    ------
    ProviderError
        The key file cannot be read or written, or holds no key.
    """
    try:
        jcs.require()
    except MissingExtra as error:
        log.warning("private prompts are not served: %s", error.next_step)
        return None
    path = state_dir / _FILE
    try:
        if not path.exists():
            create_secret(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
        return Enclave(hpke.KeyPair(secret), signer)
    except (OSError, ValueError) as error:
        raise ProviderError(
            f"The enclave's key file {path} cannot be used ({type(error).__name__}).",
            next_step="Restore it, or delete it: clients then learn the new key by themselves.",
        ) from None


def is_sealed(fields: Mapping[str, Any]) -> bool:
    """Whether a request claims to be sealed; then there is no way back to reading it plainly."""
    return ENVELOPE in fields


class SealedWriter(Writer):
    """Builds the bodies of an answer that only one client can read.

    Parameters
    ----------
    key, model:
        As for :class:`~zg_jupyter.provider.completion.Writer`.
    request:
        What is answered.

    Raises
    ------
    Refusal
        400 when the client's key cannot be used.
    """

    def __init__(self, key: str, model: str, request: OpenedRequest) -> None:
        super().__init__(key, model)
        try:
            self._frames = FrameSealer(request.reply_to, request.binding)
        except BadSeal as error:
            raise Refusal(400, f"invalid sealed request: {error}") from None
        self._streamed = True

    def whole(self, text: str, finish_reason: str, usage: Usage) -> bytes:
        self._streamed = False
        fields = self._whole_fields(text, finish_reason, usage)
        return pack(self._frames.seal(fields, final=True))

    def piece(self, text: str) -> bytes:
        return self._event({"content": text}, None)

    def closing(self, finish_reason: str, usage: Usage | None) -> bytes:
        """As brokers end a stream: one more event without choices is the final frame."""
        *events, done = self._closing_events(finish_reason, usage)
        last = {**self._head("chat.completion.chunk"), "choices": []}
        return b"".join([*events, self._data(last, final=True), done])

    def _data(self, fields: Mapping[str, Any], *, final: bool = False) -> bytes:
        return super()._data(self._frames.seal(fields, final=final))

    def signed_text(self) -> str:
        return self._frames.signed_text(streamed=self._streamed)
