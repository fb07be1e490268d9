"""A new key for one that was lost or stolen, with what remains of its limit."""

from __future__ import annotations

from zg_jupyter.errors import BadInput, ProviderUnreachable
from zg_jupyter.workshop import register, usage
from zg_jupyter.workshop.issuer import Issuer
from zg_jupyter.workshop.register import Content, Pupil


def at_gateway(content: Content, pupil: Pupil, at: Issuer) -> None:
    """The same key with a new secret: a gateway ends all former ones and goes on counting."""
    changed = at.change(pupil.key_id, {"new_key": True, "new_join_code": True})
    code = str(changed.get("join_code") or "")
    if not code:
        raise ProviderUnreachable(f"The gateway gave no code for {pupil.name!r}.")
    pupil.join_code, pupil.secret = code, ""
    register.save(content)


def at_router(content: Content, pupil: Pupil, at: Issuer) -> None:
    """End a key, and plan another one with what remains; making it is for :mod:`minting`.

    Raises
    ------
    BadInput
        Nothing remains; the key is ended all the same.
    """
    at.revoke(pupil.key_id)
    # Asked after its end: nothing more is added, but for answers that still run.
    spent = usage.spent_of(at, [pupil.key_id])
    limit = content.terms.limit if pupil.limit is None else pupil.limit
    left = limit - spent if content.terms.reset == "never" else limit
    pupil.secret, pupil.join_code = "", ""
    if left <= 0:
        pupil.state = "revoked"
        register.save(content)
        raise BadInput(
            f"{pupil.name!r} has spent the whole limit: the key is revoked, and no other is made.",
            next_step="Add a student of another name with: %zg class add NAME",
        )
    pupil.state, pupil.key_id = "planned", ""
    pupil.limit, pupil.spent = left, pupil.spent + spent
    pupil.key_name = f"{pupil.key_name} #{len(content.pupils)}"
    register.save(content)
