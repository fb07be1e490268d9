"""Text to tokens and back: a model's tokenizer, its chat template, and text while it grows."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zg_jupyter.errors import BadInput, ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: Chat templates by llama.cpp's names for them.
TEMPLATES = {
    "chatml": (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
        "{{ message['content'] }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
}
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
#: How a tokenizer of a GGUF file cuts text before merging; "" stands for GPT-2's own way.
_CUTS = {
    "default": "",
    "gpt-2": "",
    "smollm": "digits",
    "qwen2": _QWEN2,
    "llama-bpe": _QWEN2.replace(r"|\p{N}|", r"|\p{N}{1,3}|"),
}
_CONTROL, _USER_DEFINED = 3, 4
_ENDS = ("<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "</s>")
_LONGEST_CHARACTER = 6  # tokens that one character may be spread over


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer, and what a model's files say about its use.

    ``ends`` are the tokens that end an answer, ``start`` the one before every prompt.
    """

    tokenizer: Tokenizer = field(repr=False)
    ends: tuple[int, ...]
    start: int | None = None
    template: str = field(default="", repr=False)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return int(self.tokenizer.get_vocab_size(with_added_tokens=True))

    def save(self, path: Path) -> None:
        """Write the tokenizer; what is beside it comes from :meth:`as_json`."""
        self.tokenizer.save(str(path), pretty=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "ends": self.ends,
            "start": self.start,
            "template": self.template,
            "names": dict(self.names),
        }

    @classmethod
    def of_file(cls, path: Path, said: Mapping[str, Any]) -> Vocabulary:
        """What :meth:`save` and :meth:`as_json` gave."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
        return cls(tokenizer, **{**said, "ends": tuple(said["ends"])})

    def prompt(self, messages: Sequence[Mapping[str, str]], template: str = "") -> list[int]:
        """Tokens of a chat, up to where the answer begins.

        Parameters
        ----------
        messages:
            ``role`` and ``content`` of each.
        template:
            Instead of the model's own.

        Raises
        ------
        BadInput
            When the model's template refuses these messages.
        """
        text = self._rendered(messages, template or self.template or TEMPLATES["chatml"])
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids if self.start is None or ids[:1] == [self.start] else [self.start, *ids]

    def _rendered(self, messages: Sequence[Mapping[str, str]], template: str) -> str:
        # From a file of anybody's: it may compute text, and reach nothing.
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(message: str) -> None:
            raise TemplateError(message)

        place = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        place.globals["raise_exception"] = refuse
        place.globals["strftime_now"] = datetime.datetime.now().astimezone().strftime
        try:
            return place.from_string(template).render(
                messages=[dict(message) for message in messages],
                add_generation_prompt=True,
                **self.names,
            )
        except Exception as error:  # noqa: BLE001 - a template can fail in any way
            raise BadInput(
                f"The model's chat template refuses these messages: {str(error)[:200]}.",
                next_step="Change the roles or the order of the messages.",
            ) from None


class GrowingText:
    """The text of an answer while its tokens come: only whole characters leave."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._tokens: list[int] = []
        self._from = self._said = 0

    def add(self, token: int) -> str:
        """What can be said now, perhaps nothing."""
        self._tokens.append(token)
        before, now = self._parts()
        unfinished = now.endswith("\ufffd")
        if len(now) <= len(before):
            return ""
        if unfinished and len(self._tokens) - self._said < _LONGEST_CHARACTER:
            return ""
        self._from, self._said = self._said, len(self._tokens)
        return now[len(before) :]

    def rest(self) -> str:
        """What is left at the end; half a character is not."""
        before, now = self._parts()
        self._from = self._said = len(self._tokens)
        return now[len(before) :].rstrip("\ufffd")

    def _parts(self) -> tuple[str, str]:
        # With the tokens before it: some tokenizers drop a space that stands first.
        decode = self._tokenizer.decode
        before = decode(self._tokens[self._from : self._said], skip_special_tokens=True)
        return before, decode(self._tokens[self._from :], skip_special_tokens=True)


class Stops:
    """Holds text back as long as it may be the beginning of a stop word."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [word for word in words if word]
        self._held = ""
        self.met = False

    def add(self, text: str) -> str:
        """What can be said now; after a stop word was met, nothing."""
        if self.met:
            return ""
        self._held += text
        at = min((i for i in map(self._held.find, self._words) if i >= 0), default=-1)
        if at >= 0:
            self.met = True
            said, self._held = self._held[:at], ""
            return said
        keep = max((_overlap(self._held, word) for word in self._words), default=0)
        cut = len(self._held) - keep
        said, self._held = self._held[:cut], self._held[cut:]
        return said

    def rest(self) -> str:
        """What was held back, at an end without a stop word."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, word: str) -> int:
    """Letters at the end of a text that begin a word."""
    most = min(len(text), len(word) - 1)
    return next((n for n in range(most, 0, -1) if text.endswith(word[:n])), 0)


def of_gguf(metadata: Mapping[str, Any]) -> Vocabulary:
    """The tokenizer in a GGUF file.

    Raises
    ------
    ModelError
        For a kind that is not known here, or one that is damaged.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    kind, cut = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre", "default")
    if kind != "gpt2" or cut not in _CUTS:
        raise ModelError(
            f"The model's tokenizer ({str(kind)[:20]}, {str(cut)[:20]}) is not known to the torch "
            "engine.",
            next_step="Use the llama.cpp engine (%zg set local_engine llamacpp), or the model's "
            "Hugging Face folder.",
        )
    try:
        words: list[str] = metadata["tokenizer.ggml.tokens"]
        kinds = metadata.get("tokenizer.ggml.token_type") or [1] * len(words)
        merges = [tuple(merge.split(" ", 1)) for merge in metadata["tokenizer.ggml.merges"]]
        tokenizer = Tokenizer(
            models.BPE({word: n for n, word in enumerate(words)}, merges, ignore_merges=False)
        )
        pattern = _CUTS[cut]
        steps = [pre_tokenizers.Digits(individual_digits=True)] if pattern == "digits" else []
        if pattern not in ("", "digits"):
            from tokenizers import Regex

            steps.append(pre_tokenizers.Split(Regex(pattern), "isolated"))
        own_way = pattern in ("", "digits")
        steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=own_way))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
        tokenizer.decoder = decoders.ByteLevel()
        special = [
            AddedToken(word, special=kind == _CONTROL, normalized=False)
            for word, kind in zip(words, kinds, strict=True)
            if kind in (_CONTROL, _USER_DEFINED)
        ]
        tokenizer.add_tokens(special)
        names = {
            name: words[number]
            for name in ("bos", "eos", "pad", "unk")
            if (number := metadata.get(_token_id(name))) is not None
        }
    except (KeyError, IndexError, TypeError, ValueError, Exception) as error:  # noqa: BLE001
        raise ModelError(
            f"The tokenizer in the model file is damaged ({type(error).__name__}).",
            next_step="Fetch it once more.",
        ) from None
    wanted = [metadata.get(_token_id(name)) for name in ("eos", "eot")]
    start = metadata.get(_token_id("bos"))
    return Vocabulary(
        tokenizer,
        _ends(tokenizer, wanted),
        start if metadata.get("tokenizer.ggml.add_bos_token", False) else None,
        str(metadata.get("tokenizer.chat_template", "")),
        {f"{name}_token": word for name, word in names.items()},
    )


def _token_id(name: str) -> str:
    return f"tokenizer.ggml.{ {'pad': 'padding', 'unk': 'unknown'}.get(name, name) }_token_id"


def of_folder(folder: Path, config: Mapping[str, Any]) -> Vocabulary:
    """The tokenizer of a Hugging Face folder.

    Raises
    ------
    ModelError
        When there is no tokenizer.json, or it is damaged.
    """
    from tokenizers import Tokenizer

    from zg_jupyter.local.checkpoint import read_json

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise ModelError(
            f"There is no tokenizer.json in {folder}.",
            next_step="Save the model with a fast tokenizer.",
        )
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception:  # noqa: BLE001 - it raises Exception itself
        raise ModelError(f"{path} is damaged.", next_step="Fetch it once more.") from None

    def beside(name: str) -> dict[str, Any]:
        return read_json(folder / name) if (folder / name).is_file() else {}

    about, generation = beside("tokenizer_config.json"), beside("generation_config.json")
    template = about.get("chat_template") or ""
    if (own := folder / "chat_template.jinja").is_file():
        template = own.read_text(encoding="utf-8")
    if isinstance(template, list):  # several under names
        template = next((t["template"] for t in template if t.get("name") == "default"), "")
    names = {
        name: said["content"] if isinstance(said, dict) else str(said)
        for name in ("bos_token", "eos_token", "pad_token", "unk_token")
        if (said := about.get(name))
    }
    wanted: list[Any] = []
    for said in (generation.get("eos_token_id"), config.get("eos_token_id")):
        wanted += said if isinstance(said, list) else [said]
    if "eos_token" in names:
        wanted.append(tokenizer.token_to_id(names["eos_token"]))
    start = None
    if about.get("add_bos_token") and "bos_token" in names:
        start = tokenizer.token_to_id(names["bos_token"])
    return Vocabulary(tokenizer, _ends(tokenizer, wanted), start, template, names)


def _ends(tokenizer: Tokenizer, wanted: Sequence[Any]) -> tuple[int, ...]:
    known = [tokenizer.token_to_id(word) for word in _ENDS]
    return tuple(sorted({n for n in (*wanted, *known) if isinstance(n, int)}))
