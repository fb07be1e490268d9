"""``%%zg_infer``, ``%zg_infer`` and ``%zg``: from a cell to an answer in a variable."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from zg_jupyter import host, settings
from zg_jupyter.errors import BadInput, ZgError, told
from zg_jupyter.keys_in_text import refuse_keys
from zg_jupyter.notebook import (
    aliases,
    commands,
    dollars,
    formats,
    job_view,
    options,
    pictures,
    status,
    template,
    words,
    words_jobs,
)
from zg_jupyter.notebook.options import InferOptions
from zg_jupyter.notebook.render import say
from zg_jupyter.notebook.shared import HERE_TOO, Session
from zg_jupyter.notebook.side_by_side import SideBySide
from zg_jupyter.notebook.spend_commands import compare_table, plan_table
from zg_jupyter.notebook.tables import Table
from zg_jupyter.records import Answer, ChatRequest, Delta, Finished, Notice, Restarted
from zg_jupyter.units import format_0g

if TYPE_CHECKING:
    from zg_jupyter.jobs import Job


@magics_class
class ZgMagics(Magics):
    """The magics of one IPython; they share one client."""

    shell: Any  # always a shell, whatever IPython's own annotation says

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.session = Session()
        self.session.asked = self._asked_by_command
        self.teller = status.Teller(self.session)
        self.session.answered.append(self.teller.answered)

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def zg_infer(
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> Answer | Table | SideBySide | Job | None:
        """Ask a model on 0G Compute. Options and examples: %zg_infer --help"""
        refuse_keys(f"{line}\n{cell or ''}")
        if cell is None:
            chosen, prompt = options.parse_line(line, aliases.look_up)
        else:
            chosen, prompt = options.parse_cell(line, aliases.look_up), cell
        if chosen.help:
            say(options.help_text())
            return None
        if not prompt.strip():
            hint = words.EMPTY_PROMPT_NEXT_LINE if cell is None else words.EMPTY_PROMPT_NEXT
            raise BadInput(words.EMPTY_PROMPT, next_step=hint)
        names = ChainMap(dict(local_ns or {}), self.shell.user_ns)
        prompt, system = prompt.strip("\n"), chosen.system or ""
        if not chosen.raw:
            prompt, system = template.expand(prompt, names), template.expand(system, names)
        result, shown = self._asked(prompt, system or None, chosen, names)
        if not shown or (cell is None and not self._is_shown_as_result()):
            return result
        # Known as `_` and `Out[n]` like any result, but not shown a second time.
        self.shell.displayhook.update_user_ns(result)
        return None

    @no_var_expand
    @line_magic
    def zg(self, line: str) -> Any:
        """Look after the network and the money. Commands: %zg help"""
        if line.split(maxsplit=1)[:1] != ["join"]:  # refuses codes with a key in its own words
            refuse_keys(line)
        try:
            return commands.run(line, self.session)
        except KeyboardInterrupt as stop:
            if not hasattr(stop, "_render_traceback_"):
                _on_one_line(stop, words.STOPPED_LINE)
            raise

    def _asked(
        self,
        prompt: str | ChatRequest,
        system: str | None,
        chosen: InferOptions,
        names: Mapping[str, Any],
    ) -> tuple[Answer | Table | SideBySide | Job, bool]:
        """What came of it, and whether it is on the screen already."""
        refuse_keys(f"{prompt}\n{system}")  # a variable can hold a key as well
        chosen = pictures.meant(chosen)
        _check(chosen)
        chosen = dollars.in_options(chosen, self.session)
        form, system = self._form(chosen, system, names)
        asked = prompt
        if isinstance(prompt, str) and chosen.format == "image":
            asked = pictures.request(prompt, chosen)
        if chosen.plan:
            return self._plan(asked, system, chosen, form), False
        if chosen.compare and isinstance(prompt, str):
            return self._compare(prompt, system, chosen), False
        if chosen.background:
            return self._start(asked, system, chosen)
        if chosen.chat is None or not isinstance(prompt, str):
            return self._ask(asked, system, chosen, form), True
        return self._turn(chosen.chat, prompt, system, chosen, form), True

    def _asked_by_command(self, prompt: str | ChatRequest, chosen: InferOptions) -> Any:
        result, shown = self._asked(prompt, chosen.system, chosen, self.shell.user_ns)
        if not shown:
            return result
        self.shell.displayhook.update_user_ns(result)
        return None

    def _form(
        self, chosen: InferOptions, system: str | None, names: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str | None]:
        """How the client asks for data, if that is wanted; the system text with what it takes."""
        name = formats.format_of(chosen)
        if wish := formats.FORMATS[name].wish:
            system = "\n\n".join(filter(None, (system or settings.load().system, wish)))
        if chosen.schema is None:
            return ({"schema": {}, "repairs": 0} if name == "json" else {}), system
        schema, text = formats.schema_of(chosen.schema, names)
        refuse_keys(text)
        return {"schema": schema}, system

    def _turn(
        self,
        name: str,
        prompt: str,
        system: str | None,
        chosen: InferOptions,
        form: dict[str, Any],
    ) -> Answer:
        """The next question of a conversation."""
        threads = self.session.threads
        if chosen.reset:
            threads.reset(name)
        request, left_out = threads.request(name, prompt)
        if left_out:
            say(words.LEFT_OUT.format(count=left_out, name=name))
        answer = self._ask(request, system, chosen, form)
        threads.add(name, prompt, answer)
        return answer

    def _start(
        self, prompt: str | ChatRequest, system: str | None, chosen: InferOptions
    ) -> tuple[Job, bool]:
        """A job, and whether an output shows how it goes on."""
        wishes = _wishes(chosen, system)
        job, shown = job_view.start(
            self.session.asker(wishes),
            prompt,
            plain=formats.format_of(chosen) == "text",
            ended=lambda job: self._keep(job.answer, None) if job.answer else None,
            cell=self._cell(),
            notebook=host.notebook(),
            **wishes,
        )
        if chosen.out:
            self.shell.user_ns[chosen.out] = job
        return job, shown

    def _compare(self, prompt: str, system: str | None, chosen: InferOptions) -> SideBySide:
        models = [name.strip() for name in (chosen.compare or "").split(",") if name.strip()]
        wishes = {k: v for k, v in _wishes(chosen, system).items() if k != "model"}
        asker = self.session.asker({**wishes, **(HERE_TOO if "local" in models else {})})
        found = asker.compare(prompt, models, cell=self._cell(), notebook=host.notebook(), **wishes)
        if chosen.out:
            self.shell.user_ns[chosen.out] = found
        for one in found:
            if one.answer is not None:
                self.session.count(one.answer)
        return compare_table(found)

    def _cell(self) -> str:
        return f"In [{self.shell.displayhook.prompt_count}]"

    def _plan(
        self,
        prompt: str | ChatRequest,
        system: str | None,
        chosen: InferOptions,
        form: dict[str, Any],
    ) -> Table:
        wishes = _wishes(chosen, system)
        asker = self.session.asker(wishes)
        return plan_table(asker.plan(prompt, schema=form.get("schema"), **wishes))

    def _ask(
        self,
        prompt: str | ChatRequest,
        system: str | None,
        chosen: InferOptions,
        form: dict[str, Any],
    ) -> Answer:
        name = formats.format_of(chosen)
        view = formats.view(name, self.session.rate)
        kept: list[Answer] = []  # not the client's last: a job may have ended meanwhile
        wishes = _wishes(chosen, system)
        try:
            stream = self.session.asker(wishes).stream(
                prompt,
                keep=kept.append,
                cell=self._cell(),
                notebook=host.notebook(),
                keep_body=host.shows_rich_output(),
                **form,
                **wishes,
            )
            with closing(stream) as events:
                for event in events:
                    if isinstance(event, Delta):
                        view.delta(event.text)
                    elif isinstance(event, Notice):
                        view.notice(told(event.text))
                    elif isinstance(event, Restarted):
                        view.restart(told(event.reason))
                    elif isinstance(event, Finished):
                        at_limit = event.answer.finish_reason == "length"
                        view.close(event.answer, words.CUT_SHORT if at_limit else "")
                        self._keep(event.answer, chosen.out)
                        if name == "code":
                            formats.offer_next_cell(self.shell, event.answer)
                        return event.answer
        except KeyboardInterrupt as stop:
            partial = self._partial(kept, chosen)
            view.close(partial, words.INTERRUPTED if _is_cut(partial) else "")
            cost = partial.cost if partial else 0
            charged = (
                words.INTERRUPTED_COST.format(cost=format_0g(cost, digits=4))
                if cost
                else words.INTERRUPTED_FREE
            )
            _on_one_line(stop, words.INTERRUPTED_LINE.format(charged=charged))
            raise
        except ZgError:
            if partial := self._partial(kept, chosen):
                view.close(partial, words.BROKEN_OFF if _is_cut(partial) else "")
            raise
        raise AssertionError("a stream ends with an answer or an error")

    def _partial(self, kept: list[Answer], chosen: InferOptions) -> Answer | None:
        """What arrived before the end; it is paid for, so it goes where the answer would."""
        if not kept:
            return None
        self._keep(kept[-1], chosen.out)
        return kept[-1]

    def _keep(self, answer: Answer, out: str | None) -> None:
        if out:
            self.shell.user_ns[out] = answer
        self.session.count(answer)

    def _is_shown_as_result(self) -> bool:
        """Whether the line ``%zg_infer ...`` is a statement of its own, as in no assignment."""
        typed = self.shell.history_manager.input_hist_parsed
        if len(typed) != self.shell.displayhook.prompt_count + 1:
            return False  # code that is kept out of the history
        try:
            body = ast.parse(typed[-1]).body
        except SyntaxError:
            return False
        return bool(body) and isinstance(body[-1], ast.Expr) and _calls_magic(body[-1].value)


def _check(chosen: InferOptions) -> None:
    if chosen.reset and chosen.chat is None:
        raise BadInput(words.RESET_WHAT, next_step=words.SEE_INFER_HELP)
    formats.check(chosen)
    for other in ("chat", "compare", "plan", "schema"):
        if chosen.background and getattr(chosen, other):
            raise BadInput(words_jobs.NOT_TOGETHER.format(other=f"--{other}"))
    if chosen.background and chosen.format not in (None, "text", "markdown", "image"):
        raise BadInput(words_jobs.NOT_TOGETHER.format(other=f"--format {chosen.format}"))
    for other in ("chat", "model", "plan", "schema"):
        if chosen.compare and getattr(chosen, other):
            raise BadInput(words.NOT_TOGETHER.format(other=f"--{other}"))


def _wishes(chosen: InferOptions, system: str | None) -> dict[str, Any]:
    """What was typed, as the client takes it."""
    given = {name: getattr(chosen, name) for name in options.ASKING}
    # A switch that is not there is not given: the settings may say it.
    typed = {k: v for k, v in given.items() if v is not None and v is not False}
    return {**typed, "system": system}


def _is_cut(answer: Answer | None) -> bool:
    """Whether a text is on the screen that goes no further."""
    return answer is not None and bool(answer.text) and not answer.complete


def _calls_magic(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "run_line_magic"
        and bool(value.args)
        and isinstance(value.args[0], ast.Constant)
        and value.args[0].value == "zg_infer"
    )


def _on_one_line(stop: KeyboardInterrupt, line: str) -> None:
    """The cell still ends with KeyboardInterrupt, but people read a sentence, not frames."""
    stop._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]
