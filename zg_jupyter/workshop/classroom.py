"""A class from Python: made, handed out, watched and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, WalletError
from zg_jupyter.networks import host_of
from zg_jupyter.workshop import (
    issuer,
    minting,
    raising,
    register,
    replacing,
    roster,
    sheet,
    typed,
    usage,
    worst,
)
from zg_jupyter.workshop.issuer import Issuer
from zg_jupyter.workshop.looking import look
from zg_jupyter.workshop.minting import Minted
from zg_jupyter.workshop.register import Content, Pupil, Terms
from zg_jupyter.workshop.typed import Amount
from zg_jupyter.workshop.worst import Worst

if TYPE_CHECKING:
    import pandas as pd

Students = int | str | Path | Iterable[str]
EVERYBODY = "all"


class Class:
    """One class: its students, their keys, and what they spend.

    Made with :meth:`new`, found again with :meth:`load`. No key is made before :meth:`mint`.
    Amounts are 0G as text or ``Decimal``, or neuron as ``int``, as everywhere.
    """

    def __init__(self, content: Content) -> None:
        self._content = content

    def __repr__(self) -> str:
        made = sum(p.state == "made" for p in self._content.pupils)
        return f"<Class {self.name}: {made} of {len(self._content.pupils)} keys made>"

    @classmethod
    def new(
        cls,
        name: str,
        students: Students,
        *,
        limit: Amount,
        total: Amount | None = None,
        reset: str = "never",
        expires: str = "",
        models: Sequence[str] = (),
        model: str = "",
        rpm: int | None = None,
        network: str = "",
        router_url: str = "",
    ) -> Class:
        """Plan a class; nothing is made yet and nobody is asked.

        Parameters
        ----------
        name:
            What it is called here and at the router.
        students:
            How many, or the path of a CSV file, or names (:func:`zg_jupyter.workshop.roster.read`).
        limit:
            Most that one student spends (in a period, if ``reset`` has one).
        total:
            Most that all spend together.
        reset:
            When ``limit`` begins anew: ``never``, ``daily``, ``weekly``, ``monthly``.
        expires:
            The keys' last day; see :func:`zg_jupyter.workshop.worst.expiry`.
        models, model:
            What may be asked (all when empty), and what is asked by default.
        rpm:
            Requests a minute of each student; a class gateway holds it.
        network, router_url:
            The hosted router of a network, or a class gateway's base URL; the settings' own when
            both are omitted.

        Raises
        ------
        BadInput
            What cannot be meant, or a class of this name that has keys already.
        ConfigError
            The network has no hosted router, and no gateway was named.
        """
        name = register.checked_name(name)
        if register.exists(name) and any(p.key_id for p in register.load(name).pupils):
            raise BadInput(
                f"The class {name!r} has keys already.",
                charged="No key was made.",
                next_step=f"Add students with: %zg class add NAME --class {name}",
            )
        terms = Terms(
            limit=typed.positive(limit, "limit"),
            reset=typed.period(reset or "never"),
            expires=worst.expiry(expires),
            models=typed.models_of(models),
            model=model.strip() or (models[0] if len(models) == 1 else ""),
            rpm=typed.rate(rpm),
            total=None if total is None else typed.positive(total, "total"),
        )
        where, url = typed.where(network, router_url)
        pupils = [Pupil(one) for one in roster.read(students)]
        content = Content(name, where, url, None, terms, pupils)
        with register.alone(name):
            register.save(content)
        return cls(content)

    @classmethod
    def load(cls, name: str = "") -> Class:
        """A class that was made on this machine; the only one when no name is given.

        Raises
        ------
        BadInput
            There is none of this name, or several and no name.
        """
        if not name:
            there = register.known()
            if len(there) != 1:
                raise BadInput(
                    f"Which class? There are: {', '.join(there[:10])}."
                    if there
                    else "There is no class on this machine.",
                    next_step="Name it with: --class NAME"
                    if there
                    else "Make one with: %zg class new NAME --students 30 --limit 0.5",
                )
            name = there[0]
        return cls(register.load(name))

    # -- what is known here --------------------------------------------------------------------

    @property
    def name(self) -> str:
        """What it is called."""
        return self._content.name

    @property
    def students(self) -> list[str]:
        """Everybody whose key is not revoked."""
        return [p.name for p in self._content.pupils if p.state != "revoked"]

    @property
    def missing(self) -> list[str]:
        """Students whose key is not made yet."""
        return [p.name for p in self._content.pupils if p.state in ("planned", "asked")]

    @property
    def terms(self) -> Terms:
        """What every key may do."""
        return self._content.terms

    @property
    def router(self) -> str:
        """The host where the keys are."""
        return host_of(self._content.url)

    @property
    def url(self) -> str:
        """The router's base URL."""
        return self._content.url

    def worst_case(self) -> Worst:
        """What it can cost at most, as far as that is known here."""
        return worst.of(self._content, held=bool(self._content.gateway))

    # -- keys --------------------------------------------------------------------------------

    def mint(
        self,
        progress: Callable[[int, int], None] = lambda *_: None,
        waiting: Callable[[float], None] = lambda _: None,
    ) -> Minted:
        """Make every key that is not made yet; after an interruption it goes on.

        Parameters
        ----------
        progress:
            Is told how many of how many are made.
        waiting:
            Is told the seconds when the router asks for a pause.

        Raises
        ------
        BudgetExceeded
            All limits together are more than the total, where the router does not hold it.
        RouteError
            The router refuses or is away; the sentence says how many keys there are.
        """
        with register.alone(self.name), self._issuer(waiting) as at:
            self._content = register.load(self.name)
            look(self._content, at)
            return minting.mint(self._content, at, progress)

    def add(self, students: Students) -> list[str]:
        """Add students; :meth:`mint` makes their keys. Gives those who are new."""
        new = roster.read([students] if isinstance(students, str) else students)
        with _Changing(self) as content:
            added = [one for one in new if content.pupil(one) is None]
            content.pupils.extend(Pupil(one) for one in added)
        return added

    def sheet(self, folder: str | Path, *, language: str = "en", renew: bool = False) -> list[Path]:
        """Write a sheet to print, with a card for each student, and a CSV (both mode 0600).

        Parameters
        ----------
        folder:
            Where; it is made when it is not there.
        language:
            ``en`` or ``id``.
        renew:
            Get a new code for everybody from a class gateway first: each code works once.
        """
        if renew:
            self._renew()
        return sheet.write(self._content, Path(folder), language)

    def pause(self, who: str = EVERYBODY, *, off: bool = False) -> list[str]:
        """Stop a student's key for a while (``off``: let it go on); class gateways only."""
        with self._issuer() as at:
            self._needs_gateway(at, "pause keys", "Revoke it, or extend it to a day that is over.")
            return self._change(at, who, {"paused": not off})

    def topup(self, who: str, amount: Amount) -> list[str]:
        """Raise the limit of a student, or of ``all``; broken off, the same call goes on."""
        more = typed.positive(amount, "amount")
        with register.alone(self.name), self._issuer() as at:
            self._content = content = register.load(self.name)
            return raising.raise_limits(content, self._chosen(who), more, at)

    def extend(self, who: str, expires: str) -> list[str]:
        """Give a student, or ``all``, another last day."""
        until = worst.expiry(expires)
        with register.alone(self.name), self._issuer() as at:
            self._content = content = register.load(self.name)
            if content.terms.reset != "never":
                longer = replace(content, terms=replace(content.terms, expires=until))
                if not content.gateway:
                    worst.hold(worst.of(longer), content.terms.total)
            names = self._change(at, who, {"expiration": until or "no_expiration"})
            if who == EVERYBODY:
                content.terms = replace(content.terms, expires=until)
                register.save(content)
            return names

    def revoke(self, who: str) -> list[str]:
        """End the key of a student, or of ``all``, for good: the next request is refused."""
        with register.alone(self.name), self._issuer() as at:
            self._content = register.load(self.name)
            done = []
            for pupil in self._chosen(who):
                at.revoke(pupil.key_id)
                pupil.state, pupil.secret, pupil.join_code = "revoked", "", ""
                register.save(self._content)
                done.append(pupil.name)
            return done

    def renew(self, who: str) -> list[str]:
        """A new key for one that was lost or stolen, with what remains; the old one ends."""
        with register.alone(self.name), self._issuer() as at:
            self._content = register.load(self.name)
            chosen = self._chosen(who)
            self._content.gateway = at.classroom() is not None
            replace_key = replacing.at_gateway if self._content.gateway else replacing.at_router
            for pupil in chosen:
                replace_key(self._content, pupil, at)
            minting.mint(self._content, at)
            return [pupil.name for pupil in chosen]

    # -- the class as a whole ------------------------------------------------------------------

    def budget(self, total: Amount) -> None:
        """Change the most that all students spend together."""
        most = typed.positive(total, "total")
        with register.alone(self.name), self._issuer() as at:
            self._content = content = register.load(self.name)
            content.terms = replace(content.terms, total=most)
            look(self._content, at)
            register.save(content)

    def open(self, *, closed: bool = False, hours: str | None = None) -> dict[str, Any]:
        """Open or close the class, or give it hours; class gateways only.

        Parameters
        ----------
        closed:
            Nobody may ask until it is opened again.
        hours:
            For example ``Mon-Fri 08:00-16:00 Asia/Jakarta``; empty for always.
        """
        with self._issuer() as at:
            self._needs_gateway(at, "open and close", "Revoke keys, or let them expire.")
            if hours is not None:
                return at.change_classroom({"hours": hours})
            return at.change_classroom({"open": not closed})

    def table(self) -> pd.DataFrame:
        """One line per student: requests, tokens, spend, what remains, last seen. No secrets."""
        with self._issuer() as at:
            return usage.table(self._content, at)

    def keeps_prompts(self) -> bool:
        """Whether its gateway keeps what students ask and are answered."""
        with self._issuer() as at:
            return (at.classroom() or {}).get("keeps_prompts") is True

    def forget(self) -> None:
        """Delete this machine's file about the class; keys stay what they are."""
        register.forget(self.name)

    # -- inside ------------------------------------------------------------------------------

    def _issuer(self, waiting: Callable[[float], None] = lambda _: None) -> Issuer:
        key = issuer.held(self._content.url)
        if not key:
            raise WalletError(
                f"A management key (mk-...) for {self.router} is needed.",
                next_step=f"Put it into {issuer.VARIABLE}, or from code: "
                "zg_jupyter.workshop.hold(url, getpass.getpass())",
            )
        return Issuer(self._content.url, key, waiting=waiting)

    def _needs_gateway(self, at: Issuer, what: str, instead: str) -> None:
        if self._content.gateway is None:
            self._content.gateway = at.classroom() is not None
        if not self._content.gateway:
            raise BadInput(
                f"The hosted router cannot {what}; a class gateway can.", next_step=instead
            )

    def _chosen(self, who: str) -> list[Pupil]:
        if who == EVERYBODY:
            return [p for p in self._content.pupils if p.state == "made"]
        found = self._content.pupil(who)
        if found is None or not found.key_id:
            import difflib

            close = difflib.get_close_matches(who, self.students, n=1, cutoff=0.5)
            raise BadInput(
                f"There is no student {who[:60]!r} with a key in {self.name!r}.",
                next_step=f"Did you mean {close[0]!r}?" if close else "See: %zg class table",
            )
        if found.state == "revoked":
            raise BadInput(f"The key of {found.name!r} is revoked already.")
        return [found]

    def _change(self, at: Issuer, who: str, fields: dict[str, Any]) -> list[str]:
        chosen = self._chosen(who)
        for pupil in chosen:
            at.change(pupil.key_id, fields)
        return [pupil.name for pupil in chosen]

    def _renew(self) -> None:
        with register.alone(self.name), self._issuer() as at:
            self._needs_gateway(at, "renew codes", "Print the sheet without --renew.")
            for pupil in self._chosen(EVERYBODY):
                changed = at.change(pupil.key_id, {"new_join_code": True})
                pupil.join_code = str(changed.get("join_code") or pupil.join_code)
                register.save(self._content)


class _Changing:
    """The newest content, written when the block ends well."""

    def __init__(self, owner: Class) -> None:
        self._owner = owner
        self._alone = register.alone(owner.name)

    def __enter__(self) -> Content:
        self._alone.__enter__()
        self._owner._content = register.load(self._owner.name)
        return self._owner._content

    def __exit__(self, kind: type[BaseException] | None, *more: Any) -> None:
        try:
            if kind is None:
                register.save(self._owner._content)
        finally:
            self._alone.__exit__(kind, *more)
