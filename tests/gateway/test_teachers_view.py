"""What a teacher, and a monitoring system, see of a class."""

from __future__ import annotations

import json
import time

import httpx

from zg_jupyter.gateway.run import manager_file


def lines_of(room, count):
    path = manager_file(room.name).with_suffix(".jsonl")
    for _ in range(100):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) >= count:
            return path, [json.loads(line) for line in lines]
        time.sleep(0.05)
    raise AssertionError(lines)


def test_the_audit_log_says_who_asked_for_how_much_and_not_what(room):
    key = room.new_key("Eka")
    secret_words = [{"role": "user", "content": "a private matter of mine"}]
    answer = room.ask(key["key"], messages=secret_words)
    room.ask(key["key"], model="no-such-model")
    path, (first, second) = lines_of(room, 2)
    assert (first["name"], first["status"], first["completion_tokens"]) == ("Eka", 200, 8)
    assert first["cost"] == answer.json()["x_0g_trace"]["billing"]["total_cost"]
    assert (second["status"], second["code"]) == (404, "model_not_found")
    text = path.read_text(encoding="utf-8")
    for hidden in ("private matter", "wörd", key["key"], room.manager):
        assert hidden not in text
    assert path.stat().st_mode & 0o077 == 0
    assert manager_file(room.name).stat().st_mode & 0o077 == 0


def test_metrics_count_requests_and_are_for_the_teacher(room):
    key = room.new_key("Fajar")
    room.ask(key["key"])
    room.ask(key["key"], messages=[])
    assert httpx.get(room.url.removesuffix("/v1") + "/metrics").status_code == 401
    headers = {"Authorization": f"Bearer {room.manager}"}
    text = httpx.get(room.url.removesuffix("/v1") + "/metrics", headers=headers).text
    assert 'zg_gateway_requests_total{code="",status="200"} 1.0' in text
    assert 'zg_gateway_requests_total{code="invalid_request",status="400"} 1.0' in text
    assert 'zg_gateway_tokens_total{kind="completion"} 8.0' in text
    assert "zg_gateway_running 0.0" in text
    assert "Fajar" not in text
    assert key["key_id"] not in text


def test_health_needs_no_key(room):
    root = room.url.removesuffix("/v1")
    assert httpx.get(f"{root}/health").json() == {"status": "healthy", "running": 0}


def test_the_page_of_a_code_says_what_to_type_and_redeems_nothing(room):
    made = room.new_key()
    root = room.url.removesuffix("/v1")
    page = httpx.get(f"{root}/join/{made['join_code']}")
    assert f"%zg join {root}/join/{made['join_code']}" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert httpx.post(f"{room.url}/join", json={"code": made["join_code"]}).status_code == 200
    hostile = httpx.get(f"{root}/join/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script" not in hostile.text
