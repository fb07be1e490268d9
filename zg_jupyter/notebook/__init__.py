"""What IPython sees: ``%%zg_infer``, ``%zg``, completion, and answers as inert Markdown.

Nothing heavy is imported here: the client, and with it HTTP and the chain, on first use.
"""

from __future__ import annotations

from typing import Any

from zg_jupyter.notebook import (
    completion,
    explain,
    handle,
    job_view,
    language,
    outputs,
    pasted,
    questions,
    status,
)
from zg_jupyter.notebook.magics import ZgMagics

__all__ = ["register", "unregister"]


def register(ipython: Any) -> None:
    """Add the magics to an IPython shell; doing it twice changes nothing."""
    if _registered(ipython):
        return
    language.follow()
    magics = ZgMagics(ipython)
    ipython.register_magics(magics)
    completion.register(ipython, magics.session.known_offers)
    questions.register(ipython)
    pasted.register(ipython)
    handle.register(ipython, magics.session)
    explain.register(ipython, magics.session)
    outputs.register(ipython)
    job_view.register(ipython)
    status.register(ipython, magics.teller)


def unregister(ipython: Any) -> None:
    """Take everything out again that :func:`register` added."""
    if not _registered(ipython):
        return
    manager = ipython.magics_manager
    for kind, name in (("line", "zg"), ("line", "zg_infer"), ("cell", "zg_infer")):
        manager.magics[kind].pop(name, None)
    magics = manager.registry.pop(ZgMagics.__name__, None)
    if magics is not None:
        status.unregister(ipython, magics.teller)
        if (jobs := magics.session.jobs()) is not None:
            jobs.close()  # nobody would be told how they end
    completion.unregister(ipython)
    questions.unregister(ipython)
    pasted.unregister(ipython)
    handle.unregister(ipython)
    explain.unregister(ipython)
    outputs.unregister(ipython)
    job_view.unregister(ipython)
    language.speak("en")


def _registered(ipython: Any) -> bool:
    return "zg" in ipython.magics_manager.magics["line"]
