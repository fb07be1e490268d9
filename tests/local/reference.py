"""``python -m tests.local.reference``: what transformers answers, written to reference.json.

The tests compare the torch engine with these recorded tokens, so that they need no transformers.
On a CPU, one by one, 32-bit weights and eager attention, greedy: the real model from its GGUF file
through transformers' own reader and tokenizer (package gguf), and the tiny ones of ``tiny.py``.
The versions it was made with are in the file, under ``made_with``.
"""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.local import tiny
from tests.local.chats import CHATS
from zg_jupyter.local import models

RECORDED = Path(__file__).with_name("reference.json")
TEXTS = (
    "Hello, world! I'll say it's 1234567 o'clock.\n\n\tTabs\u00a0and   spaces\r\n",
    "def f(x):\n    return x**2  # größer — 日本語 🎉🚀\u2028<|im_end|> a",
    "",
)
MOST = 32
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
    for chat in CHATS:
        turns = "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in chat)
        text = f"{turns}<|im_start|>assistant\n"
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        answers.append({"prompt": ids, "answer": _greedy(model, ids, MOST, 2)})
    texts = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    small = {}
    for family in tiny.FAMILIES:
        with tempfile.TemporaryDirectory() as place:
            folder = tiny.folder(family, Path(place) / "model")
            model = AutoModelForCausalLM.from_pretrained(folder, **kind).eval()
            small[family] = _greedy(model, tiny.PROMPT, TINY_MOST, tiny.WORDS)
    names = ("transformers", "torch", "gguf", "tokenizers")
    versions = {name: importlib.metadata.version(name) for name in names}
    said = {"made_with": versions, "answers": answers, "texts": texts, "tiny": small}
    RECORDED.write_text(json.dumps(said) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
