"""The torch engine on a graphics card, against what its memory and transformers allow.

Printed as "not measured" where there is no CUDA device. ``rehearse`` runs the same on the
processor with tiny sizes, to see that it runs: those figures mean nothing.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench import rivals
from tests.bench.many_streams import STREAMS, through_provider
from tests.local.asked import all_of, asking
from zg_jupyter.local import checkpoint, models
from zg_jupyter.local.torch_engine import TorchEngine

PROMPT = "Tell me a story about a cat and a lighthouse."
#: Shape of a Llama with 1.07e9 numbers. It knows nothing; speed does not depend on that.
LARGE = {"hidden": 2048, "layers": 16, "heads": 32, "kv": 8, "feed": 8192}
TINY = {"hidden": 64, "layers": 2, "heads": 4, "kv": 2, "feed": 128}

#: device, bytes -> bytes per second that a copy kernel reads and writes
_BANDWIDTH = """
import json, sys, time
import torch
device, size = json.loads(sys.argv[1])
one = torch.ones(size, dtype=torch.uint8, device=device)
two = torch.empty_like(one)
wait = torch.cuda.synchronize if device == "cuda" else lambda: None
best = 1e9
for _ in range(20):
    wait()
    started = time.perf_counter()
    two.copy_(one)
    wait()
    best = min(best, time.perf_counter() - started)
print(json.dumps(2 * size / best))
"""


def available() -> bool:
    """Whether there is a CUDA device."""
    return bool(rivals.apart("import json, torch; print(json.dumps(torch.cuda.is_available()))"))


def random_llama(folder: Path, sizes: dict[str, int], converted: Path) -> Path:
    """A Hugging Face folder of a Llama with random weights and the small model's tokenizer."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    words, hidden, feed = 49152, sizes["hidden"], sizes["feed"]
    kv = hidden // sizes["heads"] * sizes["kv"]
    said = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "num_hidden_layers": sizes["layers"],
        "num_attention_heads": sizes["heads"],
        "num_key_value_heads": sizes["kv"],
        "intermediate_size": feed,
        "vocab_size": words,
        "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")
    shapes = {"model.embed_tokens.weight": (words, hidden), "model.norm.weight": (hidden,)}
    for n in range(sizes["layers"]):
        at = f"model.layers.{n}."
        for name, size in (
            ("self_attn.q_proj", (hidden, hidden)),
            ("self_attn.k_proj", (kv, hidden)),
            ("self_attn.v_proj", (kv, hidden)),
            ("self_attn.o_proj", (hidden, hidden)),
            ("mlp.gate_proj", (feed, hidden)),
            ("mlp.up_proj", (feed, hidden)),
            ("mlp.down_proj", (hidden, feed)),
            ("input_layernorm", (hidden,)),
            ("post_attention_layernorm", (hidden,)),
        ):
            shapes[f"{at}{name}.weight"] = size
    torch.manual_seed(0)
    made = {
        name: (torch.ones(size) if len(size) == 1 else torch.randn(size) * 0.02).bfloat16()
        for name, size in shapes.items()
    }
    save_file(made, folder / "model.safetensors", metadata={"format": "pt"})
    shutil.copy(converted / "tokenizer.json", folder / "tokenizer.json")
    template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    about = {"chat_template": template, "eos_token": "<|im_end|>"}
    about["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


async def _single(engine: Any, most: int) -> tuple[float, float]:
    first, rate = float("inf"), 0.0
    for _ in range(3):
        started, begun = time.perf_counter(), 0.0
        async for piece in engine.stream(asking(PROMPT, max_tokens=most)):
            begun = begun or time.perf_counter()
            usage = piece.usage
        ended = time.perf_counter()
        first = min(first, begun - started)
        if usage.completion_tokens > 1:
            rate = max(rate, (usage.completion_tokens - 1) / (ended - begun))
    return first, rate


async def _many(engine: Any, count: int, most: int) -> float:
    started = time.perf_counter()
    answers = await asyncio.gather(
        *(all_of(engine, asking(PROMPT, max_tokens=most)) for _ in range(count))
    )
    made = sum(pieces[-1].usage.completion_tokens for pieces in answers)
    return made / (time.perf_counter() - started)


async def _model(name: str, source: str, device: str, most: int, bandwidth: float) -> None:
    engine = TorchEngine(source, device=device, parallel=1)
    await engine.start()
    try:
        first, rate = await _single(engine, most)
        limit = bandwidth / engine.about["bytes"]
    finally:
        await engine.aclose()
    print(f"{name}, {engine.about['device']} {engine.about['precision']}")
    print(
        f"  one stream: {rate:.1f} tokens/s, {rate / limit:.0%} of {limit:.0f} that memory allows"
    )
    print(f"  first token: {first * 1000:.1f} ms")
    if all(map(importlib.util.find_spec, ("transformers", "accelerate"))):
        dtype = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}
        precision = dtype[engine.about["precision"]]
        path = source if Path(source).is_dir() else str(models.ensure(source))
        _, their_first, theirs, *_ = rivals.apart(
            rivals.TRANSFORMERS, path, device, precision, most, 2, 8, [PROMPT]
        )
        print(f"  transformers generate(): {theirs:.1f} tokens/s, {their_first * 1000:.1f} ms")
        print(
            f"  ours / transformers: {rate / theirs:.2f} x; first token {first / their_first:.2f} x"
        )
    engine = TorchEngine(source, device=device, parallel=64)
    await engine.start()
    try:
        await _many(engine, 64, 4)  # what is made once is made now
        batch = await _many(engine, 64, most)
    finally:
        await engine.aclose()
    print(f"  64 at once: {batch:.1f} tokens/s, {batch / rate:.1f} x one, prompts included")


async def main(most: int, *, rehearse: bool) -> None:
    """Print what the graphics card does, or that there is none."""
    if not (rehearse or available()):
        print("graphics card: not measured: no CUDA device")
        return
    device, size = ("cpu", 1 << 24) if rehearse else ("cuda", 1 << 30)
    bandwidth = rivals.apart(_BANDWIDTH, device, size)
    print(f"copy kernel on {device}: {bandwidth / 1e9:.0f} GB/s read and written")
    small = models.ensure()
    converted = checkpoint.kept(small, small.parent)
    checkpoint.open_gguf(small, small.parent, lambda line: None)
    await _model(models.DEFAULT_MODEL, models.DEFAULT_MODEL, device, most, bandwidth)
    with tempfile.TemporaryDirectory() as folder:
        sizes = TINY if rehearse else LARGE
        large = random_llama(Path(folder) / "random-llama", sizes, converted)
        await _model(f"random Llama {sizes}", str(large), device, most, bandwidth)
    if importlib.util.find_spec("eth_tester") is None:
        print(f"{STREAMS} streams through a provider: not measured: needs the extra devnet")
        return
    rate, slowest = await through_provider("torch", models.DEFAULT_MODEL, most)
    print(f"{STREAMS} streams through a provider: {rate:.1f} tokens/s, /health {slowest:.2f} s")
