"""A model's Markdown can be read, and can do nothing else: seen through real renderers."""

from __future__ import annotations

from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from zg_jupyter.notebook.inert import markdown, without_controls

HARMLESS = {
    *("p", "em", "strong", "del", "s", "code", "pre", "ul", "ol", "li", "blockquote", "br", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "a", "sup", "section"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
HARMLESS_ATTRIBUTES = {"href", "class", "start", "title", "style", "id", "align"}

# Raw HTML on, as in the front ends; mistune is what nbconvert uses.
RENDERERS = {
    "commonmark": MarkdownIt("commonmark", {"html": True}).render,
    "gfm": MarkdownIt("gfm-like", {"html": True, "linkify": False}).render,
    "mistune": mistune.create_markdown(
        escape=False, plugins=["strikethrough", "table", "url", "footnotes"]
    ),
}


class _Page(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self.text: list[str] = []
        self.code: list[str] = []
        self._in_code = 0

    def handle_starttag(self, tag, attrs):
        self._in_code += tag == "code"
        if tag not in HARMLESS:
            self.live.append(f"<{tag}>")
        for name, value in attrs:
            if name not in HARMLESS_ATTRIBUTES:
                self.live.append(f"{tag} {name}={value}")
            if name == "href" and not (value or "").startswith(("http://", "https://", "#fn")):
                self.live.append(f"href={value}")
            if name == "style" and "text-align" not in (value or ""):
                self.live.append(f"style={value}")

    def handle_endtag(self, tag):
        self._in_code -= tag == "code"

    def handle_comment(self, data):
        self.live.append(f"<!--{data}")

    def handle_decl(self, decl):
        self.live.append(f"<!{decl}")

    def handle_pi(self, data):
        self.live.append(f"<?{data}")

    def unknown_decl(self, data):
        self.live.append(f"<![{data}")

    def handle_data(self, data):
        self.text.append(data)
        if self._in_code:
            self.code.append(data)


def read(text, renderer):
    page = _Page()
    page.feed(str(RENDERERS[renderer](markdown(text))))
    page.close()
    return page


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a<b onmouseover=alert(1)>c",
        "<!-- x --><?php ?><![CDATA[x]]>",
        "<svg/onload=alert(1)>",
        "<\nscript>",
        "</p><iframe src=//x>",
        "[click](javascript:alert(1))",
        "[click](JaVaScRiPt:alert(1))",
        "[click](&#106;avascript:alert(1))",
        "[click](java&Tab;script:alert(1))",
        "[click](<javascript:alert(1)>)",
        "[click](\njavascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        "[click](vbscript:x)",
        "[click](/lab/api/shutdown)",
        "[click][x]\n\n[x]: javascript:alert(1)",
        "[click][x]\n\n[x]:\n  javascript:alert(1)",
        "> [x]: javascript:alert(1)\n\n[x]",
        "[x]: <javascript:alert(1)>\n\n[x]",
        "<javascript:alert(1)>",
        "![pixel](http://127.0.0.1/pixel.png)",
        "![pixel][p]\n\n[p]: https://example.org/pixel.png",
        "[![pixel](https://example.org/p.png)](https://example.org)",
        "1. x\n   ```\n<script>alert(1)</script>",
        "- ```\n  code\n<script>alert(1)</script>\n  ```",
        "> ```\n<script>alert(1)</script>\n> ```",
        "```\ncode\n~~~\n<script>alert(1)</script>",
        "```\ncode\n```~~\n<script>alert(1)</script>",
        "~~~ `x`\n~~~\n<script>",
        "````\n```\n````\n<script>",
        "`a <script> b` and `c",
        "`a`` <script>alert(1)</script> `",
        "[a](https://x`) <img src=x> `c` d`",
        "$`$ `a` <script> `",
        "\\`<script>`",
        "| `a | <script> | b` |\n|---|---|---|\n| 1 | 2 | 3 |",
        "    <script>alert(1)</script>",
        "\t<script>\n\n</script>",
        "\\\\<script>",
        "&lt;script&gt;",
        "<scr\x00ipt>",
        "<\x08script>",
        "`<script>",
        "``` <script>\n<script>\n```",
        "```html\n<script>alert(1)</script>",
    ],
)
def test_nothing_in_it_is_live(text, renderer):
    assert read(text, renderer).live == []


PIECES = st.sampled_from(
    [
        *("<script>", "<img src=x onerror=a>", "</p>", "<!--", "-->", "<?", "<a href=x>", "<"),
        *(
            "](javascript:a)",
            "](https://x)",
            "![",
            "[",
            "]",
            "]:",
            "(",
            ")",
            "[x]: ",
            "javascript:a",
        ),
        *("`", "``", "```", "````", "~~~", "\n", "\n\n", "  ", "    ", "\t", "> ", "- ", "1. "),
        *(
            "$",
            "$$",
            "\\",
            "\\(",
            "|",
            "|---|",
            "*",
            "_",
            "#",
            "=",
            "a",
            "b c",
            "https://x.y",
            "&lt;",
        ),
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_mixture_is_live_in_any_renderer(text):
    for renderer in RENDERERS:
        assert read(text, renderer).live == [], (renderer, markdown(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=10).map("".join), st.integers(0, 60))
def test_no_unfinished_answer_is_live(text, length):
    for renderer in RENDERERS:
        assert read(text[:length], renderer).live == []


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_harmless(text):
    for renderer in RENDERERS:
        assert read(text, renderer).live == []


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    "code",
    [
        "#include <stdio.h>",
        "if (a<b && c>d) { x[0](y); }",
        "<div class='x'>\n  <b>hi</b>\n\n</div>",
        "```\nnested\n```",
        "![x](y) [a]: b",
    ],
)
@pytest.mark.parametrize("fence", ["````", "~~~~"])
def test_fenced_code_can_be_copied_as_it_is(code, fence, renderer):
    page = read(f"Here:\n{fence}c\n{code}\n{fence}\nDone.", renderer)
    assert "".join(page.code).strip("\n") == code
    assert page.live == []


@pytest.mark.parametrize("renderer", RENDERERS)
def test_code_in_a_list_is_taken_out_of_it_and_stays_whole(renderer):
    page = read("1. Write\n   ```html\n   <b>\n     x\n   ```\n2. Run", renderer)
    assert "".join(page.code).strip("\n") == "<b>\n  x"


@pytest.mark.parametrize("renderer", RENDERERS)
def test_code_within_a_sentence_reads_as_written(renderer):
    page = read("Use the `<p>` tag, `a < b`, `f[0](x)` and `x = 1`.", renderer)
    assert page.code == ["<p>", "a < b", "f[0](x)", "x = 1"]


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("text", ["a<b", "1 < 2", "x <= y", "<script>", "5 > 3 & 2"])
def test_plain_sentences_read_as_written(text, renderer):
    assert "".join(read(text, renderer).text).strip() == text


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nSome *text* with **weight**.\n\n- one\n- two",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "[site](https://example.org) and $x < 5$",
        "> quoted\n\n1. first\n2. second",
    ],
)
def test_ordinary_markdown_stays_as_it_is(text):
    assert markdown(text) == text


@pytest.mark.parametrize("text", ["> ```\n> x", "- ~~~~\n  x", "a ``` b", "```` ` ` x"])
def test_a_fence_that_is_not_written_anew_is_broken(text):
    assert "```" not in markdown(text)
    assert "~~~" not in markdown(text)


def test_diagrams_are_shown_as_text():
    assert markdown("```mermaid\ngraph TD\n```") == "```\ngraph TD\n```"


@given(st.text())
def test_a_terminal_gets_no_control_characters(text):
    shown = without_controls(text)
    assert not any((ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 for c in shown)
    assert without_controls(shown) == shown
    shown.encode("utf-8")
