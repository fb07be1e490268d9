"""What may be typed about a new class."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from zg_jupyter import networks, settings
from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.units import parse_amount
from zg_jupyter.workshop import issuer, worst

Amount = str | int | Decimal


def where(network: str, router_url: str) -> tuple[str, str]:
    """Network and base URL of a class's router; errors as in ``Class.new``."""
    now = settings.load()
    chosen = networks.get(network or now.network)
    own = router_url or ("" if network else now.router_url)
    if own:
        return chosen.name, issuer.checked_url(own)
    if not chosen.router_url:
        raise ConfigError(
            f"{chosen.name} has no hosted router, so a class there needs a gateway.",
            next_step="Name it with --router http://127.0.0.1:8400/v1, or choose a network with: "
            "--network testnet",
        )
    return chosen.name, chosen.router_url


def positive(amount: Amount, what: str) -> int:
    """An amount in neuron that is more than nothing, else ``BadInput``."""
    neuron = amount if isinstance(amount, int) else parse_amount(amount)
    if neuron <= 0:
        raise BadInput(f"A class's {what} is more than nothing.", charged="No key was made.")
    return neuron


def period(reset: str) -> str:
    """When limits begin anew, else ``BadInput``."""
    if reset not in worst.RESETS:
        raise BadInput(
            f"{reset[:20]!r} is no period.", next_step=f"It is one of {', '.join(worst.RESETS)}."
        )
    return reset


def models_of(models: Sequence[str]) -> tuple[str, ...]:
    """Names of models, each once."""
    return tuple(dict.fromkeys(one.strip() for one in models if one.strip()))


def rate(rpm: int | None) -> int | None:
    """Requests a minute, or ``BadInput``."""
    if rpm is not None and not 1 <= rpm <= 100_000:
        raise BadInput(f"{rpm} is not a number of requests a minute.")
    return rpm
