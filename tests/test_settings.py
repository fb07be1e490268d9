"""Settings: defaults < file < environment < what the session sets."""

from __future__ import annotations

import dataclasses
import json

import pytest

from zg_jupyter import settings
from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.settings import Settings, changed, home, load, save


@pytest.fixture
def file(tmp_path):
    return tmp_path / "folder" / "settings.json"


def write(file, content) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_without_a_file_and_environment_there_are_defaults(file):
    assert load({}, file) == Settings()


def test_the_environment_wins_over_the_file_and_a_session_over_both(file):
    write(file, {"max_tokens": 100, "timeout": 5})
    found = load({"ZG_MAX_TOKENS": "200"}, file)
    assert (found.max_tokens, found.timeout) == (200, 5.0)
    assert changed(found, {"max_tokens": 300}).max_tokens == 300


def test_an_empty_variable_is_no_choice(file):
    assert load({"ZG_MAX_TOKENS": ""}, file) == Settings()


def test_zg_home_moves_everything(monkeypatch, tmp_path):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    assert home() == tmp_path
    save({"network": "testnet"})
    assert (tmp_path / "settings.json").exists()
    assert load({}).network == "testnet"


@pytest.mark.parametrize(
    ("typed", "meant"), [("on", True), ("Yes", True), ("1", True), ("off", False), (False, False)]
)
def test_switches_are_words(typed, meant):
    assert changed(Settings(), {"auto_fund": typed}).auto_fund is meant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("max_tokens", value) for value in ("many", "1.5", 1.5, 0, -1, True, None, 10**12, [1])),
        *(("timeout", value) for value in ("soon", "nan", "inf", 0, -1, False, None, "9" * 5000)),
        *(("auto_fund", value) for value in ("perhaps", 2, None)),
        *(("network", value) for value in (None, 5, True, ["devnet"])),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name, value):
    with pytest.raises(BadInput, match=name):
        changed(Settings(), {name: value})


def test_an_unknown_name_gets_the_closest_one():
    with pytest.raises(
        BadInput, match=r"no setting named 'max_token'.*Did you mean 'max_tokens'\?"
    ):
        changed(Settings(), {"max_token": 5})


@pytest.mark.parametrize("content", ["", "{", "[1]", '"text"', "\x00"])
def test_a_file_that_is_no_json_object_is_one_sentence(file, content):
    write(file, content)
    with pytest.raises(ConfigError, match=r"settings\.json is not a readable JSON object"):
        load({}, file)


def test_what_is_saved_is_only_what_differs_from_the_defaults(file):
    save({"max_tokens": "300", "timeout": Settings().timeout}, file)
    assert json.loads(file.read_text(encoding="utf-8")) == {"max_tokens": 300}
    save({"network": "testnet"}, file)
    assert load({}, file) == dataclasses.replace(Settings(), max_tokens=300, network="testnet")
    save({"max_tokens": Settings().max_tokens}, file)
    assert json.loads(file.read_text(encoding="utf-8")) == {"network": "testnet"}
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("values", [{"max_token": 5}, {"max_tokens": "many"}])
def test_saving_nonsense_leaves_the_file_as_it_was(file, values):
    save({"max_tokens": 300}, file)
    with pytest.raises(BadInput):
        save(values, file)
    assert load({}, file).max_tokens == 300


def test_every_setting_but_the_network_explains_itself():
    silent = [f.name for f in dataclasses.fields(Settings) if not f.metadata.get("help")]
    assert silent == ["network"]


def test_settings_cannot_be_changed_in_place():
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.Settings().max_tokens = 5


def test_what_a_receipt_holds_is_one_of_two_words():
    assert changed(Settings(), {"receipt_text": "prompt"}).receipt_text == "prompt"
    with pytest.raises(BadInput, match="receipt_text is off or prompt, not 'all'"):
        changed(Settings(), {"receipt_text": "all"})


@pytest.mark.parametrize("typed", ["off", "OFF", ""])
def test_a_choice_of_words_that_may_be_none_is_taken_away(typed):
    assert changed(Settings(language="id"), {"language": typed}).language == ""


def test_a_word_that_is_no_choice_names_those_that_are():
    with pytest.raises(BadInput, match=r"language is en or id or off, not 'fr'\."):
        changed(Settings(), {"language": "fr"})
