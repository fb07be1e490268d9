"""Settings: defaults < file < environment < what the session sets."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from zg_jupyter import ports, store_url
from zg_jupyter.choices import choices
from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.quiet import quiet
from zg_jupyter.units import parse_amount, parse_rate

ENV_PREFIX = "ZG_"


def home() -> Path:
    """Folder for everything this package keeps (``ZG_HOME`` moves it)."""
    if moved := os.environ.get("ZG_HOME"):
        return Path(moved).expanduser()
    from platformdirs import user_data_path

    return user_data_path("zg-jupyter", appauthor=False)


def _asks(kind: type, what: str) -> dict[str, Any]:
    """About a field that is a default of every request; ``off`` or nothing: it is not set."""
    return {"help": f"{what} (off: not set)", "asking": kind}


@dataclass(frozen=True)
class Settings:
    """One immutable set of choices.

    Durations are seconds, amounts are 0G as text, so that a settings file reads like a person
    would write it.
    """

    network: str = "devnet"
    rpc_url: str = field(default="", metadata={"help": "RPC URL instead of the network's own"})
    max_tokens: int = field(default=512, metadata={"help": "upper bound of an answer in tokens"})
    timeout: float = field(default=120.0, metadata={"help": "seconds for a whole answer"})
    first_byte_timeout: float = field(default=60.0, metadata={"help": "seconds of first silence"})
    idle_timeout: float = field(default=30.0, metadata={"help": "seconds of silence in a stream"})
    connect_timeout: float = field(default=5.0, metadata={"help": "seconds to connect"})
    verify_timeout: float = field(default=10.0, metadata={"help": "seconds for the signature"})
    auto_fund: bool = field(
        default=True, metadata={"help": "move 0G from the ledger to a provider when it runs low"}
    )
    fund_ceiling: str = field(
        default="2",
        metadata={
            "help": "most 0G of yours a provider holds beyond what it earned",
            "amount": True,
        },
    )
    fund_total: str = field(
        default="10", metadata={"help": "the same for all providers together", "amount": True}
    )
    budget: str = field(
        default="",
        metadata={"help": "most 0G this session may spend (empty: no limit)", "amount": True},
    )
    usd_rate: str = field(
        default="",
        metadata={"help": "USD for one 0G (empty: what providers say)", "rate": True},
    )
    allow_html: bool = field(
        default=False, metadata={"help": "show HTML of a model (--format html), shut in a frame"}
    )
    gas_price_cap: float = field(default=100.0, metadata={"help": "most gwei for a unit of gas"})
    wallet: str = field(
        default="",
        metadata={"help": "which wallet: a name, env, keyring:NAME, colab:NAME, devnet:N"},
    )
    auto_lock: float = field(
        default=900.0, metadata={"help": "seconds after its last use until a wallet locks itself"}
    )
    provider_url: str = field(
        default="", metadata={"help": "where the provider of your API key listens"}
    )
    router_url: str = field(
        default="",
        metadata={"help": "your class's gateway or another router, for keys that start with sk-"},
    )
    pccs_url: str = field(
        default="https://pccs.phala.network",
        metadata={"help": "where Intel's collateral comes from when a quote is verified"},
    )
    tcb_accept: str = field(
        default="UpToDate",
        metadata={"help": "Intel's words for platforms that are good enough, with commas"},
    )
    provider_ports: str = field(
        default="",
        metadata={
            "help": "ports of providers on public networks (empty: 443 and from 1024 on)",
            "ports": True,
        },
    )
    receipt_text: str = field(
        default="off",
        metadata={
            "help": "what receipts in a notebook hold beside the answer: off, or prompt",
            "one_of": ("off", "prompt"),
        },
    )
    spend_store: str = field(
        default="",
        metadata={
            "help": "URL of a PostgreSQL database where several machines share one spend record; "
            "its password stays in ZG_SPEND_STORE or ~/.pgpass",
            "store": True,
        },
    )
    language: str = field(
        default="",
        metadata={
            "help": "en or id (empty: what the front end speaks)",
            "one_of": ("en", "id", ""),
        },
    )
    # Defaults of every request, named and meant like the fields of Choices.
    model: str = field(default="", metadata=_asks(str, "model to ask"))
    provider: str = field(
        default="", metadata=_asks(str, "provider to ask: an address, or the name of an endpoint")
    )
    system: str = field(default="", metadata=_asks(str, "how the model should behave"))
    temperature: float | None = field(default=None, metadata=_asks(float, "0 to 2"))
    top_p: float | None = field(default=None, metadata=_asks(float, "share of likeliest words"))
    sort: str = field(default="", metadata=_asks(str, "which offer comes first"))
    max_price: str = field(default="", metadata=_asks(str, "most 0G for a million tokens"))
    max_cost: str = field(
        default="", metadata=_asks(str, "most 0G for a cell, or for a batch of prompts")
    )
    only_verified: bool = field(
        default=False, metadata=_asks(bool, "only services that sign their answers")
    )
    private: bool = field(
        default=False, metadata=_asks(bool, "seal prompts: only the provider's enclave reads them")
    )
    verify: str = field(
        default="", metadata=_asks(str, "signatures of answers: warn, strict or off")
    )
    failover: str = field(default="", metadata=_asks(str, "next, restart or none"))
    hedge: float | None = field(
        default=None, metadata=_asks(float, "seconds until a second provider is asked")
    )
    retries: int | None = field(
        default=None, metadata=_asks(int, "how often to try again when everybody is busy")
    )
    fallback: str = field(
        default="",
        metadata=_asks(str, "who answers when nobody else does: local (this machine) or remote"),
    )
    local_model: str = field(
        default="",
        metadata={"help": "model of this machine: a .gguf file, a folder or owner/name of the hub"},
    )
    local_engine: str = field(
        default="", metadata={"help": "what runs it: llamacpp or torch (empty: the faster)"}
    )
    local_trim: bool = field(
        default=False,
        metadata={"help": "leave the oldest turns out of prompts that are too long for it"},
    )
    local_pickles: bool = field(
        default=False,
        metadata={"help": "open weights that are pickles, in a way that runs no code in them"},
    )
    local_code: bool = field(
        default=False,
        metadata={"help": "run code that a model of the hub or a folder brings along"},
    )


#: What takes a default of asking away again.
NOT_SET = frozenset({"", "off"})
#: Settings beside those of every request that no part of a client keeps.
_LIVE = frozenset({"language", "budget", "max_tokens", "allow_html", "receipt_text", "auto_lock"})
_NAMES = {f.name: f for f in fields(Settings)}
_KINDS = {int: "a whole number", float: "a number", str: "a text"}


def _convert(name: str, value: Any) -> Any:
    """Bring a text or JSON value to the type of the field."""
    default = getattr(Settings(), name)
    asks = _NAMES[name].metadata.get("asking")
    target = asks or type(default)
    if asks and (value is None or str(value).strip().lower() in NOT_SET):
        return default
    if target is bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in {"1", "true", "yes", "on"}:
            return True
        if text in {"0", "false", "no", "off"}:
            return False
        raise BadInput(f"{name} is on or off, not {str(value)[:40]!r}.")
    try:
        if isinstance(value, bool) or (target is str and not isinstance(value, str)):
            raise TypeError
        if target is int and isinstance(value, float) and not value.is_integer():
            raise ValueError
        converted = target(value)
    except (TypeError, ValueError, OverflowError):
        raise BadInput(
            f"{name} wants {_KINDS[target]}, not {str(value)[:40]!r}.",
            next_step="Run: %zg settings",
        ) from None
    if asks:
        choices(**{name: converted})
        return converted
    if _NAMES[name].metadata.get("amount") and converted:
        parse_amount(converted)
    if _NAMES[name].metadata.get("rate") and converted:
        parse_rate(converted)
    if _NAMES[name].metadata.get("store") and converted:
        return store_url.checked(converted)
    if _NAMES[name].metadata.get("ports"):
        return ports.checked(converted)
    allowed = _NAMES[name].metadata.get("one_of", ())
    if "" in allowed and str(converted).strip().lower() in NOT_SET:
        return ""
    if allowed and converted not in allowed:
        words = " or ".join(choice or "off" for choice in allowed)
        raise BadInput(f"{name} is {words}, not {str(value)[:40]!r}.")
    if target in (int, float) and not 0 < converted < 10**9:
        raise BadInput(f"{name} must be larger than zero, not {str(value)[:40]!r}.")
    return converted


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """A copy with some values set.

    Raises
    ------
    BadInput
        For an unknown name (with the closest match) or a value of the wrong kind.
    """
    unknown = [name for name in values if name not in _NAMES]
    if unknown:
        close = difflib.get_close_matches(unknown[0], _NAMES, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else "Run: %zg settings"
        raise BadInput(f"There is no setting named {unknown[0]!r}.", next_step=hint)
    return replace(settings, **{name: _convert(name, value) for name, value in values.items()})


def is_live(name: str, value: Any) -> bool:
    """Whether a value can be changed while connected: what is read each time it is needed.

    A budget may be changed, and not taken away: real money needs one to connect at all.
    """
    return is_asking(name) or (name in _LIVE and (name != "budget" or bool(str(value).strip())))


def asking(settings: Settings) -> dict[str, Any]:
    """The defaults of requests that are set, as options of a request."""
    found = {name: getattr(settings, name) for name in _NAMES if is_asking(name)}
    return {
        name: value
        for name, value in found.items()
        if value is not None and value != "" and value is not False
    }


def is_asking(name: str) -> bool:
    """Whether a setting is a default of every request, which ``off`` takes away."""
    return name in _NAMES and "asking" in _NAMES[name].metadata


@quiet
def load(environ: Mapping[str, str] | None = None, path: Path | None = None) -> Settings:
    """Read the settings of this user.

    Parameters
    ----------
    environ:
        Environment to read ``ZG_<NAME>`` from; the process's own when omitted.
    path:
        Settings file (JSON object); ``settings.json`` in :func:`home` when omitted.

    Raises
    ------
    ConfigError
        When the file is not a JSON object.
    BadInput
        When a value does not fit.
    """
    environ = os.environ if environ is None else environ
    path = home() / "settings.json" if path is None else path
    settings = Settings()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(stored, dict):
            raise ValueError
    except FileNotFoundError:
        stored = {}
    except (ValueError, OSError):
        raise ConfigError(
            f"The settings file {path} is not a readable JSON object.",
            next_step="Mend it or delete it.",
        ) from None
    settings = changed(settings, stored)
    wanted = {
        name: environ[ENV_PREFIX + name.upper()]
        for name in _NAMES
        if environ.get(ENV_PREFIX + name.upper())
    }
    for name in wanted:
        if _NAMES[name].metadata.get("store"):
            wanted[name] = store_url.public(wanted[name])
    return changed(settings, wanted)


def save(values: Mapping[str, Any], path: Path | None = None) -> None:
    """Keep some values in the settings file for later sessions.

    Raises
    ------
    BadInput
        For an unknown name or a value of the wrong kind; the file stays as it was.
    ConfigError
        When the present file is not a JSON object.
    """
    path = home() / "settings.json" if path is None else path
    merged = asdict(changed(load({}, path), values))
    kept = {k: v for k, v in merged.items() if v != getattr(Settings(), k)}
    path.parent.mkdir(parents=True, exist_ok=True)
    # In one step: a crash must not leave half a file that no later session can read.
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    draft.replace(path)
