"""JSON-RPC over httpx: the hot road to the chain (1 ms a call, where web3.py takes 11)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from zg_jupyter import wire_json
from zg_jupyter.chain import abi
from zg_jupyter.errors import ChainError, ChainUnreachable, NetworkMismatch
from zg_jupyter.networks import host_of

_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
_BUSY = (429, 502, 503, 504)
_PAUSES = (0.25, 0.5, 1.0, 2.0)
_LONGEST_PAUSE = 10.0


class Rpc:
    """One JSON-RPC endpoint.

    Parameters
    ----------
    url:
        Where the endpoint listens.
    http:
        An httpx client to share; one of its own when omitted.

    Attributes
    ----------
    requests:
        How many HTTP requests were sent, so that a caller can show that it sent none.
    """

    def __init__(self, url: str, http: httpx.AsyncClient | None = None) -> None:
        self.url = url
        self.requests = 0
        self._unseen: tuple[int, str, str] | None = None
        self._ids = itertools.count(1)
        self._own = http is None
        self._http = http or httpx.AsyncClient(timeout=_TIMEOUT, trust_env=not _is_loopback(url))

    async def aclose(self) -> None:
        """Close the connection, unless it was lent."""
        if self._own:
            await self._http.aclose()

    async def call(self, method: str, *params: Any) -> Any:
        """Call one method.

        Raises
        ------
        ChainUnreachable
            No answer, or one that is not JSON-RPC.
        ContractReverted
            The call was reverted; the custom error is decoded.
        ChainError
            Any other error of the node, in its own words.
        """
        await self._recognise()
        answer = await self._post(self._request(method, params))
        return _result(answer)

    async def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Call several methods in one HTTP request; errors as in :meth:`call`."""
        results = await self.batch_any(calls)
        for result in results:
            if isinstance(result, ChainError):
                raise result
        return results

    async def view(
        self,
        to: str,
        function: abi.Function,
        *values: Any,
        sender: str = "",
        block: str = "latest",
    ) -> Any:
        """Read from a contract; a single return value comes without its tuple."""
        data = await self.view_raw(to, function.encode(*values), sender, block)
        results = function.decode(data)
        return results[0] if len(results) == 1 else results

    async def views(self, calls: Sequence[tuple[str, abi.Function, Sequence[Any]]]) -> list[Any]:
        """Several contract reads in one HTTP request.

        Returns
        -------
        list
            Per call its value as in :meth:`view`, or the error that it ended with.
        """
        _, values = await self.mixed([], calls)
        return values

    async def mixed(
        self,
        raw: Sequence[tuple[str, Sequence[Any]]],
        reads: Sequence[tuple[str, abi.Function, Sequence[Any]]],
    ) -> tuple[list[Any], list[Any]]:
        """Methods and contract reads in one HTTP request; errors in their places."""
        calls = [
            ("eth_call", [{"to": to, "data": "0x" + f.encode(*values).hex()}, "latest"])
            for to, f, values in reads
        ]
        answers = await self.batch_any([*raw, *calls])
        values = [
            a if isinstance(a, ChainError) else _decoded(function, a)
            for a, (_, function, _) in zip(answers[len(raw) :], reads, strict=True)
        ]
        return answers[: len(raw)], values

    async def batch_any(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Several methods in one HTTP request; what fails has its error in its place."""
        if not calls:
            return []
        await self._recognise()
        return await self._batch(calls)

    async def _batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        requests = [self._request(method, params) for method, params in calls]
        answers = await self._post(requests)
        if isinstance(answers, dict):
            # A node that takes no batches answers with one error.
            answers = [await self._post(request) for request in requests]
        if not isinstance(answers, list):
            raise _no_json_rpc(self.url, 200)
        by_id = {a.get("id"): a for a in answers if isinstance(a, dict)}
        return [_result_or_error(by_id.get(r["id"])) for r in requests]

    async def view_raw(
        self, to: str, data: bytes, sender: str = "", block: str = "latest"
    ) -> bytes:
        """``eth_call`` at a block with raw call data."""
        transaction = {"to": to, "data": "0x" + data.hex()}
        if sender:
            transaction["from"] = sender
        return data_of(await self.call("eth_call", transaction, block))

    async def chain_id(self) -> int:
        """The chain's own id."""
        return quantity(await self.call("eth_chainId"))

    async def expect_chain(self, chain_id: int, name: str) -> str:
        """Refuse to go on with another chain than the chosen one.

        Returns
        -------
        str
            Hash of the chain's first block, which tells it from others of that id; empty when
            the node keeps it no more.

        Raises
        ------
        NetworkMismatch
            The endpoint serves another chain.
        """
        answer, first = await self._batch(
            [("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])]
        )
        if isinstance(answer, ChainError):
            raise answer
        if (found := quantity(answer)) != chain_id:
            raise NetworkMismatch(
                f"{host_of(self.url)} serves chain {found}, but {name} is chain {chain_id}.",
                next_step="Choose the matching network or RPC URL.",
            )
        return str(first.get("hash") or "") if isinstance(first, dict) else ""

    def not_seen_yet(self, chain_id: int, name: str, genesis: str) -> None:
        """The endpoint does not answer: once it does, it must be this chain before anything else.

        ``NetworkMismatch`` comes from whatever is asked then, if it is another one.
        """
        self._unseen = chain_id, name, genesis

    async def _recognise(self) -> None:
        if self._unseen is None:
            return
        chain_id, name, genesis = self._unseen
        found = await self.expect_chain(chain_id, name)
        if genesis and found and found != genesis:
            raise NetworkMismatch(
                f"{host_of(self.url)} serves another chain of that id than it did before.",
                next_step=f"Connect anew: %zg network {name}",
            )
        self._unseen = None

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    async def _post(self, body: Any) -> Any:
        """Send, and again when the node is busy: reading twice, or sending one signed
        transaction twice, changes nothing."""
        response = await self._send(body)
        for pause in _PAUSES:
            if not _is_busy(response):
                break
            await asyncio.sleep(asked_pause(response, pause))
            response = await self._send(body)
        if _is_busy(response):
            raise ChainUnreachable(
                f"The chain at {host_of(self.url)} has too much to do "
                f"(HTTP {response.status_code}).",
                next_step="Wait a minute, or choose another one: %zg set rpc_url URL",
            )
        try:
            return wire_json.loads(response.content)
        except ValueError as error:
            raise _no_json_rpc(self.url, response.status_code) from error

    async def _send(self, body: Any) -> httpx.Response:
        self.requests += 1
        try:
            try:
                return await self._http.post(self.url, json=body)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                # A kept connection that the node had closed meanwhile looks like this.
                return await self._http.post(self.url, json=body)
        except httpx.HTTPError as error:
            raise ChainUnreachable(
                f"The chain at {host_of(self.url)} does not answer ({type(error).__name__}).",
                next_step=(
                    "Start the embedded network with: %zg up"
                    if _is_loopback(self.url)
                    else "Check your connection, or set another one: %zg set rpc_url URL"
                ),
            ) from error


def _is_loopback(url: str) -> bool:
    return httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")


def _no_json_rpc(url: str, status: int) -> ChainUnreachable:
    return ChainUnreachable(
        f"{host_of(url)} answered with something that is not JSON-RPC (HTTP {status}).",
        next_step="Check the RPC URL.",
    )


def quantity(value: Any) -> int:
    """A number as JSON-RPC writes it.

    Raises
    ------
    ChainUnreachable
        The node sent something else.
    """
    try:
        return int(value, 16)
    except (TypeError, ValueError):
        raise _garbled() from None


def data_of(value: Any) -> bytes:
    """Bytes as JSON-RPC writes them; errors as in :func:`quantity`."""
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise _garbled() from None


@contextlib.contextmanager
def understood() -> Iterator[None]:
    """Around what takes a node's answer apart: whatever does not fit becomes one sentence.

    Raises
    ------
    ChainUnreachable
        The node sent something else than the standard wants.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _garbled() from error


def _garbled() -> ChainUnreachable:
    return ChainUnreachable(
        "The chain's answer makes no sense.",
        next_step="Try again, or choose another node: %zg set rpc_url URL",
    )


def _is_busy(response: httpx.Response) -> bool:
    if response.status_code in _BUSY:
        return True
    # Some nodes say so in a body of HTTP 200; batches get one error for all.
    return len(response.content) < 1000 and b"rate limit" in response.content.lower()


def asked_pause(response: httpx.Response, otherwise: float) -> float:
    """Seconds to wait: what the node asks for within reason, or a little longer each time."""
    try:
        asked = float(response.headers.get("retry-after", ""))
    except ValueError:
        asked = otherwise
    if not 0 <= asked <= _LONGEST_PAUSE:  # also not a number
        asked = _LONGEST_PAUSE
    return asked * (1 + secrets.randbelow(250) / 1000)


def _decoded(function: abi.Function, answer: Any) -> Any:
    try:
        values = function.decode(data_of(answer))
    except ChainError as error:
        return error
    return values[0] if len(values) == 1 else values


def _result_or_error(answer: Any) -> Any:
    try:
        return _result(answer)
    except ChainError as error:
        return error


def _result(answer: Any) -> Any:
    if not isinstance(answer, dict):
        raise ChainUnreachable("The chain's answer is incomplete.", next_step="Try again.")
    if (error := answer.get("error")) is None:
        return answer.get("result")
    data = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict):
        data = data.get("data") or data.get("result")
    message = str(error.get("message", error) if isinstance(error, dict) else error)
    if isinstance(data, str) and data.startswith("0x") and len(data) >= 10:
        raise abi.reverted(bytes.fromhex(data[2:]))
    if "revert" in message.lower():
        raise abi.reverted(b"")
    raise ChainError(f"The chain refused: {message[:200]}.")
