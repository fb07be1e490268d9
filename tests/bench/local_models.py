"""``python -m tests.bench.local_models``: the torch engine beside what else runs the same file.

Each of them answers the same prompts, greedily and up to the same length, one after the other on
the same machine, in rounds, of which the best counts: other programs only ever make it slower.
What is not installed (transformers with accelerate, xllamacpp) is left out. Memory is the most
that the model's process ever held. Goals are printed with what came of them, and never asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import statistics
import time
from dataclasses import dataclass
from typing import Any

from tests.bench import graphics, rivals
from tests.bench.many_streams import STREAMS, through_provider
from tests.local.asked import all_of, asking
from zg_jupyter.local import llama_wire, models
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.torch_engine import TorchEngine
from zg_jupyter.local.worker import usable_threads

PROMPTS = (
    "Tell me a story about a cat and a lighthouse.",
    "Explain how plants make sugar from light.",
    "Write a letter to a friend about the sea.",
    "How is bread made? Explain every step.",
)


@dataclass
class Seen:
    """What one way of running the model did; seconds, tokens a second, bytes."""

    first: float
    rate: float
    texts: list[str]
    together: float = 0.0  # 8 answers at once against one


def _row(what: str, first: float, rate: float, memory: int = 0, note: str = "") -> None:
    held = f"{memory / 1e6:6.0f} MB" if memory else " " * 9
    begun = f"{first * 1000:9.0f} ms" if first else " " * 12
    print(f"{what:<34} {begun} {rate:9.1f} tok/s {held}  {note}", flush=True)


def _goal(what: str, measured: float, wanted: float, *, least: bool = True) -> None:
    met = measured >= wanted if least else measured <= wanted
    bound = "at least" if least else "at most"
    print(f"  {what}: {measured:.2f} x ({bound} {wanted:g}): {'met' if met else 'MISSED'}")


async def _one_by_one(engine: Any, most: int, rounds: int) -> tuple[float, float, list[str]]:
    """Best time to the first token, best rate after it, and the answers."""
    best_first, best_rate, texts = float("inf"), 0.0, []
    for _ in range(rounds):
        texts = []
        for prompt in PROMPTS:
            started = time.perf_counter()
            first, text = 0.0, ""
            async for piece in engine.stream(asking(prompt, max_tokens=most)):
                first = first or time.perf_counter() - started
                text += piece.text
                usage = piece.usage
            took = time.perf_counter() - started
            best_first = min(best_first, first)
            best_rate = max(best_rate, (usage.completion_tokens - 1) / (took - first))
            texts.append(text)
    return best_first, best_rate, texts


async def _together(engine: Any, many: int, most: int, rounds: int) -> float:
    """Best rate of several answers at once, reading their prompts included."""
    best = 0.0
    for _ in range(rounds):
        started = time.perf_counter()
        asked = [asking(PROMPTS[n % len(PROMPTS)], max_tokens=most) for n in range(many)]
        answers = await asyncio.gather(*(all_of(engine, request) for request in asked))
        made = sum(pieces[-1].usage.completion_tokens for pieces in answers)
        best = max(best, made / (time.perf_counter() - started))
    return best


async def _engine(name: str, engine: Any, most: int, rounds: int) -> Seen:
    started = time.perf_counter()
    await engine.start()
    started = time.perf_counter() - started
    try:
        seen = Seen(*await _one_by_one(engine, most, rounds))
        alone = await _together(engine, 1, most, rounds)
        memory = rivals.peak_memory(engine.pid)
        _row(name, seen.first, seen.rate, memory, f"start {started:.1f} s")
        many = await _together(engine, 8, most, rounds)
        seen.together = many / alone
        memory = rivals.peak_memory(engine.pid)
        _row(f"{name}, 8 at once", 0, many, memory, f"{seen.together:.1f} x one, prompts included")
        return seen
    finally:
        await engine.aclose()


async def _ours(engine: Any, request: Any) -> float:
    begun = 0.0
    async for piece in engine.stream(request):
        begun, last = begun or time.perf_counter(), time.perf_counter()
        usage = piece.usage
    return (usage.completion_tokens - 1) / (last - begun)


async def _beside_direct(threads: int, most: int, rounds: int) -> float:
    """Our engine's best rate over that of its own llama.cpp server without it."""
    engine = LlamaCppEngine(threads=threads)
    await engine.start()
    mine, theirs, first = [], [], float("inf")
    try:
        url, headers = str(engine._client.base_url), engine._client.headers
        key = headers["Authorization"].removeprefix("Bearer ")
        for number in range(8 * rounds):
            request = asking(PROMPTS[number % len(PROMPTS)], max_tokens=most)
            body = llama_wire.body(request)
            # In turns, and in the other order each time: noise falls on both alike.
            if number % 2:
                mine.append(await _ours(engine, request))
            one, rate = await asyncio.to_thread(rivals.straight, url, key, body)
            first, theirs = min(first, one), [*theirs, rate]
            if not number % 2:
                mine.append(await _ours(engine, request))
        memory = rivals.peak_memory(engine.pid)
    finally:
        await engine.aclose()
    paired = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    note = f"our engine beside it: {max(mine):.1f} tok/s; median of pairs {paired:.2f} x"
    _row("xllamacpp's server directly", first, max(theirs), memory, note)
    return max(mine) / max(theirs)


def _same(texts: list[str], others: list[str]) -> str:
    equal = sum(a.strip() == b.strip() for a, b in zip(texts, others, strict=True))
    return f"{equal} of {len(texts)} answers the same"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=64, help="tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=usable_threads())
    parser.add_argument("--rehearse", action="store_true", help="the GPU part, on the processor")
    parser.add_argument("--only-graphics", action="store_true", help="nothing but the GPU part")
    chosen = parser.parse_args()
    if not chosen.only_graphics:
        await processor(chosen.most, chosen.rounds, chosen.threads)
    await graphics.main(chosen.most, rehearse=chosen.rehearse)


async def processor(most: int, rounds: int, threads: int) -> None:
    """Everything that runs on any machine."""
    path = models.ensure(progress=print)
    print(f"{models.DEFAULT_MODEL}, {threads} threads, {most} tokens, best of {rounds} rounds")
    print(f"{'':<34} {'first token':>12} {'decode':>15} {'memory':>9}")
    wide = TorchEngine(threads=threads, precision="fp32", device="cpu")
    exact = await _engine("torch engine, fp32", wide, most, rounds)
    fast = TorchEngine(threads=threads, device="cpu")
    best = await _engine("torch engine, as chosen", fast, most, rounds)
    print(f"  chosen: {fast.about}; {_same(best.texts, exact.texts)} as fp32")
    beside = None
    if importlib.util.find_spec("xllamacpp") is not None:
        engine = LlamaCppEngine(threads=threads, parallel=8)
        other = await _engine("llama.cpp engine", engine, most, rounds)
        print(f"  {_same(other.texts, exact.texts)} as torch fp32 (it computes with 4-bit weights)")
        beside = await _beside_direct(threads, most, rounds)
    again = rivals.apart(rivals.SECOND_LOAD, str(path), str(path.parent))
    print(f"second load of the torch engine's own form: {again:.2f} s")
    print("goals")
    _goal("torch engine, 8 at once / one", best.together, 2.5)
    if beside is not None:
        _goal("llama.cpp engine / its server directly", beside, 0.95)
    if all(map(importlib.util.find_spec, ("transformers", "accelerate"))):
        arguments = (str(path), "cpu", "float32", most, rounds, threads, PROMPTS)
        loaded, first, rate, texts, memory = rivals.apart(rivals.TRANSFORMERS, *arguments)
        _row("transformers generate(), fp32", first, rate, memory, f"gguf_file {loaded:.1f} s")
        print(f"  {_same(exact.texts, texts)} as the torch engine in fp32")
        _goal("torch engine as chosen / transformers fp32, decode", best.rate / rate, 2.0)
        _goal("the same, time to first token", best.first / first, 1.0, least=False)
        _goal("gguf_file load / second load", loaded / again, 8.0)
    else:
        print("  transformers: not measured: not installed")
    if importlib.util.find_spec("eth_tester") is None:
        print(f"{STREAMS} streams through a provider: not measured: needs the extra devnet")
        return
    for name in ("llamacpp", "torch"):
        rate, slowest = await through_provider(name, models.DEFAULT_MODEL, 32)
        said = f"{rate:.1f} tokens/s, /health answered in {slowest:.2f} s at most"
        print(f"{STREAMS} streams through a provider, {name}: {said}")


if __name__ == "__main__":
    asyncio.run(main())
