"""What a Llama-shaped model looks like, as its file or folder says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from zg_jupyter.errors import ModelError

GGUF_FAMILIES = ("llama", "qwen2", "qwen3")
_FOLDER_FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
_ROPE_KINDS = ("default", "linear", "llama3")


@dataclass(frozen=True)
class Shape:
    """Sizes and constants of one model.

    ``rope_llama3`` holds factor, low and high frequency factor and the original context of
    Llama 3's stretched positions; ``rope_factor`` divides all positions. ``qk_norm``: queries and
    keys are normed, head by head.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int
    vocabulary: int
    context: int
    epsilon: float
    rope_base: float
    rope_factor: float = 1.0
    rope_llama3: tuple[float, float, float, float] | None = None
    interleaved: bool = False
    qk_norm: bool = False

    def __post_init__(self) -> None:
        sizes = [self.layers, self.hidden, self.heads, self.kv_heads, self.head_size]
        sizes += [self.feed_forward, self.vocabulary, self.context]
        numbers = (self.epsilon, self.rope_base, self.rope_factor)
        if (
            not all(isinstance(size, int) and 0 < size < 1 << 24 for size in sizes)
            or not all(0 < number < 1e12 for number in numbers)
            or self.heads % self.kv_heads
            or self.head_size % 2
        ):
            raise ModelError(
                "The model describes itself with numbers that do not fit together.",
                next_step="Fetch it once more, or choose another model.",
            )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Shape:
        """What :meth:`as_json` gave."""
        llama3 = said.get("rope_llama3")
        return cls(**{**said, "rope_llama3": tuple(llama3) if llama3 else None})

    @property
    def cache_numbers(self) -> int:
        """Numbers that are kept for each token of a context."""
        return 2 * self.layers * self.kv_heads * self.head_size


def of_gguf(metadata: Mapping[str, Any], vocabulary: int) -> Shape:
    """The shape that a GGUF file describes.

    Raises
    ------
    ModelError
        For another architecture, or numbers that are missing or cannot be.
    """
    family = metadata.get("general.architecture")
    if family not in GGUF_FAMILIES:
        raise _unknown(family, "the llama.cpp engine (%zg set local_engine llamacpp)")

    def said(name: str, otherwise: Any = None) -> Any:
        value = metadata.get(f"{family}.{name}", otherwise)
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ModelError(f"The model file does not say its {name}.")
        return value

    scaling = said("rope.scaling.type", "none")
    if scaling not in ("none", "linear"):
        raise _rope(scaling)
    heads, hidden = said("attention.head_count"), said("embedding_length")
    return Shape(
        layers=said("block_count"),
        hidden=hidden,
        heads=heads,
        kv_heads=said("attention.head_count_kv", heads),
        head_size=said("attention.key_length", hidden // max(heads, 1)),
        feed_forward=said("feed_forward_length"),
        vocabulary=vocabulary,
        context=said("context_length"),
        epsilon=said("attention.layer_norm_rms_epsilon"),
        rope_base=said("rope.freq_base", 10000.0),
        rope_factor=said("rope.scaling.factor", 1.0) if scaling == "linear" else 1.0,
        # llama.cpp turns pairs that lie side by side; files of this family are made for that.
        interleaved=family == "llama",
        qk_norm=family == "qwen3",
    )


def why_not(config: Mapping[str, Any]) -> str:
    """Why the loop of this package cannot run a model folder, or nothing where it can.

    Parameters
    ----------
    config:
        The folder's ``config.json``.
    """
    family = config.get("model_type")
    if family not in _FOLDER_FAMILIES:
        return f"{str(family)[:60]!r} is another architecture"
    if config.get("hidden_act", "silu") != "silu":
        return f"{family} with {str(config['hidden_act'])[:40]} is not known"
    if config.get("mlp_bias"):
        return f"{family} with biases in its MLP is not known"
    if (kind := _rope_kind(_rope_of(config))) not in _ROPE_KINDS:
        return f"positions stretched as {str(kind)[:40]!r} are not known"
    return ""


def _rope_of(config: Mapping[str, Any]) -> dict[str, Any]:
    return {**(config.get("rope_scaling") or {}), **(config.get("rope_parameters") or {})}


def _rope_kind(rope: Mapping[str, Any]) -> Any:
    return rope.get("rope_type") or rope.get("type") or "default"


def of_folder(config: Mapping[str, Any]) -> Shape:
    """The shape that the ``config.json`` of a Hugging Face folder describes.

    Raises
    ------
    ModelError
        For another architecture, code of the model's own, or numbers that cannot be.
    """
    if config.get("auto_map"):
        raise ModelError(
            "The model needs code of its own to run, and code from a model is never run here.",
            next_step="Choose a model of the Llama, Mistral or Qwen family.",
        )
    family = config.get("model_type")
    if family not in _FOLDER_FAMILIES:
        raise _unknown(family, "another engine")
    if config.get("quantization_config"):
        raise ModelError(
            "The model's weights are quantized in a way that cannot be read here.",
            next_step="Take the original weights, or a .gguf file.",
        )
    if config.get("hidden_act", "silu") != "silu":
        raise _unknown(f"{family} with {config['hidden_act']}", "another engine")
    if config.get("mlp_bias"):
        raise _unknown(f"{family} with biases in its MLP", "another engine")
    try:
        heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
        rope = _rope_of(config)
        factor, llama3 = _scaling(rope)
        context = int(config["max_position_embeddings"])
        if (window := config.get("sliding_window")) and config.get("use_sliding_window", True):
            context = min(context, int(window))  # up to there, it is the same as without one
        return Shape(
            layers=int(config["num_hidden_layers"]),
            hidden=hidden,
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_size=int(config.get("head_dim") or hidden // max(heads, 1)),
            feed_forward=int(config["intermediate_size"]),
            vocabulary=int(config["vocab_size"]),
            context=context,
            epsilon=float(config.get("rms_norm_eps", 1e-6)),
            rope_base=float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0),
            rope_factor=factor,
            rope_llama3=llama3,
            qk_norm=family == "qwen3",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The model's config.json cannot be meant ({error}).") from None


def _scaling(rope: Mapping[str, Any]) -> tuple[float, tuple[float, float, float, float] | None]:
    kind = _rope_kind(rope)
    if kind == "default":
        return 1.0, None
    if kind == "linear":
        return float(rope["factor"]), None
    if kind == "llama3":
        names = ("factor", "low_freq_factor", "high_freq_factor")
        first, low, high = (float(rope[name]) for name in names)
        return 1.0, (first, low, high, float(rope["original_max_position_embeddings"]))
    raise _rope(kind)


def _rope(kind: object) -> ModelError:
    return ModelError(
        f"The model stretches its context in a way that is not known here ({str(kind)[:40]}).",
        next_step="Choose another model.",
    )


def _unknown(family: object, instead: str) -> ModelError:
    return ModelError(
        f"The torch engine itself runs models of the Llama, Mistral and Qwen families, not "
        f"{str(family)[:60]!r}.",
        next_step=f"Choose another model, or {instead}.",
    )
