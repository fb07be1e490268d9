"""``%zg record`` and ``%zg replay``: answers in a file, for whoever runs the notebook again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import words_recorded as words
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session


def _record(_: Session, arguments: list[str]) -> None:
    from zg_jupyter import replays

    file, with_prompts = _read("record", arguments, words.WITH_PROMPTS)
    if file is None:
        _say_mode()
        return
    if file == "off":
        _end()
        return
    recording = replays.Recording(_path(file), with_prompts=with_prompts)
    if replays.now() is not None:
        _end()
    replays.use(recording)
    prompts = words.PROMPTS_KEPT if with_prompts else words.PROMPTS_HASHED
    say(words.RECORDING.format(file=recording.path.name, prompts=prompts))


def _replay(_: Session, arguments: list[str]) -> None:
    from zg_jupyter import replays

    file, _with = _read("replay", arguments)
    if file is None:
        _say_mode()
        return
    if file == "off" or isinstance(replays.now(), replays.Recording):
        _end()  # its last answers are in the file when that is read
    if file == "off":
        return
    replays.use(replays.Replay(_path(file)))
    _say_mode()


def _end() -> None:
    """Whatever was on is off."""
    from zg_jupyter import replays

    mode = replays.now()
    replays.use(None)
    if isinstance(mode, replays.Recording):
        say(words.RECORDED.format(count=_count(mode.close()), file=mode.path.name))
    else:
        say(words.NOT_ON if mode is None else words.REPLAYED_OFF)


def _say_mode() -> None:
    from zg_jupyter import replays

    mode = replays.now()
    if isinstance(mode, replays.Replay):
        say(words.REPLAYING.format(file=mode.path.name, count=_count(len(mode))))
    elif mode is None:
        say(words.NOT_ON)
    else:
        say(words.RECORDING_SO_FAR.format(file=mode.path.name, count=_count(len(mode))))


def _read(name: str, arguments: list[str], *options: str) -> tuple[str | None, bool]:
    files = [word for word in arguments if not word.startswith("-")]
    switches = [word for word in arguments if word.startswith("-")]
    hint = words.ONE_FILE_NEXT.format(name=name)
    for word in switches:
        if word not in options:
            raise BadInput(words.NO_OPTION.format(name=name, option=word[:40]), next_step=hint)
    if len(files) > 1 or (switches and not files):
        raise BadInput(words.ONE_FILE.format(name=name), next_step=hint)
    return (files[0] if files else None), bool(switches)


def _path(typed: str) -> Path:
    return Path(typed).expanduser().absolute()


def _count(count: int) -> str:
    return words.ANSWERS_ONE if count == 1 else words.ANSWERS.format(count=count)


COMMANDS: dict[str, Callable[[Session, list[str]], Any]] = {"record": _record, "replay": _replay}
