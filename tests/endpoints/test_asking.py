"""Endpoints among the offers: real answers, with and without a network, paid and for nothing."""

from __future__ import annotations

import pytest

from tests.upstreams import MODEL, WORDS
from zg_jupyter import client, endpoints, nearest, proofs, replays
from zg_jupyter.errors import (
    AnswerUnfit,
    BadInput,
    BudgetExceeded,
    ChainUnreachable,
    DevnetError,
    NoOffer,
    ProviderUnreachable,
)
from zg_jupyter.records import Delta, Notice
from zg_jupyter.settings import Settings
from zg_jupyter.spend.moves import Moves
from zg_jupyter.units import NEURON_PER_0G
from zg_jupyter.wallet.sources import devnet_account

CAPITAL = "What is the capital of France?"
EIGHT = "".join(WORDS)
UNSIGNED = "unsigned: an endpoint of your own choosing; nobody vouches for its answers"


@pytest.fixture
def lab(home, real, monkeypatch):
    """The real server, as an endpoint with a price."""
    url, key = real
    monkeypatch.setenv("LAB_KEY", key)
    return endpoints.add("lab", url, key_from="LAB_KEY", input_price="0.5", output_price="2")


@pytest.fixture
def payer(network):
    """A funded wallet on the running network."""
    with client.connect("devnet", wallet=devnet_account(2), settings=Settings()) as made:
        made.deposit(3 * NEURON_PER_0G)
        yield made


def rows(made):
    return made.spending.rows(None)


# -- without a network -----------------------------------------------------------------------


def test_a_real_server_answers_without_a_wallet_or_a_network(lab):
    answer = nearest.session_for("lab").ask(CAPITAL, provider="lab", temperature=0)
    assert answer.text == "The capital of France is Paris."
    receipt = answer.receipt
    assert (receipt.route, receipt.provider, receipt.model) == ("endpoint", "lab", MODEL)
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (16, 8)
    assert not answer.usage.estimated
    assert answer.cost == 16 * lab.input_price + 8 * lab.output_price
    assert str(receipt.verdict) == UNSIGNED
    (row,) = rows(nearest.known())
    assert (row.route, row.provider, row.cost) == ("endpoint", "lab", answer.cost)
    assert (row.state, row.verdict) == ("settled", "unsigned")


def test_who_names_it_hears_nothing_of_networks_and_who_does_not_hears_why(lab):
    asked = nearest.session_for("lab")
    first, *_ = asked.stream(CAPITAL, provider="lab", max_tokens=3)
    assert isinstance(first, Delta)
    first, *_ = nearest.session_for().stream(CAPITAL, max_tokens=3)
    said = "The embedded network is not running. Asking an endpoint of your own instead."
    assert first == Notice(said)


def test_a_default_of_the_settings_is_enough(lab, monkeypatch):
    monkeypatch.setenv("ZG_PROVIDER", "lab")
    assert nearest.session_for().ask(CAPITAL, max_tokens=3).receipt.provider == "lab"


def test_who_wants_a_provider_of_the_network_is_not_sent_to_an_endpoint(lab):
    with pytest.raises(DevnetError, match="is not running"):
        nearest.session_for("0xabcdef")


def test_the_chain_goes_away_and_the_endpoint_stays(lab, monkeypatch):
    monkeypatch.setenv("ZG_RPC_URL", "http://127.0.0.1:9")
    answer = nearest.session_for().ask(CAPITAL, max_tokens=3)
    assert answer.receipt.provider == "lab"
    with pytest.raises(ChainUnreachable):  # what is missing may be there
        nearest.session_for().ask(CAPITAL, model="another-model")


def test_a_model_that_it_has_not_has_a_closest_match(lab):
    asked = nearest.session_for("lab")
    with pytest.raises(NoOffer, match=rf"Nobody offers.*Did you mean '{MODEL}'"):
        asked.ask(CAPITAL, provider="lab", model=MODEL[:-2])


def test_a_mistyped_name_has_a_closest_match(home, odd):
    endpoints.add("ollama", odd.url)
    with pytest.raises(NoOffer, match=r"no provider 'olama'.*Did you mean 'ollama'"):
        nearest.session_for("olama").ask("Hi", provider="olama")


def test_this_machine_comes_last_after_an_endpoint_that_is_gone(home, odd, monkeypatch):
    monkeypatch.setenv("ZG_LOCAL_ENGINE", "tests.bench.canned:CannedEngine")
    monkeypatch.setenv("ZG_LOCAL_MODEL", "canned-8t-0ms")
    endpoints.add("odd", odd.url)
    odd.way = "broken"
    answer = nearest.session_for("odd", "local").ask("Hi", provider="odd", fallback="local")
    assert [a.provider for a in answer.attempts] == ["odd", ""]
    assert answer.receipt.route == "local"


def test_an_answer_that_has_to_be_data_is_asked_for_in_the_common_form(home, odd):
    endpoints.add("odd", odd.url)
    schema = {"type": "object", "properties": {"capital": {"type": "string"}}}
    with pytest.raises(AnswerUnfit, match="not of the form"):  # it answers words, whatever is asked
        nearest.session_for("odd").ask(CAPITAL, provider="odd", schema=schema, repairs=0)
    assert odd.asked[-1]["response_format"]["json_schema"]["schema"] == schema
    odd.refuses = {"response_format": "response_format is not supported"}
    events = nearest.session_for("odd").stream(CAPITAL, provider="odd", schema=schema, repairs=0)
    assert "It is asked for in words" in next(events).text
    with pytest.raises(AnswerUnfit):
        list(events)
    assert "response_format" not in odd.asked[-1]
    assert "schema" in str(odd.asked[-1]["messages"])  # in words


# -- limits ----------------------------------------------------------------------------------


def test_a_limit_shortens_what_is_paid_and_a_budget_stops_it(lab):
    asked = nearest.session_for("lab")
    most = 60 * lab.input_price * 10 + 4 * lab.output_price
    answer = asked.ask("Tell me a long story.", provider="lab", max_cost=f"{most} neuron")
    assert answer.cost <= most
    with pytest.raises(BudgetExceeded):
        asked.ask(CAPITAL, provider="lab", max_cost="1 neuron")
    asked.set_budget("total", answer.cost)
    with pytest.raises(BudgetExceeded):
        asked.ask(CAPITAL, provider="lab")
    assert sum(row.cost for row in rows(asked)) == answer.cost


def test_one_for_nothing_answers_when_the_budget_is_spent(home, lab, odd):
    endpoints.add("odd", odd.url)
    asked = nearest.session_for("lab")
    asked.ask(CAPITAL, provider="lab", max_tokens=3)
    asked.set_budget("total", 1)
    answer = asked.ask("one two", sort="price")
    assert (answer.receipt.provider, answer.cost) == ("odd", 0)


def test_a_price_limit_leaves_it_out_with_a_reason(lab):
    plan = nearest.session_for("lab").plan(CAPITAL, max_price="2")
    assert [step.offer.provider for step in plan.steps] == ["lab"]
    with pytest.raises(NoOffer, match="lab is left out because a million tokens cost 2 0G"):
        nearest.session_for("lab").plan(CAPITAL, provider="lab", max_price="1.9")


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"only_verified": True}, "an endpoint of your own, it does not sign its answers"),
        ({"verify": "strict"}, "an endpoint of your own, it does not sign its answers"),
        ({"private": True}, "an endpoint of your own has no enclave for a private prompt"),
    ],
    ids=str,
)
def test_what_needs_proof_never_goes_to_an_endpoint(home, odd, wish, reason):
    endpoints.add("odd", odd.url)
    asked = nearest.session_for("odd")
    with pytest.raises(NoOffer, match=reason):
        asked.ask("Hi", provider="odd", **wish)
    with pytest.raises(DevnetError):  # there may be one on the network
        asked.ask("Hi", **wish)
    assert odd.asked == []


# -- beside a network ------------------------------------------------------------------------


def test_it_joins_the_offers_of_the_network_and_is_ordered_by_price(payer, odd):
    of_network = payer.offers()
    endpoints.add("dear", odd.url, input_price="900", output_price="900")
    endpoints.add("free", odd.url)
    offers = payer.offers()
    assert offers[: len(of_network)] == of_network
    assert [o.provider for o in offers[len(of_network) :]] == ["dear", "free"]
    plan = payer.plan("Hi")
    order = [step.offer.provider for step in plan.steps]
    assert (order[0], order[-1]) == ("free", "dear")
    assert plan.steps[0].cost.high == 0
    assert payer.ask("Hi").receipt.provider == "free"
    answer = payer.ask("Hi", only_verified=True)
    assert (answer.receipt.route, answer.receipt.verdict.status) == ("direct", "verified")


def test_the_network_answers_where_an_endpoint_is_gone_or_broken(payer, odd):
    endpoints.add("odd", odd.url)
    odd.way = "overloaded"
    events = list(payer.stream("Hi"))
    assert any("Trying 0x" in e.text for e in events if isinstance(e, Notice))
    answer = payer.last
    assert [a.route for a in answer.attempts] == ["endpoint", "direct"]
    assert answer.receipt.verdict.wait(10).status == "verified"


def test_an_endpoint_answers_where_every_provider_is_too_dear(payer, odd):
    endpoints.add("odd", odd.url)
    assert payer.ask("Hi", max_price="0.000001").receipt.provider == "odd"


def test_what_it_costs_is_no_providers_money(payer, odd):
    endpoints.add("odd", odd.url, input_price="1000", output_price="1000")
    before = payer.overview()
    answer = payer.ask("Hi", provider="odd")
    assert answer.cost > 0
    after = payer.overview()
    assert after.spent == before.spent + answer.cost
    assert (after.ledger, after.accounts) == (before.ledger, before.accounts)
    moves = Moves(payer._inner.store.database, payer._inner.books, payer.address)
    assert "odd" not in moves.exposures()
    assert "odd" not in moves.earned(0)
    assert moves.exposure().spent == moves.exposure().beyond == 0
    assert "odd" not in [account.provider for account in payer.reconcile()]


def test_it_is_there_with_nothing_but_a_key(payer, odd):
    provider = payer.ask("Hi", provider=payer.offers()[0].provider).receipt.provider
    key = payer.keys.create(provider, days=1).secret
    endpoints.add("odd", odd.url, input_price="0.1", output_price="0.1")
    with client.connect("devnet", api_key=key) as student:
        assert student.ask("Hi", provider="odd").text == EIGHT
        assert student.ask("Hi", provider=provider).receipt.provider == provider
        assert all(key not in head for head in odd.headers)


def test_the_tables_say_that_nobody_vouches_for_it(payer, odd):
    endpoints.add("odd", odd.url)
    table = payer.providers_table().set_index("provider")
    assert table.loc["odd", "attestation"] == "unverified (your own endpoint)"
    assert not table.loc["odd", "acknowledged"]
    assert table.loc["odd", "url"] == f"{odd.url}/v1"
    assert "odd" not in set(payer.providers_table(verified=True)["provider"])
    payer.ask("Hi", provider="odd")
    assert payer.providers_table().set_index("provider").loc["odd", "health_from"] == "measured"


def test_an_address_that_is_too_short_is_still_refused(payer, odd):
    endpoints.add("vm", odd.url)
    assert payer.ask("Hi", provider="VM").text == EIGHT
    with pytest.raises(BadInput, match="too short for a provider's address"):
        payer.ask("Hi", provider="a")


def test_a_removed_one_is_asked_no_more(payer, odd):
    endpoints.add("odd", odd.url)
    assert payer.ask("Hi").receipt.provider == "odd"
    endpoints.remove("odd")
    assert payer.ask("Hi").receipt.route == "direct"
    with pytest.raises(NoOffer, match="no provider 'odd'"):
        payer.ask("Hi", provider="odd")


def test_a_batch_over_an_endpoint_has_a_row_for_each_prompt(payer, odd):
    endpoints.add("odd", odd.url, input_price="0.1", output_price="0.1")
    results = payer.map([f"prompt {n}" for n in range(20)], provider="odd", max_tokens=8)
    assert len(results) == 20
    assert sum(row.cost for row in rows(payer)) == sum(r.cost for r in results)
    assert {row.provider for row in rows(payer)} == {"odd"}


def test_a_dead_one_is_one_sentence_with_what_to_do(home, odd):
    endpoints.add("odd", odd.url)
    asked = nearest.session_for("odd")
    endpoints.book.change("odd", url="http://127.0.0.1:9/v1")
    with pytest.raises(ProviderUnreachable) as caught:
        asked.ask("Hi", provider="odd", retries=0)
    assert "Nothing was charged. Start the server" in str(caught.value)
    assert "%zg endpoint test odd" in str(caught.value)


@pytest.mark.parametrize("refused", [(), ("stream_options", "max_tokens")], ids=["all", "less"])
@pytest.mark.parametrize("kept", [False, True], ids=["digests", "bytes"])
def test_its_receipt_holds_and_proves_nothing(home, odd, refused, kept):
    odd.refuses = {name: f"no field {name}" for name in refused}
    endpoints.add("odd", odd.url, input_price="0.1", output_price="0.1")
    asked = nearest.session_for("odd")
    for streamed in (True, False):
        answer = asked.ask("Hi", provider="odd", max_tokens=9, streamed=streamed, keep_body=kept)
        judged = proofs.judge(answer.receipt.proof())
        assert judged.outcome == "unsigned", judged.problems
        assert "nobody vouches" in judged.why
        assert judged.text == (EIGHT if kept else None)


def test_a_recorded_answer_is_given_again_for_nothing(home, odd):
    endpoints.add("odd", odd.url, input_price="0.1", output_price="0.1")
    asked = nearest.session_for("odd")
    first = asked.ask("Hi", provider="odd", reuse=True)
    again = asked.ask("Hi", provider="odd", reuse=True)
    assert (first.reused, again.reused, len(odd.asked)) == (False, True, 1)
    assert (again.text, again.receipt.route, again.receipt.provider) == (EIGHT, "endpoint", "odd")
    assert len(rows(asked)) == 1


def test_an_answer_in_a_file_is_replayed_without_the_server(home, odd, tmp_path):
    endpoints.add("odd", odd.url)
    asked = nearest.session_for("odd")
    replays.use(replays.Recording(tmp_path / "answers.json"))
    try:
        asked.ask("Hi", provider="odd")
        replays.use(replays.Replay(tmp_path / "answers.json"))
        assert asked.ask("Hi", provider="odd").receipt.replayed
    finally:
        replays.use(None)
    assert len(odd.asked) == 1


def test_a_second_one_is_asked_beside_a_slow_one(home, odd, real, monkeypatch):
    url, key = real
    monkeypatch.setenv("LAB_KEY", key)
    endpoints.add("odd", odd.url)
    endpoints.add("lab", url, key_from="LAB_KEY", input_price="0.5", output_price="2")
    odd.way = "silent"
    answer = nearest.session_for().ask(CAPITAL, hedge=0.1, streamed=True, max_tokens=4)
    assert answer.receipt.provider == "lab"
    assert {a.provider: a.outcome for a in answer.attempts}["odd"] == "interrupted"
    assert answer.cost == answer.receipt.usage.prompt_tokens * 5 * 10**11 + 4 * 2 * 10**12


def test_it_has_no_attestation_and_no_account(payer, odd):
    endpoints.add("odd", odd.url)
    with pytest.raises(NoOffer, match="No provider odd has a service"):
        payer.attest("odd")
    with pytest.raises(NoOffer, match="no provider odd"):
        client.shared().run(payer._inner.sign_in("odd"))
    assert odd.asked == []
