"""What is asked, independent of who answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Upload:
    """A file as it is sent: its name without folders, its MIME type, and its bytes."""

    name: str
    kind: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Digest of the bytes, lower-case hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Queued:
    """A job at a provider: empty, one is to be made; else the one that is there.

    ``provider`` is who has it, ``request_sha256`` the digest of what was sent for it.
    """

    id: str = ""
    provider: str = ""
    request_sha256: str = ""


@dataclass(frozen=True)
class ChatRequest:
    """What is asked, independent of who answers.

    ``max_tokens`` bounds the answer in tokens; ``None`` leaves a field out of the request.
    ``extra`` holds further OpenAI fields, sent as they are. ``images`` is how many are asked for
    instead of text; they are then what ``max_tokens`` counts. ``files`` go along: images that are
    edited, or one recording, whose ``length`` is the least and the most seconds that can be billed
    (and ``max_tokens`` the most). ``queued`` images are made by a job of the provider, which goes
    on whoever waits for it. A ``private`` one is readable for the provider's enclave, or this
    machine, alone. ``form`` is the JSON schema of an answer that has to be data. ``keep_body``
    keeps the exact bytes: the answer can be checked again from its receipt. ``sealed`` is a body
    that somebody else has sealed, in place of messages: it is passed on as it is, and the pieces of
    its answer are the sealed events.
    """

    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    images: int = 0
    private: bool = False
    form: Mapping[str, Any] | None = None
    keep_body: bool = field(default=False, compare=False)
    files: tuple[Upload, ...] = ()
    length: tuple[int, int] = (0, 0)
    queued: Queued | None = None
    sealed: bytes = field(default=b"", repr=False)

    @property
    def service(self) -> str:
        """The type of service that does this (protocol/inference.md 2)."""
        if self.length[1]:
            return "speech-to-text"
        if self.images:
            return "image-editing" if self.files else "text-to-image"
        return "chatbot"
