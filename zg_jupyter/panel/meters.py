"""Budgets and what is gone of them, in words and as a bar beside the words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from zg_jupyter.panel.words import Words
from zg_jupyter.units import format_0g

#: As they are shown; how they are called is the word ``spend.scope_NAME``.
SCOPES = ("session", "notebook", "day", "total")

#: Per scope its budget, if there is one, and what was spent under it; in neuron.
Budgets = Mapping[str, tuple[int | None, int]]


def amount(neuron: int) -> str:
    """An amount as the panel's spend writes it."""
    return format_0g(neuron, digits=8)


def sentence(words: Words, limit: int | None, spent: int) -> str:
    """What was spent, and how much of a budget that is."""
    if limit is None:
        return words("spend.no_budget", spent=amount(spent))
    if spent >= limit:
        return words("spend.used_up", spent=amount(spent), limit=amount(limit))
    share = spent * 100 // limit
    return words("spend.of_budget", spent=amount(spent), limit=amount(limit), share=share)


def meters_html(words: Words, budgets: Budgets) -> str:
    """All scopes, one below the other."""
    lines = []
    for scope in SCOPES:
        if scope not in budgets:
            continue
        limit, spent = budgets[scope]
        gone = min(100, spent * 100 // limit) if limit else 100
        state = "over" if limit is not None and spent >= limit else "under"
        bar = (
            "<div></div>"
            if limit is None
            else f'<div class="zg-meter" data-state="{state}" aria-hidden="true">'
            f'<div style="width:{gone}%"></div></div>'
        )
        lines.append(
            f'<div class="zg-meter-name">{escape(words(f"spend.scope_{scope}"))}</div>{bar}'
            f'<div class="zg-meter-text">{escape(sentence(words, limit, spent))}</div>'
        )
    return f'<div class="zg-meters">{"".join(lines)}</div>'


def meters_still(words: Words, budgets: Budgets) -> str:
    """The same as plain sentences, for a saved notebook."""
    lines = [
        f"{words(f'spend.scope_{scope}')}: {sentence(words, *budgets[scope])}"
        for scope in SCOPES
        if scope in budgets
    ]
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
