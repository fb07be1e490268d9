"""Amounts: read and written exactly, and never guessed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput
from zg_jupyter.units import (
    NEURON_PER_0G,
    format_0g,
    format_usd,
    parse_amount,
    parse_rate,
    per_million,
    to_0g,
    to_usd,
)

MOST = 2**256 - 1
neurons = st.integers(min_value=0, max_value=MOST) | st.integers(0, 10**19)


@given(neurons)
@example(0)
@example(1)
@example(MOST)
def test_what_is_written_is_read_back_exactly(amount):
    assert parse_amount(format_0g(amount)) == amount
    assert parse_amount(format_0g(amount, unit=False)) == amount
    assert parse_amount(f"{amount} neuron") == amount


@given(neurons)
def test_a_decimal_is_exact_at_any_size(amount):
    assert parse_amount(to_0g(amount)) == amount
    assert isinstance(to_0g(amount), Decimal)


@given(st.integers(-MOST, MOST))
def test_written_amounts_have_no_exponent_and_no_spare_zeros(amount):
    text = format_0g(amount, unit=False)
    assert set(text) <= set("-0123456789.")
    assert "." not in text or not text.endswith(("0", "."))
    assert text.startswith("-") == (amount < 0)


@given(st.integers(1, 10**76), st.integers(1, 20))
def test_rounding_keeps_that_many_digits_and_errs_by_half_a_step_at_most(amount, digits):
    rounded = parse_amount(format_0g(amount, digits=digits))
    assert len(str(rounded).rstrip("0")) <= digits
    step = 10 ** max(0, len(str(amount)) - digits)
    assert abs(rounded - amount) * 2 <= step


@pytest.mark.parametrize(
    ("typed", "neuron"),
    [
        ("5", 5 * NEURON_PER_0G),
        (" 0.25 0G ", NEURON_PER_0G // 4),
        ("0.25 A0GI", NEURON_PER_0G // 4),
        (".5", NEURON_PER_0G // 2),
        ("1000 neuron", 1000),
        ("0.000000000000000001", 1),
        ("1_000.5", 10005 * NEURON_PER_0G // 10),
        ("1,234,567", 1234567 * NEURON_PER_0G),
        ("1,234.5", 12345 * NEURON_PER_0G // 10),
        ("0", 0),
        (3, 3 * NEURON_PER_0G),
        (Decimal("0.1"), NEURON_PER_0G // 10),
        (Decimal("1E+2"), 100 * NEURON_PER_0G),
    ],
)
def test_how_amounts_may_be_written(typed, neuron):
    assert parse_amount(typed) == neuron


@pytest.mark.parametrize("typed", ["1,5", "1,500", "0,25", "1,50", "12,34,567", "1,2345"])
def test_a_comma_that_could_mean_decimals_is_refused(typed):
    with pytest.raises(BadInput, match="can be read in two ways"):
        parse_amount(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "-1", "+1", "1e3", "0x10", "1.2.3", "1 2", "NaN", "Infinity", "5 ETH", "5 USD"),
        *("1.", ".", "1._5", "1__0", "_1", "1_", "٣", "1.5e-3", "9" * 300),
        *(-1, 10**100, -(10**5000), Decimal("NaN"), Decimal("Infinity"), Decimal(-1)),
        *(Decimal("1E+999999"), Decimal("1E-999999999")),
    ],
    ids=lambda typed: str(typed)[:12] if not isinstance(typed, int) else "int",
)
def test_what_is_not_an_amount_is_refused(typed):
    with pytest.raises(BadInput):
        parse_amount(typed)


@pytest.mark.parametrize("typed", [0.1, 5.0, True, None, [1], b"5"])
def test_a_float_is_never_an_amount(typed):
    with pytest.raises(BadInput, match="An amount cannot be a"):
        parse_amount(typed)


@pytest.mark.parametrize("typed", ["0.0000000000000000001", "1." + "0" * 120 + "1", "0.5 neuron"])
def test_finer_than_a_neuron_is_refused_and_never_rounded(typed):
    with pytest.raises(BadInput, match="finer than one neuron"):
        parse_amount(typed)


def test_more_than_can_exist_is_refused():
    assert parse_amount(f"{MOST} neuron") == MOST
    with pytest.raises(BadInput, match="more 0G than can exist"):
        parse_amount(f"{MOST + 1} neuron")


@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_bad_input(typed):
    try:
        amount = parse_amount(typed)
    except BadInput:
        return
    assert isinstance(amount, int)
    assert 0 <= amount <= MOST


def test_a_price_is_shown_for_a_million_tokens():
    assert per_million(100_000_000_000) == Decimal("0.1")


rates = st.decimals(
    min_value=Decimal("0.000001"), max_value=Decimal(10**6), places=6, allow_nan=False
)


@given(st.integers(0, 10**9), rates)
@example(1, Decimal("0.000001"))
def test_usd_become_whole_neuron_and_never_more_than_was_typed(cents, rate):
    typed = f"{cents // 100}.{cents % 100:02d}"
    neuron = parse_amount(f"{typed} USD", rate)
    assert neuron == parse_amount(f"${typed}", rate)
    assert to_usd(neuron, rate) <= Decimal(typed) < to_usd(neuron + 1, rate)


@given(st.integers(0, 10**30), rates)
def test_a_cost_in_usd_is_exact_and_shown_without_an_exponent(neuron, rate):
    usd = to_usd(neuron, rate)
    assert Fraction(usd) == Fraction(neuron) * Fraction(rate) / NEURON_PER_0G
    assert set(format_usd(neuron, rate)) <= set("$.0123456789")


@given(st.text(max_size=60), rates)
def test_any_text_with_a_rate_is_an_amount_or_bad_input_as_well(typed, rate):
    try:
        assert 0 <= parse_amount(typed, rate) <= MOST
    except BadInput:
        return


@pytest.mark.parametrize(
    ("typed", "neuron"),
    [
        ("0.5 USD", 2 * NEURON_PER_0G),
        ("0.5usd", 2 * NEURON_PER_0G),
        (" $ 0.50 ", 2 * NEURON_PER_0G),
        ("US$1,000.5", 4002 * NEURON_PER_0G),
        ("1$", 4 * NEURON_PER_0G),
        ("1", NEURON_PER_0G),
        ("0", 0),
        ("$0", 0),
        ("0.0000000000000000002499 USD", 0),
    ],
)
def test_how_usd_may_be_written(typed, neuron):
    assert parse_amount(typed, Decimal("0.25")) == neuron


@pytest.mark.parametrize("typed", ["$1,5", "1,500 USD"])
def test_a_comma_in_usd_is_not_guessed_either(typed):
    with pytest.raises(BadInput, match="two ways"):
        parse_amount(typed, Decimal(1))


@pytest.mark.parametrize("typed", ["-1 USD", "$-1", "$1 USD", "1e3 USD", "5 EUR", "USD", "$"])
def test_what_is_no_amount_of_usd_is_refused(typed):
    with pytest.raises(BadInput, match="not an amount"):
        parse_amount(typed, Decimal(1))


def test_usd_without_a_rate_are_refused_and_more_than_can_exist_as_well():
    with pytest.raises(BadInput, match="no rate"):
        parse_amount("0.5 USD")
    with pytest.raises(BadInput, match="more 0G than can exist"):
        parse_amount(f"{MOST} USD", Decimal(1))


def test_usd_for_people_keep_two_digits_and_cents():
    quarter = Decimal("0.25")
    assert format_usd(22 * 10**12, quarter) == "$0.0000055"
    assert format_usd(493827 * 10**15, quarter) == "$123.46"
    assert format_usd(1, quarter) == "$0"
    assert format_usd(-4 * NEURON_PER_0G, quarter) == "-$1"


@pytest.mark.parametrize("typed", ["0.25", " 0.25 USD", "$0.25"])
def test_how_a_rate_may_be_written(typed):
    assert parse_rate(typed) == Decimal("0.25")


@pytest.mark.parametrize("typed", ["0", "-1", "1000001", "NaN", "1e3", "dear", "", "0." + "1" * 50])
def test_a_rate_that_cannot_be_meant_is_refused(typed):
    with pytest.raises(BadInput):
        parse_rate(typed)
