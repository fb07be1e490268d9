"""The commands of ``%zg`` that move money, and those that show where it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, told
from zg_jupyter.notebook import words, words_money
from zg_jupyter.notebook.render import Steps, label, say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.units import format_0g, parse_amount

if TYPE_CHECKING:
    import pandas as pd

    from zg_jupyter.client import Client

Command = Callable[["Session", list[str]], Any]
_SHORTEST = 6


def _deposit(session: Session, arguments: list[str]) -> None:
    arguments, recipient = _recipient(arguments)
    if not arguments:
        raise BadInput(words_money.DEPOSIT_AMOUNT, next_step=words_money.DEPOSIT_EXAMPLE)
    amount = parse_amount(" ".join(arguments))
    if amount == 0:
        raise BadInput(words_money.DEPOSIT_AMOUNT, next_step=words_money.DEPOSIT_EXAMPLE)
    client = session.client()
    _announce(client)
    if recipient:
        client.money.deposit_for(recipient, amount)
        say(words_money.DEPOSITED_FOR.format(amount=shown(amount), address=recipient))
        return
    client.money.deposit(amount)
    available = client.money.holdings().available
    say(words_money.DEPOSITED.format(amount=shown(amount), available=shown(available)))
    say(words_money.DEPOSIT_NEXT)


def _recipient(arguments: list[str]) -> tuple[list[str], str]:
    if "--for" not in arguments:
        return arguments, ""
    at = arguments.index("--for")
    if at + 1 >= len(arguments):
        raise BadInput(words_money.FOR_WHOM, next_step=words_money.FOR_EXAMPLE)
    return arguments[:at] + arguments[at + 2 :], arguments[at + 1]


def _transfer(session: Session, arguments: list[str]) -> None:
    if len(arguments) < 2:
        raise BadInput(words_money.TRANSFER_USAGE, next_step=words_money.TRANSFER_EXAMPLE)
    amount = parse_amount(" ".join(arguments[1:]))
    client = session.client()
    provider = find_provider(client, arguments[0])
    _announce(client)
    client.money.transfer(provider, amount)
    left = client.money.holdings().available
    say(
        words_money.TRANSFERRED.format(
            amount=shown(amount), provider=label(provider), available=shown(left)
        )
    )


def _retrieve(session: Session, arguments: list[str]) -> None:
    client = session.client()
    providers = [find_provider(client, typed) for typed in arguments]
    _announce(client)
    done = client.money.retrieve(providers or None)
    if done.returned:
        free = client.money.holdings().available
        say(words_money.RETURNED.format(amount=shown(done.returned), available=shown(free)))
    if done.asked:
        say(words_money.ASKED.format(amount=shown(done.asked)))
    if done.next_at is not None:
        seconds = max(0, done.next_at - done.now)
        when = datetime.fromtimestamp(datetime.now().timestamp() + seconds)  # noqa: DTZ005, DTZ006 - local
        day = words_money.WEEKDAYS[when.weekday()]
        say(
            words_money.ON_THE_WAY.format(
                amount=shown(done.pending), wait=duration(seconds), when=f"{day} {when:%H:%M}"
            )
        )


def _withdraw(session: Session, arguments: list[str]) -> None:
    if not arguments:
        raise BadInput(words_money.WITHDRAW_AMOUNT, next_step=words_money.WITHDRAW_EXAMPLE)
    amount = None if arguments == ["all"] else parse_amount(" ".join(arguments))
    client = session.client()
    _announce(client)
    say(words_money.WITHDRAWN.format(amount=shown(client.money.withdraw(amount))))


def _close(session: Session, arguments: list[str]) -> None:
    none("close", arguments)
    client = session.client()
    _announce(client)
    say(words_money.CLOSED.format(amount=shown(client.money.close())))


def _balances(session: Session, arguments: list[str]) -> pd.DataFrame:
    none("balances", arguments)
    return session.client().money.balances_table()


def _history(session: Session, arguments: list[str]) -> pd.DataFrame:
    none("history", arguments)
    return session.client().money.history_table(progress=Steps())


def none(command: str, arguments: list[str]) -> None:
    """Refuse words behind a command that takes none."""
    if arguments:
        raise BadInput(
            words.NO_ARGUMENTS.format(command=command, words=" ".join(arguments)[:40]),
            next_step=words.SEE_ZG_HELP,
        )


def find_provider(client: Client, typed: str) -> str:
    """The address of a provider from its first characters.

    Raises
    ------
    BadInput
        Nobody, or several, are called that; a whole address is taken as it is.
    """
    wanted = typed.lower() if typed.lower().startswith("0x") else "0x" + typed.lower()
    if len(wanted) >= 42:
        return typed
    if len(wanted) < _SHORTEST:
        raise BadInput(
            words_money.SHORT_PROVIDER.format(typed=typed), next_step=words_money.FIX_PROVIDER
        )
    known = {offer.provider for offer in client.offers()}
    known |= {account.provider for account in client.money.holdings().accounts}
    fits = sorted(address for address in known if address.lower().startswith(wanted))
    if len(fits) == 1:
        return fits[0]
    sentence = words_money.SEVERAL_PROVIDERS if fits else words_money.NO_PROVIDER
    raise BadInput(sentence.format(typed=typed[:42]), next_step=words_money.FIX_PROVIDER)


def shown(neuron: int) -> str:
    """An amount as these sentences write it."""
    return format_0g(neuron, digits=8)


def duration(seconds: int) -> str:
    """A waiting time for people, in its two largest units."""
    minutes = -(-seconds // 60)
    if minutes < 60:
        return words_money.MINUTES.format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    return words_money.HOURS.format(hours=hours, minutes=minutes)


def _announce(client: Client) -> None:
    """Blocks of real networks take seconds; the embedded one's do not."""
    if not client.network.is_development:
        say(words_money.WAITING)


def _telling(command: Command) -> Command:
    """Say what became of earlier transactions that were cut off, also when this one fails."""

    def run(session: Session, arguments: list[str]) -> Any:
        try:
            return command(session, arguments)
        finally:
            for sentence in session.notices():
                say(told(sentence))

    return run


COMMANDS: dict[str, Command] = {
    "deposit": _telling(_deposit),
    "transfer": _telling(_transfer),
    "retrieve": _telling(_retrieve),
    "withdraw": _telling(_withdraw),
    "close": _telling(_close),
    "balances": _balances,
    "history": _history,
}
