"""``%zg help``: all commands, or a page about one topic, command or option."""

from __future__ import annotations

import difflib
import textwrap
from dataclasses import fields
from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import options, words, words_help, words_market
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.settings import Settings

_SETTINGS = {field.name.replace("_", "-"): field for field in fields(Settings)}
_WIDTH = 100


def run(_: Session, arguments: list[str]) -> Any:
    """Show what stands behind ``%zg help``.

    Raises
    ------
    BadInput
        For something that no page is about, with the closest match.
    """
    say(page(arguments) if arguments else help_text())


def help_text() -> str:
    """What ``%zg help`` prints."""
    rows = {f"%zg {name} {a}".rstrip(): does for name, (a, does) in words.COMMAND_HELP.items()}
    topics = textwrap.fill(
        "  ".join(words_help.PAGES),
        width=_WIDTH,
        initial_indent=" " * 4,
        subsequent_indent=" " * 4,
        break_on_hyphens=False,
    )
    return words.ZG_HELP.format(commands=_rows(rows), topics=f"{words_help.TOPICS}\n{topics}")


def page(arguments: list[str]) -> str:
    """The page about what was typed: ``deposit``, ``--max-cost``, ``%zg wallet create``.

    Raises
    ------
    BadInput
        There is none.
    """
    asked = [word for word in arguments if not word.startswith("%")]
    typed = asked[0] if asked else "asking"
    name = _name(typed)
    topic = _topic(name)
    if topic is None:
        close = difflib.get_close_matches(name, names(), n=1, cutoff=0.5)
        hint = words.DID_YOU_MEAN.format(match=f"%zg help {close[0]}") if close else None
        raise BadInput(
            words_help.UNKNOWN.format(name=typed[:40]), next_step=hint or words_help.UNKNOWN_NEXT
        )
    title, commands, remark = words_help.PAGES[topic]
    parts = [_rows(dict(_about(name))), f"{title}\n\n{_rows(commands)}", remark]
    return "\n\n".join(filter(None, parts))


def names() -> list[str]:
    """Everything that there is a page about: topics, commands, options, settings."""
    return list(
        dict.fromkeys(
            (
                *words_help.PAGES,
                *words.COMMAND_HELP,
                *words.OPTION_HELP,
                *(name[2:] for name in words_market.OPTION_HELP),
                *_SETTINGS,
            )
        )
    )


def _name(typed: str) -> str:
    for option in options.OPTIONS:
        if typed in option.spellings:
            return option.name
    return typed.lstrip("-").replace("_", "-").lower()


def _topic(name: str) -> str | None:
    if name in words_help.PAGES:
        return name
    for topic, covered in words_help.COVERS.items():
        if name in covered:
            return topic
    if f"--{name}" in words_market.OPTION_HELP:
        return "providers"
    return "settings" if name in _SETTINGS else None


def _about(name: str) -> list[tuple[str, str]]:
    """What the lists of commands, options and settings say about one name."""
    found = []
    if name in words.COMMAND_HELP:
        arguments, does = words.COMMAND_HELP[name]
        found.append((f"%zg {name} {arguments}".rstrip(), does))
    for option in options.OPTIONS:
        if option.name == name:
            line = f"%%zg_infer {', '.join(option.spellings)} {option.metavar}".rstrip()
            found.append((line, words.OPTION_HELP[name]))
    if (long := f"--{name}") in words_market.OPTION_HELP and name != "help":
        metavar, does = words_market.OPTION_HELP[long]
        found.append((f"%zg providers {long} {metavar}".rstrip(), does))
    if field := _SETTINGS.get(name):
        does = words.SETTING_MEANS.get(field.name, field.metadata.get("help", ""))
        found.append((f"%zg set {field.name} VALUE", does))
    return found


def _rows(rows: dict[str, str]) -> str:
    """Commands to copy, and what they do; below each other where a line would be too long."""
    width = max((len(command) for command in rows if len(command) < _WIDTH // 2), default=0)
    shown = []
    for command, does in rows.items():
        gap = f"\n    {'':<{width}}" if len(command) > width else " " * (width - len(command))
        shown.append(f"    {command}{gap}  {does}")
    return "\n".join(shown)
