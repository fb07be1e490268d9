"""What is read of a trace, and what is taken out of the bytes that hold one."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.standins.router.catalog import EXAMPLE
from zg_jupyter.transport.rewritten import WithoutTrace, without_trace
from zg_jupyter.transport.trace import Trace, remark, trace_in

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BILLING = st.fixed_dictionaries({}, optional={"total_cost": JSON, "currency": JSON})
TRACE = st.fixed_dictionaries(
    {}, optional={"provider": JSON, "billing": BILLING | JSON, "tee_verified": JSON}
)
#: What a provider sends: objects that hold no trace.
FRAMES = st.lists(
    st.dictionaries(st.sampled_from(["id", "choices", "usage"]), JSON, max_size=3), max_size=5
)


@calm
@given(st.fixed_dictionaries({}, optional={"x_0g_trace": TRACE | JSON}))
def test_whatever_stands_there_is_a_trace_or_none(fields):
    found = trace_in(fields)
    if found is None:
        assert not isinstance(fields.get("x_0g_trace"), dict)
        return
    assert found.cost is None or (type(found.cost) is int and found.cost >= 0)
    assert found.tee_verified in (None, True, False)
    assert found.provider == "" or len(found.provider) == 42
    remark(found, 10, EXAMPLE)


@calm
@given(st.integers(min_value=0, max_value=10**28))
def test_a_cost_is_read_to_the_neuron(cost):
    said = {"x_0g_trace": {"billing": {"total_cost": str(cost)}}}
    assert trace_in(said).cost == cost


@pytest.mark.parametrize(
    "cost", ["-1", "1.5", "1e9", " ", "", "NaN", "0x10", None, True, 1.5, [], "9" * 40, "١٢٣"]
)
def test_what_is_no_amount_of_neuron_is_no_cost(cost):
    assert trace_in({"x_0g_trace": {"billing": {"total_cost": cost}}}).cost is None


def test_dollars_are_never_taken_for_neuron():
    billing = {"total_cost": "12", "currency": "usd"}
    found = trace_in({"x_0g_trace": {"billing": billing}})
    assert (found.cost, found.dollars) == (None, True)
    assert "US dollars" in remark(found, 10, EXAMPLE)


@pytest.mark.parametrize(("verified", "word"), [(True, "good"), (False, "bad")])
def test_a_claim_is_called_the_routers(verified, word):
    claim = Trace(tee_verified=verified).claim
    assert claim.startswith("the router says")
    assert word in claim
    assert "nobody checked that here" in claim
    assert Trace().claim == ""


@calm
@given(FRAMES, TRACE, st.lists(st.integers(min_value=1, max_value=40), max_size=30))
def test_a_stream_without_its_trace_is_what_the_provider_sent(frames, trace, cuts):
    own = [b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames]
    done = b"data: [DONE]\n\n"
    added = b"data: " + json.dumps({"x_0g_trace": trace}).encode() + b"\n\n"
    sent, cut, kept = b"".join([*own, added, done]), WithoutTrace(), b""
    for size in cuts:
        kept += cut.feed(sent[:size])
        sent = sent[size:]
    kept += cut.feed(sent) + cut.rest()
    assert kept == b"".join([*own, done])


@calm
@given(st.binary(max_size=300), st.lists(st.integers(min_value=1, max_value=40), max_size=10))
def test_any_other_bytes_stay_as_they_are(sent, cuts):
    cut, kept, left = WithoutTrace(), b"", sent
    for size in cuts:
        kept += cut.feed(left[:size])
        left = left[size:]
    assert kept + cut.feed(left) + cut.rest() == sent
    assert without_trace(sent) == sent


def test_a_provider_that_writes_of_traces_loses_no_word():
    frame = {"choices": [{"delta": {"content": 'the field "x_0g_trace":{}'}}]}
    sent = b"data: " + json.dumps(frame).encode() + b"\n\n"
    assert WithoutTrace().feed(sent) == sent
    own = json.dumps(frame, separators=(",", ":")).encode()
    assert without_trace(own) == own
    assert without_trace(own[:-1] + b',"x_0g_trace":{"a":[1]}}') == own


def test_a_trace_among_other_fields_of_a_frame_stays():
    frame = b'data: {"choices":[],"x_0g_trace":{}}\n\n'
    assert WithoutTrace().feed(frame) == frame
