"""``%zg join``: a student's side of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zg_jupyter.errors import BadInput
from zg_jupyter.keys_in_text import tokens_in
from zg_jupyter.notebook import asking
from zg_jupyter.notebook import words_class as words
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session

if TYPE_CHECKING:
    from zg_jupyter.workshop.codes import Ticket

_KEEP, _FORGET = "--keep", "--forget"


def run(session: Session, arguments: list[str]) -> None:
    """Carry out what stands behind ``%zg join``.

    Raises
    ------
    ZgError
        For what is no code, or one that the class does not take; a key is never repeated.
    """
    flags = [word for word in arguments if word in (_KEEP, _FORGET)]
    rest = [word for word in arguments if word not in flags]
    if len(rest) > 1 or (rest and rest[0].startswith("--")):
        said = rest[0] if rest[0].startswith("--") else f"{len(rest)}"
        raise BadInput(words.JOIN_USAGE.format(words=said[:10]), next_step=words.JOIN_USAGE_NEXT)
    if _FORGET in flags:
        _forget(session)
        return
    if flags and not rest and _has_key():
        _keep()
        return
    ticket = _ticket(rest[0] if rest else "")
    if ticket is None:
        say(words.NO_CODE)
        return
    _join(session, ticket)
    if flags:
        _keep()


def _ticket(typed: str) -> Ticket | None:
    from zg_jupyter.workshop import codes, joining

    if typed:
        if codes.carries_key(typed) or tokens_in(typed):
            raise BadInput(words.KEY_AS_CODE, next_step=words.KEY_AS_CODE_NEXT)
        return joining.ticket_of(typed)
    if (ticket := joining.on_hub()) is not None:
        return ticket
    code = asking.secret(words.ASK_CODE).strip()
    return joining.ticket_of(code) if code else None


def _join(session: Session, ticket: Ticket) -> None:
    from zg_jupyter.workshop import joining

    session.change(joining.apply(ticket))
    parts = {
        "name": words.JOINED_NAME.format(name=ticket.name) if ticket.name else "",
        "room": words.JOINED_ROOM.format(room=ticket.class_name) if ticket.class_name else "",
        "model": words.JOINED_MODEL.format(model=ticket.model)
        if ticket.model
        else words.JOINED_ANY,
        "budget": words.JOINED_BUDGET.format(budget=f"{ticket.budget} 0G") if ticket.budget else "",
    }
    say(words.JOINED.format(**parts))
    if ticket.keeps_prompts:
        say(words.JOINED_KEEPS_PROMPTS)
    say(words.JOINED_NEXT)
    from zg_jupyter import keyonly

    if ticket.key != keyonly.hub_token() and not joining.is_kept(ticket.key):
        say(words.JOINED_KEEP)


def _has_key() -> bool:
    from zg_jupyter import keyonly

    return bool(keyonly.held())


def _keep() -> None:
    from zg_jupyter.workshop import joining

    path = joining.keep()
    if path is None:
        raise BadInput(words.KEEP_NOTHING, next_step=words.KEEP_NOTHING_NEXT)
    say(words.KEPT.format(path=path))


def _forget(session: Session) -> None:
    from zg_jupyter.workshop import joining

    values = joining.forget()
    session.change(values)
    say(words.FORGOT)
