"""A model's words as Markdown that can do nothing but be read.

Front ends show the Markdown of an executed cell without cleaning it, so raw HTML, scripts,
``javascript:`` links and remote images in an answer would be live. Renderers also disagree on
what counts as code, so nothing here relies on guessing what a renderer will do:

* A fenced code block is written anew: at the left edge, between blank lines, with a fence that
  is longer than any run of backticks inside. Every renderer agrees on such a block, and its
  content stays as it is.
* Everywhere else the dangerous character pairs are broken, whatever surrounds them: ``<`` before
  a letter, ``!``, ``?`` or ``/``; ``![``; ``]:``; and ``](`` before anything but a plain http(s)
  URL. In front of such a URL the link's words get its target, so that no link leads elsewhere than
  it says.
* A code span that holds such a pair becomes a ``<code>`` element whose content is written in
  character references.

Nor does anything last beyond its place. TeX commands that would define something stay without
effect, for all formulas of a page share one set of definitions; and characters that turn the
direction of writing are left out, for they turn what follows as well.

Sources: CommonMark 0.31.2, sections 4.5 (fences), 6.3 to 6.6; HTML Living Standard 13.2.5.6 (a tag
opens only before those characters); Unicode UAX 9 for directions.
"""

from __future__ import annotations

import re
from html import escape

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,20}")
_DRAWN = {"mermaid", "math"}  # JupyterLab turns such blocks into something else
_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)([^\n]*?[^`\n])\1(?!`)")

_TAG = re.compile(r"<(?=[A-Za-z!?/])")
_IMAGE = re.compile(r"!(?=\[)")
# Nothing in it means anything to Markdown, TeX or a table, and its host is what it looks like.
_URL = r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][\w.~/?#%&=+,:@!-]*)?"
_LINK = re.compile(rf"\](?=\()(?:(?=\(({_URL})\)))?", re.ASCII)
_LONGEST_TARGET = 60
_DEFINITION = re.compile(r"\](?=:)")
_LONG_RUN = re.compile(r"`{3,}|~{3,}")
_TEX_NAMES = (
    # fetch, link, style or script (MathJax: html, require, bbox, enclose; KaTeX: htmlData, url)
    *("href", "url", "html[A-Za-z]*", "require", "class", "cssId", "style", "data", "csname"),
    *("includegraphics", "bbox", "enclose", "mmlToken", "texttip", "mathtip", "toggle"),
    *("f?colorbox", "setOptions"),
    # last: the next formula of the page, whoever wrote it, would read differently
    *("[egx]?def", "let", "global", "(?:re)?new[A-Za-z]+", "providecommand", "Declare[A-Za-z]+"),
    *("definecolor", "Newextarrow", "mathtoolsset", "usetagform", "label"),
)
_TEX = re.compile(rf"\\(?=(?:{'|'.join(_TEX_NAMES)})(?![A-Za-z]))")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")


def without_controls(text: str) -> str:
    """The text without control characters, terminal escapes and lone surrogates.

    Neither can it turn the direction of writing. Tab and newline stay.
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def html(text: str) -> str:
    """A stranger's words inside HTML of ours.

    Front ends look for formulas in HTML too. They look within one piece of text, so the characters
    that begin or end a formula get an element of their own.
    """
    return re.sub(r"[$\\]", r"<span>\g<0></span>", escape(without_controls(text)))


def markdown(text: str) -> str:
    """Make a stranger's Markdown safe to show.

    Parameters
    ----------
    text:
        Anything; an unfinished answer too.

    Returns
    -------
    str
        Markdown whose only raw HTML is ``<code>``, whose links lead to http or https and say where,
        and which loads no images.
    """
    parts: list[str] = []
    prose: list[str] = []
    code: list[str] = []
    fence, indent, language = "", 0, ""
    for line in without_controls(text).split("\n"):
        match = _FENCE.match(line)
        if fence:
            closes = match and match[1].startswith(fence) and not match[2].strip()
            if not closes:
                code.append(_dedented(line, indent))
                continue
            parts.append(_block(code, language))
            code, fence = [], ""
        elif match:
            parts.append(_prose(prose))
            prose = []
            fence, language = match[1], match[2].strip()
            indent = len(line) - len(line.lstrip())
        else:
            prose.append(line)
    if fence and code and not code[-1]:
        code.pop()  # the line that is about to be written
    parts.append(_block(code, language) if fence else _prose(prose))
    return "\n\n".join(part for part in parts if part)


def block(text: str, language: str = "") -> str:
    """Text as a code block: shown as it is, whatever it says."""
    return _block(without_controls(text).split("\n"), language)


def _dedented(line: str, indent: int) -> str:
    head = line[:indent]
    return head.lstrip(" \t") + line[indent:]


def _block(lines: list[str], info: str) -> str:
    body = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    language = _LANGUAGE.match(info)
    shown = language.group() if language and language.group().lower() not in _DRAWN else ""
    return f"{fence}{shown}\n{body}\n{fence}"


def _prose(lines: list[str]) -> str:
    chunks = re.split(r"(\n[ \t]*\n)", "\n".join(lines).strip("\n"))
    return "".join(_chunk(chunk) for chunk in chunks)


def _chunk(chunk: str) -> str:
    """One stretch without blank lines, in which math and code can change what ``&lt;`` means."""
    literal = "$" in chunk or "\\" in chunk or re.search(r"^(?: {4}|\t)", chunk, re.M) is not None
    shown: list[str] = []
    position = 0
    for span in _SPAN.finditer(chunk):
        shown.append(_text(chunk[position : span.start()], literal))
        whole = span.group()
        shown.append(whole if _text(whole, True) == whole else _code(span.group(2)))
        position = span.end()
    shown.append(_text(chunk[position:], literal or "`" in chunk[position:]))
    return "".join(shown)


def _text(text: str, literal: bool) -> str:
    # Characters are only put in: taking one out could join its neighbours to a new pair.
    text = _TAG.sub("< " if literal else "&lt;", text)
    text = _IMAGE.sub("! ", text)
    text = _LINK.sub(_told, text)
    text = _DEFINITION.sub("] ", text)
    text = _TEX.sub(r"\\ ", text)
    return _LONG_RUN.sub(lambda run: " ".join(run.group()[:3]), text)


def _told(link: re.Match[str]) -> str:
    """The end of a link's words: with its target, or broken."""
    url: str | None = link[1]
    end = link.start()
    # Words with brackets of their own may hold another link, and renderers disagree on whose end
    # this is.
    begun = link.string.rfind("[", 0, end)
    if url is None or begun <= link.string.rfind("]", 0, end):
        return "] "
    target = url.partition("://")[2]
    if any(
        link.string.endswith(said, 0, end) for said in (f"[{url}", f"[{target}", f" ({target})")
    ):
        return "]"
    whole = len(target) <= _LONGEST_TARGET
    return f" ({target if whole else target[: _LONGEST_TARGET - 1] + '…'})]"


def _code(text: str) -> str:
    inner = text[1:-1] if text[0] == text[-1] == " " and text.strip() else text
    encoded = "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in inner)
    return f"<code>{encoded}</code>"
