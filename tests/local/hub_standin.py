"""A stand-in for the Hugging Face hub on loopback: its HTTP interface, and nothing behind it.

The public network is not for tests. This follows the hub's own answers as far as its client
library looks at them (the library itself is one of the tests' clients): model information with
blobs, ``resolve`` with ``X-Repo-Commit``, ``X-Linked-Etag`` and a redirect to another host for
large files, ranges, and its error codes. What it cannot show is how the real hub behaves.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

LARGE = (".safetensors", ".gguf", ".bin")
TOKEN = "hf_" + "t0ken" * 7


@dataclass
class Repository:
    """One model: revisions, newest first under ``main``; ``access`` is open, gated or private."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    access: str = "open"
    gguf: dict[str, Any] | None = None


@dataclass
class Seen:
    method: str
    path: str
    range: str
    authorized: bool
    host: str


class Hub:
    """The server; ``breaks`` holds after how many bytes the next large downloads break off.

    ``stalls``: a download that breaks off stays open instead, silent. ``damaged``: names of files
    that arrive with one byte changed. ``lost``: large files that are listed and not there.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.seen: list[Seen] = []
        self.breaks: list[int] = []
        self.stalls = False
        self.damaged: set[str] = set()
        self.lost = False
        self._blobs: dict[str, tuple[str, bytes]] = {}
        routes = [
            Route("/api/models/{repo:path}", self._about),
            Route("/cdn/{digest}", self._large, methods=["GET", "HEAD"]),
            Route("/{owner}/{name}/resolve/{rest:path}", self._resolve, methods=["GET", "HEAD"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), host="127.0.0.1", port=0, log_level="critical", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        self._port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)

    def publish(self, repo: str, folder: Path, name: str = "main", **more: Any) -> str:
        """A further commit of a repository, from the files of a folder; gives its hash."""
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        named = hashlib.sha1(repr(sorted((n, _sha256(c)) for n, c in files.items())).encode())
        commit = named.hexdigest()
        repository = self.repositories.setdefault(repo, Repository())
        repository.commits[commit] = files
        repository.names[name] = commit
        for key, value in more.items():
            setattr(repository, key, value)
        return commit

    @property
    def downloads(self) -> list[str]:
        """Ranges of the downloads of large files so far."""
        return [s.range for s in self.seen if s.method == "GET" and s.path.startswith("/cdn/")]

    def _note(self, request: Request) -> None:
        headers = request.headers
        self.seen.append(
            Seen(
                request.method,
                request.url.path,
                headers.get("range", ""),
                "authorization" in headers,
                headers["host"].partition(":")[0],
            )
        )

    async def _about(self, request: Request) -> Response:
        self._note(request)
        repo, _, revision = request.path_params["repo"].partition("/revision/")
        repository, refused = self._allowed(request, repo, gated=False)
        if repository is None:
            return refused
        commit = _commit(repository, revision or "main")
        if commit is None:
            return _error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        said: dict[str, Any] = {
            "_id": "0",
            "id": repo,
            "modelId": repo,
            "sha": commit,
            "private": repository.access == "private",
            "gated": "manual" if repository.access == "gated" else False,
            "tags": [],
            "siblings": [
                _sibling(name, content) for name, content in repository.commits[commit].items()
            ],
        }
        if repository.gguf is not None:
            said["gguf"] = repository.gguf
        return JSONResponse(said)

    async def _resolve(self, request: Request) -> Response:
        self._note(request)
        parts = request.path_params
        repository, refused = self._allowed(request, f"{parts['owner']}/{parts['name']}")
        if repository is None:
            return refused
        revision, _, name = parts["rest"].partition("/")
        commit = _commit(repository, revision)
        if commit is None:
            return _error(404, "RevisionNotFound", "Invalid rev id")
        content = repository.commits[commit].get(name)
        if content is None:
            return _error(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": commit, "ETag": f'"{_blob(content)}"'}
        if name.endswith(LARGE):
            digest = _sha256(content)
            self._blobs[digest] = name, content
            headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
            # Another host, as the real one's: what belongs to the hub must not go there.
            target = f"http://localhost:{self._port}/cdn/{digest}"
            return RedirectResponse(target, 302, headers=headers)
        return self._content(request, name, content, headers)

    async def _large(self, request: Request) -> Response:
        self._note(request)
        name, content = self._blobs[request.path_params["digest"]]
        if self.lost:
            return Response(status_code=404)
        return self._content(request, name, content, {"ETag": f'"{_sha256(content)}"'}, large=True)

    def _content(
        self, request: Request, name: str, content: bytes, headers: dict[str, str], *, large=False
    ) -> Response:
        if name in self.damaged:
            content = bytes([content[0] ^ 1]) + content[1:]
        start, status = 0, 200
        headers["Accept-Ranges"] = "bytes"
        if found := re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", "")):
            start, status = int(found[1]), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        body = content[start:]
        headers["Content-Length"] = str(len(body))
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        limit = self.breaks.pop(0) if large and self.breaks else len(body)

        async def parts() -> AsyncIterator[bytes]:
            for at in range(0, min(limit, len(body)), 1 << 16):
                yield body[at : min(at + (1 << 16), limit)]
            while limit < len(body) and self.stalls:
                await asyncio.sleep(0.05)
            if limit < len(body):
                raise ConnectionResetError("as asked for")

        return StreamingResponse(parts(), status, headers)

    def _allowed(
        self, request: Request, repo: str, *, gated: bool = True
    ) -> tuple[Repository | None, Response]:
        sends = request.headers.get("authorization", "")
        if sends and sends != f"Bearer {TOKEN}":
            said = {"X-Error-Message": "Invalid credentials in Authorization header"}
            return None, JSONResponse({"error": "Invalid"}, 401, headers=said)
        repository = self.repositories.get(repo)
        hidden = repository is None or repository.access in ("private", "hidden")
        if hidden and not (sends and repository and repository.access == "private"):
            return None, _error(404 if sends else 401, "RepoNotFound", "Repository not found")
        if gated and repository is not None and repository.access == "gated" and not sends:
            return None, _error(401, "GatedRepo", f"Access to model {repo} is restricted.")
        if gated and repository is not None and repository.access == "refusing":
            return None, _error(403, "", "Forbidden")
        return repository, Response()


def _commit(repository: Repository, revision: str) -> str | None:
    known = repository.names.get(revision, revision)
    return known if known in repository.commits else None


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    said: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": _blob(content)}
    if name.endswith(LARGE):
        said["lfs"] = {"sha256": _sha256(content), "size": len(content), "pointerSize": 134}
    return said


def _error(status: int, code: str, message: str) -> Response:
    headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
    return Response(json.dumps({"error": message}), status, headers=headers)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
