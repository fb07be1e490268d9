"""``python -m tests.local.reference``: what transformers answers, written to reference.json.

The tests compare the torch engine with these recorded tokens, so that they need no transformers.
Recorded with transformers 5.24 and torch 2.13 on a CPU, 32-bit weights and eager attention,
greedy: the real model from its GGUF file through transformers' own reader and tokenizer, and the
tiny ones of ``tiny.py``.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.local import tiny
from zg_jupyter.local import models

RECORDED = Path(__file__).with_name("reference.json")
QUESTIONS = (
    "What is the capital of France?",
    "Tell me a short story about a cat and 12345 mice.",
    "List five fruits and their colors.",
    "Write a Python function that adds two numbers.",
    "¿Qué es la fotosíntesis? Réponds en français, s'il te plaît. 🎉",
)
TEXTS = (
    "Hello, world! I'll say it's 1234567 o'clock.\n\n\tTabs\u00a0and   spaces\r\n",
    "def f(x):\n    return x**2  # größer — 日本語 🎉🚀\u2028<|im_end|> a",
    "",
)
MOST = 48
TINY_MOST = 40


def _greedy(model: Any, ids: list[int], most: int, end: int) -> list[int]:
    import torch

    with torch.no_grad():
        made = model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            do_sample=False,
            max_new_tokens=most,
            eos_token_id=end,
            pad_token_id=end,
        )
    return made[0, len(ids) :].tolist()


def main() -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = models.ensure()
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    kind = {"dtype": "float32", "attn_implementation": "eager"}
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, **kind).eval()
    answers = []
    for question in QUESTIONS:
        text = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        answers.append({"prompt": ids, "answer": _greedy(model, ids, MOST, 2)})
    texts = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    small = {}
    for family in tiny.FAMILIES:
        with tempfile.TemporaryDirectory() as place:
            folder = tiny.folder(family, Path(place) / "model")
            model = AutoModelForCausalLM.from_pretrained(folder, **kind).eval()
            small[family] = _greedy(model, tiny.PROMPT, TINY_MOST, tiny.WORDS)
    said = {"answers": answers, "texts": texts, "tiny": small}
    RECORDED.write_text(json.dumps(said) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
