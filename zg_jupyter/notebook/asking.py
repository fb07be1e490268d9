"""Questions whose answers nobody may see later, and secrets that are shown once.

A password prompt leaves no trace in a notebook. A plain prompt does: JupyterLab keeps its text in
the output. So secrets are shown by a widget, of which a notebook stores no more than a number,
and which is emptied when it is hidden; a terminal shows them directly.
"""

from __future__ import annotations

import contextlib
import getpass
import html
import sys
import threading
from typing import Any

from zg_jupyter import host
from zg_jupyter.errors import WalletError
from zg_jupyter.notebook import words_wallet as words

_SHOWN_SECONDS = 180.0


def secret(question: str) -> str:
    """Ask for something that is not shown while it is typed.

    Raises
    ------
    WalletError
        When this front end cannot ask, as in a notebook that runs without a person.
    """
    with contextlib.suppress(EOFError, OSError, NotImplementedError):
        return getpass.getpass(question + " ")
    raise WalletError(words.CANNOT_ASK, next_step=words.CANNOT_ASK_NEXT)


def passphrase(*, new: bool) -> str:
    """Ask for a passphrase; a new one twice.

    Raises
    ------
    WalletError
        When the two differ.
    """
    first = secret(words.ASK_NEW_PASSPHRASE if new else words.ASK_PASSPHRASE)
    if new and first != secret(words.ASK_AGAIN):
        raise WalletError(words.PASSPHRASES_DIFFER, next_step=words.TRY_AGAIN)
    return first


def show_once(title: str, text: str) -> None:
    """Show a secret where no notebook keeps it, until the person hides it.

    Parameters
    ----------
    title:
        What it is, and what to do with it.
    text:
        The secret.
    """
    if host.shows_rich_output():
        _in_widget(title, text)
    else:
        _in_terminal(f"{title}\n\n    {text}\n")


def _in_terminal(text: str) -> None:
    """Past sys.stdout: a log of the session (%logstart -o) records that."""
    with contextlib.suppress(OSError), open("/dev/tty", "w", encoding="utf-8") as terminal:  # noqa: PTH123
        terminal.write(text + "\n")
        return
    out = sys.__stdout__
    if out is not None:
        out.write(text + "\n")
        out.flush()


def _in_widget(title: str, text: str) -> None:
    import ipywidgets as widgets
    from IPython.display import display

    held = [text]
    del text
    shown = widgets.HTML(value=html.escape(title))
    button = widgets.Button(description=words.SHOW, button_style="primary")
    box = widgets.VBox([shown, button])

    def hide(_: Any = None) -> None:
        if held:
            held.clear()
            shown.value = html.escape(words.HIDDEN)
            button.close()

    def reveal(_: Any) -> None:
        if not held or button.description == words.HIDE:
            hide()
            return
        style = "font-family:monospace;font-size:110%;user-select:all"
        shown.value = f'{html.escape(title)}<div style="{style}">{html.escape(held[0])}</div>'
        button.description = words.HIDE
        timer = threading.Timer(_SHOWN_SECONDS, hide)
        timer.daemon = True
        timer.start()

    button.on_click(reveal)
    display(box)  # type: ignore[no-untyped-call]
