"""Attestations over a real wire: a provider's document, Intel's collateral, and what is kept."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote as percent

import httpx
import pytest

from tests.support import extra_provider, tampering_proxy
from zg_jupyter import client as clients
from zg_jupyter import networks
from zg_jupyter.attesting import Attestations
from zg_jupyter.devnet import accounts
from zg_jupyter.errors import BadInput, ConfigError, NoOffer, ProviderUnreachable
from zg_jupyter.records import Offer
from zg_jupyter.settings import Settings, load
from zg_jupyter.transport.documents import Documents

from .trust.quotes import COLLATERAL, COLLATERAL_FILE, GENUINE, VALID_AT, YEAR, document

DEVNET = networks.get("devnet")
PROVIDER = "0x" + "cd" * 20


class _Served(BaseHTTPRequestHandler):
    """A provider's quote, and a collateral service beside it."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content, headers = self._found()
        self.send_response(200 if content is not None else 404)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def _found(self):
        held = json.loads(COLLATERAL)
        path, _, query = self.path.partition("?")
        if path == "/v1/quote" and not (query and self.server.old):
            return self.server.document, {}
        if not self.server.collateral:
            return None, {}
        part = path.rsplit("/", 1)[-1]
        if part in ("tcb", "identity"):
            name, chain, field, header = {
                "tcb": ("tcbInfo", "tcb_info_issuer_chain", "tcb_info", "TCB-Info-Issuer-Chain"),
                "identity": (
                    *("enclaveIdentity", "qe_identity_issuer_chain", "qe_identity"),
                    "SGX-Enclave-Identity-Issuer-Chain",
                ),
            }[part]
            text = f'{{"{name}":{held[field]},"signature":"{held[field + "_signature"]}"}}'
            return text.encode(), {header: percent(held[chain])}
        if part == "pckcrl":
            chain = percent(held["pck_crl_issuer_chain"])
            return bytes.fromhex(held["pck_crl"]), {"SGX-PCK-CRL-Issuer-Chain": chain}
        return (held["root_ca_crl"].encode(), {}) if part == "rootcacrl" else (None, {})

    def log_message(self, *_):
        pass


@pytest.fixture
def served():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Served)
    server.asked, server.old, server.collateral = [], False, True
    server.document = document(GENUINE)
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


class World:
    """One client's attestations; the chain's word is ``offer``."""

    def __init__(self, served, http, folder):
        self.offer = Offer(
            *("direct", PROVIDER, served.url, "m", "chatbot", 1, 1),
            signer="0x" + "5a" * 20,
            acknowledged=True,
        )
        self.now = float(VALID_AT)
        self.served, self.folder = served, folder
        self.made = self.anew(http)

    def anew(self, http, **changed):
        settings = Settings(**{"pccs_url": self.served.url, **changed})
        read = Documents(http, DEVNET).read
        return Attestations(
            self, read, DEVNET, settings, folder=self.folder, clock=lambda: self.now
        )

    async def offers(self, *, fresh=False):
        return [self.offer]


@pytest.fixture
async def http():
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def world(served, http, tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path / "home"))
    return World(served, http, tmp_path / "kept")


wire = pytest.mark.anyio


@wire
async def test_collateral_comes_from_the_service_and_is_fetched_once_for_a_quote(world):
    found = await world.made.attest(PROVIDER)
    assert found.check("hardware").outcome == "pass"
    assert found.tcb_status == "UpToDate"
    fetched = [path for path in world.served.asked if "certification" in path]
    assert len(fetched) == 4
    again = await world.made.attest(PROVIDER)
    assert again.check("hardware").outcome == "pass"
    assert [path for path in world.served.asked if "certification" in path] == fetched
    (kept,) = world.folder.iterdir()
    assert kept.name == f"{found.quote_sha256}.json"
    assert json.loads(kept.read_text())["document"] == world.served.document.decode()


@wire
async def test_kept_collateral_is_judged_by_its_own_dates_all_the_same(world):
    assert (await world.made.attest(PROVIDER)).check("hardware").outcome == "pass"
    world.now += YEAR
    late = (await world.made.attest(PROVIDER)).check("hardware")
    assert late.outcome == "fail"
    assert "CrlExpired" in late.why


@wire
async def test_collateral_of_yesterday_is_fetched_anew_and_old_files_go(world):
    await world.made.attest(PROVIDER)
    (kept,) = world.folder.iterdir()
    held = json.loads(kept.read_text())
    held["collateral"][1] -= 90_000
    kept.write_text(json.dumps(held))
    old = world.folder / "aa.json"
    old.write_text("{}")
    os.utime(old, (1, 1))
    before = len(world.served.asked)
    await world.made.attest(PROVIDER)
    assert len([p for p in world.served.asked[before:] if "certification" in p]) == 4
    assert [path.name for path in world.folder.iterdir()] == [kept.name]


@wire
async def test_collateral_from_a_file_needs_no_network(world, http):
    offline = world.anew(http, pccs_url="http://127.0.0.1:9")
    found = await offline.attest(PROVIDER, collateral=COLLATERAL_FILE)
    assert found.check("hardware").outcome == "pass"
    without = (await offline.attest(PROVIDER)).check("hardware")
    assert without.outcome == "not-run"
    assert "http://127.0.0.1:9 gave no collateral" in without.why


@wire
async def test_a_collateral_file_that_is_not_there_is_one_sentence(world, tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        await world.made.attest(PROVIDER, collateral=tmp_path / "none.json")


@wire
async def test_without_collateral_nothing_is_passed(world):
    world.served.collateral = False
    found = await world.made.attest(PROVIDER)
    assert found.check("hardware").outcome == "not-run"
    assert found.check("tcb").outcome == "not-run"
    assert not found.genuine


@wire
async def test_a_service_without_encryption_is_not_asked(world, http):
    plain = world.anew(http, pccs_url="http://pccs.example/?key=secret")
    check = (await plain.attest(PROVIDER)).check("hardware")
    assert check.outcome == "not-run"
    assert "needs https" in check.why
    assert "secret" not in check.why


@wire
async def test_what_is_good_enough_is_a_setting(world, http):
    strict = world.anew(http, tcb_accept="SWHardeningNeeded, OutOfDate")
    assert (await strict.attest(PROVIDER)).check("tcb").outcome == "fail"
    mistyped = world.anew(http, tcb_accept="uptodate")
    with pytest.raises(BadInput, match="Did you mean 'UpToDate'"):
        await mistyped.attest(PROVIDER)


@wire
async def test_a_broker_that_knows_one_layout_only_is_asked_for_that(world):
    world.served.old = True
    found = await world.made.attest(PROVIDER)
    assert found.check("quote").outcome == "pass"
    assert [p for p in world.served.asked if p.startswith("/v1")] == [
        "/v1/quote?legacy=false",
        "/v1/quote",
    ]


@wire
async def test_a_provider_without_a_quote_or_without_a_service_is_one_sentence(world):
    world.served.document = None
    with pytest.raises(ProviderUnreachable, match="has no /v1/quote"):
        await world.made.attest(PROVIDER)
    with pytest.raises(NoOffer, match="has a service on devnet"):
        await world.made.attest("0x" + "ef" * 20)


@wire
@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (None, "not-run"),
        ([], "fail"),
        ([[GENUINE[a : a + 48].hex().upper() for a in (184, 424, 472)]], "pass"),
    ],
)
async def test_a_list_of_known_systems_in_the_users_folder_is_kept_to(
    world, tmp_path, content, outcome
):
    if content is not None:
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "boot_chains.json").write_text(json.dumps(content))
    assert (await world.made.attest(PROVIDER)).check("boot chain").outcome == outcome


@wire
@pytest.mark.parametrize("content", ["{", '["ab"]', "[1]", '[["a", "b"]]'])
async def test_a_broken_list_of_known_systems_is_not_taken_for_none(world, tmp_path, content):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "boot_chains.json").write_text(content)
    with pytest.raises(ConfigError, match="is not a list of"):
        await world.made.attest(PROVIDER)


# The embedded network -----------------------------------------------------------------------
@pytest.fixture
def home(canned_network, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(canned_network))
    monkeypatch.delenv("ZG_API_KEY", raising=False)
    return canned_network


def test_a_provider_of_the_embedded_network_is_a_stand_in_in_order(home):
    with clients.connect("devnet", settings=load({})) as client:
        provider = client.offers()[0].provider
        found = client.attest(provider)
        assert found.proof == "development"
        assert found.development
        assert not found.genuine
        assert {c.name: c.outcome for c in found.checks} == {
            **dict.fromkeys(("quote", "development", "event log", "compose hash"), "pass"),
            **dict.fromkeys(("config id", "report data", "signer", "acknowledged"), "pass"),
            **dict.fromkeys(("hardware", "boot chain"), "not-run"),
        }
        assert found.signer == client.offers()[0].signer.lower()
        assert (home / "attestations" / f"{found.quote_sha256}.json").exists()
        assert client.attest(provider.lower()) is found  # known for some minutes
        anew = client.attest(provider, fresh=True)
        assert anew is not found
        assert anew.quote_sha256 == found.quote_sha256


def test_who_changes_a_stand_in_on_the_way_is_found_out(home):
    account = accounts.PROVIDER_INDEXES[2]
    with (
        extra_provider(home, name="bent", account=account, model="canned-8t-0ms") as address,
        clients.connect("devnet", settings=load({})) as client,
    ):
        assert client.attest(address).proof == "development"
        with tampering_proxy(home, account=account, old="app-id", new="appxid"):
            bent = client.attest(address, fresh=True)
        assert bent.proof == "not-proved"
        assert [check.name for check in bent.open] == ["event log", "compose hash"]
