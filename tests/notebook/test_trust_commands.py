"""``%zg verify``: the verdict first, then every check, and never more than was proved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zg_jupyter.errors import BadInput, DevnetError, NoOffer
from zg_jupyter.notebook.completion import zg_candidates
from zg_jupyter.notebook.trust_commands import attestation_table, headline
from zg_jupyter.records import Offer
from zg_jupyter.trust.attestation import Attestation
from zg_jupyter.trust.document import Image
from zg_jupyter.trust.rows import REQUIRED, Check


def run(shell, line):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(line, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def mine(shell, canned_network, monkeypatch):
    """An IPython on the network with the canned engine."""
    from zg_jupyter import client

    monkeypatch.setenv("ZG_HOME", str(canned_network))
    client.forget_session()
    yield shell
    client.forget_session()


GENUINE = Attestation(
    provider="0x" + "c" * 40,
    checks=tuple(Check(name, "pass", "it holds") for name in REQUIRED),
    signer="0x" + "5a" * 20,
    enc_pub=b"\7" * 32,
    images=(Image("a/b", "sha256:cc"), Image("a/d:latest", "")),
    tcb_status="UpToDate",
    advisories=(),
    quote_sha256="ab" * 32,
    development=False,
    at=0,
)


def without(*names, outcome="fail", why="It does not."):
    checks = (Check(c.name, outcome, why) if c.name in names else c for c in GENUINE.checks)
    return replace(GENUINE, checks=tuple(checks))


def test_a_provider_of_the_embedded_network_is_called_a_development_one(mine):
    from zg_jupyter import client

    provider = client.session().offers()[0].provider
    shown = repr(run(mine, f"%zg verify {provider[:10]}"))
    assert shown.startswith("Development attestation: no TEE hardware stands behind provider 0x")
    assert "hardware" in shown
    assert "Genuine" not in shown
    rows = {line.split("  ")[0]: line for line in shown.splitlines()}
    assert "not run" in rows["hardware"]
    assert "passed" in rows["development"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%zg verify", "takes one provider"),
        ("%zg verify 0x1234ab 0x1234ac", "takes one provider"),
        ("%zg verify 0x1234ab --colateral x", "has no option '--colateral'"),
        ("%zg verify 0x1234ab --collateral", "needs a file"),
        ("%zg verify 0x1234ab --collateral=", "needs a file"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(shell, home, line, said):
    refused = run(shell, line)
    assert isinstance(refused, BadInput)
    assert said in str(refused)


def test_without_a_network_the_next_command_is_named(shell, home):
    assert isinstance(run(shell, "%zg verify 0x1234ab"), DevnetError)


def test_a_provider_or_file_that_is_not_there_is_one_sentence(mine):
    assert isinstance(run(mine, f"%zg verify 0x{'1' * 40}"), NoOffer)
    assert "cannot be read" in str(run(mine, f"%zg verify 0x{'1' * 40} --collateral /no/file"))


def test_genuine_hardware_is_called_that_and_what_runs_on_it_is_listed():
    shown = repr(attestation_table(GENUINE))
    assert shown.startswith("Genuine Intel TDX hardware stands behind provider 0xcccc…cccc")
    assert "TCB UpToDate" in shown
    assert "Which firmware and kernel run on it was not compared." in shown
    known = replace(GENUINE, checks=(*GENUINE.checks, Check("boot chain", "pass", "listed")))
    assert "not compared" not in repr(attestation_table(known))
    assert "a/b@sha256:cc" in shown
    assert "a/d:latest: no digest, the name may stand for any code" in shown
    assert "07" * 32 in shown
    assert "sha256 " + "ab" * 32 in shown


def test_what_failed_is_named_before_what_was_not_run():
    found = without("hardware", outcome="not-run", why="no network")
    assert headline(found).startswith("NOT proved: hardware: no network (provider")
    both = replace(found, checks=(*found.checks, Check("config id", "fail", "It differs.")))
    assert headline(both).startswith("NOT proved: config id: It differs (provider")
    assert "2 checks are open" in headline(both)
    assert "FAILED" in repr(attestation_table(both))


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("outcome", ["fail", "not-run"])
def test_no_headline_says_genuine_with_a_check_open(name, outcome):
    assert headline(without(name, outcome=outcome)).startswith("NOT proved")
    dropped = replace(GENUINE, checks=tuple(c for c in GENUINE.checks if c.name != name))
    assert headline(dropped).startswith("NOT proved")


def test_what_a_provider_wrote_can_do_nothing_in_a_notebook():
    bent = replace(GENUINE, images=(Image("<script>alert(1)</script>\x1b[2J", ""),))
    table = attestation_table(bent)
    assert "<script>" not in table._repr_html_()
    assert "\x1b" not in repr(table)


def test_providers_are_offered_behind_it():
    offer = Offer("direct", "0x" + "a" * 40, "http://127.0.0.1:1", "m", "chatbot", 1, 1)
    assert zg_candidates("%zg verify ", lambda: [offer]) == [offer.provider, "--collateral"]
