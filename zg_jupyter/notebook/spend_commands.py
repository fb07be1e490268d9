"""What it may cost, what it cost, and the most that it shall cost."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zg_jupyter import host
from zg_jupyter.errors import BadInput, told
from zg_jupyter.notebook import dollars, periods, words, words_answers, words_spend
from zg_jupyter.notebook.render import energy, label, pace, say
from zg_jupyter.notebook.shared import HERE_TOO, Session
from zg_jupyter.notebook.side_by_side import SideBySide
from zg_jupyter.notebook.tables import Table
from zg_jupyter.records import Plan
from zg_jupyter.units import format_0g, parse_amount

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from zg_jupyter.compare import Compared
    from zg_jupyter.notebook.plot import Plot

GROUPS = ("model", "provider", "notebook", "day", "cell")
_SCOPES = {"--session": "session", "--day": "day", "--total": "total"}


def plan_table(plan: Plan) -> Table:
    """Who would be asked, in which order, at what price, and who not."""
    rows = [
        (
            str(number),
            label(step.offer.provider),
            step.offer.model,
            words.PLAN_RANGE.format(
                low=format_0g(step.cost.low, digits=4), high=format_0g(step.cost.high, digits=4)
            ),
            told(step.why),
            told(step.if_it_fails),
        )
        for number, step in enumerate(plan.steps, 1)
    ]
    rows += [
        ("-", label(offer.provider), offer.model, words.PLAN_OUT, told(reason), "")
        for offer, reason in plan.left_out
    ]
    title = " ".join(filter(None, (told(plan.instead), words.PLAN_TITLE)))
    return Table.of(rows, title=title, head=words.PLAN_HEAD)


def compare_table(found: Iterable[Compared]) -> SideBySide:
    """What each model made of the same prompt."""
    columns = []
    for one in found:
        if one.answer is None:
            columns.append((one.model, one.error, *[""] * (len(words_answers.SIDE_ROWS) - 1)))
            continue
        receipt = one.answer.receipt
        first = receipt.first_token_seconds
        columns.append(
            (
                *(one.model, one.answer.text),
                "" if first is None else f"{first:.2f} s",
                f"{receipt.total_seconds:.2f} s",
                pace(receipt),
                format_0g(receipt.cost, digits=6),
                label(receipt.provider),
                receipt.machine.name if receipt.machine is not None else "",
                energy(receipt),
            )
        )
    known = [n for n, row in enumerate(zip(*columns, strict=True)) if n < 2 or any(row)]
    rows = [words_answers.SIDE_ROWS[n - 1] for n in known[1:]]
    return SideBySide.of([[column[n] for n in known] for column in columns], rows)


def _spend(session: Session, arguments: list[str]) -> pd.DataFrame | Plot | None:
    rest, options = [a for a in arguments if a != "--plot"], {}
    as_plot = len(rest) < len(arguments)
    while rest:
        name = rest.pop(0)
        if name not in ("--by", "--csv") or not rest or name in options:
            raise BadInput(words.SPEND_USAGE.format(words=name[:40]), next_step=words.SPEND_EXAMPLE)
        options[name] = rest.pop(0)
    by = options.get("--by", "")
    if by and by not in GROUPS:
        close = difflib.get_close_matches(by, GROUPS, n=1)
        raise BadInput(
            words.NOT_ONE_OF.format(name="--by", value=by[:40], choices=", ".join(GROUPS)),
            next_step=words.DID_YOU_MEAN.format(match=close[0]) if close else "",
        )
    path = options.get("--csv", "")
    if as_plot and path:
        raise BadInput(words_spend.PLOT_AND_CSV, next_step=words.SPEND_EXAMPLE)
    frame = session.asker(HERE_TOO).spend_table(by=by)
    if as_plot:
        from zg_jupyter.notebook.plot import plotted

        return plotted(frame, by)
    if rate := frame.attrs.get("usd_rate"):
        say(words_spend.COST_USD.format(rate=rate))
    if not path:
        return frame
    try:
        frame.to_csv(path, index=False)
    except OSError as error:
        raise BadInput(
            words_spend.NOT_WRITTEN.format(path=path[:80], error=error.strerror)
        ) from None
    say(words.SPEND_SAVED.format(count=len(frame), path=path))
    return None


def _budget(session: Session, arguments: list[str]) -> Table | None:
    scopes = [_SCOPES[a] for a in arguments if a in _SCOPES]
    typed = [a for a in arguments if a not in _SCOPES]
    client, notebook = session.client(), host.notebook()
    if not typed and not scopes:
        return _budget_table(client.budgets(notebook))
    if not typed or len(scopes) > 1:
        raise BadInput(words.BUDGET_USAGE, next_step=words.BUDGET_EXAMPLE)
    scope = scopes[0] if scopes else "notebook"
    if scope == "notebook" and not notebook:
        raise BadInput(words.NO_NOTEBOOK, next_step=words.NO_NOTEBOOK_NEXT)
    amount = None if typed == ["off"] else parse_amount(dollars.amount(" ".join(typed), session))
    client.set_budget(scope, amount, notebook)
    name = words.BUDGET_NAMES[scope]
    if amount is None:
        say(words.BUDGET_OFF.format(name=name))
        return None
    spent = client.budgets(notebook)[scope][1]
    said = words.BUDGET_SET.format(name=name, amount=_shown(amount), spent=_shown(spent))
    say(said)
    return None


def _budget_table(budgets: dict[str, tuple[int | None, int]]) -> Table:
    rows = []
    for scope, name in words.BUDGET_NAMES.items():
        if scope not in budgets:
            continue
        limit, spent = budgets[scope]
        if limit is None:
            rows.append((name, words.NO_LIMIT, _shown(spent), ""))
        else:
            rows.append((name, _shown(limit), _shown(spent), _shown(max(0, limit - spent))))
    return Table.of(rows, head=words.BUDGET_HEAD)


def _shown(neuron: int) -> str:
    return format_0g(neuron, digits=8)


def _reconcile(session: Session, arguments: list[str]) -> pd.DataFrame:
    since = periods.read(arguments)
    return session.client().reconcile_table(since=since)


COMMANDS: dict[str, Callable[[Session, list[str]], Any]] = {
    "spend": _spend,
    "budget": _budget,
    "reconcile": _reconcile,
}
