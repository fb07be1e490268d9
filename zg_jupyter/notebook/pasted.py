"""A key or phrase that is pasted into a cell: the cell does not run, and IPython keeps no copy.

Hashes look like keys, so an ordinary cell is stopped only when its words call the value a key,
when it is all there is, or when it opens one of this user's own wallets.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.keys_in_text import REMOVED, private_keys, tokens_in
from zg_jupyter.networks import DEVNET_MNEMONIC
from zg_jupyter.notebook import words

_QUICK = re.compile(r"[0-9a-fA-F]{64}|[sm]k-|zgjoin-|(?:[a-z]{3,8}\s+){11}[a-z]{3,8}")
_OURS = re.compile(r"^\s*%%?zg|run_(?:line|cell)_magic\(['\"]zg", re.MULTILINE)
_CALLED_KEY = re.compile(
    r"(?:key|priv|secret|seed|wallet|mnemonic|\bpk\b|\bsk\b)\w*['\"\])]*\s*[:=,(]\s*"
    r"(?:bytes\.fromhex\()?['\"]?\s*((?:0x)?[0-9a-f]{64})(?![0-9a-f])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\s*['\"]?((?:0x)?[0-9a-f]{64})['\"]?\s*", re.IGNORECASE)
_PHRASE = re.compile(r"(?:^|['\"])[ \t]*((?:[a-z]{3,8}\s+){11,23}[a-z]{3,8})\s*(?:$|['\"])", re.M)
#: Keys that are ours by their form; others that start so may be of any other service.
_OUR_TOKENS = ("app-sk-", "sk-zg-", "mk-zg-", "zgjoin-")
_CALLED_OURS = re.compile(
    r"(?:ZG_API_KEY|ComputeClient|\bconnect\s*\(|keyonly)[^\n]{0,120}?(?<![0-9a-zA-Z])"
    r"([sm]k-[0-9a-zA-Z+/=_|-]{24,})"
)
_COUNTS = frozenset({12, 15, 18, 21, 24})


def secrets_in(cell: str) -> list[str]:
    """The private keys, API keys and backup phrases in a cell, as they stand there.

    Parameters
    ----------
    cell:
        What was typed, before IPython changes it.
    """
    if not _QUICK.search(cell):
        return []
    if _OURS.search(cell):
        found = [*private_keys(cell), *tokens_in(cell)]
    else:
        found = [m[1] for m in _CALLED_KEY.finditer(cell)]
        if alone := _ALONE.fullmatch(cell):
            found.append(alone[1])
        found += [token for token in tokens_in(cell) if token.startswith(_OUR_TOKENS)]
        found += [m[1] for m in _CALLED_OURS.finditer(cell)]
        found += _own_keys(cell)
    found += [text for text in _PHRASE.findall(cell) if _is_phrase(text)]
    return [secret for secret in found if secret]


def _own_keys(cell: str) -> list[str]:
    """Keys of this user's wallets; looked for only when that costs no import."""
    if "eth_account" not in sys.modules:
        return []
    from zg_jupyter import wallets

    known = wallets.known_addresses()
    return [k for k in private_keys(cell)[:20] if known and wallets.address_of_key(k) in known]


def _is_phrase(text: str) -> bool:
    count = len(text.split())
    if count not in _COUNTS or " ".join(text.split()) == DEVNET_MNEMONIC:
        return False
    from zg_jupyter import wallets

    return wallets.is_phrase(text)


def redacted(text: str) -> str:
    """A cell without its secrets, for the history."""
    for secret in secrets_in(text):
        text = text.replace(secret, REMOVED)
    return text


def refuse() -> None:
    """What a stopped cell runs instead of itself."""
    raise BadInput(words.PASTED, charged=words.PASTED_CHARGED, next_step=words.PASTED_NEXT)


def transform(lines: list[str]) -> list[str]:
    """IPython's input transformer: a cell with a secret becomes a refusal.

    ``%zg`` and ``%%zg_infer`` refuse by themselves, in their own words.
    """
    cell = "".join(lines)
    if _OURS.search(cell) or not secrets_in(cell):
        return lines
    return [f"__import__({__name__!r}, fromlist=['refuse']).refuse()\n"]


def register(shell: Any) -> None:
    """Watch the cells of a shell, and what it remembers of them."""
    shell.input_transformers_cleanup.insert(0, transform)
    for owner, name in _memories(shell):
        setattr(owner, name, _forgetful(getattr(owner, name)))


def unregister(shell: Any) -> None:
    """Undo :func:`register`."""
    if transform in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(transform)
    for owner, name in _memories(shell):
        if getattr(getattr(owner, name), "forgets_secrets", False):
            delattr(owner, name)


def _memories(shell: Any) -> list[tuple[Any, str]]:
    """Where IPython keeps what was typed: history and the log of %logstart."""
    return [(shell.history_manager, "store_inputs"), (shell.logger, "log")]


def _forgetful(keep: Callable[..., Any]) -> Callable[..., Any]:
    def forget(*arguments: Any, **named: Any) -> Any:
        clean = [redacted(a) if isinstance(a, str) else a for a in arguments]
        return keep(
            *clean, **{n: redacted(a) if isinstance(a, str) else a for n, a in named.items()}
        )

    forget.forgets_secrets = True  # type: ignore[attr-defined]
    return forget


def _clean(value: Any) -> Any:
    return redacted(value) if isinstance(value, str) else value
