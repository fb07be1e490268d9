"""A model's Markdown can be read, and can do nothing else: seen through real renderers."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote

import mistune
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.hostile import HOSTILE
from zg_jupyter.notebook.inert import html, markdown, without_controls

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
        self.links: list[list[str]] = []
        self._in_code = 0
        self._in_link = False

    def handle_starttag(self, tag, attrs):
        self._in_code += tag == "code"
        if tag not in HARMLESS:
            self.live.append(f"<{tag}>")
        for name, value in attrs:
            if name not in HARMLESS_ATTRIBUTES:
                self.live.append(f"{tag} {name}={value}")
            if name == "href" and not (value or "").startswith(("http://", "https://")):
                self.live.append(f"href={value}")
            if tag == "a" and name == "href":
                self.links.append([value or "", ""])
                self._in_link = True
            if name == "style" and "text-align" not in (value or ""):
                self.live.append(f"style={value}")

    def handle_endtag(self, tag):
        self._in_code -= tag == "code"
        self._in_link = self._in_link and tag != "a"

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
        if self._in_link:
            self.links[-1][1] += data
        if self._in_code:
            self.code.append(data)

    @property
    def dishonest(self) -> list[list[str]]:
        """Links whose words do not say where they lead."""
        return [
            [url, words]
            for url, words in self.links
            if unquote(url.partition("://")[2])[:59] not in unquote(words)
        ]


def read(text, renderer):
    page = _Page()
    page.feed(str(RENDERERS[renderer](markdown(text))))
    page.close()
    return page


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_it_is_live(text, renderer):
    page = read(text, renderer)
    assert page.live == []
    assert page.dishonest == []


PIECES = st.sampled_from(
    [
        *("<script>", "<img src=x onerror=a>", "</p>", "<!--", "-->", "<?", "<a href=x>", "<"),
        *(
            "](javascript:a)",
            "](https://x)",
            "](https://x/~y_z?a=b&c)",
            "](https://a@x)",
            "[https://x",
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
        page = read(text, renderer)
        assert (page.live, page.dishonest) == ([], []), (renderer, markdown(text))


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
        "[https://example.org/a](https://example.org/a) and $x < 5$",
        "[example.org](https://example.org) and \\boxed{42}, $\\defeq \\sum_{i} \\hat{x}$",
        "> quoted\n\n1. first\n2. second",
    ],
)
def test_ordinary_markdown_stays_as_it_is(text):
    assert markdown(text) == text


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Paris](https://example.org/paris)", "Paris (example.org/paris)"),
        ("[a.example](https://b.example/)", "a.example (b.example/)"),
        ("[](https://example.org)", " (example.org)"),
        ("[*b*](http://example.org:8080/x_y_z?a=b&c=d#e)", "b (example.org:8080/x_y_z?a=b&c=d#e)"),
        (f"[x](https://a.example/{'y' * 90})", f"x (a.example/{'y' * 49}…)"),
    ],
)
def test_a_link_says_where_it_leads(text, shown, renderer):
    page = read(text, renderer)
    assert [words for _, words in page.links] == [shown]


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(
    "target",
    [
        *("https://bank.example@x.example", "https://bücher.example", "https://x.example/(a)"),
        *("https://x.example 'title'", "<https://x.example>", "https://x.example/$a$", "https://"),
        *("https:/x.example", "//x.example", "https://x.example/a|b", "https://x.example/&copy;"),
    ],
)
def test_a_link_to_anything_but_a_plain_url_is_text(target, renderer):
    text = f"[words]({target})"
    page = read(text, renderer)
    assert [words for _, words in page.links if "words" in words] == []
    assert "words" in "".join(page.text)


def test_saying_it_twice_changes_nothing():
    once = markdown("[Paris](https://example.org/paris)")
    assert markdown(once) == once


@pytest.mark.parametrize(
    "name", ["def", "gdef", "let", "newcommand", "renewcommand", "href", "style", "bbox", "label"]
)
@pytest.mark.parametrize("after", ["{", "1", "_", " ", "*"])
def test_a_formula_cannot_link_style_or_define(name, after):
    assert f"\\{name}" not in markdown(f"$\\{name}{after}x$")


def test_names_that_only_begin_like_that_stay():
    harmless = r"$\defeq \lettuce \urlx \styles \labels$ \(\boxed{4}\)"
    assert markdown(harmless) == harmless


def test_directions_cannot_be_turned():
    turned = "a\u202eb\u2066c\u2069d\u202c"
    assert without_controls(turned) == "abcd"
    assert markdown(turned) == "abcd"
    hebrew = "\u200f\u05e9\u05dc\u05d5\u05dd\u200f"
    assert without_controls(hebrew) == hebrew


def test_words_inside_our_html_are_no_formula():
    shown = html("<b>$x$ \\(y\\) \x1b\u202e'")
    assert shown == (
        "&lt;b&gt;<span>$</span>x<span>$</span> <span>\\</span>(y<span>\\</span>) &#x27;"
    )


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
