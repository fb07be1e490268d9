"""What the kernel hands to one page and keeps nowhere: a secret that is shown once, a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

from zg_jupyter.panel.widgets import STATIC, Widget
from zg_jupyter.panel.words import Words


class Once(Widget):
    """A secret that one page can ask for, one time.

    It goes there in a message and is forgotten here; the widget's state says only that it exists.

    Parameters
    ----------
    words:
        The language.
    title:
        Makes the sentence above it, of what :meth:`hold` is given beside the secret.
    """

    _esm = STATIC / "once.js"
    ready = traitlets.Bool(False).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    said: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, words: Words, title: Callable[..., str]) -> None:
        self._title = title
        names = ("show", "copy", "copied", "not_copied", "hide")
        super().__init__(said={name: words(f"handed.{name}") for name in names})
        self.on_msg(self._received)
        if _unseen:
            self._announce()

    def hold(self, secret: str, **which: object) -> None:
        """Hold a secret until a page asks; one that was held before is gone."""
        _unseen[:] = [(which, secret)]
        self._announce()

    def forget(self) -> None:
        """Nobody gets it any more."""
        _unseen.clear()
        self.ready = False

    def _announce(self) -> None:
        # A second one while a first one waits: pages hear of it by the title.
        with self.hold_sync():
            self.title, self.ready = self._title(**_unseen[0][0]), True

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        if content.get("show") and _unseen:
            self.send({"secret": _unseen.pop()[1]})
            self.ready = False


#: The one secret that no page has asked for yet, with what its title says: it must outlive a panel
#: that is built anew in another language.
_unseen: list[tuple[dict[str, object], str]] = []


class Download(Widget):
    """Buttons that bring files to the browser's downloads.

    Parameters
    ----------
    kinds:
        Pairs of a name and what its button says.
    wanted:
        Called with the name when a page asks; must return at once and answer with :meth:`give`.
    """

    _esm = STATIC / "download.js"
    kinds: Any = traitlets.List().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(self, kinds: Sequence[tuple[str, str]], wanted: Callable[[str], None]) -> None:
        super().__init__(kinds=[list(kind) for kind in kinds])
        self._wanted = wanted
        self.on_msg(self._received)

    def give(self, name: str, content: bytes, mime: str) -> None:
        """Send a file to the page that asked."""
        self.send({"file": name, "mime": mime}, buffers=[content])

    def _received(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        kind = content.get("wanted")
        if not self.disabled and any(kind == known for known, _title in self.kinds):
            self._wanted(str(kind))
