"""``python -m tests.bench.local_models``: the torch engine beside what else runs the same file.

Each of them answers the same prompts, greedily and up to the same length, one after the other on
the same machine, in rounds, of which the best counts: other programs only ever make it slower.
What is not installed (transformers with accelerate, xllamacpp) is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.local.asked import all_of, asking
from zg_jupyter.local import models
from zg_jupyter.local.llamacpp import LlamaCppEngine
from zg_jupyter.local.torch_engine import TorchEngine
from zg_jupyter.local.worker import usable_threads

PROMPTS = (
    "Tell me a story about a cat and a lighthouse.",
    "Explain how plants make sugar from light.",
    "Write a letter to a friend about the sea.",
    "How is bread made? Explain every step.",
)


def _row(what: str, first: float, rate: float, note: str = "") -> None:
    print(f"{what:<44} {first * 1000:9.0f} ms {rate:9.1f} tok/s  {note}", flush=True)


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


async def _engine(name: str, engine: Any, most: int, rounds: int) -> list[str]:
    started = time.perf_counter()
    await engine.start()
    started = time.perf_counter() - started
    try:
        first, rate, texts = await _one_by_one(engine, most, rounds)
        _row(name, first, rate, f"start {started:.1f} s")
        alone = await _together(engine, 1, most, rounds)
        many = await _together(engine, 8, most, rounds)
        _row(f"{name}, 8 at once", 0, many, f"{many / alone:.1f} times one, prompts included")
        return texts
    finally:
        await engine.aclose()


#: Run in a fresh interpreter: prints one line of JSON.
_TRANSFORMERS = """
import json, sys, time
import torch
from pathlib import Path
path, most, rounds, threads, prompts = json.loads(sys.argv[1])
torch.set_num_threads(threads)
from transformers import AutoModelForCausalLM, AutoTokenizer
path = Path(path)
started = time.perf_counter()
tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype="float32")
loaded = time.perf_counter() - started
best_first, best_rate = 1e9, 0
class Clock:
    def put(self, ids): self.times.append(time.perf_counter())
    def end(self): pass
for _ in range(rounds):
    texts = []
    for prompt in prompts:
        said = f"<|im_start|>user\\n{prompt}<|im_end|>\\n<|im_start|>assistant\\n"
        ids = tokenizer(said, add_special_tokens=False, return_tensors="pt")
        clock, started = Clock(), time.perf_counter()
        clock.times = []
        with torch.no_grad():
            made = model.generate(**ids, do_sample=False, max_new_tokens=most, streamer=clock,
                                  eos_token_id=2, pad_token_id=2)
        answer = made[0, ids["input_ids"].shape[1]:]
        first, last = clock.times[1], clock.times[-1]  # the prompt itself comes first
        best_first = min(best_first, first - started)
        best_rate = max(best_rate, (len(answer) - 1) / (last - first))
        texts.append(tokenizer.decode(answer, skip_special_tokens=True))
print(json.dumps([loaded, best_first, best_rate, texts]))
"""
_SECOND_LOAD = """
import json, sys, time
import torch
from pathlib import Path
from zg_jupyter.local import checkpoint
path, folder = json.loads(sys.argv[1])
checkpoint.open_gguf(Path(path), Path(folder), lambda line: None)
started = time.perf_counter()
checkpoint.open_gguf(Path(path), Path(folder), lambda line: None)
print(json.dumps(time.perf_counter() - started))
"""


def _apart(script: str, *arguments: Any) -> Any:
    command = [sys.executable, "-W", "ignore", "-c", script, json.dumps(arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1800)
    return json.loads(ran.stdout.splitlines()[-1])


def _same(texts: list[str], others: list[str]) -> str:
    equal = sum(a.strip() == b.strip() for a, b in zip(texts, others, strict=True))
    return f"{equal} of {len(texts)} answers the same"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=64, help="tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=usable_threads())
    chosen = parser.parse_args()
    most, rounds, threads = chosen.most, chosen.rounds, chosen.threads
    path = models.ensure(progress=print)
    print(f"{models.DEFAULT_MODEL}, {threads} threads, {most} tokens, best of {rounds} rounds")
    print(f"{'':<44} {'first token':>12} {'decode':>15}")
    name: Callable[[str], str] = "torch engine, {}".format
    exact = await _engine(
        name("fp32"), TorchEngine(threads=threads, precision="fp32"), most, rounds
    )
    fast = TorchEngine(threads=threads)
    texts = await _engine(name("as chosen"), fast, most, rounds)
    print(f"  chosen: {fast.about}; {_same(texts, exact)} as fp32")
    if importlib.util.find_spec("xllamacpp") is not None:
        await _engine("llama.cpp engine", LlamaCppEngine(threads=threads, parallel=8), most, rounds)
    again = _apart(_SECOND_LOAD, str(path), str(path.parent))
    print(f"second load of the torch engine's own form: {again:.2f} s")
    if all(map(importlib.util.find_spec, ("transformers", "accelerate"))):
        loaded, first, rate, others = _apart(
            _TRANSFORMERS, str(path), most, rounds, threads, PROMPTS
        )
        _row("transformers generate(), fp32", first, rate, f"gguf_file load {loaded:.1f} s")
        print(f"  {_same(exact, others)} as the torch engine in fp32")


if __name__ == "__main__":
    asyncio.run(main())
