"""Which front end is this, and its quirks, in one place."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

HostKind = Literal["plain", "terminal", "jupyter", "colab", "vscode"]


def kind() -> HostKind:
    """Name the place this process shows its output in."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return "plain"
    if "google.colab" in sys.modules:
        return "colab"
    if not hasattr(shell, "kernel"):
        return "terminal"
    if "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ:
        return "vscode"
    return "jupyter"


def shows_rich_output() -> bool:
    """Whether Markdown and HTML outputs are drawn, or only plain text."""
    return kind() not in ("plain", "terminal")


def notebook() -> str:
    """A name for the notebook that this kernel belongs to; empty where there is none.

    Its path where the server tells, which stays the same over restarts; else the kernel's id.
    """
    if path := os.environ.get("JPY_SESSION_NAME"):
        # Servers put an id of the tab behind the path.
        head, dot, _ = path.rpartition(".ipynb")
        return head + dot if dot else path
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    parent = getattr(getattr(shell, "kernel", None), "parent", None)
    file = str(getattr(parent, "connection_file", "") or "")
    return Path(file).name.removesuffix(".json")


def language() -> Literal["en", "id"]:
    """Language of the user's system, as far as we speak it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "id" if value.lower().startswith("id") else "en"
    return "en"
