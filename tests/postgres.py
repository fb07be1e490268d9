"""A real PostgreSQL server of the tests' own, on a port of this machine."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PASSWORD = "corréct/horse@battery"  # everything that a URL has to write in another way
IN_URL = "corr%C3%A9ct%2Fhorse%40battery"


def programs() -> Path | None:
    """Where Debian or the path has initdb and postgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    at = shutil.which("initdb")
    return Path(at).resolve().parent if at else None


class Server:
    """Made by initdb, with a password for everybody, as a user who is not root."""

    def __init__(self) -> None:
        bin_folder = programs()
        assert bin_folder is not None
        self._bin = bin_folder
        self._user = "postgres" if os.geteuid() == 0 else None
        # Not in pytest's folder: that one is closed to every other user.
        self.folder = Path(tempfile.mkdtemp(prefix="zg-pg-"))
        word = self.folder / "word"
        word.write_text(PASSWORD, encoding="utf-8")
        if self._user:
            entry = pwd.getpwnam(self._user)
            for path in (self.folder, word):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        self._run(
            *("initdb", "-D", str(self.folder / "data"), "-U", "zg", "-A", "scram-sha-256"),
            *(f"--pwfile={word}", "--no-sync", "-E", "UTF8", "--locale=C"),
        )
        with contextlib.closing(socket.socket()) as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            **self._as(),
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr.decode()

    def _as(self) -> dict[str, object]:
        who = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        return {**who, "cwd": self.folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "max_connections": 60,
            "shared_buffers": "16MB",
        }
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._bin / "postgres"), "-D", str(self.folder / "data")),
                    *(
                        part
                        for name, value in options.items()
                        for part in ("-c", f"{name}={value}")
                    ),
                ],
                **self._as(),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(Exception):
                self.sql("SELECT 1")
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT ends sessions (fast), SIGQUIT crashes."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(60)

    def frozen(self, *, still: bool) -> None:
        """Stop or go on with the processes that serve sessions: nobody answers, nobody hangs up."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for pid in (*map(int, children.read_text().split()), self._process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP if still else signal.SIGCONT)

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(
            self.plain(database), password=PASSWORD, autocommit=True, connect_timeout=5
        ) as db:
            found = db.execute(statement)
            return found.fetchall() if found.description else []

    def new(self) -> str:
        """The URL of an empty database, with its password."""
        self._count += 1
        name = f"test{self._count}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://zg:{IN_URL}@127.0.0.1:{self.port}/{database}"

    def plain(self, database: str) -> str:
        return f"postgresql://zg@127.0.0.1:{self.port}/{database}"

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
