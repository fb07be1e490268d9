"""``%zg network``: which chain this notebook talks to."""

from __future__ import annotations

from zg_jupyter import consent, networks, settings
from zg_jupyter.errors import BadInput
from zg_jupyter.networks import Network
from zg_jupyter.notebook import dollars, words, words_network
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.units import format_0g, parse_amount

_NEEDED = ("--chain-id", "--rpc", "--ledger", "--inference")


def run(session: Session, arguments: list[str]) -> None:
    """Show, choose, add or remove a network.

    Raises
    ------
    ZgError
        For a name that is not there, a network that cannot be, or real money without a yes.
    """
    if not arguments:
        _show()
    elif arguments[0] == "add":
        _add(arguments[1:])
    elif arguments[0] == "remove":
        rest, _ = _flags(arguments[1:], ())
        networks.remove(_one(rest))
        say(words_network.REMOVED.format(name=rest[0]))
    else:
        _choose(session, arguments)


def _show() -> None:
    network = networks.get(settings.load().network)
    others = [name for name in networks.known() if name != network.name]
    say(words_network.NOW.format(name=network.name, chain_id=network.chain_id))
    say(words_network.CHOICES.format(names=", ".join(others)))


def _choose(session: Session, arguments: list[str]) -> None:
    yes = "--yes" in arguments
    rest, flags = _flags([a for a in arguments if a != "--yes"], ("--budget",))
    network = networks.get(_one(rest))
    budget = flags.get("--budget", "")
    if budget:
        budget = dollars.amount(budget, None)
        parse_amount(budget)
    budget = budget or settings.load().budget
    if yes:
        consent.give(network, budget)
    consent.require(network, budget)
    values = {"network": network.name}
    if budget:
        values["budget"] = budget
    session.change(values)
    say(words_network.CHANGED.format(name=network.name, chain_id=network.chain_id))
    if budget:
        say(words_network.BUDGET.format(budget=format_0g(parse_amount(budget))))


def _add(arguments: list[str]) -> None:
    rest, flags = _flags(arguments, (*_NEEDED, "--status", "--explorer"))
    name = _one(rest)
    for option in _NEEDED:
        if option not in flags:
            raise BadInput(
                words_network.NEEDS.format(option=option), next_step=words_network.ADD_EXAMPLE
            )
    if not flags["--chain-id"].isdecimal():
        raise BadInput(words_network.NOT_A_CHAIN.format(value=flags["--chain-id"][:20]))
    network = Network(
        name=name,
        chain_id=int(flags["--chain-id"]),
        rpc_url=flags["--rpc"],
        ledger=flags["--ledger"],
        inference=flags["--inference"],
        status_url=flags.get("--status", ""),
        explorer_url=flags.get("--explorer", ""),
    )
    networks.add(network)
    say(words_network.ADDED.format(name=name, chain_id=network.chain_id))


def _flags(arguments: list[str], names: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Split words from ``--name value`` pairs."""
    rest: list[str] = []
    found: dict[str, str] = {}
    waiting = iter(arguments)
    for word in waiting:
        if word.startswith("--"):
            if word not in names:
                raise BadInput(
                    words.UNKNOWN_OPTION.format(name=word[:40]), next_step=words.SEE_ZG_HELP
                )
            value = next(waiting, None)
            if value is None:
                raise BadInput(words.NEEDS_VALUE.format(name=word), next_step=words.SEE_ZG_HELP)
            found[word] = value
        else:
            rest.append(word)
    return rest, found


def _one(arguments: list[str]) -> str:
    if len(arguments) != 1:
        raise BadInput(
            words.ONE_ARGUMENT.format(command="network", words=" ".join(arguments)[:40]),
            next_step=words.SEE_ZG_HELP,
        )
    return arguments[0]
