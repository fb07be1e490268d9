"""``zg`` in a notebook: what code in a cell can do with the session of the magics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from zg_jupyter.notebook.shared import HERE_TOO, Session
from zg_jupyter.records import Answer

if TYPE_CHECKING:
    import pandas as pd

    from zg_jupyter.batch import Batch
    from zg_jupyter.client import Client
    from zg_jupyter.jobs import Job, Jobs
    from zg_jupyter.notebook.plot import Plot
    from zg_jupyter.panel.view import Panel

NAME = "zg"


class Handle:
    """The session of this notebook; it connects on first use."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def client(self) -> Client:
        """The client that the magics use."""
        return self._session.client()

    @property
    def last(self) -> Answer | None:
        """The newest answer; ``zg.last.attempts`` are the tries it took."""
        return self._session.last

    def ask(self, prompt: str, **options: Any) -> Answer:
        """Ask one question; options as in :meth:`zg_jupyter.Client.ask`."""
        return self._session.asker(options).ask(prompt, **options)

    def image(self, prompt: str, **options: Any) -> Answer | Job:
        """Have images made; options as in :meth:`zg_jupyter.Client.image`."""
        made: Answer | Job = self._session.asker(options).image(prompt, **options)
        return made

    def edit(self, images: Any, prompt: str, **options: Any) -> Answer | Job:
        """Have images made from images; options as in :meth:`zg_jupyter.Client.edit`."""
        made: Answer | Job = self._session.asker(options).edit(images, prompt, **options)
        return made

    def transcribe(self, file: Any, **options: Any) -> Answer:
        """Have a recording written down; options as in :meth:`zg_jupyter.Client.transcribe`."""
        return self._session.asker(options).transcribe(file, **options)

    def start(self, prompt: str, **options: Any) -> Job:
        """Ask one question and go on; options as in :meth:`zg_jupyter.Client.start`."""
        return self._session.asker(options).start(prompt, **options)

    @property
    def jobs(self) -> Jobs:
        """What was started and runs by itself; ``zg.jobs[3]`` is job 3."""
        return self.client.jobs

    def map(self, prompts: Any, **options: Any) -> Batch:
        """Ask many questions; options as in :meth:`zg_jupyter.Client.map`."""
        return self._session.asker(options).map(list(prompts), **options)

    def panel(self) -> Panel:
        """Wallet, providers, prompts and spend with the mouse; also: ``%zg panel``."""
        from zg_jupyter import panel

        return panel.panel(self._session)

    def spend(self, by: str = "") -> pd.DataFrame:
        """What every answer cost, or sums by model, provider, notebook, day or cell."""
        return self._session.asker(HERE_TOO).spend_table(by=by)

    def spend_plot(self, by: str = "") -> Plot:
        """The same as a picture: all answers over time, or bars by model, day, ..."""
        from zg_jupyter.notebook.plot import plotted

        return plotted(self.client.spend_table(by=by), by)

    def __repr__(self) -> str:
        return (
            "<zg: .ask(prompt), .start(prompt), .map(prompts), .jobs, .last, .spend(), "
            ".spend_plot(); commands: %zg help>"
        )


def register(shell: Any, session: Session) -> None:
    """Put ``zg`` into the notebook's variables, unless that name is taken."""
    if NAME not in shell.user_ns:
        shell.push({NAME: Handle(session)}, interactive=False)
    shell.events.register("pre_run_cell", _with_frames)


def unregister(shell: Any) -> None:
    """Take it out again."""
    if isinstance(shell.user_ns.get(NAME), Handle):
        shell.drop_by_id({NAME: shell.user_ns[NAME]})
    if _with_frames in shell.events.callbacks["pre_run_cell"]:
        shell.events.unregister("pre_run_cell", _with_frames)


def _with_frames(*_: object) -> None:
    """``df.zg`` from the moment that pandas is there; it is never imported for that."""
    if "pandas" in sys.modules and "zg_jupyter.frames" not in sys.modules:
        from zg_jupyter import frames  # noqa: F401 - importing registers
