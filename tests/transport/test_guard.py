"""A provider's URL comes from a stranger: only harmless ones are called."""

from __future__ import annotations

import pytest

from zg_jupyter import networks
from zg_jupyter.errors import ProviderUnreachable, UnsafeAddress
from zg_jupyter.transport import guard

MAINNET, DEVNET = networks.get("mainnet"), networks.get("devnet")


@pytest.mark.parametrize(
    "url",
    [
        "http://provider.example",
        "ftp://provider.example",
        "file:///etc/passwd",
        "https://user:pass@provider.example",
        "https://",
        "https://127.0.0.1:8545",
        "https://localhost",
        "https://10.1.2.3",
        "https://192.168.1.1",
        "https://172.16.0.1",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]",
        "https://[fe80::1]",
        "https://[fd00::1]",
        "https://[::ffff:127.0.0.1]",
        "https://0.0.0.0",
        "https://100.64.0.1",
        "https://provider.example/?next=http://127.0.0.1",
        "https://provider.example:99999",
        "https://[not-an-address]",
        "",
    ],
)
def test_a_public_network_refuses(url):
    with pytest.raises(UnsafeAddress, match=r"is refused.*Nothing was charged"):
        guard.split(url, MAINNET)


@pytest.mark.parametrize("url", ["https://provider.example", "https://8.8.8.8:8443/broker"])
def test_a_public_network_allows(url):
    assert guard.split(url, MAINNET).scheme == "https"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1234", "http://192.168.0.7:80", "https://a.b"])
def test_the_embedded_network_may_live_on_this_machine(url):
    assert guard.split(url, DEVNET).hostname


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://user@127.0.0.1", "gopher://x"])
def test_the_embedded_network_still_wants_plain_http(url):
    with pytest.raises(UnsafeAddress):
        guard.split(url, DEVNET)


@pytest.mark.anyio
async def test_a_name_that_resolves_to_this_machine_is_refused():
    with pytest.raises((UnsafeAddress, ProviderUnreachable)):
        await guard.check("https://localhost.localdomain", MAINNET)


@pytest.mark.anyio
async def test_a_trailing_slash_is_dropped():
    assert await guard.check("http://127.0.0.1:1/", DEVNET) == "http://127.0.0.1:1"
