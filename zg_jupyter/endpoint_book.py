"""OpenAI-compatible servers of the user's own choosing, as they are kept on disk.

The file is the user's alone (mode 0600) and written in one step. It holds a key only where the user
said so; everywhere else it says where the key comes from.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from zg_jupyter import endpoint_typed as typed
from zg_jupyter import server_url
from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.records import Offer
from zg_jupyter.settings import home


@dataclass(frozen=True)
class Endpoint:
    """One server.

    Attributes
    ----------
    name:
        What the user calls it; ``--provider NAME`` asks it.
    url:
        Its address; ``/chat/completions`` and ``/models`` are right below.
    models:
        What can be asked of it; the first one is asked when none is named.
    input_price, output_price:
        Neuron per token, by the user's own word.
    key_from:
        Empty for no key, a variable of the environment, or one of
        :data:`zg_jupyter.endpoint_typed.SOURCES`.
    listed:
        Whether ``models`` are as the server listed them, not as the user gave them.
    key:
        The key itself, where it comes from the file.
    """

    name: str
    url: str
    models: tuple[str, ...]
    input_price: int = 0
    output_price: int = 0
    key_from: str = ""
    listed: bool = True
    key: str = field(default="", repr=False)

    def offers(self) -> list[Offer]:
        """One offer per model, none of them verified by anybody."""
        return [
            Offer(
                route="endpoint",
                provider=self.name,
                url=self.url,
                model=model,
                service_type="chatbot",
                input_price=self.input_price,
                output_price=self.output_price,
                acknowledged=True,  # by the user, who added it
                # Asked for in this way first; one that refuses is asked in words.
                info={"supported_parameters": ["response_format"]},
            )
            for model in self.models
        ]


def known() -> dict[str, Endpoint]:
    """All of them by name, in the order in which they were added.

    Raises
    ------
    ConfigError
        The file cannot be read or describes no endpoints.
    """
    path = _path()
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: _read(name, fields) for name, fields in stored.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, OSError, TypeError, AttributeError, KeyError, BadInput):
        raise ConfigError(
            f"The file {path} does not describe endpoints.", next_step="Mend it or delete it."
        ) from None


def find(name: str) -> Endpoint | None:
    """The endpoint of a name, however it is capitalised."""
    return known().get(name.strip().lower())


def get(name: str) -> Endpoint:
    """The same for one that must be there.

    Raises
    ------
    BadInput
        There is none; the closest name is said.
    """
    table = known()
    found = table.get(name.strip().lower())
    if found is None:
        close = difflib.get_close_matches(name.lower(), table, n=1, cutoff=0.5)
        hint = f"Did you mean {close[0]!r}?" if close else "See them with: %zg endpoint list"
        raise BadInput(f"There is no endpoint named {name[:40]!r}.", next_step=hint)
    return found


def add(endpoint: Endpoint) -> None:
    """Keep one; ``BadInput`` when there is one of that name already."""
    with _changing() as table:
        refuse_taken(endpoint.name, table)
        table[endpoint.name] = endpoint


def change(name: str, **fields: Any) -> Endpoint:
    """Change some fields of one that is there, and give it; ``BadInput`` as in :func:`get`."""
    with _changing() as table:
        found = table.get(name) or get(name)
        table[found.name] = replace(found, **fields)
        return table[found.name]


def remove(name: str) -> Endpoint:
    """Forget one, and give it; ``BadInput`` as in :func:`get`."""
    with _changing() as table:
        return table.pop(get(name).name)


def refuse_taken(name: str, table: Mapping[str, Endpoint] | None = None) -> None:
    """``BadInput`` when there is an endpoint of a name."""
    if name in (known() if table is None else table):
        raise BadInput(
            f"There is an endpoint named {name!r} already.",
            next_step=f"Choose another name, or first run: %zg endpoint remove {name}",
        )


# -- the file --------------------------------------------------------------------------------


def _path() -> Path:
    return home() / "endpoints.json"


def _read(name: str, fields: Mapping[str, Any]) -> Endpoint:
    prices = fields.get("input_price", 0), fields.get("output_price", 0)
    if any(
        isinstance(p, bool) or not isinstance(p, int) or not 0 <= p <= typed.MOST_PRICE
        for p in prices
    ):
        raise ValueError
    models = tuple(fields["models"])
    if not models or name != typed.name_of(name) or models != typed.models_of(models):
        raise ValueError
    key = fields.get("key", "")
    if not isinstance(key, str):
        raise TypeError
    source = typed.source_of(fields.get("key_from", ""))
    url = fields["url"]
    if url != server_url.checked(url):
        raise ValueError
    return Endpoint(name, url, models, *prices, source, fields.get("listed") is True, key)


@contextmanager
def _changing() -> Iterator[dict[str, Endpoint]]:
    """The table, written when the block ends well; one process at a time."""
    from filelock import FileLock

    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=10):
        table = known()
        yield table
        _write(path, table)


def _write(path: Path, table: Mapping[str, Endpoint]) -> None:
    content = {
        e.name: {
            "url": e.url,
            "models": list(e.models),
            "listed": e.listed,
            "input_price": e.input_price,
            "output_price": e.output_price,
            **({"key_from": e.key_from} if e.key_from else {}),
            **({"key": e.key} if e.key else {}),
        }
        for e in table.values()
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    # Nobody else may read it, not even for the moment before its rights are set.
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as written:
        json.dump(content, written, indent=2)
    draft.replace(path)
