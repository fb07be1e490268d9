"""A provider's URL comes from a stranger: only harmless ones are called."""

from __future__ import annotations

import ipaddress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter import networks, ports
from zg_jupyter.errors import BadInput, UnsafeAddress
from zg_jupyter.transport import guard

MAINNET, DEVNET = networks.get("mainnet"), networks.get("devnet")

INSIDE = [
    *("127.0.0.1", "127.255.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "172.31.255.255"),
    *("169.254.169.254", "0.0.0.0", "0.1.2.3", "100.64.0.1", "100.100.100.200", "192.0.0.192"),
    *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
    *("198.51.100.7", "203.0.113.7", "192.88.99.1", "168.63.129.16"),
    *("::", "::1", "fe80::1", "fec0::1", "fd00::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
    *("::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::", "2001:db8::1", "2001:2::1"),
    *("100::1", "3fff::1", "5f00::1", "4000::1"),
]
OUTSIDE = [
    *("8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "223.255.255.255"),
    *("192.0.1.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
]


def bracketed(address):
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", INSIDE)
def test_a_public_network_has_no_address_inside_anything(address):
    assert guard.judge(ipaddress.ip_address(address), here=False)
    with pytest.raises(UnsafeAddress, match=r"is refused.*Nothing was charged"):
        guard.check(f"https://{bracketed(address)}:8443/x", MAINNET)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_network_is_made_of_public_addresses(address):
    assert guard.judge(ipaddress.ip_address(address), here=False) == ""
    assert guard.check(f"https://{bracketed(address)}:8443/x", MAINNET)


@given(st.ip_addresses())
def test_no_address_is_both_inside_and_outside(address):
    here, outside = guard.judge(address, here=True), guard.judge(address, here=False)
    assert here or outside
    if address.is_private or address.is_multicast or address.is_loopback or address.is_reserved:
        embedded = address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96")
        mapped = getattr(address, "ipv4_mapped", None)
        assert outside or embedded or mapped


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_the_embedded_network_lives_on_this_machine(address):
    assert guard.judge(ipaddress.ip_address(address), here=True) == ""
    assert guard.check(f"http://{bracketed(address)}:1234", DEVNET)


@pytest.mark.parametrize("address", [*OUTSIDE, *sorted(set(INSIDE) - {
    "127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"
})])  # fmt: skip
def test_the_embedded_network_lives_nowhere_else(address):
    with pytest.raises(UnsafeAddress, match="only this machine"):
        guard.check(f"http://{bracketed(address)}:1234", DEVNET)


BAD = [
    *("", "https://", "https:///x", "//provider.example", "provider.example", "https:provider"),
    *("ftp://provider.example", "file:///etc/passwd", "gopher://x", "javascript:alert(1)"),
    *("https://user:pass@provider.example", "https://user@127.0.0.1", "https://@127.0.0.1"),
    *("https://good.example\\@127.0.0.1", "https://good.example%40127.0.0.1"),
    *("https://127.1", "https://127.0.1", "https://2130706433", "https://0x7f.1", "https://0x7f.0.0.1"),
    *("https://0177.0.0.1", "https://0x7f000001", "https://017700000001", "https://127.0.0.1."),
    *("https://127.0.0.0x1", "https://999.1.1.1", "https://1.2.3.4.5", "https://a.0x", "https://0"),
    *("https://%31%32%37.0.0.1", "https://127.0.0.%31", "https://%6cocalhost"),
    *("https://\uff11\uff12\uff17.0.0.1", "https://ⓛocalhost", "https://①.0.0.1"),
    *("https://[fe80::1%25eth0]", "https://[fe80::1%eth0]", "https://[::1%25lo]", "https://[::1"),
    *("https://[not-an-address]", "https://[127.0.0.1]", "https://[v1.x]", "https://[]"),
    *("https://a..b", "https://.b.example", "https://-a.example", "https://a b.example"),
    *("https://a\tb.example", "https://a\nb.example", "https://a.example/\n", " https://a.example"),
    *("https://provider.example:99999", "https://provider.example:-1", "https://provider.example:x"),
    *("https://provider.example/?next=http://127.0.0.1", "https://provider.example/#x"),
    f"https://a.example/{'x' * 2000}",
    *(f"https://{'a' * 64}.example", f"https://{'a.' * 130}example"),
]  # fmt: skip


@pytest.mark.parametrize("url", BAD)
@pytest.mark.parametrize("network", [MAINNET, DEVNET], ids=lambda n: n.name)
def test_no_network_takes_an_odd_url(url, network):
    with pytest.raises(UnsafeAddress, match=r"is refused.*Nothing was charged"):
        guard.check(url, network)


@pytest.mark.parametrize(
    "url",
    [
        *("http://provider.example", "https://localhost", "https://LOCALHOST", "https://localhost."),
        *("https://a.localhost", "https://printer.local", "https://router", "https://x.home.arpa"),
        *("https://metadata.google.internal", "https://METADATA.Google.Internal", "https://db.lan"),
        *("https://metadata", "https://metadata.goog", "https://wiki.corp", "https://x.localdomain"),
        "https://provider.example.",
    ],
)  # fmt: skip
def test_a_public_network_has_no_names_of_private_ones(url):
    with pytest.raises(UnsafeAddress):
        guard.check(url, MAINNET)


def test_dots_of_other_scripts_are_dots():
    with pytest.raises(UnsafeAddress, match="points at this machine"):
        guard.check("https://127\u30020\u30020\u30021", MAINNET)


@pytest.mark.parametrize(
    "url",
    [
        *("https://provider.example", "https://8.8.8.8:8443/broker", "HTTPS://Provider.Example"),
        *("https://bücher.example", "https://xn--bcher-kva.example", "https://a_b.example:443/x/y"),
        "https://1and1.example",
    ],
)  # fmt: skip
def test_a_public_network_allows(url):
    assert guard.check(url, MAINNET) == url


@pytest.mark.parametrize("url", ["http://localhost:8080", "https://provider.example", "http://box"])
def test_names_on_the_embedded_network_are_judged_by_what_they_stand_for(url):
    assert guard.check(url, DEVNET) == url


def test_a_trailing_slash_is_dropped():
    assert guard.check("http://127.0.0.1:1/", DEVNET) == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("allowed", "port", "goes"),
    [
        *(("", port, True) for port in (None, 443, 1024, 8443, 65535)),
        *(("", port, False) for port in (0, 22, 25, 53, 80, 445, 1023)),
        *(("443,8000-8999", port, True) for port in (None, 8000, 8443)),
        *(("443,8000-8999", port, False) for port in (9000, 1024)),
        ("8443", None, False),
    ],
)
def test_ports_of_public_networks_are_the_ones_allowed(allowed, port, goes):
    url = httpx.URL(f"https://provider.example{'' if port is None else f':{port}'}/x")
    if goes:
        guard.check_origin(url, MAINNET, allowed)
    else:
        with pytest.raises(UnsafeAddress, match=r"port \d+ is not allowed.*provider_ports"):
            guard.check_origin(url, MAINNET, allowed)


def test_any_port_of_this_machine_will_do():
    guard.check_origin(httpx.URL("http://127.0.0.1:80"), DEVNET, "443")


@pytest.mark.parametrize("text", ["x", "0", "65536", "1-", "-1", "9-1", "443,,1", "443;1", "٤٤٣"])
def test_a_list_of_ports_that_is_none_is_one_sentence(text):
    with pytest.raises(BadInput, match="no port and no range of ports"):
        ports.checked(text)


def test_a_list_of_ports_is_kept_without_spaces():
    assert ports.checked(" 443, 9000 - 9100 ") == "443,9000-9100"
    assert ports.checked("") == ""
