"""Higher limits for students, each raised once, whatever happens in between.

The new limits are written down before the first is asked for. Whoever runs the same again after an
interruption goes on with those that were not raised yet.
"""

from __future__ import annotations

from dataclasses import replace

from zg_jupyter.errors import BadInput
from zg_jupyter.units import format_0g, to_0g
from zg_jupyter.workshop import register
from zg_jupyter.workshop.issuer import Issuer
from zg_jupyter.workshop.looking import look
from zg_jupyter.workshop.register import Content, Pupil


def raise_limits(content: Content, chosen: list[Pupil], more: int, at: Issuer) -> list[str]:
    """Raise the limits of students by an amount in neuron; gives whose were raised now.

    Raises
    ------
    BadInput
        Another raise was broken off, and has to be run to its end first.
    BudgetExceeded
        All limits together would be more than the total, where the router does not hold it.
    RouteError
        The router refuses or is away.
    """
    chosen = _left_over(content, chosen, more) or chosen
    asked = {p.name: _limit(content, p) + more for p in chosen}
    trial = [replace(p, limit=asked.get(p.name, p.limit)) for p in content.pupils]
    look(replace(content, pupils=trial), at)
    for pupil in chosen:
        pupil.raising = asked[pupil.name]
    register.save(content)
    for pupil in chosen:
        at.change(pupil.key_id, {"credit_limit": f"{to_0g(asked[pupil.name]):f}"})
        pupil.limit, pupil.raising = asked[pupil.name], None
        register.save(content)
    return [pupil.name for pupil in chosen]


def _left_over(content: Content, chosen: list[Pupil], more: int) -> list[Pupil]:
    """Those whom an interrupted raise of the same amount has left."""
    left = [p for p in content.pupils if p.state == "made" and p.raising is not None]
    for pupil in left:
        step = (pupil.raising or 0) - _limit(content, pupil)
        if step != more or pupil not in chosen:
            raise BadInput(
                f"A raise of {format_0g(step)} broke off: {len(left)} limits are still to be "
                "raised. No limit was changed.",
                next_step="Run that one again first; it goes on where it stopped.",
            )
    return left


def _limit(content: Content, pupil: Pupil) -> int:
    return content.terms.limit if pupil.limit is None else pupil.limit
