"""A gateway that answers by HTTPS (by an authority of the test's own), or stands behind a proxy."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.gateway.conftest import MODEL, classroom
from tests.transport.conftest import Authority
from zg_jupyter import client as clients
from zg_jupyter import keyonly
from zg_jupyter.errors import ConfigError
from zg_jupyter.gateway import command
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.gateway.reach import Certificate
from zg_jupyter.workshop import Class, codes, issuer, join, sheet


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def pair(authority, tmp_path):
    """A file with a certificate for localhost and its key."""
    authority.server("localhost")
    return tmp_path / "localhost.pem"


@pytest.fixture
def secure(network_home, authority, pair, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    rules, certificate = Rules(model=MODEL), Certificate(pair)
    with classroom(rules=rules, certificate=certificate, host="localhost") as made:
        yield made


def said(text="one two three"):
    return {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}


def shown(url, authority):
    """The certificate that a new connection gets."""
    context = ssl.create_default_context(cafile=authority.certificate)
    at = urlsplit(url)
    with (
        socket.create_connection((at.hostname, at.port)) as plain,
        context.wrap_socket(plain, server_hostname=at.hostname) as secured,
    ):
        return secured.getpeercert()["serialNumber"]


def test_the_official_client_asks_by_https(secure):
    assert secure.url.startswith("https://localhost:")
    key = secure.new_key()["key"]
    answer = secure.openai(key).chat.completions.create(**said())
    assert answer.choices[0].message.content.startswith("wörd0")
    chunks = list(secure.openai(key).chat.completions.create(**said(), stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_a_certificate_that_nobody_vouches_for_is_taken_by_no_client(secure, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{secure.url}/models")


def test_whoever_speaks_http_to_it_gets_nothing(secure):
    with pytest.raises(httpx.HTTPError):
        httpx.get(secure.url.replace("https", "http") + "/models")


def test_cards_and_links_say_https_and_a_student_asks_with_one(secure, tmp_path, monkeypatch):
    issuer.hold(secure.url, secure.manager)
    course = Class.new(
        secure.name, ["Amina"], limit="0.01", network="devnet", router_url=secure.url
    )
    course.mint()
    pupil = course._content.pupils[0]
    link = codes.link(course.url, pupil.join_code)
    assert sheet.given(course._content, pupil)[1] == link
    assert link.startswith("https://localhost:")
    page = httpx.get(link).text
    assert f"%zg join {link}" in page
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "student"))
    for name in ("ROUTER_URL", "MODEL", "NETWORK", "BUDGET", "PROVIDER"):
        monkeypatch.setenv(f"ZG_{name}", "")
    try:
        ticket = join(link)
        assert ticket.url == secure.url
        assert clients.session().ask("one two three", model=MODEL, max_tokens=8).text
    finally:
        issuer.let_go()
        keyonly.hold("")
        clients.forget_session()


def test_a_renewed_certificate_is_shown_to_the_next_who_connects(secure, authority, pair):
    before = shown(secure.url, authority)
    assert shown(secure.url, authority) == before
    whole = pair.read_bytes()
    pair.write_text("half of a renewal")
    assert shown(secure.url, authority) == before
    pair.unlink()
    assert shown(secure.url, authority) == before
    pair.write_bytes(whole)
    authority.server("localhost")
    assert shown(secure.url, authority) != before


def run(*options, capsys):
    assert command.main([*options, "--network", "devnet"]) == 1
    return capsys.readouterr().err


def test_files_that_are_no_pair_are_said_before_anything_starts(authority, pair, tmp_path, capsys):
    gone = tmp_path / "gone.pem"
    assert f"{gone} cannot be read" in run("--tls-cert", str(gone), capsys=capsys)
    authority.server("other")
    said = run("--tls-cert", str(pair), "--tls-key", str(tmp_path / "other.pem"), capsys=capsys)
    assert "are no certificate and its key" in said
    assert "needs the certificate" in run("--tls-key", str(pair), capsys=capsys)


def test_a_key_behind_a_password_is_said_and_asked_for_nowhere(pair, tmp_path):
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(ConfigError, match="locked with a password"):
        Certificate(pair, locked)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--public-url", "http://class.school.edu"], "cross the internet unencrypted"),
        (["--public-url", "class.school.edu"], "must be http://HOST:PORT or https://HOST"),
        (["--behind", "proxy"], "wants the address of a proxy"),
        (["--behind", "0.0.0.0/0"], "cannot be everybody"),
        (["--behind", "*"], "wants the address of a proxy"),
    ],
)
def test_addresses_that_cannot_be_meant_are_refused(options, sentence, capsys):
    assert sentence in run(*options, capsys=capsys)


def test_a_public_url_without_https_contradicts_a_certificate(pair, capsys):
    options = ("--tls-cert", str(pair), "--public-url", "http://127.0.0.1:8700")
    assert "--public-url https://127.0.0.1:8700" in run(*options, capsys=capsys)


def wrong_code(room, forwarded):
    headers = {"X-Forwarded-For": forwarded}
    return httpx.post(f"{room.url}/join", json={"code": "AAAA-AAAA"}, headers=headers).status_code


def test_behind_a_proxy_that_is_named_each_student_has_a_limit(network_home):
    with classroom(behind=("127.0.0.1",)) as room:
        tried = [wrong_code(room, "203.0.113.7") for _ in range(21)]
        assert tried == [404] * 20 + [429]
        assert wrong_code(room, "203.0.113.8") == 404
        # What a student writes stands before what the proxy adds, and counts for nothing.
        assert wrong_code(room, "203.0.113.99, 203.0.113.7") == 429


def test_nobody_else_says_by_which_address_he_is_counted(network_home):
    with classroom() as room:
        tried = [wrong_code(room, f"203.0.113.{n}") for n in range(21)]
        assert tried == [404] * 20 + [429]
