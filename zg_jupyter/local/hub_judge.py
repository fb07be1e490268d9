"""Which files of a repository make a model, and whether it can and may be run here.

Everything that can be known from names and small files is judged before anything large is
fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput, MissingExtra, ModelError
from zg_jupyter.local import (
    checkpoint,
    hf_torch,
    llamacpp,
    shapes,
    tokens,
    torch_engine,
    weights_on_disk,
)

INDEX = "model.safetensors.index.json"
_SMALL = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    INDEX,
)
_PICKLE_INDEX = "pytorch_model.bin.index.json"
_BEST_QUANT = "q4_k_m"
_SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)


@dataclass(frozen=True)
class File:
    """A file of a repository; ``size`` in bytes, ``digest`` as :func:`fetch.matches` reads it."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class Plan:
    """What is fetched first, and, for a GGUF model, its file; ``said`` tells why that one."""

    small: Sequence[File]
    gguf: File | None = None
    said: str = ""
    weights: Sequence[File] = field(default=())


def plan(repo: str, files: Sequence[File], wanted: str, *, pickles: bool, code: bool) -> Plan:
    """Choose the files of a model.

    Parameters
    ----------
    repo:
        For people.
    files:
        All of the repository's.
    wanted:
        A GGUF file by name, or nothing.
    pickles, code:
        Whether weights may be pickles, and whether a model's own code is wanted.

    Raises
    ------
    BadInput
        For a GGUF file that is not there, or several among which nobody chose.
    ModelError
        For a repository without weights that may be opened.
    """
    here = {file.name: file for file in files if "/" not in file.name}
    ggufs = {name: file for name, file in here.items() if name.lower().endswith(".gguf")}
    if wanted or ("config.json" not in here and ggufs):
        return _gguf(repo, ggufs, wanted)
    safe = [file for name, file in here.items() if name.endswith(".safetensors")]
    pickled = [file for name, file in here.items() if name.endswith(weights_on_disk.PICKLED)]
    if "config.json" in here and (safe or (pickled and pickles)):
        small = [here[name] for name in _SMALL if name in here]
        if code:
            small += [file for name, file in here.items() if name.endswith(".py")]
        if not safe and _PICKLE_INDEX in here:
            small.append(here[_PICKLE_INDEX])
        return Plan(small, weights=safe or pickled)
    if ggufs:
        return _gguf(repo, ggufs, wanted)
    if pickled and "config.json" in here:
        raise ModelError(
            f"The weights of {repo} are pickles, which can hold code, so they are not opened.",
            next_step="Choose a model with .safetensors files, or run: %zg set local_pickles on "
            "(they are then read without running code).",
        )
    if "adapter_config.json" in here:
        raise ModelError(
            f"{repo} is an adapter, which changes another model, and not a model.",
            next_step="Choose one whose files hold the whole model.",
        )
    raise ModelError(
        f"{repo} holds no model that can be run here: there is no config.json with .safetensors "
        "files, and no .gguf file.",
        next_step="Choose a model that writes text.",
    )


def _gguf(repo: str, ggufs: Mapping[str, File], wanted: str) -> Plan:
    names = ", ".join(sorted(ggufs)[:8]) or "none"
    if wanted and wanted not in ggufs:
        raise BadInput(
            f"{repo} has no file {wanted[:80]!r}.", next_step=f"Its .gguf files: {names}."
        )
    usual = [name for name in ggufs if _BEST_QUANT in name.lower()]
    said = ""
    if wanted:
        name = wanted
    elif len(ggufs) == 1:
        (name,) = ggufs
    elif len(usual) == 1:
        (name,) = usual
        said = f"Of {len(ggufs)} files, {name} is taken, as is usual; {repo}:FILE.gguf chooses."
    else:
        raise BadInput(
            f"{repo} has {len(ggufs)} .gguf files, and none is the usual choice (Q4_K_M).",
            next_step=f"Choose one as {repo}:FILE.gguf: {names}.",
        )
    if _SPLIT.search(name):
        raise ModelError(
            f"{name} is one part of a model in several files, which cannot be read here.",
            next_step="Choose a model in one .gguf file.",
        )
    return Plan((), gguf=ggufs[name], said=said)


def gguf(repo: str, about: Mapping[str, Any]) -> None:
    """Judge what the hub says about a GGUF model; where it says nothing, its engine will.

    Raises
    ------
    MissingExtra
        When nothing that reads such files is installed.
    ModelError
        Without a chat template, or for an architecture that nothing here runs.
    """
    if not llamacpp.installed() and not torch_engine.installed():
        raise MissingExtra(f"{repo} is a GGUF model, which", "cpu")
    family = about.get("architecture")
    if family and not llamacpp.installed() and family not in shapes.GGUF_FAMILIES:
        raise ModelError(
            f"{repo} is a {str(family)[:40]!r} model, which the torch engine does not run.",
            next_step='llama.cpp may: pip install "zg-jupyter[cpu]"',
        )
    if family and not about.get("chat_template"):
        raise _no_template(repo)


def folder(repo: str, place: Path, *, code: bool) -> None:
    """Judge a model by its small files.

    Raises
    ------
    MissingExtra
        Without the torch engine.
    ModelError
        For code that was not asked for, an architecture nothing here runs, a tokenizer that is
        missing, or no chat template.
    """
    if not torch_engine.installed():
        raise MissingExtra(f"{repo} is a folder of weights, which", "local")
    config = checkpoint.read_json(place / "config.json")
    hf_torch.check_code(config, repo, code=code)
    if shapes.why_not(config):
        hf_torch.check(config, repo, code=code)
    else:
        shapes.of_folder(config)
    if not tokens.of_folder(place, config).template:
        raise _no_template(repo)


def weights(repo: str, place: Path, found: Sequence[File]) -> list[File]:
    """The files that hold the weights: those of the index, or the usual one.

    Raises
    ------
    ModelError
        When the index names files that are not there.
    """
    by_name = {file.name: file for file in found}
    index = next((place / n for n in (INDEX, _PICKLE_INDEX) if (place / n).is_file()), None)
    if index is None:
        usual = [n for n in ("model.safetensors", "pytorch_model.bin") if n in by_name]
        return [by_name[usual[0]]] if usual else list(found)
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        return [by_name[name] for name in names]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ModelError(
            f"{index.name} of {repo} names files that are not there, or is damaged.",
            next_step="Choose another model or revision.",
        ) from None


def _no_template(repo: str) -> ModelError:
    return ModelError(
        f"{repo} has no chat template: it goes on with a text and does not answer.",
        next_step="Choose its instruction-tuned version (often named -Instruct, -it or -chat).",
    )
