"""``%zg keys ...``: API keys for others, shown once."""

from __future__ import annotations

import difflib
from datetime import datetime, timezone
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import asking
from zg_jupyter.notebook import words as common
from zg_jupyter.notebook import words_keys as words
from zg_jupyter.notebook.money_commands import find_provider
from zg_jupyter.notebook.render import label, say
from zg_jupyter.notebook.shared import Session


def run(session: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg keys``.

    Raises
    ------
    ZgError
        For what cannot be meant (with the closest match) or cannot be done.
    """
    if not arguments:
        raise BadInput(words.USAGE, next_step=words.USAGE_NEXT)
    name, rest = arguments[0], arguments[1:]
    command = _COMMANDS.get(name)
    if command is None:
        close = difflib.get_close_matches(name, _COMMANDS, n=1, cutoff=0.5)
        hint = (
            common.DID_YOU_MEAN.format(match=f"%zg keys {close[0]}") if close else words.USAGE_NEXT
        )
        raise BadInput(words.UNKNOWN.format(name=name[:20]), next_step=hint)
    return command(session, rest)


def _create(session: Session, arguments: list[str]) -> None:
    arguments, named = _option(arguments, "--label")
    arguments, days = _option(arguments, "--days")
    if days and not days.isdecimal():
        raise BadInput(words.NOT_DAYS.format(value=days[:20]))
    client = session.client()
    provider = find_provider(client, _provider("create", arguments))
    made = client.keys.create(provider, label=named, days=int(days) if days else None)
    expires = words.NEVER
    if made.issued.expires:
        when = datetime.fromtimestamp(made.issued.expires // 1000, timezone.utc)
        expires = words.EXPIRES.format(when=f"{when:%Y-%m-%d}")
    shown = words.LABELLED.format(label=named) if named else ""
    say(words.CREATED.format(id=made.issued.id, label=shown, expires=expires))
    asking.show_once(
        words.TITLE.format(id=made.issued.id, provider=label(made.issued.provider)), made.secret
    )


def _list(session: Session, arguments: list[str]) -> Any:
    if arguments:
        raise BadInput(words.UNKNOWN.format(name="list " + arguments[0][:20]))
    return session.client().keys.table()


def _revoke(session: Session, arguments: list[str]) -> None:
    if len(arguments) != 2:
        raise BadInput(words.NEEDS_KEY, next_step=words.USAGE_NEXT)
    client = session.client()
    number = client.keys.revoke(find_provider(client, arguments[0]), arguments[1])
    say(words.REVOKED.format(id=number))


def _revoke_all(session: Session, arguments: list[str]) -> None:
    client = session.client()
    provider = find_provider(client, _provider("revoke-all", arguments))
    client.keys.revoke_all(provider)
    say(words.REVOKED_ALL.format(provider=label(provider)))


def _provider(command: str, arguments: list[str]) -> str:
    if len(arguments) != 1:
        raise BadInput(words.NEEDS_PROVIDER.format(command=command), next_step=words.SEE_PROVIDERS)
    return arguments[0]


def _option(arguments: list[str], name: str) -> tuple[list[str], str]:
    if name not in arguments:
        return arguments, ""
    at = arguments.index(name)
    if at + 1 >= len(arguments):
        raise BadInput(words.NEEDS_VALUE.format(name=name), next_step=words.USAGE_NEXT)
    return arguments[:at] + arguments[at + 2 :], arguments[at + 1]


_COMMANDS = {"create": _create, "list": _list, "revoke": _revoke, "revoke-all": _revoke_all}
