"""One call at the stand-in: who makes it, and what was sent."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from tests.standins.router.faults import Fault
from tests.standins.router.keys import Key
from tests.standins.router.refusals import Refused

if TYPE_CHECKING:
    from tests.standins.router.server import RouterStandin

_KEPT_ID = re.compile(r"(?!async-)[A-Za-z0-9\-_.:]{1,64}")


@dataclass
class Call:
    """What handlers are given."""

    router: RouterStandin
    request: Request
    headers: dict[str, str]
    raw: bytes
    request_id: str
    fault: Fault
    key: Key | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent.

        Raises
        ------
        Refused
            400 ``invalid_body``.
        """
        try:
            found = json.loads(self.raw)
        except ValueError:
            raise Refused(400, "invalid_body", "the body is not JSON") from None
        if not isinstance(found, dict):
            raise Refused(400, "invalid_body", "the body is not an object")
        return found

    def query(self, name: str) -> str:
        """A query parameter, or an empty text."""
        return self.request.query_params.get(name, "")


def kept_id(asked: str) -> str:
    """The request's id: the client's own where its form is allowed, else a new one."""
    return asked if _KEPT_ID.fullmatch(asked) else str(uuid.uuid4())


def authorized(router: RouterStandin, headers: dict[str, str], needs: str) -> Key | None:
    """Check the credential, before anything else is looked at.

    Parameters
    ----------
    needs:
        ``""`` (nobody is asked), ``sk``, ``jwt``, or a scope of management keys.

    Raises
    ------
    Refused
        401 or 403.
    """
    if not needs:
        return None
    kind, _, token = headers.get("authorization", "").partition(" ")
    token = token.strip() if kind.lower() == "bearer" else ""
    if not token and needs == "sk":
        token = headers.get("x-api-key", "").strip()
    if not token:
        raise Refused(401, "missing_authorization", "missing Authorization header")
    if token in router.keys.management:
        if needs not in router.keys.management[token]:
            raise Refused(403, "insufficient_scope", "the key lacks the scope for this")
        return None
    key = router.keys.find(token)
    if key is None:
        raise Refused(401, "invalid_api_key", "invalid API key")
    status = key.status_at(router.clock.now())
    if status == "revoked":
        raise Refused(401, "api_key_revoked", "the API key was revoked")
    if status == "expired":
        raise Refused(*router.faults.expired_reply, "the API key expired")
    if needs != "sk":
        raise Refused(403, "insufficient_scope", "an API key cannot do this")
    return key
