"""What sealing costs: one prompt and one answer, both ends."""

from __future__ import annotations

import hashlib
import json
import statistics
import time

from zg_jupyter.trust import envelope, frames, hpke, jcs, signature
from zg_jupyter.wallet.sources import from_key

SIGNER = "0x" + "ab" * 20
PROMPT_BYTES, ANSWER_BYTES, CHUNK = 10_000, 2_000, 5  # a token of an answer is about five bytes


def private_prompt(rounds: int) -> None:
    """Seal and open a prompt of 10 kB and an answer of 2 kB, in one piece and as a stream."""
    enclave = hpke.KeyPair()
    request = {
        "model": "m",
        "messages": [{"role": "user", "content": "x" * PROMPT_BYTES}],
        "max_tokens": 512,
        "stream": False,
    }
    text = "y" * ANSWER_BYTES
    whole = [_chunk(message={"role": "assistant", "content": text})]
    pieces = [text[at : at + CHUNK] for at in range(0, ANSWER_BYTES, CHUNK)]
    streamed = [_chunk(delta={"content": piece}) for piece in pieces]
    _exchange(enclave, request, whole)  # loads the packages
    times: dict[str, list[float]] = {"bare": [], "whole": [], "stream": []}
    for _ in range(rounds):
        for name, answer, work in (
            ("bare", whole, _unsealed),
            ("whole", whole, _exchange),
            ("stream", streamed, _exchange),
        ):
            started = time.perf_counter()
            work(enclave, request, answer)
            times[name].append((time.perf_counter() - started) * 1000)
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"\nA private prompt of 10 kB and its answer of 2 kB, both ends, median of {rounds}")
    print(f"  JSON alone                        {middle['bare']:7.2f} ms")
    print(f"  sealed and opened, in one piece   {middle['whole']:7.2f} ms   (goal: 3 ms)")
    per_frame = middle["stream"] / len(streamed)
    print(
        f"  as a stream of {len(streamed)} pieces          {middle['stream']:7.2f} ms   "
        f"{per_frame:.3f} ms a piece"
    )


def signature_check(rounds: int) -> None:
    """The processor's time for judging one signature."""
    wallet = from_key("11" * 32)
    digests = [hashlib.sha256(body).hexdigest() for body in (b"q" * 1000, b"a" * ANSWER_BYTES)]
    text = signature.digest_text(*digests)
    record = signature.SignedText(text, "0x" + wallet.sign_message(text.encode()).hex())

    def judge() -> None:
        found = signature.check(
            record,
            request_sha256=digests[0],
            response_sha256=digests[1],
            signer=wallet.address,
            development=False,
        )
        assert found.status == "verified"

    judge()  # loads the packages
    started = time.process_time()
    for _ in range(rounds):
        judge()
    took = (time.process_time() - started) * 1000 / rounds
    print(f"\nOne signature judged: {took:.2f} ms of processor time (goal: 1 ms)")


def _chunk(**choice: object) -> dict[str, object]:
    return {
        "id": "chatcmpl-00000000-0000-0000-0000-000000000000",
        "object": "chat.completion",
        "created": 1767225600,
        "model": "m",
        "choices": [{"index": 0, **choice, "finish_reason": None}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }


def _unsealed(_: hpke.KeyPair, request: dict[str, object], answer: list[dict[str, object]]) -> None:
    json.loads(json.dumps(request))
    for fields in answer:
        json.loads(json.dumps(fields))


def _exchange(
    enclave: hpke.KeyPair, request: dict[str, object], answer: list[dict[str, object]]
) -> None:
    sent = envelope.seal(request, enclave.public, SIGNER)
    got = envelope.open_request(jcs.strict(sent.body), enclave, SIGNER)
    sealer = frames.FrameSealer(got.reply_to, got.binding)
    opener = frames.FrameOpener(sent.reply, sent.binding)
    for number, fields in enumerate(answer, 1):
        frame = json.dumps(sealer.seal(fields, final=number == len(answer)))
        opener.open(frame)
    streamed = len(answer) > 1
    assert opener.signed_text(streamed=streamed) == sealer.signed_text(streamed=streamed)
