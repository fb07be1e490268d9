"""``%zg use``: who pays for what is asked."""

from __future__ import annotations

import difflib

from zg_jupyter import consent, networks, settings
from zg_jupyter.errors import BadInput
from zg_jupyter.networks import host_of
from zg_jupyter.notebook import asking
from zg_jupyter.notebook import words as common
from zg_jupyter.notebook import words_use as words
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session

_TEST, _REAL = "testnet", "mainnet"


def run(session: Session, arguments: list[str]) -> None:
    """Carry out what stands behind ``%zg use``.

    Raises
    ------
    ZgError
        For what cannot be meant, or a key that is none.
    """
    what, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if what == "key" and len(rest) <= 1:
        _key(session, rest[0] if rest else "")
    elif what in ("wallet", "local") and not rest:
        _no_key(session, local=what == "local")
    else:
        close = difflib.get_close_matches(what, words.CHOICES, n=1)
        near = close and what not in words.CHOICES
        hint = common.DID_YOU_MEAN.format(match=f"%zg use {close[0]}") if near else words.USAGE_NEXT
        # What was typed here may be a key: it is not said again.
        raise BadInput(words.USAGE.format(words=what[:8]), next_step=hint)


def _key(session: Session, network: str) -> None:
    from zg_jupyter import keyonly, router_key

    now = settings.load()
    chosen = networks.get(network or now.network)
    key = asking.secret(words.ASK_KEY).strip()
    if not key:
        say(words.NO_KEY)
        return
    keyonly.check(key)
    if not router_key.is_routers(key):
        keyonly.hold(key)
        session.forget()
        say(words.USED_PROVIDER_KEY)
        return
    if not (chosen.router_url or now.router_url):
        chosen = networks.get(_TEST)  # the embedded network has no hosted router
    own = now.router_url if not network else ""
    if not own:
        consent.require(chosen, now.budget)
    keyonly.hold(key)
    session.change({"network": chosen.name, **({} if own else {"router_url": ""})})
    say(words.USED_KEY.format(router=host_of(own or chosen.router_url)))
    if not own:
        say(words.KEY_REMARK.format(other=_REAL if chosen.name == _TEST else _TEST))


def _no_key(session: Session, *, local: bool) -> None:
    from zg_jupyter import keyonly

    keyonly.let_go()
    session.change({"provider": "local" if local else ""})
    say(words.USED_LOCAL if local else words.USED_WALLET)
