"""Asking with nothing but an ``app-sk-`` key: no wallet, and no chain when there is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from zg_jupyter import router_key, wire_json
from zg_jupyter.catalog import CHAT, offer_of
from zg_jupyter.catalog.models import Fetch
from zg_jupyter.chain import keybook, tokens
from zg_jupyter.chain.contracts import Contracts
from zg_jupyter.errors import (
    BadInput,
    ChainError,
    NoOffer,
    ProviderRefused,
    ProviderUnreachable,
    WalletError,
    ZgError,
)
from zg_jupyter.networks import Network
from zg_jupyter.records import Offer
from zg_jupyter.settings import home

KEY_VARIABLE = "ZG_API_KEY"
_held = ""
_none_wanted = False
_from_colab = ""


def hold(key: str) -> None:
    """Ask with this key (``app-sk-`` or a router's ``sk-``) from now on in this process.

    It is kept in memory only: unlike a variable of the environment, no other program sees it.

    Raises
    ------
    BadInput
        For what is no such key.
    """
    global _held, _none_wanted
    if key:
        check(key)
    _held, _none_wanted = key.strip(), False


def held() -> str:
    """What :func:`hold` was given last."""
    return _held


def keep(key: str) -> Path:
    """Ask with this key also after a restart, until :func:`unkeep`; gives the file (mode 0600)."""
    check(key)
    path = _kept_at()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as written:
        written.write(key.strip())
    draft.replace(path)
    return path


def kept() -> str:
    """The key that :func:`keep` wrote, if there is one."""
    try:
        return _kept_at().read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def unkeep() -> None:
    """Delete what :func:`keep` wrote."""
    _kept_at().unlink(missing_ok=True)


def _kept_at() -> Path:
    return home() / "api_key"


def let_go() -> None:
    """Ask with no key from now on in this process, also when the environment has one."""
    global _held, _none_wanted
    _held, _none_wanted = "", True


def chosen(wallet: str) -> str:
    """The key to ask with: what :func:`hold` was given, else the environment's, else a kept one.

    Parameters
    ----------
    wallet:
        The setting of that name: a chosen wallet goes before the environment.
    """
    if _held or wallet or _none_wanted:
        return _held
    return os.environ.get(KEY_VARIABLE, "") or hub_token() or kept() or _colab_secret()


def _colab_secret() -> str:
    """The Colab secret of the variable's name; its user is asked once whether it may be read."""
    global _from_colab
    if not _from_colab:
        from zg_jupyter.wallet.choice import colab_secret

        _from_colab = colab_secret(KEY_VARIABLE)
    return _from_colab


def hub_token() -> str:
    """What stands for a key on a JupyterHub whose class has a gateway: the student's own token."""
    has_gateway = bool(os.environ.get("ZG_ROUTER_URL"))
    return os.environ.get("JUPYTERHUB_API_TOKEN", "") if has_gateway else ""


def check(key: str) -> None:
    """``BadInput`` when a text is no key of any route; it is never repeated."""
    if router_key.is_routers(key):
        router_key.check_key(key)
    else:
        check_key(key)


class KeyHolder:
    """Stands where a wallet stands: it has the payer's address, and cannot sign."""

    def __init__(self, address: str) -> None:
        self.address = address

    def sign_message(self, _: bytes) -> NoReturn:
        raise _no_wallet()

    def sign_transaction(self, _: dict[str, Any]) -> NoReturn:
        raise _no_wallet()

    def __repr__(self) -> str:
        return f"<KeyHolder {self.address}>"


class KeySession:
    """Gives the one key to the one provider it was made for.

    Parameters
    ----------
    key:
        ``app-sk-...``.
    book:
        The file that knows which keys were revoked on this machine.
    """

    __slots__ = ("__key", "_book", "token_of")

    def __init__(self, key: str, book: Path) -> None:
        self.token_of = tokens.read_key(key)
        self.__key = key.strip()
        self._book = book

    async def token(self, offer: Offer, _: int, now_ms: int, __: Callable[[str], None]) -> str:
        """The key, as long as it is good.

        Raises
        ------
        ProviderRefused
            It is expired, revoked here, or for another provider; nothing was sent.
        """
        if self.token_of.provider.lower() != offer.provider.lower():
            raise _refused(f"Your API key is for provider {self.token_of.provider} only.")
        if self.token_of.expires_at and self.token_of.expires_at <= now_ms:
            raise _refused("Your API key has expired.")
        if keybook.is_revoked(self._book, self.__key):
            raise _refused("Your API key was revoked.")
        return self.__key

    def at_hand(self, _: Offer, __: int, ___: int) -> str:
        """The key is looked at before every use."""
        return ""

    def needs_chain(self, _: Offer, __: int) -> bool:
        """A key is asked with where no chain answers."""
        return False

    async def claimed(self, _: Offer) -> int | None:
        """A key cannot sign for the question."""
        return None

    def spent(self, provider: str, cost: int) -> None:
        """The provider counts; a key knows no balance."""

    def forget(self, provider: str = "", *, token: bool = False) -> None:
        """There is nothing to read anew."""

    async def aclose(self) -> None:
        """Nothing runs."""

    def __repr__(self) -> str:
        return f"<KeySession for {self.token_of.provider}>"


class KeyCatalog:
    """What the provider of a key offers: by the chain, or by its own list of models.

    Parameters
    ----------
    contracts, network:
        Where the service is registered.
    fetch:
        Gets a document below a URL.
    provider:
        For whom the key was made.
    url:
        Where it listens, for when the chain cannot be asked.
    """

    def __init__(
        self,
        contracts: Contracts,
        network: Network,
        fetch: Fetch,
        provider: str,
        url: str,
    ) -> None:
        self._contracts = contracts
        self._network = network
        self._fetch = fetch
        self._provider = provider
        self._url = url
        self._offers: list[Offer] = []
        self._read_at = float("-inf")

    @property
    def age_seconds(self) -> float | None:
        """How long ago that was asked; ``None`` before."""
        return time.monotonic() - self._read_at if self._offers else None

    async def offers(self, *, fresh: bool = False) -> list[Offer]:
        """The provider's models.

        Raises
        ------
        NoOffer
            Neither the chain nor the provider's URL can tell.
        """
        if fresh or not self._offers or time.monotonic() - self._read_at > 60:
            self._offers = await self._from_chain() or await self._from_provider()
            self._read_at = time.monotonic()
        return list(self._offers)

    async def _from_chain(self) -> list[Offer]:
        try:
            service = await self._contracts.service(self._provider)
        except ChainError:
            return []
        return [offer_of(service, self._network)] if service else []

    async def _from_provider(self) -> list[Offer]:
        if not self._url:
            raise NoOffer(
                "The chain does not answer, and nobody said where your key's provider listens.",
                next_step="Run: %zg set provider_url https://...",
            )
        base = self._url.rstrip("/")
        try:
            listed = wire_json.loads(await self._fetch(base, "/v1/models"))
            models = [self._offer(m, base) for m in listed["data"]]
        except (ProviderUnreachable, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoOffer(
                f"The provider at {base} gave no list of models ({type(error).__name__}).",
                next_step="Check the address with whoever gave you the key.",
            ) from None
        return models

    def _offer(self, model: dict[str, Any], base: str) -> Offer:
        pricing = model["pricing"]
        return Offer(
            route="direct",
            provider=self._provider,
            url=base,
            model=str(model["id"]),
            service_type=str(model.get("type") or CHAT),
            input_price=int(pricing["prompt"]),
            output_price=int(pricing["completion"]),
            verifiability=str(model.get("verifiability") or ""),
            acknowledged=True,  # the provider says so itself: only the chain could know better
            development=self._network.is_development,
            info={"supported_parameters": model.get("supported_parameters")},
        )


def _refused(what: str) -> ProviderRefused:
    return ProviderRefused(what, status=401, next_step="Ask whoever gave it to you for a new one.")


def _no_wallet() -> ZgError:
    return WalletError(
        "This session has an API key and no wallet, so it can ask and not move money.",
        next_step="Choose a wallet with: %zg wallet use NAME",
    )


def check_key(key: str) -> None:
    """``BadInput`` when a text is no key of the direct route; it is never repeated."""
    if not key.strip().startswith(tokens.PREFIX):
        raise BadInput(
            "That is not an API key of the direct route (app-sk-...).",
            next_step="Keys that start with sk- belong to the hosted router.",
        )
    tokens.read_key(key)


def address_of(key: str) -> str:
    """The address of the wallet that pays for what a key asks."""
    return tokens.read_key(key).address
