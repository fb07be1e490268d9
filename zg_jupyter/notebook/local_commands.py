"""``%zg local``: the models of this machine."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from zg_jupyter import settings
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import words_local as words
from zg_jupyter.notebook.render import Table, say
from zg_jupyter.notebook.shared import Session

if TYPE_CHECKING:
    from zg_jupyter.machine import Chosen


def run(session: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg local``; connects nobody and loads nothing.

    Raises
    ------
    BadInput
        For what cannot be meant (with the closest match), or a model that is not there.
    """
    what, rest = (arguments[0], arguments[1:]) if arguments else ("info", [])
    if what == "use" and len(rest) == 1:
        return _use(session, rest[0])
    if what not in words.CHOICES or what == "use" or rest:
        close = difflib.get_close_matches(what, words.CHOICES, n=1, cutoff=0.5)
        near = close and what not in words.CHOICES
        hint = f"Did you mean '%zg local {close[0]}'?" if near else words.USAGE_NEXT
        raise BadInput(words.USAGE.format(words=" ".join(arguments)[:60]), next_step=hint)
    return {"info": _info, "models": _models, "unload": _unload}[what]()


def _info() -> Table:
    from zg_jupyter import machine

    chosen = machine.chosen(settings.load())
    rows = [
        (
            words.ENGINE.format(name=name),
            words.INSTALLED if here else words.MISSING.format(extra=words.EXTRAS[name]),
        )
        for name, here in machine.engines().items()
    ]
    rows += [
        (words.MODEL, chosen.model),
        (words.ENGINE_CHOSEN, words.WHY.format(what=chosen.engine, why=chosen.why)),
        (words.DEVICE, _device(chosen)),
        (words.STATE, words.LOADED if chosen.loaded else words.NOT_LOADED),
        (words.FREE, words.FREE_ROOM.format(size=_size(machine.disk_free()))),
    ]
    if chosen.parallel:
        said = words.FEWER if chosen.fewer else words.ANSWERS
        rows.insert(-1, (words.AT_A_TIME, said.format(count=chosen.parallel, why=chosen.fewer)))
    return Table.of(rows, title=words.TITLE)


def _device(chosen: Chosen) -> str:
    if not chosen.loaded and chosen.engine == "torch":
        return words.DEVICE_LATER.format(device=chosen.expected)
    if chosen.precision:
        return words.DEVICE_NOW.format(
            device=chosen.device, precision=chosen.precision, why=chosen.why_device
        )
    return words.DEVICE_ONLY.format(device=chosen.device or chosen.expected)


def _models() -> Table:
    from zg_jupyter import machine

    now = settings.load()
    chosen = machine.chosen(now).model
    rows = [
        (
            model.name,
            f"{model.title}, {model.license}" if model.license else model.title,
            words.TO_FETCH.format(size=_size(model.to_fetch))
            if model.to_fetch
            else _size(model.size),
            words.CHOSEN if model.name == chosen else "",
        )
        for model in machine.kept(now)
    ]
    return Table.of(rows, head=words.MODELS_HEAD)


def _use(session: Session, name: str) -> None:
    from zg_jupyter import machine

    now = session.change({"local_model": machine.checked(name)})
    chosen = machine.chosen(now)
    say(words.USING.format(name=chosen.model, engine=chosen.engine))


def _unload() -> None:
    from zg_jupyter import machine

    names = machine.unload()
    say(words.UNLOADED.format(names=", ".join(names)) if names else words.NOTHING_LOADED)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.0f} MB"
