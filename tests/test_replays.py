"""Answers in a file: recorded with their proofs, replayed without a network, never guessed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dispatch.conftest import World, event, good, head, unchained, usage
from tests.test_batch import over, run
from zg_jupyter import evidence, networks, offline, proofs, replays
from zg_jupyter.aio import AsyncClient
from zg_jupyter.errors import BadInput, StoreError, TrustError, ZgError
from zg_jupyter.records import Delta, Finished, Message, Notice
from zg_jupyter.settings import Settings
from zg_jupyter.wallet.sources import devnet_account, from_key

pytestmark = pytest.mark.anyio
SIGNER = from_key("11" * 32)
ASKED = {"retries": 0, "max_tokens": 20}


@pytest.fixture
async def world(tmp_path):
    made = Signing(tmp_path)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def mode():
    yield
    replays.use(None)


class Signing(World):
    """Providers that sign what they said."""

    async def signing(self, *texts):
        """An offer whose answers are these, in order, each with a signature."""
        records = {}
        waiting = list(texts)

        async def serve(reader, writer):
            with contextlib.closing(writer):
                lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
                path = lines[0].split(b" ")[1].decode()
                if lines[0].startswith(b"GET"):
                    name = path.partition("?")[0].rpartition("/")[2]
                    writer.write(head(200, "application/json") + records[name])
                    return await writer.drain()
                lowered = [line.lower() for line in lines]
                size = [int(x.split(b":")[1]) for x in lowered if x.startswith(b"content-length")]
                asked = await reader.readexactly(size[0])
                text = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                streamed = json.loads(asked)["stream"]
                body = event(text) + event(choices=[{"delta": {}, "finish_reason": "stop"}])
                body += event(choices=[], usage=usage()) + b"data: [DONE]\n\n"
                if not streamed:
                    choice = {"message": {"content": text}, "finish_reason": "stop"}
                    body = json.dumps({"choices": [choice], "usage": usage()}).encode()
                hashes = (hashlib.sha256(part).hexdigest() for part in (asked, body))
                signed = ":".join(hashes)
                name = f"r{len(records)}"
                signature = "0x" + SIGNER.sign_message(signed.encode()).hex()
                records[name] = json.dumps({"text": signed, "signature": signature}).encode()
                kind = "text/event-stream" if streamed else "application/json"
                writer.write(head(kind=kind, ZG_Res_Key=name) + body)
                return await writer.drain()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        self._servers.append(server)
        offer = await self.provider(
            good, url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        )
        signs = {"verifiability": "TeeML", "signer": SIGNER.address}
        return replace(offer, development=True, **signs)


@pytest.fixture
async def connected(tmp_path, monkeypatch):
    """A client with open sessions; no chain is behind it."""
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    made = AsyncClient(
        networks.get("devnet").at("http://127.0.0.1:9"), devnet_account(0), Settings()
    )
    yield unchained(made)
    await made.aclose()


@pytest.fixture
async def nobody(tmp_path, monkeypatch):
    """A client that could ask nobody."""
    made = offline.Client(Settings(), offline.chosen())
    yield made
    await made.aclose()


async def selling(client, world, *texts):
    offer = await world.signing(*texts)
    await over(client, world, good)

    class Here:
        age_seconds = 0.0

        async def offers(self, *, fresh=False):
            return [offer]

    client.catalog = Here()
    return offer


async def streamed(client, prompt, **options):
    """The answer of a stream."""
    return [event async for event in client.stream(prompt, **options)][-1].answer


async def recorded(client, path, *prompts, with_prompts=False, **options):
    """Ask, and write it down; gives the answers."""
    recording = replays.Recording(path, with_prompts=with_prompts)
    replays.use(recording)
    answers = [await streamed(client, prompt, **{**ASKED, **options}) for prompt in prompts]
    for answer in answers:
        await answer.receipt.verdict.found()
    replays.use(None)
    assert recording.close() == len(prompts)
    return answers


async def test_a_recorded_question_is_answered_without_anybody_for_nothing(
    connected, nobody, world, tmp_path
):
    offer = await selling(connected, world, "hello", "good bye")
    first, second = await recorded(connected, tmp_path / "x.zg", "hi", "bye")
    assert first.receipt.verdict.status == "verified"
    replays.use(replays.Replay(tmp_path / "x.zg"))
    events = [event async for event in nobody.stream("hi", **ASKED)]
    assert [type(event) for event in events] == [Delta, Finished]
    again = events[1].answer
    assert (again.text, again.cost, again.usage) == ("hello", 0, first.usage)
    assert (again.receipt.replayed, again.receipt.provider) == (True, offer.provider)
    assert again.receipt.verdict == first.receipt.verdict
    assert (await nobody.ask("bye", **ASKED)).text == second.text == "good bye"
    assert nobody.store.rows() == connected.store.rows()[:2]
    assert nobody.last.text == "good bye"


async def test_bytes_are_kept_only_where_that_was_wished(connected, world):
    await selling(connected, world, "hello")
    plain = await connected.ask("hi", **ASKED)
    assert (plain.receipt.evidence.body, plain.receipt.evidence.request) == (b"", b"")
    assert len(plain.receipt.evidence.response_sha256) == 64
    for ask in (connected.ask, lambda *a, **k: streamed(connected, *a, **k)):
        kept = (await ask("hi", keep_body=True, **ASKED)).receipt.evidence
        assert hashlib.sha256(kept.body).hexdigest() == kept.response_sha256
        assert hashlib.sha256(kept.request).hexdigest() == kept.request_sha256
        assert b'"hi"' in kept.request


async def test_an_answer_from_the_record_proves_the_same(connected, world):
    await selling(connected, world, "hello")
    first = await streamed(connected, "hi", **ASKED, reuse=True, keep_body=True)
    await first.receipt.verdict.found()
    again = await connected.ask("hi", **ASKED, reuse=True)
    assert again.reused
    found = proofs.judge(again.receipt.proof())
    assert (found.outcome, found.text) == ("verified", "hello")


async def test_its_proof_is_that_of_the_answer_that_was_paid(connected, nobody, world, tmp_path):
    await selling(connected, world, "hello")
    (first,) = await recorded(connected, tmp_path / "x.zg", "hi")
    replays.use(replays.Replay(tmp_path / "x.zg"))
    paid, again = first.receipt.proof(), (await nobody.ask("hi", **ASKED)).receipt.proof()
    different = {name for name in paid if paid[name] != again[name]}
    assert different == {"cost", "recorded", "attempts", "sha256"}
    assert again["cost"] == "0"


@pytest.mark.parametrize(
    ("prompt", "options", "said"),
    [
        ("hi!", {}, "differs in: the prompt (sha256 8f434346… was recorded, "),
        ("hi", {"temperature": 0.5}, "differs in: temperature (nothing was recorded, 0.5 is"),
        ("hi", {"seed": 3}, "differs in: seed (nothing was recorded, 3 is asked)"),
        ("hi", {"max_tokens": 21}, "differs in: max_tokens (20 was recorded, 21 is asked)"),
        ("hi", {"model": "other"}, "differs in: model (nothing was recorded, other is asked)"),
        ("hi", {"stop": "x"}, "differs in: stop (known as a hash only)"),
        ("hi", {"system": "be kind"}, "differs in: the number of messages (1 were recorded, 2"),
        ("hi!", {"seed": 3}, "the prompt (sha256 8f434346… was recorded"),
    ],
)
async def test_a_question_that_was_not_recorded_is_named_and_never_sent(
    connected, world, tmp_path, prompt, options, said
):
    offer = await selling(connected, world, "hello")
    await recorded(connected, tmp_path / "x.zg", "hi")
    replays.use(replays.Replay(tmp_path / "x.zg"))
    rows, requests = len(connected.store.rows()), dict(world.requests)
    with pytest.raises(BadInput, match="was not recorded") as refused:
        await connected.ask(prompt, **{**ASKED, **options})
    assert said in str(refused.value)
    assert "Nothing was sent" in str(refused.value)
    assert (len(connected.store.rows()), world.requests) == (rows, requests)
    del offer


async def test_prompts_are_in_the_file_only_where_that_was_wished(connected, world, tmp_path):
    await selling(connected, world, "hello")
    for name, wished in (("a.zg", False), ("b.zg", True)):
        await recorded(connected, tmp_path / name, "my secret question", with_prompts=wished)
        assert ("secret" in (tmp_path / name).read_text(encoding="utf-8")) is wished
    replays.use(replays.Replay(tmp_path / "b.zg"))
    with pytest.raises(BadInput, match=r"the prompt \('my secret question' was recorded\)"):
        await connected.ask("my other question", **ASKED)


async def test_what_is_asked_again_replaces_what_was_recorded(connected, nobody, world, tmp_path):
    await selling(connected, world, "one", "two")
    await recorded(connected, tmp_path / "x.zg", "hi")
    again = replays.Recording(tmp_path / "x.zg")
    assert len(again) == 1
    await recorded(connected, tmp_path / "x.zg", "hi")
    replays.use(replays.Replay(tmp_path / "x.zg"))
    assert (await nobody.ask("hi", **ASKED)).text == "two"


async def test_batches_conversations_and_reused_answers_are_recorded_too(
    connected, nobody, world, tmp_path
):
    await selling(connected, world, "hello")
    recording = replays.Recording(tmp_path / "x.zg")
    await streamed(connected, "reused", **ASKED, reuse=True)
    replays.use(recording)
    talk = [Message("user", "a"), Message("assistant", "b"), Message("user", "c")]
    assert (await streamed(connected, "reused", **ASKED, reuse=True)).reused
    await connected.ask(talk, **ASKED)
    await run(connected, ["one", "two"])
    await connected.checked()
    replays.use(None)
    assert recording.close() == 4
    replays.use(replays.Replay(tmp_path / "x.zg"))
    assert (await nobody.ask("reused", **ASKED)).text == "hello"
    assert (await nobody.ask(talk, **ASKED)).text == "hello"
    assert (await run(nobody, ["one", "two"])).values == ["hello", "hello"]


async def test_what_is_not_whole_is_not_recorded_and_said(connected, world, tmp_path):
    async def broken(writer):
        writer.write(head() + event("half"))
        await writer.drain()

    await over(connected, world, broken)
    recording = replays.Recording(tmp_path / "x.zg")
    replays.use(recording)
    with pytest.raises(ZgError):
        await streamed(connected, "hi", **ASKED)
    assert recording.close() == 0


@pytest.fixture
async def lines(connected, world, tmp_path):
    """The lines of a recording of two answers."""
    await selling(connected, world, "hello", "good bye")
    await recorded(connected, tmp_path / "x.zg", "hi", "bye")
    return [json.loads(x) for x in (tmp_path / "x.zg").read_text(encoding="utf-8").splitlines()]


def write(path, lines):
    for line in lines[1:]:
        if isinstance(line, dict):
            line["sha256"] = evidence.digest({k: v for k, v in line.items() if k != "sha256"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


async def test_a_changed_text_is_refused_whatever_the_checksum_says(lines, tmp_path):
    lines[2]["answer"]["text"] += "!"
    write(tmp_path / "y.zg", lines)
    with pytest.raises(TrustError, match=r"answer 2 does not hold \(its text is not the text that"):
        replays.Replay(tmp_path / "y.zg")


async def test_an_answer_to_another_question_is_refused(lines, nobody, tmp_path):
    lines[1]["asked"], lines[2]["asked"] = lines[2]["asked"], lines[1]["asked"]
    write(tmp_path / "y.zg", lines)
    replays.use(replays.Replay(tmp_path / "y.zg"))
    with pytest.raises(TrustError, match="its provider signed another one"):
        await nobody.ask("hi", **ASKED)


async def test_a_changed_signature_or_usage_is_refused(lines, tmp_path):
    whole = json.dumps(lines)
    for change, why in (
        (lambda a: a["verdict"].update(signature="0x" + "11" * 65), "malformed"),
        (lambda a: a["evidence"].update(signer="0x" + "1" * 40), "signed by"),
        (lambda a: a["usage"].update(completion_tokens=1), "the usage is not"),
        (lambda a: a["evidence"].update(fee="1"), "the cost is not"),
        (lambda a: a.update(evidence=None), "it cannot be read"),
        (lambda a: a["evidence"].update(body="x"), "it cannot be read"),
        (lambda a: a.pop("text"), "it cannot be read"),
    ):
        bent = json.loads(whole)
        change(bent[1]["answer"])
        write(tmp_path / "y.zg", bent)
        with pytest.raises(TrustError, match=why):
            replays.Replay(tmp_path / "y.zg")


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**6), st.sampled_from('abcXYZ019"{}, '))
def test_one_changed_character_of_the_file_is_refused(recording_text, tmp_path, place, letter):
    start = recording_text.index("\n") + 1
    place = start + place % (len(recording_text) - start)
    if recording_text[place] in (letter, "\n") or (letter == " " and recording_text[place] == ","):
        return
    if recording_text[place].isspace() or letter.isspace():
        return  # JSON has blanks where they mean nothing
    path = tmp_path / "bent.zg"
    path.write_text(recording_text[:place] + letter + recording_text[place + 1 :], "utf-8")
    with pytest.raises((TrustError, BadInput)):
        replays.Replay(path)


@pytest.fixture(scope="module")
def recording_text(tmp_path_factory):
    """A recording as a text."""
    folder = tmp_path_factory.mktemp("recording")

    async def make():
        world = Signing(folder)
        made = unchained(
            AsyncClient(
                networks.get("devnet").at("http://127.0.0.1:9"), devnet_account(0), Settings()
            )
        )
        try:
            await selling(made, world, "hello", "good bye")
            await recorded(made, folder / "x.zg", "hi", "bye")
        finally:
            await made.aclose()
            await world.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZG_HOME", str(folder))
        asyncio.run(make())
    return (folder / "x.zg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", '{"zg_jupyter_recording": 2}', '{"zg_jupyter_recording": 1}\n5']
)
def test_what_is_no_recording_is_one_sentence_and_never_written_to(tmp_path, text):
    path = tmp_path / "notes.txt"
    path.write_text(text, encoding="utf-8")
    for use in (replays.Replay, replays.Recording):
        with pytest.raises(BadInput, match="is no recording"):
            use(path)
    assert path.read_text(encoding="utf-8") == text
    with pytest.raises(BadInput, match="cannot be read"):
        replays.Replay(tmp_path / "none.zg")
    with pytest.raises(StoreError, match="cannot be written"):
        replays.Recording(tmp_path / "no" / "folder.zg")


async def test_an_empty_recording_answers_nothing(nobody, tmp_path):
    replays.Recording(tmp_path / "x.zg")
    replays.use(replays.Replay(tmp_path / "x.zg"))
    with pytest.raises(BadInput, match="was not recorded: nothing was"):
        await nobody.ask("hi", **ASKED)


async def test_a_record_that_cannot_be_written_any_more_is_said_and_the_answer_given(
    connected, world, tmp_path
):
    await selling(connected, world, "hello")
    folder = tmp_path / "gone"
    folder.mkdir()
    recording = replays.Recording(folder / "x.zg")
    replays.use(recording)
    (folder / "x.zg").unlink()
    folder.rmdir()
    answer = await streamed(connected, "hi", **ASKED)
    await answer.receipt.verdict.found()
    events = [event async for event in connected.stream("hi", **ASKED)]
    assert any(isinstance(e, Notice) and "cannot be written" in e.text for e in events)
    assert events[-1].answer.text == "hello"
    replays.use(None)
    with pytest.raises(StoreError, match="cannot be written"):
        recording.close()
