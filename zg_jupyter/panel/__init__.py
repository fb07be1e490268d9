"""The panel: wallet, providers, prompts and spend with the mouse, in every notebook front end.

``%zg panel`` shows it; our JupyterLab extension shows the same one beside the notebook.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from zg_jupyter.notebook.shared import Session

if TYPE_CHECKING:
    from zg_jupyter.panel.view import Panel

_panel: Panel | None = None
_lock = threading.Lock()


def panel(session: Session | None = None) -> Panel:
    """The one panel of this process, made on first use.

    Parameters
    ----------
    session:
        What the magics share; found when omitted.

    Returns
    -------
    Panel
        Shown as the result of a cell; showing it twice gives two views of the same panel.
    """
    global _panel
    from zg_jupyter.panel.view import Panel

    with _lock:
        if _panel is None or _panel.closed:
            _panel = Panel(session or _session())
        return _panel


def model_id() -> str:
    """Widget model of :func:`panel`, for front ends that place it themselves."""
    return panel().model_id


def _session() -> Session:
    """What the magics of this IPython share; they are loaded for that if they were not."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return Session()
    from zg_jupyter import load_ipython_extension

    load_ipython_extension(shell)
    session: Session = shell.magics_manager.registry["ZgMagics"].session
    return session
