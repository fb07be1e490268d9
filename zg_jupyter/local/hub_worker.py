"""The process that talks to the Hugging Face hub; started by :mod:`zg_jupyter.local.hub_pull`.

Reads one line of JSON from stdin, writes lines of JSON to stdout, and ends when stdin does: with
its owner, however that one dies. What it fetched until then stays, and is gone on from.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_SPARE_BYTES = 64 << 20
_TRIES = 4  # without a further byte; huggingface_hub has some of its own in each
_Say = Callable[[dict[str, Any]], None]


def main() -> None:
    config = json.loads(sys.stdin.readline())
    sys.path[:] = config["sys_path"]  # the very modules of the owner
    # Over plain HTTP a broken download goes on where it was, in this process or the next one.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to the log
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_owner, daemon=True).start()

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    from zg_jupyter.errors import MissingExtra, ZgError

    try:
        say({"done": str(Pull(config, say).folder())})
    except ZgError as error:
        kind = "ConfigError" if isinstance(error, MissingExtra) else type(error).__name__
        say({"failed": [kind, error.what, error.next_step]})


def _end_with_owner() -> None:
    sys.stdin.read()
    os._exit(0)


class Pull:
    """One model on its way; see ``hub_pull`` for what ``config`` holds."""

    def __init__(self, config: dict[str, Any], say: _Say) -> None:
        from huggingface_hub import HfApi, constants
        from huggingface_hub.errors import HfHubHTTPError

        from zg_jupyter.local import hub_errors

        # Finer steps of progress, and of what a broken connection leaves behind.
        constants.DOWNLOAD_CHUNK_SIZE = 1 << 20
        self._config, self._say = config, say
        self._repo, self._root = config["repo"], Path(config["root"])
        self._api = HfApi()
        self._host = urlsplit(self._api.endpoint).hostname or "the hub"
        self._about_errors = hub_errors.About(
            self._repo, config["revision"], self._api.endpoint, self._root, constants.HF_HUB_OFFLINE
        )
        # Of the HTTP library it is built on, which changed between its versions.
        self._wire_errors: Any = HfHubHTTPError.__bases__[0]

    def folder(self) -> Path:
        """Fetch everything that is not here yet; gives the final folder.

        Raises
        ------
        ZgError
            In one sentence, whatever it was.
        """
        from zg_jupyter.errors import ModelError
        from zg_jupyter.local import fetch, hub, hub_judge

        info = self._asked(self._info)
        self._about_errors = replace(self._about_errors, listed=True)
        files = [_file(sibling) for sibling in info.siblings or []]
        allow = {"pickles": self._config["pickles"], "code": self._config["code"]}
        plan = hub_judge.plan(self._repo, files, self._config["file"], **allow)
        commit = str(info.sha)
        stem = f"--{plan.gguf.name[:-5]}" if plan.gguf else ""
        place = self._root / f"{self._repo.replace('/', '--')}--{commit[:12]}{stem}"
        if self._named_before(place):
            return place
        if plan.said:
            self._say({"say": plan.said})
        part = place.with_name(f"{place.name}{hub.PART}")
        note = self._begun(part, commit, plan.gguf.name if plan.gguf else "")
        if plan.gguf:
            hub_judge.gguf(self._repo, _about_gguf(info))
            needed = [plan.gguf]
        else:
            for file in plan.small:
                self._fetched(file, part, commit)
            hub_judge.folder(self._repo, part, code=allow["code"])
            needed = [*plan.small, *hub_judge.weights(self._repo, part, plan.weights)]
        size = sum(file.size for file in needed)
        needed_bytes = size + _SPARE_BYTES
        if shutil.disk_usage(self._root).free < needed_bytes - hub.size_of(part):
            raise fetch.no_space(self._root, needed_bytes)
        self._about_errors = replace(self._about_errors, needed=needed_bytes)
        named = f"{self._repo}{f' ({plan.gguf.name})' if plan.gguf else ''}"
        self._say({"say": f"Fetching {named}, {size / 1e6:.0f} MB, from {self._host}."})
        self._say({"fetching": str(part), "size": size})
        for file in needed:
            path = self._fetched(file, part, commit)
            note["files"][file.name] = {
                "size": file.size,
                "mtime_ns": path.stat().st_mtime_ns,
                "digest": file.digest,
            }
        hub.write_note(part, note)
        try:
            shutil.rmtree(place, ignore_errors=True)  # there, but not whole any more
            part.replace(place)
        except OSError as error:
            raise ModelError(f"{place} cannot be made: {error.strerror}.") from None
        self._say({"say": f"{self._repo} is ready, at commit {commit[:12]}."})
        return place

    def _info(self) -> Any:
        revision = self._config["revision"] or None
        return self._api.model_info(self._repo, revision=revision, files_metadata=True, timeout=20)

    def _named_before(self, place: Path) -> bool:
        """Whether this very commit is here already, under another name."""
        from zg_jupyter.local import hub

        note = hub.note_of(place)
        if note is None or not hub.is_whole(place, note):
            return False
        note["revisions"] = sorted({*note["revisions"], self._config["revision"]})
        note["named"] = note.get("named", False) and bool(self._config["file"])
        hub.write_note(place, note)
        return True

    def _begun(self, part: Path, commit: str, file: str) -> dict[str, Any]:
        from zg_jupyter.local import hub

        part.mkdir(parents=True, exist_ok=True)
        note = {
            "repo": self._repo,
            "revisions": [self._config["revision"]],
            "commit": commit,
            "file": file,
            "named": bool(self._config["file"]),
            "files": {},
            "fetched": time.time(),
        }
        hub.write_note(part, note)
        return note

    def _fetched(self, file: Any, part: Path, commit: str) -> Path:
        """One file, whole and checked; what is there of it is gone on from."""
        from zg_jupyter.errors import ModelError
        from zg_jupyter.local import fetch

        path: Path = part / file.name
        for _ in range(2):
            if not path.is_file():
                half = part / f"{file.name}.half"
                self._asked(partial(self._download, file, half, commit))
                half.replace(path)
            if path.stat().st_size == file.size and fetch.matches(path, file.digest):
                return path
            path.unlink()
            self._say({"say": f"{file.name} arrived damaged; fetching it once more."})
        raise ModelError(
            f"What {self._host} delivers as {file.name} of {self._repo} is not the expected file "
            "(its checksum differs), so it was thrown away.",
            next_step="Check the network, a proxy or HF_ENDPOINT, then try again.",
        )

    def _download(self, file: Any, half: Path, commit: str) -> None:
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        from zg_jupyter.local import hub_errors

        url = hf_hub_url(self._repo, file.name, revision=commit, endpoint=self._api.endpoint)
        headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
        tries = 0
        while True:
            with half.open("ab") as output:
                before = output.tell()
                if before > file.size:
                    output.truncate(0)
                    before = 0
                try:
                    http_get(
                        url,
                        output,
                        resume_size=before,
                        headers=headers,
                        expected_size=file.size,
                        displayed_filename=file.name,
                    )
                    return
                except (self._wire_errors, OSError) as error:
                    output.flush()
                    tries = tries + 1 if output.tell() == before else 0
                    if getattr(error, "errno", None) or hub_errors.status(error) or tries >= _TRIES:
                        raise
            time.sleep(1)

    def _asked(self, work: Callable[[], Any]) -> Any:
        """Do something with the hub; whatever goes wrong becomes one sentence."""
        from zg_jupyter.local import hub_errors

        try:
            return work()
        except (self._wire_errors, OSError, ValueError) as error:
            raise hub_errors.sentence(error, self._about_errors) from None


def _file(sibling: Any) -> Any:
    from zg_jupyter.local.hub_judge import File

    large = sibling.lfs
    digest = f"sha256:{large['sha256']}" if large else f"git:{sibling.blob_id}"
    size = (large["size"] if large else sibling.size) or 0
    return File(sibling.rfilename, int(size), digest)


def _about_gguf(info: Any) -> dict[str, Any]:
    said = getattr(info, "gguf", None)
    return said if isinstance(said, dict) else {}


if __name__ == "__main__":
    main()
