"""A class that keeps prompts and answers: only when its teacher says so, and students are told."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import httpx
import pytest

from tests.gateway.conftest import MODEL, classroom
from zg_jupyter import client as clients
from zg_jupyter.gateway.audit import Audit, texts_of
from zg_jupyter.gateway.chat import Entry
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.gateway.run import manager_file
from zg_jupyter.notebook.commands import status_table
from zg_jupyter.records import Message
from zg_jupyter.settings import Settings
from zg_jupyter.workshop import codes, joining

FULL = Path("/dev/full")


@pytest.fixture
def keeping(network_home):
    with classroom(rules=Rules(model=MODEL), log_text=True) as made:
        yield made


def texts_file(room):
    return manager_file(room.name).with_suffix(".texts.jsonl")


def lines_of(room, count):
    for _ in range(100):
        lines = texts_file(room).read_text(encoding="utf-8").splitlines()
        if len(lines) >= count:
            return [json.loads(line) for line in lines]
        time.sleep(0.05)
    raise AssertionError(lines)


def student_of(room, key, home, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(home))
    return clients.connect(
        "testnet", api_key=key, router_url=room.url, settings=Settings(max_tokens=64)
    )


def test_what_was_asked_and_answered_is_kept_whole_and_in_frames(keeping):
    key = keeping.new_key("Eka")
    asked = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "what is a ledger"},
    ]
    answer = keeping.ask(key["key"], messages=asked).json()
    keeping.ask(key["key"], messages=asked, stream=True)
    first, second = lines_of(keeping, 2)
    assert first["messages"] == second["messages"] == asked
    assert first["answer"] == answer["choices"][0]["message"]["content"]
    assert second["answer"].startswith("wörd0 wörd1")
    assert (first["name"], first["key_id"]) == ("Eka", key["key_id"])
    assert f"chatcmpl-{first['request_id']}" == answer["id"]
    assert stat.S_IMODE(texts_file(keeping).stat().st_mode) == 0o600
    audit = manager_file(keeping.name).with_suffix(".jsonl").read_text(encoding="utf-8")
    assert "ledger" not in audit


def test_keys_that_somebody_pasted_are_kept_nowhere(keeping):
    key = keeping.new_key()["key"]
    private = "0x" + "4f3edf983ac636a65a842ce7c78d9aa7" * 2
    text = f"is {private} or {key} a good key"
    keeping.ask(key, messages=[{"role": "user", "content": text}])
    (line,) = lines_of(keeping, 1)
    kept = line["messages"][0]["content"]
    assert kept.startswith("is [removed")
    assert kept.endswith("a good key")
    assert private not in texts_file(keeping).read_text(encoding="utf-8")
    assert key not in texts_file(keeping).read_text(encoding="utf-8")


def test_what_is_refused_is_kept_with_the_reason(keeping):
    made = keeping.new_key(credit_limit="0.000000000000000001")
    assert keeping.ask(made["key"]).status_code == 402
    (line,) = lines_of(keeping, 1)
    assert (line["code"], line["messages"][0]["content"]) == ("key_limit_reached", "one two three")
    assert "answer" not in line


def test_without_the_option_there_is_no_such_file_and_nobody_is_told_of_one(
    room, tmp_path, monkeypatch
):
    made = room.new_key()
    room.ask(made["key"])
    assert not texts_file(room).exists()
    assert room.teacher("GET", "/class").json()["keeps_prompts"] is False
    root = room.url.removesuffix("/v1")
    assert "keeps what you ask" not in httpx.get(f"{root}/join/{made['join_code']}").text
    assert not joining.ticket_of(codes.link(room.url, made["join_code"])).keeps_prompts
    with student_of(room, made["key"], tmp_path, monkeypatch) as student:
        assert not student.overview().keeps_prompts


def test_students_are_told_where_they_join_and_where_they_look(keeping, tmp_path, monkeypatch):
    made = keeping.new_key()
    root = keeping.url.removesuffix("/v1")
    assert "keeps what you ask" in httpx.get(f"{root}/join/{made['join_code']}").text
    assert joining.ticket_of(codes.link(keeping.url, made["join_code"])).keeps_prompts
    assert keeping.teacher("GET", "/class").json()["keeps_prompts"] is True
    with student_of(keeping, made["key"], tmp_path, monkeypatch) as student:
        seen = student.overview()
    assert seen.keeps_prompts
    assert seen.left is None
    assert "kept by your class" in repr(status_table(seen))


def test_on_a_hub_a_student_is_told_too(keeping, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", keeping.new_key()["key"])
    monkeypatch.setenv("ZG_ROUTER_URL", keeping.url)
    assert joining.on_hub().keeps_prompts


def entry(text):
    return Entry("r", asked=(Message("user", text),))


def test_a_full_file_makes_room_for_the_next_one_and_all_are_their_users_alone(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.touch(mode=0o644)
    with Audit(path, texts_of, most_bytes=1000) as audit:
        for number in range(100):
            audit(entry(f"question {number} " + "x" * 300))
    files = sorted(tmp_path.iterdir())
    assert len(files) == 10
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert all(one.stat().st_size <= 1000 for one in files)
    assert "question 99 " in path.read_text(encoding="utf-8")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_a_full_disk_is_said_without_the_text(caplog, capfd):
    with Audit(FULL, texts_of) as audit:
        audit(entry("a private matter"))
    assert "/dev/full cannot be written (OSError)" in caplog.text
    assert "private matter" not in caplog.text + "".join(capfd.readouterr())
