"""Models of every other architecture, computed by transformers where that is installed.

Answers have a cache of their own each and take their steps one after the other: slower than
:mod:`zg_jupyter.local.llama_torch`, and good for whatever transformers knows.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import ModelError
from zg_jupyter.local import hardware, weights_on_disk

if TYPE_CHECKING:
    from torch import Tensor

#: What transformers calls a context, newest name first.
_CACHE_NAMES = ("cache", "past_key_values", "cache_params")
_INSTALL = 'Run: pip install "transformers>=5"'


def installed() -> bool:
    """Whether transformers is here."""
    return hardware.installed("transformers")


def check_code(config: Mapping[str, Any], name: str, *, code: bool) -> None:
    """Refuse a model that brings code of its own, unless that was asked for.

    Raises
    ------
    ModelError
        In one sentence.
    """
    if config.get("auto_map") and not code:
        raise ModelError(
            f"{name} needs code of its own to run, and code from a model is run only when you "
            "ask for it.",
            next_step="Choose another model, or, if you trust its authors: %zg set local_code on",
        )


def check(config: Mapping[str, Any], name: str, *, code: bool) -> None:
    """Refuse what transformers cannot run here, before its weights are looked at.

    Raises
    ------
    ModelError
        Without transformers, or for a model that writes no text.
    """
    check_code(config, name, code=code)
    family = str(config.get("model_type"))[:60]
    if config.get("quantization_config"):
        raise ModelError(
            f"The weights of {name} are quantized in a way that cannot be read here.",
            next_step="Take the original weights, or a .gguf file.",
        )
    if not installed():
        raise ModelError(
            f"{name} is a {family!r} model, and only Llama, Mistral and Qwen models run without "
            "transformers, which is not installed.",
            next_step=_INSTALL,
        )
    if config.get("auto_map"):
        return  # its own code says what it is
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    version = importlib.metadata.version("transformers")
    if family not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{name} is a {family!r} model, which transformers {version} does not run as a model "
            "that writes text.",
            next_step="Choose another model, or a newer transformers.",
        )


class Memory:
    """One context; ``tokens`` are those that are in it."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.cache: Any = None

    def keep(self, tokens: int) -> None:
        """Forget all but the first tokens; where a cache cannot be cut, everything."""
        if tokens == len(self.tokens):
            return
        with contextlib.suppress(Exception):  # whichever kind of cache it is
            if tokens and self.cache is not None:
                self.cache.crop(tokens)
                if self.cache.get_seq_length() == tokens:
                    del self.tokens[tokens:]
                    return
        self.clear()

    def clear(self) -> None:
        """Forget everything and give the memory back."""
        self.tokens, self.cache = [], None


class Transformer:
    """One loaded model, with the same calls as :class:`zg_jupyter.local.llama_torch.Llama`.

    Parameters
    ----------
    model:
        What transformers loaded.
    limit:
        Most tokens of a context.
    """

    def __init__(self, model: Any, limit: int) -> None:
        self.limit = limit
        self.faster: None = None  # no quicker way of one step is known for other people's code
        self._model = model
        takes = inspect.signature(model.forward).parameters
        known = [name for name in _CACHE_NAMES if name in takes]
        if not known:
            raise ModelError(
                f"{type(model).__name__} keeps its context in a way that is not known here.",
                next_step="Choose another model.",
            )
        self._cache = known[0]
        self._last_only = {"logits_to_keep": 1} if "logits_to_keep" in takes else {}

    @property
    def width(self) -> int:
        """Numbers in a row of logits."""
        return len(self._model.get_output_embeddings().weight)

    def memory(self) -> Memory:
        """An empty context."""
        return Memory()

    def read(self, memory: Memory, tokens: Sequence[int], *, last: bool = True) -> Tensor | None:
        """Put tokens behind those in a context; gives one row of logits, when it is wanted."""
        import torch

        with torch.inference_mode():
            said = self._model(
                input_ids=torch.tensor([list(tokens)], device=self._model.device),
                use_cache=True,
                **({} if memory.cache is None else {self._cache: memory.cache}),
                **self._last_only,
            )
        memory.cache = next(said[name] for name in _CACHE_NAMES if said.get(name) is not None)
        memory.tokens.extend(tokens)
        return said.logits[:, -1].float().clone() if last else None

    def step(self, memories: Sequence[Memory], tokens: Sequence[int]) -> Tensor:
        """One token for each of several contexts; gives one row of logits for each."""
        import torch

        rows = [self.read(memory, [token]) for memory, token in zip(memories, tokens, strict=True)]
        return torch.cat([row for row in rows if row is not None])


def load(
    folder: Path,
    config: Mapping[str, Any],
    chosen: hardware.Choice,
    limit: int,
    *,
    asked: bool,
    name: str,
    pickles: bool,
    code: bool,
) -> tuple[Transformer, dict[str, Any]]:
    """Load a folder, and what there is to say about it.

    Parameters
    ----------
    folder, config:
        The model and its ``config.json``.
    chosen:
        Device and precision.
    limit:
        Most tokens of a context that are wanted.
    asked:
        Whether a person asked for that precision.
    name:
        For people.
    pickles, code:
        As the settings ``local_pickles`` and ``local_code``.

    Raises
    ------
    ModelError
        When that cannot be done.
    """
    check(config, name, code=code)
    files = weights_on_disk.files(folder, pickles=pickles)
    precision, why = chosen.precision, chosen.why
    if chosen.device == "cpu" and not asked:
        precision, why = "fp32", "transformers computes in the precision of the weights"
    import torch
    from transformers import AutoModelForCausalLM

    wanted = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
    stored = 4 if "32" in str(config.get("dtype") or config.get("torch_dtype") or "float32") else 2
    bytes_each = 4 if precision == "fp32" else 2
    needed = sum(file.stat().st_size for file in files) * bytes_each // stored
    on_card = chosen.device == "cuda"
    free = torch.cuda.mem_get_info()[0] if on_card else hardware.free_memory()
    hardware.check_memory(needed, name, free)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=wanted[precision],
            local_files_only=True,  # also for code: nothing comes over the network here
            trust_remote_code=code,
            use_safetensors=files[0].suffix == ".safetensors",
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, people get one sentence
        raise ModelError(
            f"transformers could not load {name} ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]})."
        ) from None
    model = model.to(chosen.device).eval()
    text = model.config.get_text_config()
    longest = getattr(text, "max_position_embeddings", None) or limit
    about = {
        "device": chosen.device,
        "precision": precision,
        "why": why,
        "torch": importlib.metadata.version("torch"),
        "transformers": importlib.metadata.version("transformers"),
        "bytes": sum(weight.nbytes for weight in model.parameters()),
    }
    return Transformer(model, min(limit, int(longest))), about
