"""What a provider is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from zg_jupyter.errors import ConfigError
from zg_jupyter.local.upstream import Upstream
from zg_jupyter.networks import NETWORKS

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - refused without a public URL


@dataclass(frozen=True)
class Limits:
    """Bounds of what one client or user may ask for; 0 switches a rate off.

    Attributes
    ----------
    body_bytes:
        Largest request body (protocol/inference.md section 5).
    concurrent, queue, queue_seconds:
        Requests at the model at a time, requests waiting for it, and how long one waits.
    requests_per_second, burst:
        Per client address on everything under ``/v1``.
    requests_per_minute, tokens_per_minute:
        Per user.
    wrong_models:
        Unknown model names of one user per minute before it is blocked for a minute.
    answer_seconds, send_seconds:
        Longest generation, and longest wait for a client that does not read.
    """

    body_bytes: int = 32 * 1024 * 1024
    concurrent: int = 4
    queue: int = 64
    queue_seconds: float = 30.0
    requests_per_second: float = 0.0
    burst: int = 20
    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    wrong_models: int = 10
    answer_seconds: float = 600.0
    send_seconds: float = 30.0


@dataclass(frozen=True)
class Config:
    """One provider. Prices in neuron per token, durations in seconds.

    Attributes
    ----------
    state_dir:
        Holds the meter and the signer's key; one running provider per folder.
    public_url:
        What goes on chain as the service's url, without trailing slash; made of host and port
        when empty.
    settle_every, settle_above:
        Time between settlements, and the unsettled fee of one user (neuron) that does not
        wait for it.
    acknowledge_seconds:
        How long to wait at the start until the contract owner acknowledged the signer.
    context_length:
        Tokens that prompt and answer have together; what the engine says when 0.
    upstream:
        The server behind the engine ``upstream``.
    keep_service:
        Leave the service registered, with its stake, after a clean shutdown.
    """

    rpc_url: str
    state_dir: Path
    ledger: str = NETWORKS["devnet"].ledger
    inference: str = NETWORKS["devnet"].inference
    name: str = "provider"
    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    input_price: int = 10**11
    output_price: int = 4 * 10**11
    engine: str = "llamacpp"
    model: str = "smollm2-135m-instruct"
    context_length: int = 0
    upstream: Upstream | None = None
    settle_every: float = 15.0
    settle_above: int = 2 * 10**17
    acknowledge_seconds: float = 15.0
    drain_seconds: float = 10.0
    keep_service: bool = False
    announce: Path | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"A port is a number from 0 to 65535, not {self.port}.")
        for name, price in (("input", self.input_price), ("output", self.output_price)):
            if not 0 <= price < 2**128:
                raise ConfigError(f"The {name} price {price} is not a price in neuron per token.")
        if self.host in _EVERYWHERE and not self.public_url:
            raise ConfigError(
                f"A provider that listens on {self.host} must say where clients find it.",
                next_step="Add --public-url https://your.name",
            )
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ConfigError("A public URL starts with https:// or http://.")
        if self.settle_every <= 0:
            raise ConfigError("The time between settlements must be more than zero seconds.")
        if self.limits.concurrent < 1:
            raise ConfigError("At least one request must be allowed at a time.")
        if self.context_length < 0:
            raise ConfigError("The length of a context is a number of tokens.")
        if self.upstream is not None and self.engine in ("llamacpp", "torch"):
            raise ConfigError(
                f"The engine {self.engine!r} runs models itself and uses no upstream server.",
                next_step="Leave --engine out, or write: --engine upstream",
            )
        if not self.model or len(self.model) > 200:
            raise ConfigError("A model needs a name of at most 200 characters.")

    @property
    def keeps_prompts_here(self) -> bool:
        """Whether no prompt leaves this machine for the model: only then may one be private."""
        return self.upstream is None or urlsplit(self.upstream.url).hostname in _LOOPBACK

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the provider."""
        return self.host in _LOOPBACK
