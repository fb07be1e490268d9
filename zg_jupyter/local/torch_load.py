"""From a file or folder to a loop that answers: device, precision, room, weights."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zg_jupyter import settings
from zg_jupyter.local import checkpoint, hardware, hf_torch, memory, shapes, tokens
from zg_jupyter.local.faster_step import FasterStep
from zg_jupyter.local.llama_torch import Llama
from zg_jupyter.local.torch_loop import PART, Loop

_Message = dict[str, Any]


def load(config: _Message, say: Callable[[str], None]) -> Loop:
    """Load a model as ``TorchEngine`` describes it.

    Raises
    ------
    ZgError
        When that cannot be done.
    """
    import torch

    torch.set_grad_enabled(False)
    torch.set_num_threads(config["threads"])
    path = Path(config["path"])
    chosen = hardware.choose(config["device"], config["precision"], or_cpu=config["or_cpu"])
    if path.is_dir():
        on_disk = sum(file.stat().st_size for file in path.glob("*.safetensors"))
        hardware.check_memory(on_disk, config["name"], hardware.free_memory())
        said, now = checkpoint.read_json(path / "config.json"), settings.load()
        if shapes.why_not(said) or (said.get("auto_map") and now.local_code):
            return _through_transformers(config, path, said, chosen)
        model = checkpoint.open_folder(path, pickles=now.local_pickles)
    else:
        hardware.check_memory(path.stat().st_size, config["name"], hardware.free_memory())
        exact = config["precision"] == "fp32"  # asked for, and not just the faster one here
        model = checkpoint.open_gguf(path, Path(config["models"]), say, exact=exact)
    wanted = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
    dtype, bits = wanted[chosen.precision], 4 if chosen.precision == "fp32" else 2
    limit = min(config["context_length"], model.shape.context)
    numbers = sum(weight.numel() for weight in model.weights.values())
    free = torch.cuda.mem_get_info()[0] if chosen.device == "cuda" else hardware.free_memory()
    need = memory.Need(
        numbers * bits,
        slot=(4 if chosen.device == "cpu" else bits) * limit * model.shape.cache_numbers,
        # On a CPU, the largest matrix of a layer is widened while a prompt is read.
        work=4 * model.shape.hidden * (2 * model.shape.feed_forward + PART),
        second=numbers * 2 if chosen.batch_bf16 else 0,
    )
    room = memory.room(need, config["parallel"], free, config["name"], chosen.precision)
    weights = {
        name: weight.to(chosen.device, torch.float32 if weight.ndim == 1 else dtype)
        for name, weight in model.weights.items()
    }
    about = {
        "device": chosen.device,
        "precision": chosen.precision,
        "why": chosen.why,
        "torch": importlib.metadata.version("torch"),
        "bytes": numbers * bits,
        "fewer": room.fewer,
    }
    llama = Llama(model.shape, weights, limit, batch_bf16=room.second)
    if chosen.device == "cuda":
        llama.faster = FasterStep(llama)
    return Loop(
        config["name"],
        llama,
        model.vocabulary,
        parallel=room.parallel,
        template=tokens.TEMPLATES.get(config["chat_template"], ""),
        about=about,
    )


def _through_transformers(
    config: _Message, path: Path, said: _Message, chosen: hardware.Choice
) -> Loop:
    """A model of another architecture."""
    now = settings.load()
    model, about = hf_torch.load(
        path,
        said,
        chosen,
        config["context_length"],
        asked=bool(config["precision"]),
        name=config["name"],
        pickles=now.local_pickles,
        code=now.local_code,
    )
    return Loop(
        config["name"],
        model,
        tokens.of_folder(path, said),
        parallel=config["parallel"],
        template=tokens.TEMPLATES.get(config["chat_template"], ""),
        about=about,
    )
