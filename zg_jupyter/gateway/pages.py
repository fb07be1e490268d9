"""The pages of a gateway: what a student with a code types, and the teacher's overview."""

from __future__ import annotations

import html
from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from zg_jupyter.gateway.keys import plain

#: Nothing from elsewhere, no frame around it, and no address of it passed on: it holds a code.
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
_JOIN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}}
pre{{background:#f0f0f0;color:#111;padding:1rem;overflow-x:auto}}</style></head><body>
<h1>{name}</h1>
<p>Your code is good once. In a notebook, type:</p>
<pre>%pip install -q zg-jupyter
%load_ext zg_jupyter
%zg join {root}/join/{code}</pre>
<p>With any other client that knows OpenAI's interface, redeem it by hand:</p>
<pre>curl -X POST {base}/join -H 'content-type: application/json' -d '{{"code": "{code}"}}'</pre>
{kept}<p lang="id">Kode ini hanya dapat dipakai sekali. Ketik baris di atas di notebook Anda.</p>
</body></html>"""


_KEPT = """<p>This class keeps what you ask and what is answered; your teacher can read it.</p>
<p lang="id">Kelas ini menyimpan pertanyaan Anda dan jawabannya; guru Anda dapat membacanya.</p>
"""


def join_page(request: Request, name: str, base: str, *, keeps_prompts: bool = False) -> Response:
    """What to type with a code; it redeems nothing, so that a preview in a chat uses none up."""
    code = plain(request.path_params["code"])[:9]
    said = {"name": html.escape(name), "base": html.escape(base), "code": html.escape(code)}
    said["kept"] = _KEPT if keeps_prompts else ""
    said["root"] = said["base"].removesuffix("/v1")
    return HTMLResponse(_JOIN.format(**said), headers=_HEADERS)


async def admin_page(_: Request) -> Response:
    """The teacher's overview; it asks for the management key and keeps it in the page alone."""
    return HTMLResponse(_static("admin.html"), headers=_HEADERS)


async def admin_script(_: Request) -> Response:
    """What the overview runs."""
    return Response(_static("admin.js"), media_type="text/javascript", headers=_HEADERS)


def _static(name: str) -> str:
    return (resources.files("zg_jupyter.gateway") / "static" / name).read_text(encoding="utf-8")
