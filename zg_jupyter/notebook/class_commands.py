"""``%zg class``: a teacher's side of a class."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import asking, class_live, language
from zg_jupyter.notebook import words as common
from zg_jupyter.notebook import words_class as words
from zg_jupyter.notebook.money_commands import shown
from zg_jupyter.notebook.plot import Plot
from zg_jupyter.notebook.render import Steps, say
from zg_jupyter.notebook.shared import Session
from zg_jupyter.notebook.tables import Table

if TYPE_CHECKING:
    from zg_jupyter.workshop import Class

_FLAGS = ("--yes", "--live", "--renew")
_ALL = "all"
_NAMED = 6  # students that a sentence names
_BARS = 40
Options = dict[str, str]


def run(_: Session, arguments: list[str]) -> Any:
    """Carry out what stands behind ``%zg class``.

    Raises
    ------
    ZgError
        For what cannot be meant (with the closest match) or cannot be done.
    """
    if not arguments:
        return _list()
    name, rest = arguments[0], arguments[1:]
    command = _COMMANDS.get(name)
    if command is None:
        close = difflib.get_close_matches(name, _COMMANDS, n=1, cutoff=0.5)
        hint = (
            common.DID_YOU_MEAN.format(match=f"%zg class {close[0]}") if close else words.USAGE_NEXT
        )
        raise BadInput(words.UNKNOWN.format(name=name[:20]), next_step=hint)
    typed, options = _read(name, rest)
    return command(typed, options)


def names() -> list[str]:
    """The classes of this machine, for the Tab key."""
    from zg_jupyter.workshop import register

    return register.known()


def _list() -> Table | None:
    from zg_jupyter.workshop import Class

    found = [Class.load(name) for name in names()]
    if not found:
        say(words.NO_CLASSES)
        return None
    rows = [
        (
            one.name,
            str(len(one.students)),
            str(len(one.students) - len(one.missing)),
            shown(one.terms.limit),
            one.router,
        )
        for one in found
    ]
    return Table.of(rows, head=words.CLASSES_HEAD)


# -- keys ------------------------------------------------------------------------------------


def _new(typed: list[str], options: Options) -> None:
    from zg_jupyter.workshop import Class, register

    if len(typed) != 1:
        raise BadInput(words.NEEDS_NAME, next_step=words.USAGE_NEXT)
    (name,) = typed
    planned = {"--students", "--roster", "--limit"} & options.keys()
    if planned or not register.exists(name):
        course = Class.new(name, _students(options), **_terms(options))
    else:
        course = Class.load(name)  # goes on where it was
    _say_worst(course)
    if "--yes" in options:
        _mint(course)
    else:
        say(words.NOT_YET.format(name=_quoted(course.name)))


def _add(typed: list[str], options: Options) -> None:
    course = _course(options)
    if options.get("--roster"):
        from pathlib import Path

        added = course.add(Path(options["--roster"]))
    elif typed:
        added = course.add(typed)
    else:
        raise _needs("add")
    say(words.ADDED.format(names=_names(added)) if added else words.ADDED_NONE)
    if not course.missing:
        return
    _say_worst(course)
    if "--yes" in options:
        _mint(course)
    else:
        say(words.NOT_YET_ADDED.format(name=_quoted(course.name)))


def _mint(course: Class) -> None:
    _key_of(course)
    steps = Steps()
    done = course.mint(
        lambda made, count: steps(words.MAKING.format(done=made, count=count)),
        lambda seconds: steps(words.PAUSING.format(seconds=seconds)),
    )
    say(words.MADE.format(count=len(done.made), kept=done.kept))
    if done.renewed:
        say(words.RENEWED.format(names=_names(done.renewed)))
    say(words.MADE_NEXT)


def _say_worst(course: Class) -> None:
    worst, terms = course.worst_case(), course.terms
    values = {
        "keys": worst.keys,
        "limit": shown(terms.limit),
        "name": course.name,
        "router": course.router,
        "reset": worst.reset,
    }
    if worst.periods is None:
        say(words.WORST_UNBOUNDED.format(period=shown(worst.a_period), **values))
    else:
        template = words.WORST if worst.periods == 1 else words.WORST_RESET
        most = shown(worst.a_period * worst.periods + worst.spent)
        say(template.format(most=most, periods=worst.periods, **values))
    if terms.total is not None:
        say(words.WORST_TOTAL.format(total=shown(terms.total)))


def _sheet(typed: list[str], options: Options) -> None:
    (folder,) = _exactly("sheet", typed, 1)
    course = _course(options)
    if "--renew" in options:
        _key_of(course)
    page, table = course.sheet(
        folder,
        language=options.get("--language", "") or language.now(),
        renew="--renew" in options,
    )
    say(words.SHEET.format(page=page, table=table))
    say(words.SHEET_NEXT)


def _pause(typed: list[str], options: Options) -> None:
    (who,) = _exactly("pause", typed, 1)
    say(words.PAUSED.format(names=_names(_ready(options).pause(who))))


def _resume(typed: list[str], options: Options) -> None:
    (who,) = _exactly("resume", typed, 1)
    say(words.RESUMED.format(names=_names(_ready(options).pause(who, off=True))))


def _topup(typed: list[str], options: Options) -> None:
    from zg_jupyter.units import parse_amount

    if len(typed) < 2:
        raise _needs("topup")
    amount = parse_amount(" ".join(typed[1:]))
    done = _ready(options).topup(typed[0], amount)
    say(words.TOPPED.format(amount=shown(amount), names=_names(done)))


def _extend(typed: list[str], options: Options) -> None:
    who, day = _exactly("extend", typed, 2)
    done = _ready(options).extend(who, day)
    never = day.lower() in ("never", "none", "off")
    say(words.EXTENDED.format(day=words.NEVER if never else day, names=_names(done)))


def _revoke(typed: list[str], options: Options) -> None:
    (who,) = _exactly("revoke", typed, 1)
    course = _course(options)
    if who == _ALL and "--yes" not in options:
        say(words.REVOKE_ALL.format(name=course.name))
        return
    _key_of(course)
    say(words.REVOKED.format(names=_names(course.revoke(who))))


def _renew(typed: list[str], options: Options) -> None:
    (who,) = _exactly("renew", typed, 1)
    say(words.RENEWED_KEY.format(names=_names(_ready(options).renew(who))))


# -- the class as a whole --------------------------------------------------------------------


def _table(typed: list[str], options: Options) -> Any:
    _exactly("table", typed, 0)
    course = _ready(options)
    if course.keeps_prompts():
        say(words.KEEPS_PROMPTS.format(name=course.name))
    return class_live.show(course) if "--live" in options else course.table()


def _plot(typed: list[str], options: Options) -> Plot:
    from zg_jupyter.units import parse_amount

    _exactly("plot", typed, 0)
    course = _ready(options)
    frame = course.table()
    spent = [parse_amount(amount) for amount in frame["spent_0g"]]
    points = sorted(zip(frame["student"], spent, strict=True), key=lambda one: -one[1])
    return Plot(
        words.PLOT.format(name=course.name),
        tuple((str(name), amount) for name, amount in points[:_BARS]),
        bars=True,
        answers=int(frame["requests"].sum()),
    )


def _budget(typed: list[str], options: Options) -> None:
    from zg_jupyter.units import parse_amount

    if not typed:
        raise _needs("budget")
    total = parse_amount(" ".join(typed))
    _ready(options).budget(total)
    say(words.BUDGET.format(total=shown(total)))


def _hours(typed: list[str], options: Options) -> None:
    if not typed:
        raise _needs("hours")
    hours = " ".join(typed)
    hours = "" if hours.lower() == "off" else hours
    _ready(options).open(hours=hours)
    say(words.HOURS.format(hours=hours or words.ALWAYS))


def _open(typed: list[str], options: Options) -> None:
    _exactly("open", typed, 0)
    _ready(options).open()
    say(words.OPENED)


def _close(typed: list[str], options: Options) -> None:
    _exactly("close", typed, 0)
    _ready(options).open(closed=True)
    say(words.CLOSED)


def _forget(typed: list[str], options: Options) -> None:
    _exactly("forget", typed, 0)
    course = _course(options)
    works = len(course.students) - len(course.missing)
    if works and "--yes" not in options:
        say(words.FORGET_ALL.format(count=works, name=course.name))
        return
    course.forget()
    say(words.FORGOTTEN.format(name=course.name))


# -- what was typed --------------------------------------------------------------------------


def _read(command: str, arguments: list[str]) -> tuple[list[str], Options]:
    typed: list[str] = []
    options: Options = {}
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("--"):
            typed.append(word)
        elif word in _FLAGS:
            options[word] = "on"
        elif name in words.OPTIONS:
            if not equals and not waiting:
                raise BadInput(words.NEEDS_VALUE.format(name=name), next_step=words.USAGE_NEXT)
            options[name] = value if equals else waiting.pop(0)
        else:
            close = difflib.get_close_matches(name, [*words.OPTIONS, *_FLAGS], n=1, cutoff=0.5)
            hint = common.DID_YOU_MEAN.format(match=close[0]) if close else words.USAGE_NEXT
            what = words.UNKNOWN_OPTION.format(command=command, name=name[:30])
            raise BadInput(what, next_step=hint)
    return typed, options


def _students(options: Options) -> Any:
    from pathlib import Path

    if options.get("--roster"):
        return Path(options["--roster"])
    if not options.get("--students"):
        raise BadInput(words.NEEDS_STUDENTS, next_step=words.NEEDS_STUDENTS_NEXT)
    return _number("--students", options)


def _terms(options: Options) -> dict[str, Any]:
    if not options.get("--limit"):
        raise BadInput(words.NEEDS_LIMIT, next_step=words.NEEDS_LIMIT_NEXT)
    return {
        "limit": options["--limit"],
        "total": options.get("--total") or None,
        "reset": options.get("--reset", ""),
        "expires": options.get("--expires", ""),
        "models": [one for one in options.get("--models", "").split(",") if one.strip()],
        "model": options.get("--model", ""),
        "rpm": _number("--rpm", options) if options.get("--rpm") else None,
        "network": options.get("--network", ""),
        "router_url": options.get("--router", ""),
    }


def _number(name: str, options: Options) -> int:
    value = options[name]
    if not value.isdecimal() or len(value) > 9:
        raise BadInput(words.NOT_A_NUMBER.format(name=name, value=value[:20]))
    return int(value)


def _exactly(command: str, typed: list[str], count: int) -> list[str]:
    if len(typed) < count:
        raise _needs(command)
    if len(typed) > count:
        extra = " ".join(typed[count:])[:40]
        raise BadInput(
            words.TOO_MUCH.format(command=command, words=extra),
            next_step=words.NEEDS_NEXT.get(command, words.USAGE_NEXT),
        )
    return typed


def _needs(command: str) -> BadInput:
    return BadInput(words.NEEDS[command], next_step=words.NEEDS_NEXT[command])


def _course(options: Options) -> Class:
    from zg_jupyter.workshop import Class

    return Class.load(options.get("--class", ""))


def _ready(options: Options) -> Class:
    course = _course(options)
    _key_of(course)
    return course


def _key_of(course: Class) -> None:
    """Ask for the management key where none is at hand; it stays in memory."""
    from zg_jupyter.workshop import issuer

    if not issuer.held(course.url):
        issuer.hold(course.url, asking.secret(words.ASK_KEY.format(router=course.router)))


def _names(found: list[str]) -> str:
    named = ", ".join(found[:_NAMED])
    more = len(found) - _NAMED
    return words.NAMES_MORE.format(names=named, count=more) if more > 0 else named


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


_COMMANDS: dict[str, Callable[[list[str], Options], Any]] = {
    "new": _new,
    "add": _add,
    "sheet": _sheet,
    "table": _table,
    "plot": _plot,
    "pause": _pause,
    "resume": _resume,
    "topup": _topup,
    "extend": _extend,
    "revoke": _revoke,
    "renew": _renew,
    "budget": _budget,
    "hours": _hours,
    "open": _open,
    "close": _close,
    "forget": _forget,
}
