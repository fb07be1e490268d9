"""Hugging Face folders of models that are tiny and know nothing, the same on every machine.

Their weights come from a formula, so that what another library computes with them can be
recorded here: see ``reference.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"model_type": "llama", "tie_word_embeddings": True},
    "llama3": {"model_type": "llama", "tie_word_embeddings": False, "rope_scaling": LLAMA3},
    "llama-biased": {"model_type": "llama", "tie_word_embeddings": True, "attention_bias": True},
    "mistral": {"model_type": "mistral", "tie_word_embeddings": False, "head_dim": 16},
    "qwen2": {"model_type": "qwen2", "tie_word_embeddings": True, "rope_theta": 1e6},
    "qwen3": {"model_type": "qwen3", "tie_word_embeddings": True, "head_dim": 16},
}
ARCHITECTURES = {
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
}
WORDS = 96
PROMPT = [5, 17, 3, 88, 41, 9, 60, 2, 33, 71, 12]


def config(family: str) -> dict[str, Any]:
    """The ``config.json`` of one of :data:`FAMILIES`."""
    said = {
        "hidden_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "intermediate_size": 80,
        "vocab_size": WORDS,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "hidden_act": "silu",
        "bos_token_id": 0,
        "eos_token_id": 1,
        **FAMILIES[family],
    }
    return {**said, "architectures": [ARCHITECTURES[said["model_type"]]]}


def sizes(said: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Names and sizes of the weights, as in files of these families."""
    hidden, heads = said["hidden_size"], said["num_attention_heads"]
    size = said.get("head_dim", hidden // heads)
    kv = said["num_key_value_heads"] * size
    found = {"model.embed_tokens.weight": (WORDS, hidden), "model.norm.weight": (hidden,)}
    if not said["tie_word_embeddings"]:
        found["lm_head.weight"] = (WORDS, hidden)
    biased = said["model_type"] == "qwen2" or said.get("attention_bias")
    for i in range(said["num_hidden_layers"]):
        at = f"model.layers.{i}."
        for name, rows in (("q", heads * size), ("k", kv), ("v", kv)):
            found[f"{at}self_attn.{name}_proj.weight"] = (rows, hidden)
            if biased:
                found[f"{at}self_attn.{name}_proj.bias"] = (rows,)
        found[f"{at}self_attn.o_proj.weight"] = (hidden, heads * size)
        if said.get("attention_bias"):
            found[f"{at}self_attn.o_proj.bias"] = (hidden,)
        if said["model_type"] == "qwen3":
            found.update({f"{at}self_attn.{name}_norm.weight": (size,) for name in "qk"})
        for name in ("gate", "up"):
            found[f"{at}mlp.{name}_proj.weight"] = (said["intermediate_size"], hidden)
        found[f"{at}mlp.down_proj.weight"] = (hidden, said["intermediate_size"])
        found[f"{at}input_layernorm.weight"] = (hidden,)
        found[f"{at}post_attention_layernorm.weight"] = (hidden,)
    return found


def weights(said: dict[str, Any]) -> dict[str, Any]:
    """The weights: nothing but sines."""
    import torch

    made = {}
    for n, (name, size) in enumerate(sorted(sizes(said).items())):
        count = 1
        for length in size:
            count *= length
        at = torch.arange(count, dtype=torch.float64)
        wave = torch.sin(at * at * 0.37 + at * (1.3 + 0.11 * n) + n)
        wave = 1 + 0.2 * wave if name.endswith("norm.weight") else wave * 0.3
        made[name] = wave.to(torch.float32).reshape(size)
    return made


def folder(family: str, path: Path) -> Path:
    """Write a whole folder: config, weights, tokenizer."""
    from safetensors.torch import save_file

    path.mkdir()
    said = config(family)
    (path / "config.json").write_text(json.dumps(said), encoding="utf-8")
    save_file(weights(said), path / "model.safetensors", metadata={"format": "pt"})
    write_tokenizer(path)
    return path


def write_tokenizer(path: Path) -> None:
    """Write the tokenizer of these models into a folder: numbered words."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"<start>": 0, "<end>": 1, "<unknown>": 2}
    words.update({f"w{n}": n for n in range(3, WORDS)})
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unknown>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(path / "tokenizer.json"))
    about = {"chat_template": "{{ messages[-1]['content'] }}", "eos_token": "<end>"}
    (path / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
