"""A wallet that lives in the page: its key never comes near the kernel.

Any wallet of EIP-6963 or EIP-1193 (MetaMask, Rabby, ...). The page asks it for signatures and for
transactions, and says what came back; here it is checked. While a cell runs, the kernel hears
nothing from the page, so nothing is asked then.

Sources: EIP-1193 (requests and error codes), EIP-1102 (accounts), EIP-3326 and EIP-3085 (choosing
and adding a chain), EIP-191 (personal_sign).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

from zg_jupyter.errors import ChainError, WalletError
from zg_jupyter.networks import Network
from zg_jupyter.wallet.kept import Drawer, KeptTokens
from zg_jupyter.without_bls import import_eth_account

#: How ``%zg wallet use`` and the setting ``wallet`` call it.
NAME = "browser"
PANEL = "Open %zg panel, section Wallet."
_NO_SUCH_CHAIN = (4902, -32603)  # the second is what some wallets say instead
_SENTENCES = {
    4001: "You declined it in your wallet.",
    4100: "Your wallet does not allow this page to use that account.",
    4200: "Your wallet cannot do that.",
    4900: "Your wallet is not connected to any chain.",
    4901: "Your wallet is not connected to that chain.",
    -32002: "Your wallet is locked, or asks something already: open it.",
}
_UNSURE = "If you confirmed it in your wallet, it may still be carried out."


class PageError(Exception):
    """The wallet said no: the code and message of EIP-1193."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class PageGone(Exception):
    """Nobody can say how it ended: the page was closed or loaded anew, or time ran out."""


class Page(Protocol):
    """Who passes requests to the wallet in the page."""

    async def ask(self, method: str, params: list[Any]) -> Any:
        """The result of an EIP-1193 request.

        Raises
        ------
        PageError
            The wallet refused.
        PageGone
            The answer can come no more.
        WalletError
            It cannot be asked now; nothing was asked.
        """


class BrowserWallet:
    """One account of a wallet in a page, on one network.

    Parameters
    ----------
    address:
        EIP-55 address of the account.
    page:
        Passes requests on.
    network:
        Where its transactions go.
    tokens:
        What its owner has signed already; nothing when omitted.
    """

    def __init__(
        self, address: str, page: Page, network: Network, tokens: KeptTokens | None = None
    ) -> None:
        self.address = address
        self._page = page
        self._network = network
        self._tokens = KeptTokens() if tokens is None else tokens

    @property
    def tokens(self) -> Drawer:
        """Session tokens on its network, which outlive a client."""
        return self._tokens.at(self._network.chain_id, self._network.inference)

    async def sign_message(self, message: bytes) -> bytes:
        """personal_sign of raw bytes, checked: 65 bytes r|s|v, v 27 or 28.

        Raises
        ------
        WalletError
            It was declined, or somebody else signed.
        """
        try:
            answer = await self._page.ask("personal_sign", ["0x" + message.hex(), self.address])
        except PageError as error:
            raise _refused(error, "Nothing was signed.") from None
        except PageGone as error:
            raise WalletError(f"The signature did not arrive ({error}).", next_step=PANEL) from None
        signature = _bytes(answer)
        if len(signature) == 65 and signature[64] < 27:
            signature = signature[:64] + bytes([signature[64] + 27])
        if _signer(message, signature) != self.address:
            raise WalletError(
                f"Your wallet signed with another account than {self.address}.",
                next_step=f"Choose that account in your wallet, then connect it again. {PANEL}",
            )
        return signature

    async def send_transaction(self, call: Mapping[str, str]) -> str:
        """Have the wallet sign and send a transaction; gives its hash.

        Parameters
        ----------
        call:
            JSON-RPC fields ``from``, ``to``, ``data``, ``value``, ``gas`` in hex.

        Raises
        ------
        WalletError
            It was declined, or the wallet is on another chain and stays there.
        ChainError
            Nobody can say whether it was sent.
        """
        await self._choose_chain()
        try:
            answer = await self._page.ask("eth_sendTransaction", [dict(call)])
        except PageError as error:
            raise _refused(error, "Nothing was sent.") from None
        except PageGone as error:
            raise ChainError(
                f"What became of the transaction is not known here ({error}).",
                charged=_UNSURE,
                next_step="Look at the balances before you try again: %zg balances",
            ) from None
        if len(_bytes(answer)) != 32:
            raise ChainError(
                "Your wallet gave no transaction hash.",
                charged=_UNSURE,
                next_step="Look at the balances before you try again: %zg balances",
            )
        return str(answer).lower()

    def sign_transaction(self, _: Mapping[str, Any]) -> NoReturn:
        """Wallets in a page send by themselves."""
        raise WalletError("A wallet in the page does not hand out signed transactions.")

    async def _choose_chain(self) -> None:
        """Bring the wallet to the network; it asks its owner."""
        wanted = hex(self._network.chain_id)
        try:
            if _number(await self._page.ask("eth_chainId", [])) == self._network.chain_id:
                return
            try:
                await self._page.ask("wallet_switchEthereumChain", [{"chainId": wanted}])
            except PageError as error:
                if error.code not in _NO_SUCH_CHAIN:
                    raise
                await self._page.ask("wallet_addEthereumChain", [_described(self._network)])
                await self._page.ask("wallet_switchEthereumChain", [{"chainId": wanted}])
            now = _number(await self._page.ask("eth_chainId", []))
        except PageError as error:
            raise _refused(error, "Nothing was sent.") from None
        except PageGone as error:
            raise WalletError(f"Your wallet did not answer ({error}).", next_step=PANEL) from None
        if now != self._network.chain_id:
            raise WalletError(
                f"Your wallet is on another chain than {self._network.name}.",
                next_step=f"Choose {self._network.name} (chain {self._network.chain_id}) in it.",
            )

    def __repr__(self) -> str:
        return f"<BrowserWallet {self.address}>"


_connected: tuple[str, Page] | None = None
_tokens = KeptTokens()


def connect(address: str, page: Page) -> None:
    """Use this account of a page in this process, until another one comes."""
    global _connected
    if _connected is None or _connected[0] != address:
        forget_tokens()
    _connected = address, page


def disconnect() -> None:
    """Use no account of a page any more, and nothing that it signed."""
    global _connected
    _connected = None
    forget_tokens()


def forget_tokens() -> bool:
    """Ask for a signature again before the next client's first request; whether that is new."""
    return _tokens.clear()


if hasattr(os, "register_at_fork"):
    # A forked child is another program, and nobody signed anything for it.
    os.register_at_fork(after_in_child=disconnect)


def connected(network: Network) -> BrowserWallet:
    """The account that was connected.

    Raises
    ------
    WalletError
        None is.
    """
    if _connected is None:
        raise WalletError(
            "No browser wallet is connected to this kernel.", next_step=f"{PANEL} Connect one."
        )
    return BrowserWallet(*_connected, network, _tokens)


def _described(network: Network) -> dict[str, Any]:
    described: dict[str, Any] = {
        "chainId": hex(network.chain_id),
        "chainName": f"0G {network.name}",
        "nativeCurrency": {"name": "0G", "symbol": "0G", "decimals": 18},
        "rpcUrls": [network.rpc_url],
    }
    if network.explorer_url:
        described["blockExplorerUrls"] = [network.explorer_url]
    return described


def _refused(error: PageError, charged: str) -> WalletError:
    said = _SENTENCES.get(error.code, f"Your wallet refused ({str(error)[:120]}).")
    return WalletError(said, charged=charged, next_step="Try again, or use another wallet.")


def _bytes(answer: Any) -> bytes:
    text = answer if isinstance(answer, str) else ""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return b""


def _number(answer: Any) -> int:
    try:
        return int(answer, 16) if isinstance(answer, str) else int(answer)
    except (TypeError, ValueError):
        return -1


def _signer(message: bytes, signature: bytes) -> str:
    """Who signed; empty where that cannot be said."""
    import_eth_account()
    from eth_account import Account
    from eth_account.messages import encode_defunct

    try:
        return str(Account.recover_message(encode_defunct(message), signature=signature))
    except Exception:  # noqa: BLE001 - whatever a wallet gave that is no signature
        return ""
