"""A verdict below an answer, in the language of whoever reads it.

A saved notebook keeps that line, and is checked by people of every language: so what a verdict
reads like is known here for all of them at once.
"""

from __future__ import annotations

from zg_jupyter.notebook import language
from zg_jupyter.verdict import Verdict, VerdictStatus

_STATUS: dict[str, dict[VerdictStatus, str]] = {
    "id": {
        "verified": "terverifikasi",
        "signed-by-unknown": "ditandatangani pihak tak dikenal",
        "mismatch": "tidak cocok",
        "unsigned": "tanpa tanda tangan",
        "not-checked": "belum diperiksa",
    }
}
_SEALED = {"id": ", disegel"}
_DEVELOPMENT = {"id": " (penanda tangan pengembangan, tanpa perangkat keras TEE)"}


def said(verdict: Verdict, name: str = "") -> str:
    """A verdict in a language; in the one of now when omitted. In English it is its ``str``."""
    name = name or language.now()
    translate = language.translator(name)
    if translate is None or name not in _STATUS:
        return str(verdict)
    status = _STATUS[name][verdict.status]
    label = _DEVELOPMENT[name] if verdict.development else ""
    if verdict.status == "verified":
        return f"{status}{_SEALED[name] if verdict.sealed else ''}{label}"
    return f"{status}: {translate(verdict.reason)}{label}"


def everywhere(verdict: Verdict) -> tuple[str, ...]:
    """The same in every language that there is."""
    return tuple(said(verdict, name) for name in ("en", *language.PACKAGES))
