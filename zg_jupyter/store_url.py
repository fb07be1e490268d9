"""The URL of a spend record that several machines share: what may be shown of it, and what not.

Settings, sentences and records know the URL without its password. The password stays in the
variable ``ZG_SPEND_STORE``, or where libpq looks for one (``PGPASSWORD``, ``~/.pgpass``), and is
read when a connection is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from zg_jupyter.errors import BadInput
from zg_jupyter.quiet import quiet

VARIABLE = "ZG_SPEND_STORE"
_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_SECRET = ("password", "sslpassword")
_FORM = f"Write {VARIABLE}=postgresql://USER:PASSWORD@HOST/DATABASE"


@quiet
def checked(url: str) -> str:
    """A URL that somebody typed: it has no password, for a notebook would keep it.

    Raises
    ------
    BadInput
        It has one, or is no such URL; the sentence repeats nothing of it.
    """
    shown, secrets = _split(url)
    if secrets:
        raise BadInput(
            "A password has no place in a setting that is shown and kept.",
            next_step=f"Put the whole URL into the environment variable {VARIABLE} before Jupyter "
            "starts, or the password into ~/.pgpass.",
        )
    return shown


@quiet
def public(url: str) -> str:
    """A URL without its password; errors as in :func:`checked`."""
    return _split(url)[0]


def passwords(url: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """What belongs to a URL from :func:`public`, by the names that libpq gives it."""
    given = environ.get(VARIABLE, "")
    shown, secrets = _split(given) if given else ("", {})
    return secrets if shown == url else {}


def place(url: str) -> str:
    """Host and database, for sentences."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def _split(url: str) -> tuple[str, dict[str, str]]:
    """The URL without its secrets, and those."""
    try:
        parts = urlsplit(url.strip())
        secrets = {"password": unquote(parts.password)} if parts.password else {}
        told = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        raise _refused() from None
    user, at, hosts = parts.netloc.rpartition("@")
    # An unquoted / or # in a password ends the host early, and puts the rest behind it.
    behind = parts.path + parts.query + parts.fragment
    if parts.scheme not in _SCHEMES or "@" in behind or parts.fragment or "@" in user:
        raise _refused()
    if not parts.path.strip("/"):
        raise _refused()
    secrets |= {name: value for name, value in told if name in _SECRET and value}
    query = urlencode([pair for pair in told if pair[0] not in _SECRET])
    netloc = f"{user.partition(':')[0]}{at}{hosts}"
    return urlunsplit(("postgresql", netloc, parts.path, query, "")), secrets


def _refused() -> BadInput:
    return BadInput(
        f"{VARIABLE} is not the URL of a PostgreSQL database.",
        next_step=f"{_FORM} (in a password, / is %2F, @ is %40, : is %3A and # is %23).",
    )
