"""The commands of ``%zg``: each takes its words and gives what the cell shows."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from zg_jupyter import settings
from zg_jupyter.errors import BadInput, told
from zg_jupyter.networks import host_of
from zg_jupyter.notebook import (
    aliases,
    class_commands,
    dollars,
    endpoint_commands,
    explain,
    help_commands,
    job_commands,
    join_commands,
    key_commands,
    local_commands,
    market_commands,
    media_commands,
    money_commands,
    network_commands,
    recorded_commands,
    replay_commands,
    spend_commands,
    trust_commands,
    use_commands,
    wallet_commands,
    words,
)
from zg_jupyter.notebook.money_commands import duration, none, shown
from zg_jupyter.notebook.options import split
from zg_jupyter.notebook.render import Steps, label, say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table

if TYPE_CHECKING:
    from zg_jupyter.client import Overview


def run(line: str, session: Session) -> Any:
    """Carry out what stands behind ``%zg``.

    Returns
    -------
    Any
        What the cell shows: a table, a DataFrame, or ``None``.

    Raises
    ------
    ZgError
        For what cannot be meant (with the closest match) or cannot be done.
    """
    first, _, rest = line.strip().partition(" ")
    if first in WHOLE_LINE:
        return COMMANDS[first](session, rest.strip())
    parts = split(line)
    name, arguments = (parts[0], parts[1:]) if parts else ("help", [])
    command = COMMANDS.get(name)
    if command is None:
        close = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
        hint = words.DID_YOU_MEAN.format(match=f"%zg {close[0]}") if close else words.SEE_ZG_HELP
        raise BadInput(words.UNKNOWN_COMMAND.format(name=name[:40]), next_step=hint)
    return command(session, arguments)


def _up(session: Session, arguments: list[str]) -> None:
    none("up", arguments)
    from zg_jupyter import client

    shared = client.up(progress=Steps())
    session.adopt()
    now = shared.overview()
    count = now.providers
    say(
        words.UP_READY.format(
            network=shared.network.name,
            chain_id=shared.network.chain_id,
            providers=(
                words.PROVIDERS_ONE if count == 1 else words.PROVIDERS_MANY.format(count=count)
            ),
            address=now.address,
        )
    )
    say(words.UP_NEXT_ASK if now.ledger else words.UP_NEXT_DEPOSIT)


def _down(session: Session, arguments: list[str]) -> None:
    none("down", arguments)
    from zg_jupyter import client

    say(words.DOWN_DONE if client.down() else words.DOWN_NOTHING)
    session.left()


def _status(session: Session, arguments: list[str]) -> Table:
    none("status", arguments)
    return status_table(session.client().overview())


def status_table(now: Overview) -> Table:
    """Where the money is, for people."""
    title = words.STATUS_ROWS
    if now.router:
        rows = [(title["router"], now.router), (title["key"], now.address)]
        rows += [(title["left"], shown(now.left))] if now.left is not None else []
        rows += [(title["spent"], shown(now.spent)), (title["providers"], str(now.providers))]
        rows += [(title["prompts"], words.STATUS_KEPT)] if now.keeps_prompts else []
        return Table.of(rows, title=words.STATUS_TITLE.format(network=now.network))
    rows = [(title["address"], now.address), (title["wallet"], shown(now.wallet))]
    if now.ledger is None:
        rows.append((title["available"], words.NO_LEDGER))
    else:
        rows.append((title["available"], shown(now.ledger.available)))
        rows.append((title["locked"], shown(now.ledger.locked)))
    rows += [
        (title["account"].format(provider=label(account.provider)), shown(account.balance))
        for account in now.accounts
    ]
    rows += [
        (
            title["pending"].format(provider=label(refund.provider)),
            _refund(refund.amount, refund.released_at - now.now),
        )
        for refund in now.pending
    ]
    rows += [
        (title["unsettled"].format(provider=label(provider)), shown(amount))
        for provider, amount in now.unsettled
    ]
    rows += [(title["cut_off"], told(sentence)) for sentence in now.cut_off]
    rows += [(title["spent"], shown(now.spent)), (title["providers"], str(now.providers))]
    return Table.of(rows, title=words.STATUS_TITLE.format(network=now.network))


def _refund(amount: int, seconds: int) -> str:
    if seconds <= 0:
        return words.REFUND_RIPE.format(amount=shown(amount))
    return words.REFUND_WAITS.format(amount=shown(amount), wait=duration(seconds))


def _panel(session: Session, arguments: list[str]) -> Any:
    none("panel", arguments)
    from zg_jupyter import panel

    return panel.panel(session)


def _doctor(_: Session, arguments: list[str]) -> Table:
    none("doctor", arguments)
    from zg_jupyter import doctor

    rows = [
        (told(f.topic), told(f.state), told(f.what), told(f.next_step)) for f in doctor.examine()
    ]
    return Table.of(rows, head=words.DOCTOR_HEAD)


def _settings(_: Session, arguments: list[str]) -> Table:
    none("settings", arguments)
    now = settings.load()
    rows = [
        (
            field.name,
            _shown(field.name, getattr(now, field.name)),
            words.SETTING_MEANS.get(field.name, field.metadata.get("help", "")),
        )
        for field in fields(now)
    ]
    return Table.of(rows, head=words.SETTINGS_HEAD)


def _set(session: Session, arguments: list[str]) -> None:
    if len(arguments) == 3 and arguments[1] == "=":
        del arguments[1]
    if len(arguments) > 2 and arguments[0] == "system":
        arguments[1:] = [" ".join(arguments[1:])]
    if len(arguments) != 2:
        raise BadInput(words.SET_USAGE, next_step=words.SET_EXAMPLE)
    name, value = arguments
    value = dollars.in_setting(name, value, session)
    changed = session.change({name: value})
    now = getattr(changed, name)
    if now == "" or (settings.is_asking(name) and name not in settings.asking(changed)):
        say(words.SETTING_OFF.format(name=name))
    else:
        say(words.SETTING_NOW.format(name=name, value=_shown(name, now)))


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None:
        return ""
    # The URL of a service may carry its key.
    hidden = name in ("rpc_url", "pccs_url") and isinstance(value, str) and value
    return host_of(str(value)) if hidden else str(value)


#: Commands that read what stands behind them by themselves.
WHOLE_LINE = frozenset({"explain", "alias", "transcribe"})
COMMANDS: dict[str, Callable[[Session, Any], Any]] = {
    "up": _up,
    "down": _down,
    "panel": _panel,
    "status": _status,
    **money_commands.COMMANDS,
    **market_commands.COMMANDS,
    **spend_commands.COMMANDS,
    **recorded_commands.COMMANDS,
    **replay_commands.COMMANDS,
    "transcribe": media_commands.run,
    "jobs": job_commands.run,
    "local": local_commands.run,
    "endpoint": endpoint_commands.run,
    "use": use_commands.run,
    "class": class_commands.run,
    "join": join_commands.run,
    "verify": trust_commands.run,
    "network": network_commands.run,
    "wallet": wallet_commands.run,
    "keys": key_commands.run,
    "explain": explain.run,
    "alias": aliases.run,
    "doctor": _doctor,
    "settings": _settings,
    "set": _set,
    "help": help_commands.run,
}
