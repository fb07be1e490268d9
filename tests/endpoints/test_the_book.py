"""What is kept of an endpoint, what is refused before, and where its key is."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from tests.upstreams import MODEL
from tests.wallet.test_choice import MemoryKeyring
from zg_jupyter import endpoint_book, endpoint_typed, endpoints
from zg_jupyter.errors import BadInput, ConfigError, NoOffer, ProviderRefused, ZgError

SECRET = "sk-a-secret-of-mine-1234567890"


def test_a_real_server_is_found_by_its_bare_address(home, real, monkeypatch):
    url, key = real
    monkeypatch.setenv("LAB_KEY", key)
    added = endpoints.add("Lab", url, key_from="LAB_KEY", input_price="0.5", output_price="2")
    assert (added.name, added.url, added.models) == ("lab", f"{url}/v1", (MODEL,))
    assert (added.input_price, added.output_price) == (5 * 10**11, 2 * 10**12)
    assert endpoint_book.known() == {"lab": added}


@pytest.mark.parametrize("tail", ["/v1", "/v1/", "/v1/models", "/v1/chat/completions", "/"])
def test_however_the_address_was_copied_it_is_the_same(home, odd, tail):
    assert endpoints.add("odd", odd.url + tail).url == f"{odd.url}/v1"


def test_a_server_that_speaks_elsewhere_is_found_as_well(home, odd):
    odd.base = "/api/openai"
    assert endpoints.add("odd", f"{odd.url}/api/openai").url == f"{odd.url}/api/openai"


def test_it_is_the_users_own_file_and_has_no_key_from_elsewhere(home, odd, monkeypatch):
    odd.key = SECRET
    monkeypatch.setenv("LAB_KEY", SECRET)
    endpoints.add("from-env", odd.url, key_from="LAB_KEY")
    endpoints.add("asked", odd.url, key_from="ask", key=SECRET)
    path = home / "endpoints.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET not in path.read_text(encoding="utf-8")
    path.chmod(0o644)
    kept = endpoints.add("kept", odd.url, key_from="file", key=SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET in path.read_text(encoding="utf-8")
    assert SECRET not in repr(kept)
    assert SECRET not in repr(endpoints.known())
    assert {e.name: endpoints.key_of(e.name) for e in endpoints.known()} == dict.fromkeys(
        ("from-env", "asked", "kept"), SECRET
    )
    endpoints.remove("kept")
    assert SECRET not in path.read_text(encoding="utf-8")


def test_a_key_in_the_keyring_comes_from_there_and_goes_with_the_endpoint(home, odd, monkeypatch):
    held = MemoryKeyring()
    held.delete_password = lambda service, name: held.kept.pop((service, name))
    monkeypatch.setitem(sys.modules, "keyring", held)
    odd.key = SECRET
    endpoints.add("lab", odd.url, key_from="keyring", key=SECRET)
    assert SECRET not in (home / "endpoints.json").read_text(encoding="utf-8")
    assert endpoints.key_of("lab") == SECRET
    endpoints.remove("lab")
    assert SECRET not in held.kept.values()


def test_a_key_that_was_asked_for_is_asked_for_again_in_the_next_process(home, odd):
    odd.key = SECRET
    endpoints.add("lab", odd.url, key_from="ask", key=SECRET)
    code = "from zg_jupyter import endpoints; endpoints.key_of('lab')"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "was not given to this process yet" in ran.stderr
    assert "%zg endpoint key lab" in ran.stderr
    assert SECRET not in ran.stderr + ran.stdout


def test_a_variable_that_is_gone_is_said_before_anything_is_sent(home, odd, monkeypatch):
    monkeypatch.setenv("LAB_KEY", SECRET)
    endpoints.add("lab", odd.url, key_from="LAB_KEY")
    assert endpoints.state_of(endpoint_book.get("lab")) == "there"
    monkeypatch.delenv("LAB_KEY")
    assert endpoints.state_of(endpoint_book.get("lab")) == "missing"
    with pytest.raises(ProviderRefused, match=r"the variable LAB_KEY is not set.*Set LAB_KEY"):
        endpoints.key_of("lab")


@pytest.mark.parametrize(
    "key_from", [SECRET, "ab" * 32, "AKIA-1234-secret", "a key with blanks", "lower_case_name"]
)
def test_a_key_in_the_place_of_its_variable_is_never_repeated(home, key_from):
    with pytest.raises(BadInput, match="name of a variable in capitals") as caught:
        endpoints.add("lab", "http://127.0.0.1:9", key_from=key_from)
    assert key_from not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("localhost:11434", r"must be http://.*Did you mean http://localhost:11434\?"),
        ("http://user:hunter2@127.0.0.1:9/v1", "carries credentials.*--key-from VARIABLE"),
        ("http://llm.example.org/v1", "cross the internet unencrypted.*https://"),
        ("https://llm.example.org/v1?key=hunter2", "carries a query"),
        ("ftp://127.0.0.1", "must be http://HOST:PORT"),
        ("http://127.0.0.1:99999", "not a URL"),
        ("http://[::1", "not a URL"),
        ("", "must be http://"),
        ("http://127.0.0.1:9/" + "a" * 600, "not a URL"),
    ],
)
def test_an_address_that_cannot_be_is_refused_without_its_secrets(url, sentence):
    with pytest.raises(BadInput, match=sentence) as caught:
        endpoint_typed.url_of(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000", "http://[::1]:8000", "http://10.1.2.3", "http://gpu-1:8000",
     "http://gpu.lab.local:8000", "https://llm.example.org/v1"],
)  # fmt: skip
def test_this_machine_and_networks_nearby_may_be_named(url):
    assert endpoint_typed.url_of(url) == url


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("0xAb12", "looks like the address of a provider"),
        ("0x" + "ab" * 20, "looks like the address of a provider"),
        ("cafe", "looks like the address of a provider"),
        ("Local", "means something else already"),
        ("router", "means something else already"),
        ("off", "means something else already"),
        ("", "cannot be the name"),
        ("my server", "cannot be the name"),
        ("../etc", "cannot be the name"),
        ("x" * 33, "cannot be the name"),
        ("<b>x</b>", "cannot be the name"),
        ("-x", "cannot be the name"),
    ],
)
def test_a_name_that_would_be_taken_for_something_else_is_refused(name, sentence):
    with pytest.raises(BadInput, match=sentence):
        endpoint_typed.name_of(name)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("1", None), "--output-price is missing"),
        ((None, "1"), "--input-price is missing"),
        (("-1", "1"), "is not an amount"),
        (("nan", "1"), "is not an amount"),
        (("1", "ten"), "is not an amount"),
        (("500000000000", "1"), "cannot be meant"),
        (("0.0000000000001", "1"), "no whole number of neuron"),
        (("1,5", "1"), "read in two ways"),
    ],
)
def test_prices_that_make_no_sense_are_refused(given, sentence):
    with pytest.raises(BadInput, match=sentence):
        endpoint_typed.prices_of(*given)


def test_a_price_is_exact(home, odd):
    added = endpoints.add("odd", odd.url, input_price="0.000000000001", output_price="0")
    assert (added.input_price, added.output_price) == (1, 0)


def test_two_of_one_name_are_refused_and_the_same_once_more_is_fine(home, odd):
    first = endpoints.add("odd", odd.url)
    assert endpoints.add("ODD", odd.url + "/v1") == first
    with pytest.raises(BadInput, match=r"named 'odd' already.*%zg endpoint remove odd"):
        endpoints.add("odd", odd.url, input_price="1", output_price="1")
    assert endpoints.known() == [first]


def test_a_model_that_is_not_there_has_a_closest_match(home, odd):
    with pytest.raises(BadInput, match=r"no model 'od-model'\..*Did you mean 'odd-model'"):
        endpoints.add("odd", odd.url, models=["od-model"])
    assert endpoints.known() == []
    assert endpoints.add("odd", odd.url, models=["odd-model"]).models == ("odd-model",)


def test_nothing_there_and_something_else_there_are_said(home, odd):
    with pytest.raises(NoOffer, match="nothing answers there"):
        endpoints.add("gone", "http://127.0.0.1:9")
    odd.card = {"no": "id"}
    with pytest.raises(NoOffer, match="no OpenAI-compatible server"):
        endpoints.add("odd", odd.url)
    odd.key = SECRET
    with pytest.raises(ProviderRefused, match=r"wants a key \(HTTP 401\).*--key-from"):
        endpoints.add("odd", odd.url)
    with pytest.raises(ProviderRefused, match="wants another key") as caught:
        endpoints.add("odd", odd.url, key_from="ask", key="sk-wrong-and-secret")
    assert "sk-wrong" not in str(caught.value)
    assert endpoints.known() == []


def test_a_server_with_very_many_models_wants_some_named(home, odd):
    odd.more = [{"id": f"m{i}"} for i in range(200)]
    with pytest.raises(BadInput, match=r"201 models; an endpoint has 100 at most.*--model NAME"):
        endpoints.add("odd", odd.url)
    assert endpoints.add("odd", odd.url, models=["m7", "m3"]).models == ("m7", "m3")


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"lab": {}}',
        '{"local": {"url": "http://127.0.0.1:9/v1", "models": ["m"]}}',
        '{"lab": {"url": "http://u:hunter2@127.0.0.1:9", "models": ["m"]}}',
        '{"lab": {"url": "http://127.0.0.1:9/v1", "models": []}}',
        '{"lab": {"url": "http://127.0.0.1:9/v1", "models": ["m"], "input_price": -1}}',
        '{"lab": {"url": "http://127.0.0.1:9/v1", "models": ["m"], "input_price": 1.5}}',
        '{"lab": {"url": "http://127.0.0.1:9/v1", "models": ["m"], "key": 7}}',
    ],
)
def test_a_broken_file_is_one_sentence(home, content):
    home.mkdir()
    (home / "endpoints.json").write_text(content, encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"does not describe endpoints.*Mend it or delete it"
    ) as c:
        endpoints.known()
    assert "hunter2" not in str(c.value)


def test_many_at_once_lose_nothing(home, odd):
    failures: list[ZgError] = []

    def add(number: int) -> None:
        try:
            endpoint_book.add(endpoint_book.Endpoint(f"lab-{number}", f"{odd.url}/v1", ("m",)))
        except ZgError as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(json.loads((home / "endpoints.json").read_text(encoding="utf-8"))) == 12


def test_one_that_is_not_there_has_a_closest_match(home, odd):
    endpoints.add("ollama", odd.url)
    for act in (endpoints.remove, endpoints.test, lambda n: endpoints.give_key(n, SECRET)):
        with pytest.raises(BadInput, match=r"no endpoint named 'olama'.*Did you mean 'ollama'"):
            act("olama")
    with pytest.raises(BadInput, match="key of ollama comes from nowhere"):
        endpoints.give_key("ollama", SECRET)
