"""One key for each student, and none twice, whatever happens in between.

Before a key is asked for, the class's file says so. Whoever comes after an interruption looks at
the router's own list: a key whose secret nobody has is revoked and made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zg_jupyter.errors import (
    BadInput,
    ConfigError,
    ProviderRefused,
    ProviderUnreachable,
    RouteError,
    ZgError,
)
from zg_jupyter.units import to_0g
from zg_jupyter.workshop import register
from zg_jupyter.workshop.issuer import TAKEN, Issuer
from zg_jupyter.workshop.register import Content, Pupil, Terms

_TRIES = 3


@dataclass
class Minted:
    """What became of it.

    Attributes
    ----------
    made:
        Students with a new key.
    renewed:
        Those among them whose earlier key was revoked, because its secret was lost.
    kept:
        How many had theirs already.
    """

    made: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    kept: int = 0


def mint(
    content: Content, issuer: Issuer, progress: Callable[[int, int], None] = lambda *_: None
) -> Minted:
    """Make every key that is not made yet.

    Parameters
    ----------
    content:
        The class; its file is written as it goes.
    issuer:
        Who makes keys.
    progress:
        Is told how many of how many are made.

    Raises
    ------
    ZgError
        As the issuer says it; the sentence tells how many are made, and the next call goes on.
    """
    done = Minted()
    waiting = [p for p in content.pupils if p.state in ("planned", "asked")]
    done.kept = sum(p.state == "made" for p in content.pupils)
    everybody = done.kept + len(waiting)
    active = _active(issuer) if waiting else {}
    for pupil in waiting:
        try:
            _one(content, pupil, issuer, active, done)
        except ZgError as error:
            ready = done.kept + len(done.made)
            error.what = f"{ready} of {everybody} keys are made. {error.what}"
            error.args = (error.what,)
            raise
        progress(done.kept + len(done.made), everybody)
    return done


def fields(terms: Terms, limit: int | None, *, gateway: bool) -> dict[str, Any]:
    """The terms as the body of a request."""
    body: dict[str, Any] = {
        "credit_limit": f"{to_0g(terms.limit if limit is None else limit):f}",
        "expiration": terms.expires or "no_expiration",
    }
    if not gateway:
        body["reset_period"] = terms.reset
    if terms.models:
        body["allowed_models"] = list(terms.models)
    if gateway and terms.rpm is not None:
        body["requests_per_minute"] = terms.rpm
    return body


def _active(issuer: Issuer) -> dict[str, dict[str, Any]]:
    """Keys that are not revoked, by name."""
    rows = issuer.listed()
    for row in rows:
        refuse_dollars(row)
    return {str(r.get("name")): r for r in rows if not r.get("revoked")}


def refuse_dollars(row: Mapping[str, Any]) -> None:
    """``ConfigError`` for an account whose limits are US dollars, which 0G would be taken for."""
    if str(row.get("currency") or "0g").lower() != "0g":
        raise ConfigError(
            "This account at the router counts in US dollars, and a class's limits are 0G.",
            next_step="Use a management key of an account that settles in 0G.",
        )


def _one(
    content: Content,
    pupil: Pupil,
    issuer: Issuer,
    active: dict[str, dict[str, Any]],
    done: Minted,
) -> None:
    pupil.key_name = pupil.key_name or (
        pupil.name if content.gateway else f"{content.name}/{pupil.name}"
    )
    body = fields(content.terms, pupil.limit, gateway=bool(content.gateway))
    renewed = False
    for attempt in range(_TRIES):
        if (found := active.pop(pupil.key_name, None)) is not None:
            if content.gateway:
                _adopt(content, pupil, issuer, str(found["key_id"]), body)
                done.made.append(pupil.name)
                return
            if pupil.state == "planned":
                raise _foreign(pupil.key_name)
            issuer.revoke(str(found["key_id"]))
            renewed = True
        pupil.state = "asked"
        register.save(content)
        try:
            made = issuer.create({"name": pupil.key_name, **body})
        except RouteError as error:
            if isinstance(error, ProviderRefused) and error.status == TAKEN:
                active.update(_active(issuer))
                if pupil.key_name not in active:  # of a revoked one, whose name stays taken
                    pupil.key_name = f"{pupil.key_name} {attempt + 2}"
                continue
            lost = not isinstance(error, ProviderRefused) or error.status >= 500
            if attempt == _TRIES - 1 or not lost:
                raise
            active.update(_active(issuer))  # the reply was lost: is there a key?
        else:
            _keep(content, pupil, made)
            done.made.append(pupil.name)
            if renewed:
                done.renewed.append(pupil.name)
            return
    raise ProviderUnreachable(f"The router does not make a key for {pupil.name!r}.")


def _keep(content: Content, pupil: Pupil, made: Mapping[str, Any]) -> None:
    """The secret of a new key is on disk before anything else happens."""
    pupil.key_id, pupil.state = str(made["key_id"]), "made"
    pupil.join_code = str(made.get("join_code") or "")
    # What a code fetches needs to be nowhere else.
    pupil.secret = "" if pupil.join_code else str(made["key"])
    register.save(content)
    refuse_dollars(made)


def _adopt(
    content: Content, pupil: Pupil, issuer: Issuer, key_id: str, body: Mapping[str, Any]
) -> None:
    """A gateway's key that is there: its secret is fetched with a new code, by the student."""
    changed = issuer.change(key_id, {**body, "new_join_code": True})
    code = str(changed.get("join_code") or "")
    if not code:
        raise ProviderUnreachable(
            f"The gateway gave no code for {pupil.name!r}.",
            next_step="Update the gateway: pip install -U 'zg-jupyter[gateway]'",
        )
    pupil.key_id, pupil.join_code, pupil.secret, pupil.state = key_id, code, "", "made"
    register.save(content)


def _foreign(name: str) -> BadInput:
    return BadInput(
        f"The router has a key named {name[:80]!r} already, and this class did not make it.",
        next_step="Give the class another name, or revoke that key at the router's console.",
    )
