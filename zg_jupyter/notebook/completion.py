"""What the Tab key offers behind ``%%zg_infer`` and ``%zg``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from zg_jupyter import networks
from zg_jupyter.errors import ZgError
from zg_jupyter.notebook import (
    aliases,
    class_commands,
    endpoint_commands,
    help_commands,
    language,
    market_commands,
    media_commands,
    prompt_completion,
    receipt_commands,
    words,
    words_class,
    words_endpoint,
    words_jobs,
    words_keys,
    words_local,
    words_recorded,
    words_trust,
    words_use,
    words_wallet,
)
from zg_jupyter.notebook.options import OPTIONS
from zg_jupyter.notebook.spend_commands import GROUPS
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings, is_asking

_HOOK = "complete_command"
_INFER = ("%%zg_infer", "%zg_infer")
_ZG = ("%zg",)
_SUBCOMMANDS = {
    "wallet": words_wallet.CHOICES,
    "keys": words_keys.CHOICES,
    "use": words_use.CHOICES,
    "class": words_class.CHOICES,
    "jobs": words_jobs.CHOICES,
    **dict.fromkeys(("record", "replay"), words_recorded.CHOICES),
    "local": words_local.CHOICES,
    "endpoint": words_endpoint.CHOICES,
}
_IMAGES = ("png", "jpg", "jpeg", "webp")
_SPELLINGS = {spelling: option for option in OPTIONS for spelling in option.spellings}

Offers = Callable[[], Iterable[Offer]]
Names = Callable[[], Iterable[str]]


def infer_candidates(before: str, offers: Offers, variables: Names = tuple) -> list[str]:
    """Words that may follow in a ``%%zg_infer`` line.

    Parameters
    ----------
    before:
        The line up to the cursor.
    offers:
        Gives what is known about models and providers, quickly.
    variables:
        Gives the names of the notebook's variables.
    """
    done, word = _split(before)
    name, equals, _ = word.partition("=")
    asked = name if equals else (done[-1] if done else "")
    option = _SPELLINGS.get(asked)
    if option is not None and option.read is not None:
        if option.choices:
            return list(option.choices)
        if option.name == "model":
            return sorted({_quoted(offer.model) for offer in offers()})
        if option.name == "provider":
            known = {*endpoint_commands.names(), *(offer.provider for offer in offers())}
            return ["local", *sorted(known)]
        if option.name == "edit":
            return media_commands.paths(word.partition("=")[2] if equals else word, _IMAGES)
        return list(variables()) if option.name == "out" else []
    if word.startswith("@"):
        return _aliases()  # for IPython, a word begins behind the @
    used = {_SPELLINGS[w.partition("=")[0]].name for w in done if w.partition("=")[0] in _SPELLINGS}
    names = [f"@{name}" for name in _aliases()] if not word else []
    return [*(option.long for option in OPTIONS if option.name not in used), *names]


def zg_candidates(before: str, offers: Offers = tuple) -> list[str]:
    """Words that may follow in a ``%zg`` line; ``offers`` as in :func:`infer_candidates`."""
    done, _ = _split(before)
    if not done:
        return list(words.COMMAND_HELP)
    if done == ["help"]:
        return help_commands.names()
    if done == ["network"]:
        return [*_networks(), "add", "remove"]
    if len(done) == 1 and done[0] in _SUBCOMMANDS:
        return list(_SUBCOMMANDS[done[0]])
    if len(done) == 2 and done[0] == "local" and done[1] in words_local.NAMED:
        return _models_here(only=done[1] == "remove")
    if done[0] == "class":
        return _class_candidates(done)
    if done == ["join"]:
        return ["--keep", "--forget"]
    if done[0] == "endpoint":
        return _endpoint_candidates(done)
    if done[0] == "budget":
        return ["off", "--session", "--day", "--total"]
    if done[0] == "spend":
        return list(GROUPS) if done[-1] == "--by" else ["--by", "--csv", "--plot"]
    if done == ["reconcile"]:
        return ["--days", "--since"]
    if done[0] in market_commands.COMMANDS:
        return _market_candidates(before, done, offers)
    if done[0] == "verify":
        if receipt_commands.is_about_notebooks(done):
            return [receipt_commands.ONLINE]
        return [*sorted({offer.provider for offer in offers()}), *words_trust.OPTIONS]
    if done == ["set"]:
        return [field.name for field in fields(Settings)]
    if done == ["set", "network"]:
        return _networks()
    if done == ["set", "language"]:
        return list(language.LANGUAGES)
    if done == ["set", "receipt_text"]:
        return ["off", "prompt"]
    if done == ["set", "only_verified"]:
        return ["on", "off"]
    if len(done) == 2 and done[0] == "set" and is_asking(done[1]):
        return [*infer_candidates(f"%zg_infer --{done[1].replace('_', '-')} ", offers), "off"]
    if done == ["transcribe"]:
        return media_commands.paths(_split(before)[1], _sounds())
    if done[0] in ("explain", "alias", "transcribe"):
        return _option_candidates(before, done, offers)
    return []


def _class_candidates(done: list[str]) -> list[str]:
    last = done[-1]
    if last == "--class":
        return class_commands.names()
    if last == "--network":
        return _networks()
    if last == "--reset":
        return ["never", "daily", "weekly", "monthly"]
    if last == "--language":
        return list(language.LANGUAGES)
    used = {word.partition("=")[0] for word in done}
    if last in words_class.OPTIONS:
        return []
    more = words_class.OPTIONS if done[1] in ("new", "add") else ("--class",)
    return [one for one in (*more, "--yes") if one not in used]


def _endpoint_candidates(done: list[str]) -> list[str]:
    if len(done) == 2 and done[1] in words_endpoint.NAMED:
        return endpoint_commands.names()
    if done[1] != "add" or len(done) < 4:
        return []
    if done[-1] == "--key-from":
        from zg_jupyter import endpoint_typed

        return list(endpoint_typed.SOURCES)
    used = {word.partition("=")[0] for word in done} - {"--model"}
    return (
        []
        if done[-1] in words_endpoint.OPTIONS
        else [o for o in words_endpoint.OPTIONS if o not in used]
    )


def _market_candidates(before: str, done: list[str], offers: Offers) -> list[str]:
    from zg_jupyter.listing import SORTS, TYPES

    name, equals, _ = before.split()[-1].partition("=")
    asked = name if equals and not before[-1:].isspace() else done[-1]
    if asked == "--sort":
        return list(SORTS)
    if asked == "--type":
        return list(TYPES)
    if asked == "--model":
        return sorted({_quoted(offer.model) for offer in offers()})
    used = {word.partition("=")[0] for word in done}
    return [] if asked == "--max-price" else [o for o in market_commands.OPTIONS if o not in used]


def _option_candidates(before: str, done: list[str], offers: Offers) -> list[str]:
    """Behind a command that takes the options of a cell."""
    if done == ["alias"]:
        return ["remove", *_aliases()]
    if done[:2] == ["alias", "remove"]:
        return _aliases()
    return infer_candidates("%zg_infer" + before.partition(done[0])[2], offers)


def _sounds() -> list[str]:
    from zg_jupyter import sounds

    return [*sounds.ENDINGS.values(), "oga", "opus", "mp4", "mpga"]


def _aliases() -> list[str]:
    try:
        return sorted(aliases.known())
    except ZgError:
        return []  # a broken file of aliases: the cell will say it


def _models_here(*, only: bool) -> list[str]:
    from zg_jupyter import machine

    return machine.names(here=only)


def _networks() -> list[str]:
    try:
        return list(networks.known())
    except ZgError:
        return list(networks.NETWORKS)  # a broken file of networks: the command will say it


def register(shell: Any, offers: Offers) -> None:
    """Attach the completers to an IPython shell."""

    def infer(_: Any, event: Any) -> list[str]:
        return infer_candidates(_line(event), offers, lambda: prompt_completion.variables(shell))

    def zg(_: Any, event: Any) -> list[str]:
        return zg_candidates(_line(event), offers)

    for key in _INFER:
        shell.set_hook(_HOOK, infer, str_key=key)
    for key in _ZG:
        shell.set_hook(_HOOK, zg, str_key=key)
    prompt_completion.register(shell)


def unregister(shell: Any) -> None:
    """Detach them: IPython has no call for that, so they are taken out of its table."""
    dispatcher = shell.strdispatchers.get(_HOOK)
    for key in (*_INFER, *_ZG):
        if dispatcher is not None:
            dispatcher.strs.pop(key, None)
    prompt_completion.unregister(shell)


def _line(event: Any) -> str:
    return str(getattr(event, "text_until_cursor", event.line))


def _split(before: str) -> tuple[list[str], str]:
    """The finished words behind the magic's name, and the one that is being typed."""
    parts = before.split()[1:]
    if not parts or before[-1:].isspace():
        return parts, ""
    return parts[:-1], parts[-1]


def _quoted(text: str) -> str:
    return f'"{text}"' if any(c.isspace() for c in text) else text
