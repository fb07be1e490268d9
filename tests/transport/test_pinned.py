"""A connection goes to the address that was judged, and to nothing that a name stands for later."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import httpcore
import httpx
import pytest

from zg_jupyter import networks
from zg_jupyter.errors import ConfigError, ProviderUnreachable, UnsafeAddress
from zg_jupyter.transport import pinned
from zg_jupyter.transport.pinned import Pinned
from zg_jupyter.transport.pools import Pools

from .conftest import ADDRESS, NAME, OTHER_ADDRESS, Internet, Names

pytestmark = pytest.mark.anyio
MAINNET, DEVNET = networks.get("mainnet"), networks.get("devnet")
URL = f"https://{NAME}/v1/models"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def client(names, internet, network=MAINNET):
    pools = Pools(network, backend=Pinned(network, names, internet))
    return httpx.AsyncClient(transport=pools, timeout=httpx.Timeout(5, connect=2))


@pytest.mark.parametrize(
    "answers",
    [
        *(["127.0.0.1"], ["::1"], ["10.0.0.1"], ["169.254.169.254"], ["fd00:ec2::254"]),
        *(["::ffff:10.0.0.1"], ["fe80::1%eth0"], ["100.64.0.1"], ["0.0.0.0"], ["2002:7f00:1::"]),
        *([ADDRESS, "127.0.0.1"], [OTHER_ADDRESS, ADDRESS, "::1"], [ADDRESS] * 20 + ["10.0.0.1"]),
    ],
)
async def test_a_name_that_stands_for_something_inside_is_not_called(answers):
    internet = Internet()
    async with client(Names(answers), internet) as http:
        with pytest.raises(UnsafeAddress, match=f"{NAME}:443.*is refused: it points"):
            await http.get(URL)
    assert internet.asked == []


@pytest.mark.parametrize("answer", [[], socket.gaierror(), UnicodeError()])
async def test_a_name_without_an_address_is_one_sentence(answer):
    async with client(Names(answer), Internet()) as http:
        with pytest.raises(ProviderUnreachable, match=f"host {NAME} has no address"):
            await http.get(URL)


async def test_the_name_stays_in_tls_and_in_the_request(provider, trusted):
    internet = Internet(ports={ADDRESS: provider.port})
    async with client(Names([ADDRESS]), internet) as http:
        assert (await http.get(URL)).text == "ok"
    assert internet.asked == [ADDRESS]
    assert provider.asked_for == [NAME]
    assert provider.hosts == [NAME]


async def test_a_certificate_of_another_name_is_none(provider, trusted):
    internet = Internet(ports={ADDRESS: provider.port})
    async with client(Names([ADDRESS]), internet) as http:
        with pytest.raises(
            httpx.ConnectError, match=r"certificate is not valid for 'other\.example'"
        ):
            await http.get("https://other.example/")
    assert provider.hosts == []


async def test_a_certificate_of_an_unknown_authority_is_none(provider):
    internet = Internet(ports={ADDRESS: provider.port})
    async with client(Names([ADDRESS]), internet) as http:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await http.get(URL)
    assert provider.hosts == []


async def test_a_second_answer_changes_nothing_for_a_connection(provider, trusted):
    """Rebinding: the name is public when it is looked at, and inside when it is used."""
    names = Names([ADDRESS], ["127.0.0.1"])
    internet = Internet(ports={ADDRESS: provider.port, "127.0.0.1": provider.port})
    async with client(names, internet) as http:
        for _ in range(5):
            assert (await http.get(URL)).text == "ok"
        assert names.asked == 1  # a kept connection asks nobody
        with pytest.raises(UnsafeAddress):
            await asyncio.gather(*(http.get(URL) for _ in range(2)))
    assert internet.asked == [ADDRESS]


async def test_a_dead_address_is_followed_by_the_next_one(provider, trusted):
    internet = Internet(ports={ADDRESS: provider.port})
    async with client(Names([OTHER_ADDRESS, ADDRESS]), internet) as http:
        assert (await http.get(URL)).text == "ok"
    assert internet.asked == [OTHER_ADDRESS, ADDRESS]


async def test_a_silent_address_is_not_waited_for(provider, trusted):
    internet = Internet(ports={ADDRESS: provider.port})
    internet.silent = {OTHER_ADDRESS}
    started = time.monotonic()
    async with client(Names([OTHER_ADDRESS, ADDRESS]), internet) as http:
        assert (await http.get(URL)).text == "ok"
    assert time.monotonic() - started < 1.8  # the limit of a connection is 2


async def test_addresses_that_are_all_dead_are_no_connection():
    async with client(Names([OTHER_ADDRESS, ADDRESS]), Internet()) as http:
        with pytest.raises(httpx.ConnectError, match="nobody there"):
            await http.get(URL)


@pytest.mark.parametrize("addresses", [[ADDRESS], [OTHER_ADDRESS, ADDRESS]])
async def test_the_limit_holds_for_names_and_addresses_that_stay_silent(addresses, monkeypatch):
    internet = Internet()
    internet.silent = {ADDRESS, OTHER_ADDRESS}
    with pytest.raises(httpcore.ConnectTimeout):
        await Pinned(MAINNET, Names(addresses), internet).connect_tcp(NAME, 443, timeout=0.1)

    async def never(host, port):
        await asyncio.sleep(60)

    with pytest.raises(httpcore.ConnectTimeout):
        await Pinned(MAINNET, never, internet).connect_tcp(NAME, 443, timeout=0.1)


async def test_the_embedded_network_calls_names_of_this_machine_only(provider):
    internet = Internet(ports={"127.0.0.1": provider.port})
    with contextlib.suppress(httpx.ConnectError):  # its certificate is nobody's here
        async with client(Names(["127.0.0.1"]), internet, DEVNET) as http:
            await http.get(URL)
    assert internet.asked == ["127.0.0.1"]
    for address in ("192.168.0.7", ADDRESS):
        async with client(Names([address]), internet, DEVNET) as http:
            with pytest.raises(UnsafeAddress, match="only this machine"):
                await http.get(URL)
    assert internet.asked == ["127.0.0.1"]


async def test_the_system_knows_this_machine():
    assert set(await pinned.resolve("localhost", 443)) <= {"127.0.0.1", "::1"}
    async with httpx.AsyncClient(transport=Pools(MAINNET)) as http:
        for url in ("https://localhost", "http://provider.example", "https://provider.example:22"):
            with pytest.raises(UnsafeAddress):
                await http.get(url)


@pytest.fixture
async def proxy(provider):
    """A real proxy: it tunnels to the provider, and remembers what it was asked for."""
    asked, tasks = [], set()

    async def pump(reader, writer):
        with contextlib.suppress(ConnectionError):
            while some := await reader.read(65536):
                writer.write(some)
                await writer.drain()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0].decode())
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there, back = await asyncio.open_connection("127.0.0.1", provider.port)
        both = asyncio.gather(pump(reader, back), pump(there, writer))
        try:
            await both
        finally:
            both.cancel()
            back.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.02)


async def test_a_proxy_of_the_environment_looks_names_up(proxy, provider, trusted, monkeypatch):
    url, asked = proxy
    monkeypatch.setenv("HTTPS_PROXY", url)
    internet, names = Internet(), Names(["127.0.0.1"])
    async with client(names, internet) as http:
        assert (await http.get(URL)).text == "ok"
        assert asked == [f"CONNECT {NAME}:443 HTTP/1.1"]
        # What can be seen without a look-up is refused as ever.
        for bad in ("https://10.0.0.1", "https://metadata.google.internal", "https://127.1"):
            with pytest.raises(UnsafeAddress):
                await http.get(bad)
        assert len(asked) == 1
        assert (names.asked, internet.asked) == (0, [])


async def test_what_goes_around_a_proxy_is_judged(proxy, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy[0])
    monkeypatch.setenv("NO_PROXY", f"x.example,{NAME}")
    async with client(Names(["127.0.0.1"]), Internet()) as http:
        with pytest.raises(UnsafeAddress, match="points at this machine"):
            await http.get(URL)
    assert proxy[1] == []


async def test_the_embedded_network_uses_no_proxy(proxy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", proxy[0])
    async with client(Names(["127.0.0.1"]), Internet(), DEVNET) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://127.0.0.1:9/")
    assert proxy[1] == []


async def test_a_proxy_that_cannot_be_used_is_one_sentence(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "socks9://user:secret@127.0.0.1:9")
    async with client(Names([ADDRESS]), Internet()) as http:
        with pytest.raises(ConfigError, match="socks9 proxy of the environment") as raised:
            await http.get(URL)
    assert "secret" not in str(raised.value)
