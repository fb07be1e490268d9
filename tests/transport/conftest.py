"""A provider behind TLS on loopback, with a certificate of its own authority, and a small internet.

Addresses of the public internet cannot be reached from a test. `Internet` is what lies between: it
is asked for an address, writes it down, and connects to whoever the test has put there.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from dataclasses import dataclass, field

import anyio
import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "provider.example"
ADDRESS, OTHER_ADDRESS = "93.184.216.34", "2606:2800:220:1::1"


@dataclass
class Authority:
    """Signs certificates; `certificate` is the file to trust."""

    folder: object
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self):
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        made = self._build(self._name, self.key).add_extension(basic, critical=True)
        self.certificate = self.folder / "authority.pem"
        self.certificate.write_bytes(
            made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def _build(self, subject, key):
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        identifier = x509.SubjectKeyIdentifier.from_public_key
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(identifier(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )

    def server(self, name):
        """What a server of that name shows its clients."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        made = self._build(subject, key).add_extension(names, critical=False)
        file = self.folder / f"{name}.pem"
        file.write_bytes(
            made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@dataclass
class Provider:
    """Answers every request with ``ok``; remembers which names it was asked by."""

    port: int = 0
    asked_for: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    def saw_name(self, _, name, __):
        self.asked_for.append(name)

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.hosts += [ln[6:] for ln in head.split("\r\n") if ln.lower()[:6] == "host: "]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        writer.close()


class Internet(httpcore.AnyIOBackend):
    """Leads from addresses to the ports of this machine that stand for them."""

    def __init__(self, **ports):
        self.ports = ports.pop("ports", {})
        self.silent = set()
        self.asked = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.asked.append(host)
        if host in self.silent:
            await anyio.sleep_forever()
        if host not in self.ports:
            raise httpcore.ConnectError("nobody there")
        return await super().connect_tcp("127.0.0.1", self.ports[host])


class Names:
    """A resolver with answers of its own, one after the other; the last one stays."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host, port):
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def provider(authority):
    made = Provider()
    context = authority.server(NAME)
    context.sni_callback = made.saw_name
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        await made.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.02)


@pytest.fixture
def trusted(authority, monkeypatch):
    """The authority counts, as it would in a company's network."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
