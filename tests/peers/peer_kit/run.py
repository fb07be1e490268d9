"""Running a peer's script: facts in through stdin, facts out as JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Longest scenario: about ten transactions and a few short answers.
TIMEOUT = 90.0


@dataclass(frozen=True)
class Given:
    """What a script reads from stdin: JSON, with keys of throw-away accounts in it."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What a script said.

    Attributes
    ----------
    facts:
        By step, in the order of the script.
    noise:
        Everything else that it and its libraries printed.
    """

    facts: dict[str, Any]
    noise: str

    def __getitem__(self, step: str) -> Any:
        return self.facts[step]


def run(command: Sequence[str], given: Given, *, cwd: Path, timeout: float = TIMEOUT) -> Outcome:
    """Run a script to its end; it must not fail, and must have stayed on this machine.

    Parameters
    ----------
    command:
        Interpreter, options, script. No secrets: every user can read a command line.
    given:
        What the script reads from stdin.
    cwd:
        Where it may write.
    """
    done = subprocess.run(
        command,
        input=given.text,
        capture_output=True,
        cwd=cwd,
        env=_environment(),
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    outcome = Outcome(_facts(done.stdout), done.stderr)
    if done.returncode != 0:
        raise AssertionError(f"{command[-1]} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    reached = set(outcome.facts.pop("reached"))
    assert reached <= {"127.0.0.1", "::1", "localhost"}, f"it went out to {reached}"
    return outcome


def _facts(text: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for line in text.splitlines():
        said = json.loads(line)
        assert said["step"] not in facts, f"two steps are called {said['step']}"
        facts[said["step"]] = said["facts"]
    return facts


def _environment() -> dict[str, str]:
    """Ours without what could change a peer's mind: keys, proxies, interpreters' paths."""
    unwanted = ("ZG_", "PYTHON", "NODE_", "NPM_", "PRIVATE_KEY", "RPC_URL", "NETWORK")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(unwanted) and not name.upper().endswith("_PROXY")
    }
