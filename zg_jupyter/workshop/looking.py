"""Before anything is made: which kind of router it is, and who holds the total."""

from __future__ import annotations

from typing import Any

from zg_jupyter.errors import BadInput
from zg_jupyter.units import to_0g
from zg_jupyter.workshop import usage, worst
from zg_jupyter.workshop.issuer import Issuer
from zg_jupyter.workshop.register import Content


def look(content: Content, at: Issuer) -> None:
    """Which kind of router it is, and whether the total is held; before anything is made."""
    there = at.classroom()
    content.gateway = there is not None
    terms = content.terms
    if content.gateway and terms.reset != "never":
        raise BadInput(
            "A class gateway's limits never begin anew, so there is no reset.",
            charged="No key was made.",
            next_step="Leave --reset out, and use: %zg class topup all AMOUNT",
        )
    if terms.rpm is not None and not content.gateway:
        raise BadInput(
            "The hosted router has no requests a minute for single keys.",
            charged="No key was made.",
            next_step="Leave --rpm out, or run a class gateway: zg-jupyter gateway",
        )
    usage.known_models(at, (*terms.models, *filter(None, [terms.model])))
    if content.gateway:
        wanted: dict[str, Any] = {}
        if terms.total is not None:
            wanted["budget"] = f"{to_0g(terms.total):f}"
        if terms.model:
            wanted["model"] = terms.model
        if wanted:
            at.change_classroom(wanted)
        return
    gone = [p.key_id for p in content.pupils if p.state == "revoked"]
    spent = usage.spent_of(at, gone) if gone and terms.total is not None else 0
    worst.hold(worst.of(content, spent=spent), terms.total)
