"""What the magics say, in Bahasa Indonesia: for each module of words one of the same name.

What people type stays as it is: commands, options, and what stands for their values. So does what
only a model reads, except where it decides the language of the answer. The modules ``said_*`` have
what the rooms below the notebook say: an English sentence, ``{}`` for each value, and its
translation, ``{0}`` for the first of them.
"""

from __future__ import annotations

import importlib
import pkgutil


def sentences() -> dict[str, str]:
    """All lines of the ``said_*`` modules."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("said_"):
            found.update(importlib.import_module(f"{__name__}.{module.name}").SENTENCES)
    return found
