"""``%zg local``: the models of this machine."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from zg_jupyter import settings
from zg_jupyter.errors import BadInput, told
from zg_jupyter.notebook import words as common
from zg_jupyter.notebook import words_local as words
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table

if TYPE_CHECKING:
    from zg_jupyter.machine import Chosen, Kept


def run(session: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg local``; loads nothing, and pays nobody.

    Raises
    ------
    BadInput
        For what cannot be meant (with the closest match), or a model that is not there.
    ConfigError, ModelError
        When a model cannot be fetched, or not be run here.
    """
    what, rest = (arguments[0], arguments[1:]) if arguments else ("info", [])
    if what in words.NAMED and len(rest) == 1:
        return {"use": _use, "pull": _pull, "remove": _remove}[what](session, rest[0])
    if what not in words.CHOICES or what in words.NAMED or rest:
        close = difflib.get_close_matches(what, words.CHOICES, n=1, cutoff=0.5)
        near = close and what not in words.CHOICES
        hint = (
            common.DID_YOU_MEAN.format(match=f"%zg local {close[0]}") if near else words.USAGE_NEXT
        )
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
        (words.ENGINE_CHOSEN, words.WHY.format(what=chosen.engine, why=told(chosen.why))),
        *_computed_by(chosen),
        (words.DEVICE, _device(chosen)),
        (words.STATE, words.LOADED if chosen.loaded else words.NOT_LOADED),
        (words.FREE, words.FREE_ROOM.format(size=_size(machine.disk_free()))),
    ]
    if chosen.parallel:
        said = words.FEWER if chosen.fewer else words.ANSWERS
        rows.insert(
            -1, (words.AT_A_TIME, said.format(count=chosen.parallel, why=told(chosen.fewer)))
        )
    return Table.of(rows, title=words.TITLE)


def _computed_by(chosen: Chosen) -> list[tuple[str, str]]:
    if chosen.engine != "torch":
        return []
    own = words.WHY.format(what=chosen.library, why=told(chosen.why_library))
    return [(words.LIBRARY, own if chosen.library else words.OWN_LOOP)]


def _device(chosen: Chosen) -> str:
    if not chosen.loaded and chosen.engine == "torch":
        return words.DEVICE_LATER.format(device=chosen.expected)
    if chosen.precision:
        return words.DEVICE_NOW.format(
            device=chosen.device, precision=chosen.precision, why=told(chosen.why_device)
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
            words.FROM.format(source=model.source, revision=model.revision),
            _on_disk(model),
            words.CHOSEN if model.name == chosen and model.whole else "",
        )
        for model in machine.kept(now)
    ]
    sizes = {"used": _size(machine.disk_used()), "free": _size(machine.disk_free())}
    return Table.of(rows, head=words.MODELS_HEAD, title=words.MODELS_TITLE.format(**sizes))


def _on_disk(model: Kept) -> str:
    if model.to_fetch:
        return words.TO_FETCH.format(size=_size(model.to_fetch))
    size = _size(model.size)
    return size if model.whole else words.HALF.format(size=size)


def _pull(_: Session, name: str) -> None:
    from zg_jupyter import machine

    say(words.PULLED.format(name=machine.pull(name, say)))


def _use(session: Session, name: str) -> None:
    from zg_jupyter import machine

    now = session.change({"local_model": machine.checked(name, say)})
    chosen = machine.chosen(now)
    say(words.USING.format(name=chosen.model, engine=chosen.engine))


def _remove(session: Session, name: str) -> None:
    from zg_jupyter import machine

    chosen = machine.chosen(settings.load()).model
    removed = machine.remove(name)
    size = _size(removed.size)
    if removed.stays:
        say(words.REMOVED_CONVERTED.format(size=size, path=removed.stays))
        return
    say(words.REMOVED.format(names=", ".join(removed.names), size=size))
    if chosen in removed.names and chosen != machine.DEFAULT_MODEL:
        session.change({"local_model": machine.DEFAULT_MODEL})
        say(words.BACK_TO.format(name=machine.DEFAULT_MODEL))


def _unload() -> None:
    from zg_jupyter import machine

    names = machine.unload()
    say(words.UNLOADED.format(names=", ".join(names)) if names else words.NOTHING_LOADED)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 10**9 else f"{count / 1e6:.0f} MB"
