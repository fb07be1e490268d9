"""What an attestation proves, and each single thing that keeps it from proving anything."""

from __future__ import annotations

import builtins
import hashlib
import json
from dataclasses import replace

import pytest

from zg_jupyter import networks
from zg_jupyter.records import Offer
from zg_jupyter.trust import dcap, document, eventlog
from zg_jupyter.trust.attestation import judge
from zg_jupyter.trust.dcap import Judgement
from zg_jupyter.trust.quote import DEVELOPMENT_LABEL, SIZE
from zg_jupyter.trust.rows import REQUIRED, Rules
from zg_jupyter.wallet.sources import from_key

from . import quotes as made
from .quotes import COLLATERAL, COMPOSE, GENUINE, KEY, SIGNER, VALID_AT, YEAR

MAINNET, DEVNET = networks.get("mainnet"), networks.get("devnet")
OFFER = Offer(
    *("direct", "0x" + "cd" * 20, "https://p.example", "m", "chatbot", 1, 1),
    verifiability="TeeML",
    signer=SIGNER,
    acknowledged=True,
)
#: What Intel's signature over the copies below would say: the copies cannot have one.
SIGNED = Judgement("pass", "signed by Intel TDX hardware", "UpToDate")
HASH = hashlib.sha256(COMPOSE.encode()).digest()
LOG = made.log_of(HASH)


def good(**fields):
    """A quote of OFFER that runs COMPOSE; fields as in ``with_fields``."""
    plain = {"rtmr3": made.replayed(LOG), "report_data": made.report()}
    return made.with_fields(**{**plain, **fields})


def attest(body=None, offer=OFFER, network=MAINNET, signature=SIGNED, **more):
    found = document.read(made.document(good(), LOG) if body is None else body)
    return judge(found, offer, network, signature=signature, now=VALID_AT, **more)


def only(attestation):
    """The one check that keeps it from being proved."""
    assert attestation.proof == "not-proved"
    assert not attestation.genuine
    assert attestation.enc_pub is None
    (check,) = attestation.open
    return check


def test_with_every_required_check_passed_it_is_genuine():
    found = attest()
    assert found.genuine
    assert found.open == ()
    assert {found.check(name).outcome for name in REQUIRED} == {"pass"}
    assert (found.signer, found.enc_pub) == (SIGNER, KEY)
    assert [str(image) for image in found.images] == [
        "registry.example/broker@sha256:aa11",
        "registry.example/model:latest",
    ]
    assert [bool(image.digest) for image in found.images] == [True, False]
    assert found.tcb_status == "UpToDate"
    assert not found.development


def test_a_legacy_layout_is_genuine_and_has_no_key():
    found = attest(made.document(good(report_data=made.report(key=None)), LOG))
    assert found.genuine
    assert found.enc_pub is None


def test_what_was_not_run_is_never_passed_and_says_so():
    found = attest()
    for name in ("boot chain", "config id"):
        assert found.check(name).outcome == "not-run"
        assert found.check(name).why


# Intel's signature --------------------------------------------------------------------------
def test_a_genuine_quote_holds_at_its_time():
    judged = dcap.verify(GENUINE, COLLATERAL, VALID_AT)
    assert judged == Judgement("pass", "signed by Intel TDX hardware", "UpToDate", ())


@pytest.mark.parametrize(
    ("quote", "collateral", "now", "why"),
    [
        (GENUINE, COLLATERAL, VALID_AT + YEAR, "CrlExpired"),
        (GENUINE, COLLATERAL, VALID_AT + 31 * 86_400, "TCBInfo expired"),
        (GENUINE, COLLATERAL, VALID_AT - YEAR, "in the future"),
        (made.with_fields(report_data=b"\0"), COLLATERAL, VALID_AT, "signature is invalid"),
        (GENUINE[:700], COLLATERAL, VALID_AT, "decode quote"),
        (bytes(5006), COLLATERAL, VALID_AT, "decode quote"),
        (GENUINE, COLLATERAL.replace("UpToDate", "OutOfDate"), VALID_AT, "invalid for tcb_info"),
        (GENUINE, "{}", VALID_AT, "collateral cannot be read"),
        (GENUINE, "", VALID_AT, "collateral cannot be read"),
    ],
)
def test_what_intel_did_not_sign_or_no_longer_vouches_for_fails(quote, collateral, now, why):
    judged = dcap.verify(quote, collateral, now)
    assert judged.outcome == "fail"
    assert why in judged.why
    assert judged.tcb_status == ""
    check = attest(signature=judged).check("hardware")
    assert check.outcome == "fail"
    assert judged.why in check.why


@pytest.mark.parametrize("at", [0, 100, 200, 300, 540, 600, 631, 700, 1100, 1300])
def test_one_flipped_byte_of_header_body_or_signature_fails(at):
    raw = bytearray(GENUINE)
    raw[at] ^= 1
    assert dcap.verify(bytes(raw), COLLATERAL, VALID_AT).outcome == "fail"


def test_the_genuine_quote_of_somebody_else_proves_nothing_about_a_provider():
    found = attest(
        made.document(GENUINE), signature=dcap.verify(GENUINE, COLLATERAL, VALID_AT), others={}
    )
    assert found.check("hardware").outcome == "pass"
    assert found.check("tcb").outcome == "pass"
    assert found.proof == "not-proved"
    assert {c.name for c in found.open} == {"event log", "compose hash", "report data", "signer"}
    assert found.check("event log").why == "the provider gives no event log"


def test_without_the_library_it_is_not_run_and_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def absent(name, *args, **options):
        if name == "dcap_qvl":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    judged = dcap.verify(GENUINE, COLLATERAL, VALID_AT)
    assert judged.outcome == "not-run"
    assert 'pip install "zg-jupyter[trust]"' in judged.why
    assert not attest(signature=judged).genuine


def test_a_signature_that_was_not_looked_at_is_no_proof():
    found = attest(signature=Judgement("not-run", "no network"))
    assert found.proof == "not-proved"
    assert [(c.name, c.outcome) for c in found.open] == [
        ("hardware", "not-run"),
        ("tcb", "not-run"),
    ]


@pytest.mark.parametrize("accepted", ["UpToDate", "UpToDate,OutOfDate,Revoked"])
@pytest.mark.parametrize("status", ["UpToDate", "OutOfDate", "Revoked", "SomethingNew"])
def test_the_platform_must_be_as_good_as_wished_and_is_shown(status, accepted):
    rules = Rules(frozenset(accepted.split(",")))
    judged = replace(SIGNED, tcb_status=status, advisories=("INTEL-SA-01234",))
    found = attest(signature=judged, rules=rules)
    assert found.genuine == (status in accepted.split(",") and status != "Revoked")
    assert f"{status} (INTEL-SA-01234)" in found.check("tcb").why
    assert found.tcb_status == status
    assert found.advisories == ("INTEL-SA-01234",)


# The machine --------------------------------------------------------------------------------
def test_debug_mode_fails():
    check = only(attest(made.document(good(attributes=b"\1"), LOG)))
    assert check.name == "debug"


def test_a_list_of_known_systems_is_kept_to():
    mrtd, rtmr1, rtmr2 = (GENUINE[a : a + 48].hex() for a in (184, 424, 472))
    known = Rules(boot_chains=frozenset({(mrtd, rtmr1, rtmr2)}))
    assert attest(rules=known).check("boot chain").outcome == "pass"
    for others in (frozenset(), frozenset({(mrtd, rtmr2, rtmr1)})):
        assert only(attest(rules=Rules(boot_chains=others))).name == "boot chain"


def test_registers_of_zeros_are_on_no_list():
    raw = bytearray(good())
    raw[424:472] = bytes(48)
    mrtd, rtmr2 = GENUINE[184:232].hex(), GENUINE[472:520].hex()
    rules = Rules(boot_chains=frozenset({(mrtd, "00" * 48, rtmr2)}))
    assert only(attest(made.document(bytes(raw), LOG), rules=rules)).name == "boot chain"


# The quote ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"{}", "has no quote"),
        (json.dumps({"quote": "0x1"}).encode(), "odd number"),
        (made.document(bytes(5006)), "all zeros"),
        (made.document(GENUINE[:500]), "cut off"),
    ],
)
def test_without_a_quote_nothing_else_is_taken_for_passed(body, why):
    found = attest(body)
    assert found.check("quote").outcome == "fail"
    assert why in found.check("quote").why
    assert {c.outcome for c in found.checks if c.name not in ("quote", "acknowledged")} == {
        "not-run"
    }
    assert (found.signer, found.enc_pub, found.images) == ("", None, ())


# The application ----------------------------------------------------------------------------
def test_another_compose_text_than_the_one_that_was_started_fails():
    check = only(attest(made.document(good(), LOG, compose=COMPOSE + " ")))
    assert (check.name, check.why) == (
        "compose hash",
        "The compose text is not the one that was started.",
    )


def test_images_are_listed_only_from_a_compose_text_that_holds():
    assert attest(made.document(good(), LOG, compose=COMPOSE + " ")).images == ()


def tampered(change):
    log = json.loads(json.dumps(LOG))
    change(log)
    return log


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (tampered(lambda log: log[1].update(event_payload="00")), "'app-id' has a digest"),
        (tampered(lambda log: log[1].update(event_payload="00", digest="")), "does not lead to"),
        (tampered(lambda log: log.pop()), "does not lead to"),
        (tampered(lambda log: log.reverse()), "does not lead to"),
        (tampered(lambda log: log.append(made.event("more", b""))), "does not lead to"),
        (tampered(lambda log: log[1].update(version=3)), "has version 3"),
        (tampered(lambda log: log[1].pop("imr")), "cannot be read"),
        (tampered(lambda log: log[1].update(event_payload="zz")), "cannot be read"),
        ({"imr": 3}, "cannot be read"),
        ([1], "cannot be read"),
    ],
)
def test_a_log_that_was_tampered_with_fails_and_carries_no_compose_hash(log, why):
    found = attest(made.document(good(), log))
    assert [(c.name, c.outcome) for c in found.open] == [
        ("event log", "fail"),
        ("compose hash", "not-run"),
    ]
    assert why in found.check("event log").why
    assert found.images == ()


def test_a_digest_left_out_is_derived_and_both_versions_are_known():
    events = [
        made.event("app-id", b"\1", digest=""),
        made.event("compose-hash", HASH, version=2),
    ]
    assert attest(made.document(good(rtmr3=made.replayed(events)), events)).genuine
    assert (
        eventlog.digest('a"b\u00e9', b"\xab", 2)
        == hashlib.sha384(
            '{"event":"a\\"bé","event_type":134217729,"payload":"ab","version":2}'.encode()
        ).digest()
    )


def test_a_digest_that_cannot_be_derived_is_marked_as_taken():
    foreign = made.event("measured-by-the-kernel", b"", event_type=13, digest="ab" * 48)
    log = [*LOG, foreign]
    found = attest(made.document(good(rtmr3=made.replayed(log)), log))
    assert found.genuine
    assert "the digests of 1 are taken as given" in found.check("event log").why


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ([made.event("app-id", b"\1")], "has 0 events 'compose-hash'"),
        ([*LOG, made.event("compose-hash", b"\1" * 32)], "has 2 events 'compose-hash'"),
        ([made.event("compose-hash", HASH, event_type=1)], "says nothing about its payload"),
    ],
)
def test_a_log_must_name_one_compose_text_and_mean_it(log, why):
    check = only(attest(made.document(good(rtmr3=made.replayed(log)), log)))
    assert check.name == "compose hash"
    assert why in check.why


def test_a_compose_hash_in_the_config_id_counts_where_there_is_one():
    right = good(mrconfigid=b"\1" + HASH)
    assert attest(made.document(right, LOG)).check("config id").outcome == "pass"
    check = only(attest(made.document(good(mrconfigid=b"\1" + bytes(32)), LOG)))
    assert check.name == "config id"


def test_no_log_and_no_compose_text_are_gaps_and_gaps_are_no_proof():
    found = attest(made.document(good(), None, compose=None))
    assert [(c.name, c.outcome) for c in found.open] == [
        ("event log", "not-run"),
        ("compose hash", "not-run"),
    ]
    assert only(attest(made.document(good(), LOG, compose=None))).outcome == "not-run"


# The signer ---------------------------------------------------------------------------------
def test_the_quote_of_another_provider_is_named_as_such():
    stranger = "0x" + "77" * 20
    body = made.document(good(report_data=made.report(stranger)), LOG)
    check = only(attest(body, others={stranger: "0xOther"}))
    assert (check.name, check.why) == ("signer", "The quote is that of another provider, 0xOther.")


def test_a_signer_that_was_rotated_on_chain_no_longer_fits():
    rotated = replace(OFFER, signer="0x" + "99" * 20)
    check = only(attest(offer=rotated))
    assert check.name == "signer"
    assert check.why == f"The quote names the signer {SIGNER}, the chain names {rotated.signer}."


def test_letter_case_of_the_signer_does_not_matter():
    assert attest(offer=replace(OFFER, signer=SIGNER.upper().replace("X", "x"))).genuine


@pytest.mark.parametrize("signer", ["", "0x" + "0" * 40])
def test_a_chain_that_names_no_signer_leaves_a_gap(signer):
    body = made.document(good(report_data=made.report("0x" + "0" * 39 + "1")), LOG)
    check = only(attest(body, offer=replace(OFFER, signer=signer)))
    assert (check.name, check.outcome) == ("signer", "not-run")


def test_a_signer_that_nobody_acknowledged_fails():
    check = only(attest(offer=replace(OFFER, acknowledged=False)))
    assert check.name == "acknowledged"
    assert "has not acknowledged" in check.why


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (made.report()[:52] + b"\0\0\0\2" + bytes(8), "version 2, not 1"),
        (made.report()[:63] + b"\1", "does not end with zeros"),
        (bytes(64), "names no signer"),
    ],
)
def test_report_data_that_cannot_be_read_names_no_signer(data, why):
    found = attest(made.document(good(report_data=data), LOG))
    assert why in found.check("report data").why
    assert [(c.name, c.outcome) for c in found.open] == [
        ("report data", "fail"),
        ("signer", "not-run"),
    ]
    assert found.signer == ""


# Stand-ins ----------------------------------------------------------------------------------
WALLET = from_key("11" * 32)
HERE = replace(OFFER, signer=WALLET.address)


def stand_in(wallet=WALLET, named=WALLET.address, key=KEY, **more):
    label = DEVELOPMENT_LABEL.encode().ljust(SIZE, b"\0")
    raw = made.with_fields(label, rtmr3=made.replayed(LOG), report_data=made.report(named, key))
    signature = "0x" + wallet.sign_message(raw).hex()
    return made.document(raw, LOG, development_signature=signature, **more)


def test_a_stand_in_in_order_is_called_development_and_never_genuine():
    found = attest(stand_in(), HERE, DEVNET, Judgement("not-run", ""))
    assert found.proof == "development"
    assert found.development
    assert not found.genuine
    assert found.check("hardware").outcome == "not-run"
    assert found.enc_pub == KEY


def test_no_word_of_anybody_makes_a_stand_in_genuine():
    found = attest(stand_in(development=False), HERE, DEVNET, SIGNED)
    assert found.proof == "development"
    assert not found.genuine


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_on_a_public_network_a_stand_in_fails(network):
    found = attest(stand_in(), HERE, networks.get(network))
    assert found.development
    check = only(found)
    assert check.name == "hardware"
    assert "proves nothing on a public network" in check.why


def test_a_stand_in_that_somebody_else_signed_fails():
    found = attest(stand_in(wallet=from_key("22" * 32)), HERE, DEVNET)
    assert only(found).name == "development"


@pytest.mark.parametrize("signature", ["", "0x", "nonsense", "0x" + "00" * 65])
def test_a_stand_in_without_a_signature_fails(signature):
    body = json.loads(stand_in())
    body["development_signature"] = signature
    assert only(attest(json.dumps(body).encode(), HERE, DEVNET)).name == "development"


def test_a_real_quote_that_its_provider_calls_development_is_not_taken_for_real():
    found = attest(made.document(good(), LOG, development=True), network=DEVNET)
    assert found.development
    assert not found.genuine
    assert only(found).name == "development"
