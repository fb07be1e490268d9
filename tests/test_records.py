"""The things that travel between the rooms."""

from __future__ import annotations

import dataclasses
import inspect
import typing

import pytest

from zg_jupyter import records
from zg_jupyter.records import (
    NOT_CHECKED,
    Account,
    Answer,
    CostRange,
    Ledger,
    Offer,
    Plan,
    Receipt,
    Step,
    Usage,
    Verdict,
)
from zg_jupyter.verdict import VerdictStatus

CLASSES = [
    value
    for _, value in inspect.getmembers(records, inspect.isclass)
    if dataclasses.is_dataclass(value)
]
OFFER = Offer("direct", "0x" + "12" * 20, "http://x", "m", "chatbot", 1, 2)


def answer(text: str = "Hello", finish_reason: str = "stop") -> Answer:
    receipt = Receipt("1", "devnet", "direct", "0x1", "m", Usage(3, 4), 11, 0.1, 0.2, NOT_CHECKED)
    return Answer(text, finish_reason, receipt)


@pytest.mark.parametrize("record", CLASSES, ids=lambda c: c.__name__)
def test_records_are_frozen(record):
    assert record.__dataclass_params__.frozen


@pytest.mark.parametrize("record", CLASSES, ids=lambda c: c.__name__)
def test_no_amount_is_a_float(record):
    money = {"cost", "low", "high", "balance", "pending_refund", "available", "total"}
    money |= {"input_price", "output_price"}
    hints = typing.get_type_hints(record)
    for name in money & set(hints):
        assert hints[name] in (int, CostRange)


def test_what_a_provider_may_count_on_excludes_what_is_asked_back():
    account = Account("0x1", "0x2", 0, 10, 3, True, 0, 0)
    assert account.locked_balance == 7


def test_what_sits_in_sub_accounts_is_total_less_available():
    assert Ledger("0x1", available=4, total=10).locked == 6


def test_a_plan_costs_at_worst_what_its_dearest_step_costs():
    steps = tuple(Step(OFFER, CostRange(1, high), "") for high in (5, 9, 7))
    assert Plan(steps).worst_cost == 9
    assert Plan(()).worst_cost == 0


def test_an_offer_is_called_by_the_ends_of_its_address():
    assert OFFER.label == "0x1212…1212"
    assert dataclasses.replace(OFFER, provider="").label == "direct"


def test_tokens_add_up():
    assert Usage(3, 4).total_tokens == 7


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        (Verdict("verified", "r"), "verified"),
        (
            Verdict("verified", "r", development=True),
            "verified (development signer, no TEE hardware)",
        ),
        (Verdict("verified", "r", sealed=True), "verified, sealed"),
        (
            Verdict("verified", "r", development=True, sealed=True),
            "verified, sealed (development signer, no TEE hardware)",
        ),
        (Verdict("mismatch", "other bytes"), "mismatch: other bytes"),
        (NOT_CHECKED, "not-checked: the signature was not fetched"),
    ],
)
def test_a_verdict_says_why_and_names_a_development_signer(verdict, shown):
    assert str(verdict) == shown


def test_only_verified_begins_with_that_word():
    for status in typing.get_args(VerdictStatus):
        assert str(Verdict(status, "r")).startswith("verified") == (status == "verified")


@pytest.mark.parametrize(
    ("reason", "complete"),
    [("stop", True), ("length", True), ("interrupted", False), ("error", False)],
)
def test_a_partial_answer_is_not_complete(reason, complete):
    assert answer(finish_reason=reason).complete is complete


def test_an_answer_shows_as_its_text_and_short_as_repr():
    whole = answer("# Hello " + "x" * 100)
    assert str(whole) == whole.text
    assert len(repr(whole)) < 110
    assert "11 neuron" in repr(whole)
    assert (whole.usage, whole.cost) == (Usage(3, 4), 11)
