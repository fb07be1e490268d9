"""``%zg wallet ...``: names are arguments, secrets are asked for."""

from __future__ import annotations

import difflib
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import asking
from zg_jupyter.notebook import words as common
from zg_jupyter.notebook import words_wallet as words
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table


def run(session: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg wallet``.

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
            common.DID_YOU_MEAN.format(match=f"%zg wallet {close[0]}")
            if close
            else words.USAGE_NEXT
        )
        raise BadInput(words.UNKNOWN.format(name=name[:20]), next_step=hint)
    return command(session, rest)


def _one(command: str, arguments: list[str], *, optional: bool = False) -> str:
    """The name behind a command, and nothing else: what else people type there is a secret."""
    if len(arguments) > 1:
        raise BadInput(words.NEVER_TYPED, next_step=words.NEVER_TYPED_NEXT.format(command=command))
    if not arguments and not optional:
        raise BadInput(
            words.NEEDS_NAME.format(command=command),
            next_step=words.NEEDS_NAME_NEXT.format(command=command),
        )
    return arguments[0] if arguments else ""


def _create(_: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    name = wallets.check_new(_one("create", arguments))
    passphrase = _new_passphrase()
    address, phrase = wallets.create(name, passphrase)
    del passphrase
    say(words.CREATED.format(name=name, address=address))
    asking.show_once(words.PHRASE_TITLE.format(name=name), phrase)
    del phrase
    say(words.NEXT_USE.format(choice=name))


def _import(_: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    flags = {a for a in arguments if a in ("--phrase", "--keyring")}
    name = _one("import", [a for a in arguments if a not in flags])
    if "--keyring" in flags:
        address = wallets.import_into_keyring(name, asking.secret(words.ASK_KEY))
        say(words.IMPORTED_KEYRING.format(name=name, address=address))
        say(words.NEXT_USE.format(choice=f"keyring:{name}"))
        return
    name = wallets.check_new(name)
    if "--phrase" in flags:
        phrase = asking.secret(words.ASK_PHRASE)
        address = wallets.import_phrase(name, phrase, _new_passphrase())
    else:
        key = asking.secret(words.ASK_KEY)
        address = wallets.import_key(name, key, _new_passphrase())
    say(words.IMPORTED.format(name=name, address=address))
    say(words.NEXT_USE.format(choice=name))


def _new_passphrase() -> str:
    from zg_jupyter import wallets

    passphrase = asking.passphrase(new=True)
    wallets.check_passphrase(passphrase)
    return passphrase


def _list(_: Session, arguments: list[str]) -> Table | None:
    from zg_jupyter import wallets

    if arguments:
        raise BadInput(words.TOO_MUCH.format(command="list", words=arguments[0][:20]))
    found = wallets.names()
    if not found:
        say(words.LIST_EMPTY)
        return None
    rows = [
        (w.name, w.address, words.STATES[w.state], words.YES if w.chosen else "") for w in found
    ]
    return Table.of(rows, head=words.LIST_HEAD)


def _use(session: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    address = wallets.use(_one("use", arguments))
    session.forget()
    kind = words.DEVELOPMENT if wallets.network().is_development else words.REAL
    say(words.USED.format(address=address, network=kind))


def _unlock(session: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    arguments, seconds = _seconds(arguments)
    name = _one("unlock", arguments, optional=True) or wallets.current()
    if not name:
        raise BadInput(
            words.NEEDS_NAME.format(command="unlock"),
            next_step=words.NEEDS_NAME_NEXT.format(command="unlock"),
        )
    wallets.address(name)  # a name that is not there is said before anything is asked
    address = wallets.unlock(name, asking.passphrase(new=False), seconds)
    session.forget()
    from zg_jupyter.settings import load

    say(words.UNLOCKED.format(address=address, minutes=(seconds or load().auto_lock) / 60))


def _seconds(arguments: list[str]) -> tuple[list[str], float | None]:
    if "--for" not in arguments:
        return arguments, None
    at = arguments.index("--for")
    value = arguments[at + 1] if at + 1 < len(arguments) else ""
    if not value.isdecimal() or not 0 < int(value) <= 86_400:
        raise BadInput(words.BAD_SECONDS.format(value=value[:20]))
    return arguments[:at] + arguments[at + 2 :], float(value)


def _lock(session: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    names = wallets.lock(_one("lock", arguments, optional=True) or None)
    if wallets.BROWSER in names:
        session.forget()  # it holds the tokens as well
    say(words.LOCKED.format(names=", ".join(names)) if names else words.LOCKED_NONE)


def _export(_: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    say(wallets.address(_one("export-address", arguments, optional=True)))


def _remove(session: Session, arguments: list[str]) -> None:
    from zg_jupyter import wallets

    name = _one("remove", arguments)
    wallets.address(name)
    wallets.remove(name, asking.passphrase(new=False))
    session.forget()
    say(words.REMOVED.format(name=name))


_COMMANDS = {
    "create": _create,
    "import": _import,
    "list": _list,
    "use": _use,
    "unlock": _unlock,
    "lock": _lock,
    "export-address": _export,
    "remove": _remove,
}
