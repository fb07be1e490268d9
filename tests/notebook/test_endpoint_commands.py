"""``%zg endpoint`` in a real IPython, and its completion."""

from __future__ import annotations

import getpass
import os

import pytest

from tests.upstreams import MODEL
from zg_jupyter import endpoint_book, endpoints
from zg_jupyter.errors import BadInput, NoOffer
from zg_jupyter.notebook.completion import infer_candidates, zg_candidates

SECRET = "sk-a-secret-of-mine-1234567890"


def run(shell, code):
    """Run a cell; the result, or the error that it ended with."""
    done = shell.run_cell(code, store_history=True)
    return done.error_in_exec or done.error_before_exec or done.result


@pytest.fixture
def here(shell, home):
    """An IPython without a network."""
    yield shell
    for name in [n for n in os.environ if n.startswith("ZG_PROVIDER")]:
        del os.environ[name]


def test_a_real_server_from_adding_to_removing(here, real_server, monkeypatch, capsys):
    url, key = real_server
    monkeypatch.setenv("LAB_KEY", key)
    assert run(here, "%zg endpoint") is None
    assert "There is no endpoint yet" in capsys.readouterr().out
    price = "--input-price 0.5 --output-price=2"
    assert run(here, f"%zg endpoint add lab {url} --key-from LAB_KEY {price}") is None
    said = capsys.readouterr().out
    assert f"Added: lab at {url}/v1, with {MODEL}. Ask it with: %%zg_infer --provider lab" in said
    assert "It counts as 0.5 0G for a million tokens in and 2 0G out." in said
    assert "they are unverified" in said
    (row,) = run(here, "%zg endpoint list").rows
    assert row == ("lab", f"{url}/v1", MODEL, "0.5", "2", "LAB_KEY", "unverified")
    assert run(here, "%zg endpoint test lab") is None
    assert "lab answers: “" in capsys.readouterr().out
    run(here, "%%zg_infer --provider lab -t 0 --out answer\nWhat is the capital of France?")
    assert here.user_ns["answer"].text == "The capital of France is Paris."
    out = capsys.readouterr().out
    assert "endpoint" in out
    assert "unsigned" in out
    plan = run(here, "%zg_infer --provider lab --plan hello")
    assert "lab" in repr(plan)
    assert "lab" in repr(run(here, "%zg spend"))
    assert run(here, "%zg endpoint remove LAB") is None
    assert "Removed: lab" in capsys.readouterr().out
    assert endpoints.known() == []


def test_a_secret_is_asked_for_and_is_in_no_output(here, odd_server, monkeypatch, capsys):
    odd_server.key = SECRET
    asked = []
    monkeypatch.setattr(getpass, "getpass", lambda question: asked.append(question) or SECRET)
    for source in ("ask", "file"):
        run(here, f"%zg endpoint add by-{source} {odd_server.url} --key-from {source}")
    assert asked == ["Key of by-ask: ", "Key of by-file: "]
    table = run(here, "%zg endpoint list")
    run(here, "%zg_infer --provider by-file hello")
    run(here, "%zg endpoint key by-ask")
    assert SECRET not in capsys.readouterr().out + repr(table)
    assert "by-ask" in repr(table)


def test_dollars_become_whole_neuron_rounded_up(here, odd_server, capsys):
    run(here, "%zg set usd_rate 0.3")
    try:
        run(
            here,
            f"%zg endpoint add odd {odd_server.url} --input-price $0.10 --output-price '0.1 USD'",
        )
    finally:
        run(here, "%zg set usd_rate ''")
        os.environ.pop("ZG_USD_RATE", None)
    kept = endpoint_book.get("odd")
    assert kept.input_price == kept.output_price == 333333333334


def test_one_without_a_price_says_that_it_comes_first(here, odd_server, capsys):
    run(here, f"%zg endpoint add odd {odd_server.url}")
    assert "It counts as free of charge, so it comes first" in capsys.readouterr().out
    run(here, "%zg set provider odd")
    run(here, "%zg_infer hello")
    assert "odd" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ad lab http://127.0.0.1:9", "does not understand 'ad'.*Did you mean '%zg endpoint add'"),
        ("add lab", "needs a name and an address"),
        ("add", "needs a name and an address"),
        ("add lab localhost:11434", r"Did you mean http://localhost:11434\?"),
        ("add 0xabc http://127.0.0.1:9", "looks like the address of a provider"),
        ("add local http://127.0.0.1:9", "means something else"),
        ("add lab http://127.0.0.1:9 --input-prise 1", r"no option.*Did you mean '--input-price'"),
        ("add lab http://127.0.0.1:9 --input-price", "needs a value"),
        ("add lab http://127.0.0.1:9 --input-price 1", "--output-price is missing"),
        ("add lab http://127.0.0.1:9 --input-price 1 --input-price 2", "given twice"),
        ("add lab http://127.0.0.1:9 --key-from my-secret", "name of a variable"),
        (f"add lab http://127.0.0.1:9 --key-from {SECRET}", "looks like an API key"),
        ("test olama", "no endpoint named 'olama'"),
        ("test", "does not understand 'test'"),
        ("list all", "does not understand 'list'"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(here, line, sentence):
    error = run(here, f"%zg endpoint {line}")
    assert isinstance(error, BadInput)
    with pytest.raises(BadInput, match=sentence):
        raise error
    assert "secret" not in str(error)


def test_nobody_is_asked_for_a_secret_before_the_rest_is_right(here, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda _: pytest.fail("asked"))
    for line in ("add lab localhost:1", "add lab http://127.0.0.1:9 --input-price 1", "key lab"):
        source = " --key-from ask" if line.startswith("add") else ""
        assert isinstance(run(here, f"%zg endpoint {line}{source}"), BadInput)


def test_no_server_is_one_sentence(here):
    error = run(here, "%zg endpoint add gone http://127.0.0.1:9")
    assert isinstance(error, NoOffer)
    assert "nothing answers there" in str(error)


def test_the_tab_key_knows_them(here, odd_server):
    endpoints.add("ollama", odd_server.url)
    assert "endpoint" in zg_candidates("%zg ")
    assert zg_candidates("%zg endpoint ") == ["list", "add", "test", "key", "remove"]
    assert zg_candidates("%zg endpoint test ") == ["ollama"]
    assert zg_candidates("%zg endpoint add a http://x --key-from ") == ["ask", "keyring", "file"]
    assert "--input-price" in zg_candidates("%zg endpoint add a http://x ")
    assert zg_candidates("%zg endpoint add a http://x --model ") == []
    assert zg_candidates("%zg endpoint list ") == []
    assert infer_candidates("%%zg_infer --provider ", tuple) == ["local", "ollama"]
    endpoint_book._path().write_text("{", encoding="utf-8")
    assert infer_candidates("%%zg_infer --provider ", tuple) == ["local"]


def test_its_page_of_help(here, capsys):
    run(here, "%zg help endpoint")
    page = capsys.readouterr().out
    assert "%zg endpoint add ollama http://localhost:11434" in page
    assert "unverified" in page
