"""A sheet to print, with one card for each student, and the same as a CSV.

Both files belong to their user alone (mode 0600). The page needs nothing from anywhere, runs
nothing, and shows every name as text.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from zg_jupyter.errors import BadInput, ConfigError
from zg_jupyter.networks import NETWORKS
from zg_jupyter.units import format_0g
from zg_jupyter.workshop import codes, register, roster
from zg_jupyter.workshop.register import Content, Pupil
from zg_jupyter.workshop.sheet_words import WORDS

_PAGE = """\
<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
img-src data:">
<meta name="referrer" content="no-referrer"><title>{title}</title>
<style>
@page {{ margin: 10mm }}
body {{ font: 11pt/1.35 sans-serif; color: #000; background: #fff; margin: 1em }}
.cards {{ display: grid; grid-template-columns: 1fr 1fr }}
.card {{ border: 1px dashed #777; padding: 4mm; break-inside: avoid; min-width: 0 }}
.card h2 {{ font-size: 13pt; margin: 0 0 2mm; overflow-wrap: anywhere }}
.card img {{ float: right; width: {size}mm; height: {size}mm; margin: 0 0 2mm 3mm }}
.card p {{ margin: 0 0 1.5mm }}
code {{ font: 9pt/1.3 monospace; overflow-wrap: anywhere; display: block; white-space: pre-wrap }}
code.code {{ font-size: {font}pt; font-weight: bold }}
.small {{ font-size: 8.5pt }}
@media print {{ .screen {{ display: none }} body {{ margin: 0 }} }}
</style></head><body>
<h1 class="screen">{title}</h1><p class="screen">{intro}</p>
<div class="cards">
{cards}
</div></body></html>
"""
_CARD = """\
<section class="card"><img alt="" src="{qr}">
<h2><bdi>{name}</bdi></h2><p class="small"><bdi>{where}</bdi> · {terms}</p>
<p>{install}</p><code>{commands}</code><p>{how}</p><code class="code">{code}</code>
<p class="small">{ask}</p><p class="small">{secret}</p></section>"""
_LINES = "%pip install -q zg-jupyter\n%load_ext zg_jupyter"


def write(content: Content, folder: Path, language: str = "en") -> list[Path]:
    """Write both files; gives where they are.

    Parameters
    ----------
    content:
        The class.
    folder:
        Where; it is made, for its user alone, when it is not there.
    language:
        A key of :data:`zg_jupyter.workshop.sheet_words.WORDS`.

    Raises
    ------
    BadInput
        No key is made yet, or a language that is not there.
    ConfigError
        The folder cannot be written to.
    """
    if language not in WORDS:
        raise BadInput(
            f"There are no sheets in {language[:20]!r}.",
            next_step=f"There are: {', '.join(WORDS)}",
        )
    ready = [p for p in content.pupils if p.state == "made" and (p.join_code or p.secret)]
    if not ready:
        raise BadInput(
            f"No key of {content.name!r} is made yet, so there is nothing to print.",
            next_step=f"Make them with: %zg class new {content.name} --yes",
        )
    folder = folder.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be a folder for sheets ({error.strerror}).",
            next_step="Name another one.",
        ) from None
    stem = re.sub(r"[^\w.-]+", "_", content.name)
    page, table = folder / f"{stem}-sheet.html", folder / f"{stem}-keys.csv"
    register.write_private(page, _page(content, ready, language))
    register.write_private(table, _table(content, ready, language))
    return [page, table]


def given(content: Content, pupil: Pupil) -> tuple[str, str]:
    """What a student types (a short code, or a long one), and what the QR code holds."""
    if pupil.join_code:
        return pupil.join_code, codes.link(content.url, pupil.join_code)
    hosted = any(content.url == known.router_url for known in NETWORKS.values())
    terms = content.terms
    long = codes.long(
        codes.Ticket(
            key=pupil.secret,
            url="" if hosted else content.url,
            network=content.network,
            model=terms.model,
            budget=format_0g(_limit(content, pupil), unit=False),
            class_name=content.name,
        )
    )
    return long, long


def _page(content: Content, ready: list[Pupil], language: str) -> str:
    words: dict[str, Any] = WORDS[language]
    short = any(pupil.join_code for pupil in ready)
    cards = [_card(content, pupil, words) for pupil in ready]
    title = words["title"].format(name=content.name, count=len(ready))
    return _PAGE.format(
        language=language,
        title=escape(title),
        intro=escape(words["print"]),
        cards="\n".join(cards),
        size=24 if short else 40,
        font=13 if short else 7,
    )


def _card(content: Content, pupil: Pupil, words: dict[str, Any]) -> str:
    code, scanned = given(content, pupil)
    lines = _LINES
    if pupil.join_code:
        lines += f"\n%zg join {scanned}"
        how = words["short"]
    else:
        how = words["long"]
    return _CARD.format(
        qr=_qr(scanned),
        name=escape(pupil.name),
        where=escape(content.name),
        terms=escape(_terms(content, pupil, words)),
        install=escape(words["install"]),
        commands=escape(lines),
        how=escape(how),
        code=escape(code),
        ask=escape(words["ask"]),
        secret=escape(words["secret"]),
    )


def _terms(content: Content, pupil: Pupil, words: dict[str, Any]) -> str:
    terms = content.terms
    how = "limit" if terms.reset == "never" else terms.reset
    said = [str(words[how]).format(amount=format_0g(_limit(content, pupil)))]
    if terms.expires:
        said.append(str(words["expires"]).format(when=terms.expires[:10]))
    return ", ".join([*said, *([terms.model] if terms.model else [])])


def _limit(content: Content, pupil: Pupil) -> int:
    return content.terms.limit if pupil.limit is None else pupil.limit


def _table(content: Content, ready: list[Pupil], language: str) -> str:
    rows = []
    for pupil in ready:
        code, scanned = given(content, pupil)
        link = scanned if pupil.join_code else ""
        limit = format_0g(_limit(content, pupil), unit=False)
        rows.append((pupil.name, code, link, pupil.secret, limit, content.terms.expires))
    return roster.to_csv(WORDS[language]["head"], rows)


def _qr(text: str) -> str:
    import segno

    made: str = segno.make(text, error="m", micro=False).svg_data_uri(border=2, light="white")
    return made
