"""Cells that ask a model look like prompts, say about what they cost, and complete."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from zg_jupyter import pricing
from zg_jupyter.notebook import template
from zg_jupyter.records import ChatRequest, Message
from zg_jupyter.units import format_0g

from .test_panel import serious

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Lab

pytestmark = pytest.mark.browser

LOAD = "%load_ext zg_jupyter\nname, names = 'Ada', ['Ada', 'Grace']"
TEXT = '# Heading\n{name} of {{none}}, {len(names)} of {"a": 1}, \\frac{a}{b}\nno __import__ here'
PLACES = ["{name}", "{len(names)}"]
PUBLISH = """\
from zg_jupyter.notebook import statusbar
statusbar.publish("0G devnet", network="devnet", offer={offer!r}, offers={offers!r})"""
OFFER = {"model": "small", "input": "2000000000000", "output": "4000000000000", "max_tokens": 50}
OFFERS = [
    {"model": "small", "input": "2000000000000", "output": "4000000000000"},
    {"model": "<img src=x onerror=window.hit=1>", "input": "1000000", "output": "1000000"},
]
SET = """([cell, source]) => window.jupyterapp.shell.currentWidget.content.widgets[cell].model
  .sharedModel.setSource(source)"""
# Puts the cursor at the end of a cell, as a click there would.
EDIT = """cell => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = cell;
  notebook.mode = 'edit';
  const editor = notebook.widgets[cell].editor;
  editor.focus();
  editor.setCursorPosition(editor.getPositionAt(editor.model.sharedModel.getSource().length));
}"""
SOURCE = """cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model
  .sharedModel.getSource()"""
MIME = "cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.mimeType"

# Nothing lies over it: neither the estimate nor the text of the cell.
IN_SIGHT = """tag => {
  const { left, right, top, bottom } = tag.getBoundingClientRect();
  const here = [[left + 1, top + 1], [right - 1, top + 1], [left + 1, bottom - 1]];
  return here.every(([x, y]) => tag.contains(document.elementFromPoint(x, y)));
}"""


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-Notebook-cell").nth(number)


def weight(page: Page, number: int, text: str) -> str:
    found = cell(page, number).locator(".cm-line span", has_text=text).last
    return str(found.evaluate("node => getComputedStyle(node).fontWeight"))


def tokens(text: str) -> int:
    request = ChatRequest((Message("user", text),))
    return pricing.estimated_usage(request, "").prompt_tokens


def test_a_prompt_looks_like_one_and_other_cells_stay_as_they_were(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open(
        page,
        lab.write_notebook(
            "prompts.ipynb", LOAD, f"%%zg_infer -m small --plain\n{TEXT}", "x = {name}\n# Heading"
        ),
    )
    prompt, code = cell(page, 1), cell(page, 2)
    expect(prompt.locator(".zg-prompt-magic")).to_have_text("%%zg_infer")
    assert prompt.locator(".zg-prompt-option").all_inner_texts() == ["-m", "--plain"]
    assert prompt.locator(".zg-prompt-value").all_inner_texts() == ["small"]
    assert ["".join(one.split()) for one in prompt.locator(".zg-prompt-place").all_inner_texts()
            ] == PLACES  # fmt: skip
    expect(prompt.locator(".zg-prompt-estimate")).to_contain_text(f"about {tokens(TEXT)} tokens")
    expect(prompt.locator(".zg-prompt-estimate")).to_contain_text("variables not counted")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-Notebook-cell')[1].querySelectorAll('span')]
             .some(node => node.textContent.includes('Heading') &&
                           getComputedStyle(node).fontWeight >= 700)"""
    )
    assert weight(page, 2, "Heading") == "400"  # a comment of Python
    assert code.locator(".zg-prompt-estimate, .zg-prompt-place, .zg-prompt-line").count() == 0
    assert page.evaluate(MIME, 1) == page.evaluate(MIME, 2)  # for all others it is a code cell
    assert serious(page, ".zg-prompt-estimate") == []

    # It becomes one while it is typed, and stops to be one.
    page.evaluate(EDIT, 2)
    page.evaluate(SET, [2, "%%zg_infer\nhello there, you"])
    expect(code.locator(".zg-prompt-estimate")).to_contain_text("about 4 tokens")
    page.evaluate(SET, [2, "%%zg_inferior\nhello"])
    expect(code.locator(".zg-prompt-estimate")).to_have_count(0)
    assert code.locator(".zg-prompt-magic").count() == 0


def test_a_place_is_highlighted_where_the_kernel_looks_at_it(lab: Lab, page: Page) -> None:
    one_word = (
        "name _p x!r price:.2f x!r:>10 d:%Y-%m-%d df.shape[0] d['k'] len(df) x+1 -x f(x)[0] größe "
        "x>2 x.y(1).z x[1:2] f(a,b=1) a==b color:red top:0 a,b 1 'text' {} a|b .a *x a; a:1"
    )
    fields = [
        *one_word.split(" "),
        "x if y else z",
        "not x",
        "x is None",
        "n % 2",
        "a b",
        "lambda: x",
        " x ",
        "a := 1",
    ]
    lines = [f"{{{field}}}" for field in fields]
    # What the kernel could replace, it can also escape.
    read = [line for line in lines if template.escape(line) != line]
    assert 15 < len(read) < len(lines) - 10
    lab.open(page, lab.write_notebook("places.ipynb", "%%zg_infer\n" + "\n".join(lines)))
    places = cell(page, 0).locator(".zg-prompt-place")
    places.first.wait_for()
    shown = page.evaluate(
        """() => [...document.querySelectorAll('.cm-line')].map(line =>
             [...line.querySelectorAll('.zg-prompt-place')].map(n => n.textContent).join(''))"""
    )
    assert [line for line in shown if line] == read


def test_the_estimate_is_that_of_the_model_and_of_the_notebook_in_front(
    lab: Lab, page: Page
) -> None:
    from playwright.sync_api import expect

    publish = PUBLISH.format(offer=OFFER, offers=OFFERS)
    question = "What is the capital of Indonesia?"
    name = lab.write_notebook("prices.ipynb", publish, f"%%zg_infer\n{question}")
    lab.open(page, lab.write_notebook("no-prices.ipynb", f"%%zg_infer\n{question}"))
    line = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .zg-prompt-estimate")
    expect(line).to_have_text(f"about {tokens(question)} tokens")
    lab.show(page, name)
    lab.run_all(page)  # %%zg_infer is not known there, and needs not be
    count = tokens(question)
    template = 24  # tokens around a question
    cost = format_0g((2 * (count + template) + 4 * 50) * 10**6, digits=3)
    expect(line).to_have_text(
        f"about {count} tokens · answer up to 50 tokens · about {cost} at most"
    )
    page.evaluate(EDIT, 1)
    tag = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .zg-model-tag:visible")
    expect(tag).to_have_text("small")
    assert tag.evaluate(IN_SIGHT)

    for head, said in [
        ("-m nobody --max-tokens 9", f"about {count} tokens · answer up to 9 tokens"),
        ("--provider 0x1 -m small", f"about {count} tokens · answer up to 50 tokens"),
        ("--compare a,b", f"about {count} tokens"),
        ("--format image", f"about {count} tokens"),
    ]:
        page.evaluate(SET, [1, f"%%zg_infer {head}\n{question}"])
        expect(line).to_have_text(said)
    hostile = OFFERS[1]["model"]
    page.evaluate(SET, [1, f'%%zg_infer -m "{hostile}"\n{question}'])
    expect(line).to_contain_text("at most")
    expect(tag).to_have_text(hostile)
    assert page.evaluate("window.hit") is None


def completed(page: Page, number: int, source: str) -> tuple[set[str], str]:
    """What a press of the Tab key offers at the end of a cell, and the cell with the first."""
    page.evaluate(SET, [number, source])
    page.evaluate(EDIT, number)
    from playwright.sync_api import TimeoutError as NotYet

    items = page.locator(".jp-Completer-item")
    for _ in range(5):
        page.keyboard.press("Tab")
        with suppress(NotYet):  # the lab drops what a slow kernel says after a second
            items.first.wait_for(timeout=4000)
            break
    found = items.evaluate_all("items => items.map(item => item.dataset.value)")
    page.keyboard.press("Enter")
    items.first.wait_for(state="hidden")
    return set(found), page.evaluate(SOURCE, number)


def test_the_tab_key_knows_options_and_variables_in_a_prompt(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    lab.open(page, lab.write_notebook("complete.ipynb", LOAD, "%%zg_infer\n"))
    page.evaluate(
        """() => { const panel = window.jupyterapp.shell.currentWidget;
             const code = panel.content.widgets[0].model.sharedModel.getSource();
             return panel.sessionContext.session.kernel.requestExecute({code}).done
               .then(() => null); }"""
    )
    expect(cell(page, 1).locator(".zg-prompt-magic")).to_be_visible()
    for source, offered, becomes in [
        ("%%zg_infer --mod", {"--model"}, "%%zg_infer --model"),
        ("%%zg_infer --verify ", {"warn", "strict", "off"}, ""),
        ("%%zg_infer\nTell of {na", {"name", "names"}, "%%zg_infer\nTell of {name"),
        ("%%zg_infer\n{names.cou", {"count"}, "%%zg_infer\n{names.count"),
    ]:
        found, then = completed(page, 1, source)
        assert offered <= found, (source, found)
        assert then == becomes or not becomes, source


def test_notebook_7_has_prompts_the_guard_and_the_panel(lab: Lab, page: Page) -> None:
    from playwright.sync_api import expect

    key = "0x" + "5e" * 32
    lab.open_in_notebook7(
        page, lab.write_notebook("seven-prompts.ipynb", "%%zg_infer\nHello you", f"key = '{key}'")
    )
    expect(page.locator(".zg-prompt-estimate")).to_have_text("about 2 tokens")
    page.evaluate("void window.jupyterapp.commands.execute('docmanager:save')")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A key in this notebook")
    dialog.get_by_role("button", name="Cancel").click()
    page.evaluate("void window.jupyterapp.commands.execute('zg-jupyter:open-panel')")
    expect(page.locator("#zg-jupyter-panel").get_by_role("tab", name="Wallet")).to_be_visible(
        timeout=30_000
    )
