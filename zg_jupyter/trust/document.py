"""The document a provider hands out as its attestation (protocol/inference.md section 11)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from zg_jupyter import wire_json
from zg_jupyter.errors import TrustError
from zg_jupyter.trust import quote as quotes
from zg_jupyter.trust.quote import Quote

_IMAGE = re.compile(
    r"""^[ \t]*(?:-[ \t]+)?["']?image["']?[ \t]*:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE
)


@dataclass(frozen=True)
class Image:
    """A container image; without a digest its name may stand for any code."""

    name: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else self.name


@dataclass(frozen=True)
class Document:
    """What can be read of a provider's answer. Only the quote in it is signed.

    Attributes
    ----------
    quote, problem:
        The quote, or why there is none.
    sha256:
        Of the quote's bytes, hex; empty when there are none.
    development:
        It says of itself that no hardware stands behind it.
    development_signature:
        The provider's signature over a stand-in, hex.
    """

    quote: Quote | None
    problem: str
    sha256: str = ""
    event_log: Any = None
    app_compose: str | None = None
    development: bool = False
    development_signature: str = ""


def read(body: bytes) -> Document:
    """Read a provider's answer; what cannot be read is said in :attr:`Document.problem`."""
    try:
        fields = wire_json.loads(body)
    except ValueError:
        return Document(None, "The provider's answer is not JSON.")
    if not isinstance(fields, dict):
        return Document(None, "The provider's answer is not a JSON object.")
    quote, problem, raw = None, "", b""
    try:
        raw = quotes.quote_bytes(fields.get("quote"))
        quote = quotes.parse(raw)
    except TrustError as error:
        problem = error.what
    signature = fields.get("development_signature")
    return Document(
        quote=quote,
        problem=problem,
        sha256=hashlib.sha256(raw).hexdigest() if raw else "",
        event_log=fields.get("event_log"),
        app_compose=_app_compose(fields.get("tcb_info")),
        development=fields.get("development") is True or bool(quote and quote.development),
        development_signature=signature if isinstance(signature, str) else "",
    )


def images(app_compose: str) -> tuple[Image, ...]:
    """The images that a compose text names, in its order, each once."""
    try:
        compose = wire_json.loads(app_compose).get("docker_compose_file")
    except (ValueError, AttributeError):
        return ()
    found = _IMAGE.findall(compose) if isinstance(compose, str) else []
    parted = (image.partition("@") for image in dict.fromkeys(found))
    return tuple(Image(name, digest) for name, _, digest in parted)


def _app_compose(tcb_info: Any) -> str | None:
    try:
        fields = wire_json.loads(tcb_info) if isinstance(tcb_info, str) else tcb_info
        text = fields["app_compose"]
    except (ValueError, KeyError, TypeError):
        return None
    return text if isinstance(text, str) else None
