"""A model's words as Markdown that can do nothing but be read.

Front ends show the Markdown of an executed cell without cleaning it, so raw HTML, scripts,
``javascript:`` links and remote images in an answer would be live. Renderers also disagree on
what counts as code, so nothing here relies on guessing what a renderer will do:

* A fenced code block is written anew: at the left edge, between blank lines, with a fence that
  is longer than any run of backticks inside. Every renderer agrees on such a block, and its
  content stays as it is.
* Everywhere else the dangerous character pairs are broken, whatever surrounds them: ``<`` before
  a letter, ``!``, ``?`` or ``/``; ``![``; and ``](`` or ``]:`` before anything but http(s).
* A code span that holds such a pair becomes a ``<code>`` element whose content is written in
  character references.

Sources: CommonMark 0.31.2, sections 4.5 (fences), 6.3 to 6.6; HTML Living Standard 13.2.5.6 (a tag
opens only before those characters).
"""

from __future__ import annotations

import re

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,20}")
_DRAWN = {"mermaid", "math"}  # JupyterLab turns such blocks into something else
_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)([^\n]*?[^`\n])\1(?!`)")

_TAG = re.compile(r"<(?=[A-Za-z!?/])")
_IMAGE = re.compile(r"!(?=\[)")
_LINK = re.compile(r"\](?=\((?!https?://))")
_DEFINITION = re.compile(r"\](?=:(?![ \t]*\n?[ \t]*https?://))")
_LONG_RUN = re.compile(r"`{3,}|~{3,}")
# TeX commands that fetch, link, style or script (MathJax: html, require; KaTeX: htmlData, url).
_TEX = re.compile(r"\\(?=(?:href|url|html\w*|require|class|cssId|style|data|includegraphics)\b)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def without_controls(text: str) -> str:
    """The text without control characters, terminal escapes and lone surrogates.

    Tab and newline stay.
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def markdown(text: str) -> str:
    """Make a stranger's Markdown safe to show.

    Parameters
    ----------
    text:
        Anything; an unfinished answer too.

    Returns
    -------
    str
        Markdown whose only raw HTML is ``<code>``, whose links lead to http or https, and which
        loads no images.
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
    text = _LINK.sub("] ", text)
    text = _DEFINITION.sub("] ", text)
    text = _TEX.sub(r"\\ ", text)
    return _LONG_RUN.sub(lambda run: " ".join(run.group()[:3]), text)


def _code(text: str) -> str:
    inner = text[1:-1] if text[0] == text[-1] == " " and text.strip() else text
    encoded = "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in inner)
    return f"<code>{encoded}</code>"
