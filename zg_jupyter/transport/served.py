"""What a server of the user's own says that it serves: the list of models below its address."""

from __future__ import annotations

import anyio
import httpx

from zg_jupyter import wire_json
from zg_jupyter.errors import NoOffer, ProviderRefused
from zg_jupyter.transport import small
from zg_jupyter.transport.endpoint import Clients

_SECONDS = 10.0
_MOST = 4 * 1024 * 1024  # bytes


async def models_at(clients: Clients, url: str, key: str) -> tuple[str, list[str]]:
    """The address below which it speaks (``/v1`` found or added), and the names of its models.

    Raises
    ------
    ProviderRefused
        It wants a key, or another one.
    NoOffer
        Nothing answers there, or something else does.
    """
    versioned = url.rpartition("/")[2].startswith("v") and url.count("/") > 2
    odd = ""
    for base in (url, f"{url}/v1") if versioned else (f"{url}/v1", url):
        status, content = await _get(clients, f"{base}/models", key)
        if status in (401, 403):
            raise ProviderRefused(
                f"The server at {base} wants {'another' if key else 'a'} key (HTTP {status}).",
                status=status,
                next_step="Say where it is: --key-from VARIABLE, or --key-from ask",
            )
        if status == 200 and (names := _names_in(content)) is not None:
            return base, names
        odd = odd or ("" if status in (404, 405) else f" (HTTP {status})")
    if odd:
        raise NoOffer(
            f"What answers at {url} is no OpenAI-compatible server{odd}.",
            next_step="Correct the address; it often ends in /v1.",
        )
    return url if versioned else f"{url}/v1", []


async def _get(clients: Clients, url: str, key: str) -> tuple[int, bytes]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    failure = "it is silent"
    try:
        with anyio.fail_after(_SECONDS):
            async with clients.to(url).stream("GET", url, headers=headers) as response:
                return response.status_code, await small.body(response, _MOST)
    except TimeoutError:
        pass
    except small.TooLong:
        failure = "its list of models does not end"
    except httpx.HTTPError as error:
        refused = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        failure = "nothing answers there" if refused else "the connection broke"
        if "CERTIFICATE" in str(error).upper():
            failure = "its certificate is not one that this machine trusts"
    raise NoOffer(
        f"The server at {url.removesuffix('/models')} cannot be used: {failure}.",
        next_step="Start it, or correct the address.",
    )


def _names_in(content: bytes) -> list[str] | None:
    """The ids in a list of models; ``None`` for what is no such list."""
    try:
        listed = wire_json.loads(content)["data"]
        names = [one["id"] for one in listed]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    return list(dict.fromkeys(name for name in names if name.strip()))
