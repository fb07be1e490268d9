"""In which language the magics speak: English, or another of :data:`PACKAGES`.

Sentences are attributes of the ``words*`` modules and are read when they are said, so another
language is put in their place. What a translation lacks stays English. What the rooms below the
notebook say is made in English and translated where it is shown (:func:`errors.told`).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import threading
from types import ModuleType
from typing import Any

from zg_jupyter import errors, host, settings
from zg_jupyter.errors import ZgError
from zg_jupyter.notebook.translate import Translator

#: Language -> package with a module for each module of words.
PACKAGES = {"id": "zg_jupyter.notebook.indonesian"}
LANGUAGES = ("en", *PACKAGES)
_HERE = "zg_jupyter.notebook"

_lock = threading.Lock()
_now = "en"
_english: list[tuple[ModuleType, str, Any]] = []


def now() -> str:
    """The language that is spoken."""
    return _now


def follow() -> None:
    """Speak the language that is set; where none is set, that of the user's system."""
    try:
        speak(settings.load().language or host.language())
    except ZgError:
        speak(host.language())  # a broken file of settings: the next command says it


def speak(language: str) -> None:
    """Say everything in a language from now on.

    Parameters
    ----------
    language:
        A key of :data:`PACKAGES`; English for any other.
    """
    global _now
    with _lock:
        if language == _now:
            return
        for module, name, value in _english:
            setattr(module, name, value)
        _english.clear()
        errors.in_other_words = None
        _now = language if language in PACKAGES else "en"
        if _now != "en":
            _put(PACKAGES[_now])


@functools.cache
def translator(language: str) -> Translator | None:
    """What says the sentences of the rooms below in a language; None for English."""
    if language not in PACKAGES:
        return None
    return Translator(importlib.import_module(PACKAGES[language]).sentences)


def modules() -> list[str]:
    """Names of all modules of words."""
    here = importlib.import_module(_HERE)
    return [m.name for m in pkgutil.iter_modules(here.__path__) if m.name.startswith("words")]


def _put(package: str) -> None:
    errors.in_other_words = translator(_now)
    spoken = importlib.import_module(package)
    there = {module.name for module in pkgutil.iter_modules(spoken.__path__)}
    for name in modules():
        if name not in there:
            continue
        english = importlib.import_module(f"{_HERE}.{name}")
        other = importlib.import_module(f"{package}.{name}")
        for key in [key for key in vars(english) if key.isupper() and hasattr(other, key)]:
            before, value = getattr(english, key), getattr(other, key)
            _english.append((english, key, before))
            # Of a table, the lines that are not translated stay too.
            setattr(english, key, {**before, **value} if isinstance(before, dict) else value)
