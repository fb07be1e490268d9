"""A model on disk as the torch engine takes it: from a GGUF file, or from a Hugging Face folder.

A GGUF file is converted once: 16-bit safetensors, a tokenizer.json and a model.json in a folder
of their own, which later loads map into memory within milliseconds. Weights that are used
together lie together (``qkv``, ``gate_up``).
"""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import ModelError
from zg_jupyter.local import fetch, gguf, shapes, tokens, weights_on_disk
from zg_jupyter.local.shapes import Shape

if TYPE_CHECKING:
    from torch import Tensor

_VERSION = 1  # of what is kept; another one is converted again
_CONVERT_SECONDS = 3600.0
_LARGEST_HALF = 65504.0

#: Our name -> name in a GGUF file, name in a folder; joined ones in order.
_NAMES: dict[str, tuple[str, str]] = {
    "embed": ("token_embd", "model.embed_tokens"),
    "norm": ("output_norm", "model.norm"),
    "head": ("output", "lm_head"),
    "norm1": ("blk.{i}.attn_norm", "model.layers.{i}.input_layernorm"),
    "q": ("blk.{i}.attn_q", "model.layers.{i}.self_attn.q_proj"),
    "k": ("blk.{i}.attn_k", "model.layers.{i}.self_attn.k_proj"),
    "v": ("blk.{i}.attn_v", "model.layers.{i}.self_attn.v_proj"),
    "q_norm": ("blk.{i}.attn_q_norm", "model.layers.{i}.self_attn.q_norm"),
    "k_norm": ("blk.{i}.attn_k_norm", "model.layers.{i}.self_attn.k_norm"),
    "out": ("blk.{i}.attn_output", "model.layers.{i}.self_attn.o_proj"),
    "norm2": ("blk.{i}.ffn_norm", "model.layers.{i}.post_attention_layernorm"),
    "gate": ("blk.{i}.ffn_gate", "model.layers.{i}.mlp.gate_proj"),
    "up": ("blk.{i}.ffn_up", "model.layers.{i}.mlp.up_proj"),
    "down": ("blk.{i}.ffn_down", "model.layers.{i}.mlp.down_proj"),
}

#: Gives a tensor of the file by its full name, or nothing.
_Take = Callable[[str], "Tensor | None"]


@dataclass(frozen=True)
class Model:
    """Everything of a model but the device it runs on."""

    shape: Shape
    weights: dict[str, Tensor]
    vocabulary: tokens.Vocabulary


def kept(path: Path, models_folder: Path) -> Path:
    """Where the converted form of a GGUF file is, or will be."""
    stat = path.stat()
    said = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{_VERSION}"
    key = hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return models_folder / f"{path.stem[:80]}-{key}.torch"


def _all_kept(path: Path, models_folder: Path) -> list[Path]:
    """Converted forms of a file, also of other states of it."""
    own = re.compile(re.escape(path.stem[:80]) + r"-[0-9a-f]{12}\.torch")
    here = models_folder.iterdir() if models_folder.is_dir() else ()
    return [folder for folder in here if own.fullmatch(folder.name)]


def kept_size(path: Path, models_folder: Path) -> int:
    """Bytes on the disk of what was made of a GGUF file."""
    found = [file for folder in _all_kept(path, models_folder) for file in folder.iterdir()]
    return sum(file.stat().st_size for file in found)


def forget(path: Path, models_folder: Path) -> int:
    """Remove what was made of a GGUF file, which itself stays; gives the bytes.

    Raises
    ------
    ModelError
        When the disk does not let go of it.
    """
    size = kept_size(path, models_folder)
    try:
        for folder in _all_kept(path, models_folder):
            shutil.rmtree(folder)
    except OSError as error:
        raise fetch.not_removed(error, path.name) from None
    return size


def open_gguf(
    path: Path, models_folder: Path, say: Callable[[str], None], *, exact: bool = False
) -> Model:
    """A model from a GGUF file, converted first where that was not done yet.

    Parameters
    ----------
    path:
        The file.
    models_folder:
        Where converted models are kept.
    say:
        Gets a line when the file is converted.
    exact:
        Take the weights as the file has them, not rounded to 16 bits; nothing is kept then, and
        every load converts.

    Raises
    ------
    ModelError
        For a damaged file, another architecture or tokenizer, or a full disk.
    """
    if exact:
        say(f"Reading {path.name} with 32-bit weights.")
        return Model(*_of_file(path, half=False))
    folder = kept(path, models_folder)
    if not (folder / "model.json").is_file():
        deadline = time.monotonic() + _CONVERT_SECONDS
        try:
            models_folder.mkdir(parents=True, exist_ok=True)
            with fetch.only_one(folder, say, deadline, None):
                if not (folder / "model.json").is_file():
                    say(f"Converting {path.name} for torch, once.")
                    _convert(path, folder)
        except OSError as error:
            raise fetch.disk_error(error, models_folder, 4 * path.stat().st_size) from None
    try:
        return _open_kept(folder)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it can be made again
        shutil.rmtree(folder, ignore_errors=True)
        _convert(path, folder)
        return _open_kept(folder)


def _open_kept(folder: Path) -> Model:
    from safetensors.torch import load_file

    said = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    shape = Shape.from_json(said["shape"])
    weights = load_file(folder / "model.safetensors")
    _check(shape, weights)
    vocabulary = tokens.Vocabulary.of_file(folder / "tokenizer.json", said["vocabulary"])
    return Model(shape, weights, vocabulary)


def _convert(path: Path, folder: Path) -> None:
    from safetensors.torch import save_file

    shape, weights, vocabulary = _of_file(path, half=True)
    needed = sum(weight.nbytes for weight in weights.values()) + (64 << 20)
    for stale in folder.parent.glob(f"{folder.name}-*.part"):  # left by a killed process
        shutil.rmtree(stale, ignore_errors=True)
    if shutil.disk_usage(folder.parent).free < needed:
        raise fetch.no_space(folder.parent, needed)
    with fetch.work_folder(folder.parent, folder.name) as work:
        made = work / "made"
        made.mkdir()
        save_file(weights, made / "model.safetensors")
        vocabulary.save(made / "tokenizer.json")
        said = {"shape": shape.as_json(), "vocabulary": vocabulary.as_json(), "of": str(path)}
        (made / "model.json").write_text(json.dumps(said), encoding="utf-8")
        made.replace(folder)  # in one step: half a model never stands there


def _of_file(path: Path, *, half: bool) -> tuple[Shape, dict[str, Tensor], tokens.Vocabulary]:
    file = gguf.read(path)
    vocabulary = tokens.of_gguf(file.metadata)
    shape = shapes.of_gguf(file.metadata, vocabulary.size)
    take = _of_gguf(file, shape)
    weights = _assemble(shape, 0, take, half=half)
    if (stretched := take("rope_freqs.weight")) is not None:
        weights["rope_factors"] = stretched
    return shape, weights, vocabulary


def _of_gguf(file: gguf.File, shape: Shape) -> _Take:
    import torch

    def take(name: str) -> Tensor | None:
        tensor = file.tensors.get(name)
        if tensor is None:
            return None
        weight = torch.from_numpy(tensor.floats())
        for part, heads in (("attn_q.", shape.heads), ("attn_k.", shape.kv_heads)):
            if shape.interleaved and part in name and weight.shape[0] % (2 * heads) == 0:
                # Back to halves that lie behind each other, as the code here turns them.
                split = weight.view(heads, weight.shape[0] // heads // 2, 2, *weight.shape[1:])
                weight = split.transpose(1, 2).reshape(weight.shape)
        return weight

    return take


def open_folder(folder: Path, *, pickles: bool = False) -> Model:
    """A model from a Hugging Face folder: config.json, safetensors, tokenizer.json.

    Weights that are stored as they are wanted stay mapped: nothing is read before it is used.

    Parameters
    ----------
    folder:
        Where.
    pickles:
        Whether weights may be pickles; they are read with ``weights_only``, which runs no code.

    Raises
    ------
    ModelError
        For weights that are pickles, code of the model's own, another architecture, or files
        that are missing or damaged.
    """
    config = read_json(folder / "config.json")
    shape = shapes.of_folder(config)
    files = weights_on_disk.files(folder, pickles=pickles)
    vocabulary = tokens.of_folder(folder, config)
    from safetensors import SafetensorError

    try:
        take = weights_on_disk.opened(files)
        weights = _assemble(shape, 1, take, half=False)
        if config.get("tie_word_embeddings", False):
            weights.pop("head", None)
    except (SafetensorError, OSError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ModelError(
            f"The weights in {folder} are damaged ({str(error)[:100]}).",
            next_step="Fetch them once more.",
        ) from None
    return Model(shape, weights, vocabulary)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a model folder.

    Raises
    ------
    ModelError
        When it is not there, or not one.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"There is no {path.name} in {path.parent}.") from None
    except (OSError, ValueError):
        said = None
    if not isinstance(said, dict):
        raise ModelError(f"{path} is damaged.", next_step="Fetch it once more.")
    return said


def _assemble(shape: Shape, source: int, take: _Take, *, half: bool) -> dict[str, Tensor]:
    """Weights under our names, joined, checked, and in 16 bits where that is wanted."""
    import torch

    def one(name: str, i: int, part: str = "weight") -> Tensor | None:
        return take(f"{_NAMES[name][source].format(i=i)}.{part}")

    def joined(names: tuple[str, ...], i: int) -> Tensor:
        found = [one(name, i) for name in names]
        if any(weight is None for weight in found):
            raise ModelError(f"The model lacks weights of layer {i}.", next_step="Fetch it again.")
        return narrowed(torch.cat(found) if len(found) > 1 else found[0])

    def narrowed(weight: Any) -> Tensor:
        if not half:
            return weight
        if weight.numel() and not weight.abs().max() <= _LARGEST_HALF:
            raise ModelError("The model has weights that do not fit 16 bits, or are no numbers.")
        return weight.half().contiguous()

    weights: dict[str, Tensor] = {"embed": joined(("embed",), 0)}
    if (head := one("head", 0)) is not None:
        weights["head"] = narrowed(head)
    for name, i in [("norm", 0), *((n, i) for i in range(shape.layers) for n in _LAYER_NORMS)]:
        if (norm := one(name, i)) is None:
            raise ModelError(f"The model lacks weights of layer {i}.", next_step="Fetch it again.")
        weights[name if name == "norm" else f"{i}.{name}"] = norm.float().contiguous()
    for i in range(shape.layers):
        weights[f"{i}.qkv"] = joined(("q", "k", "v"), i)
        weights[f"{i}.gate_up"] = joined(("gate", "up"), i)
        for name in ("out", "down"):
            weights[f"{i}.{name}"] = joined((name,), i)
        for name, parts in (("qkv_bias", ("q", "k", "v")), ("out_bias", ("out",))):
            biases = [one(part, i, "bias") for part in parts]
            there = [bias.float() for bias in biases if bias is not None]
            if len(there) == len(parts):
                weights[f"{i}.{name}"] = torch.cat(there)
        if shape.qk_norm:
            norms = [one(name, i) for name in ("q_norm", "k_norm")]
            each = zip(norms, (shape.heads, shape.kv_heads), strict=True)
            # One row for each head, so that queries and keys are normed together.
            made = [norm.float().repeat(heads) for norm, heads in each if norm is not None]
            weights[f"{i}.qk_norm"] = torch.cat(made) if made else torch.empty(0)
    _check(shape, weights)
    return weights


_LAYER_NORMS = ("norm1", "norm2")


def _check(shape: Shape, weights: dict[str, Tensor]) -> None:
    for name, size in _sizes(shape):
        if name not in weights or tuple(weights[name].shape) != size:
            raise ModelError(
                f"The model's weights do not have the sizes that it describes ({name}).",
                next_step="Fetch it once more, or choose another model.",
            )


def _sizes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    attention = shape.heads * shape.head_size
    yield "embed", (shape.vocabulary, shape.hidden)
    yield "norm", (shape.hidden,)
    for i in range(shape.layers):
        both = attention + 2 * shape.kv_heads * shape.head_size
        yield f"{i}.qkv", (both, shape.hidden)
        yield f"{i}.out", (shape.hidden, attention)
        yield f"{i}.gate_up", (2 * shape.feed_forward, shape.hidden)
        yield f"{i}.down", (shape.hidden, shape.feed_forward)
        yield f"{i}.norm1", (shape.hidden,)
        yield f"{i}.norm2", (shape.hidden,)
        if shape.qk_norm:
            yield f"{i}.qk_norm", ((shape.heads + shape.kv_heads) * shape.head_size,)
