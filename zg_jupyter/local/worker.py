"""The process that llama.cpp lives in; started by :mod:`zg_jupyter.local.process`.

llama.cpp as a library takes over SIGINT and SIGTERM, prints to the standard streams and aborts
the process on an internal error. In a process of its own none of that reaches a notebook.

Reads one line of JSON from stdin, answers with one line on stdout, then serves HTTP on loopback
behind a key until stdin ends: when the owner dies, however it dies, this process ends as well.
This file is run by its path and imports nothing of the package.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any


def usable_threads() -> int:
    """Half of the logical processors this process may use, at least one.

    That is the physical cores where each runs two threads, and room for the notebook where not.
    llama.cpp's threads wait for each other after every layer: one thread too many on a busy
    machine makes an answer ten times slower (measured), one too few costs a third at most.
    An affinity mask and a container's quota are limits that llama.cpp itself does not see.
    """
    usable = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        usable = min(usable, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no quota, or not Linux
    return max(1, usable // 2)


def load(config: dict[str, Any]) -> Any:
    """Load the model and start serving; ``config`` as written by ``LlamaCppEngine``."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = config["path"]
    params.model_alias = {config["name"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [config["key"]]
    params.n_parallel = config["parallel"]
    params.n_ctx = config["context_length"] * config["parallel"]
    params.n_batch = 512  # a long prompt is cancelled between batches
    threads = config["threads"] or usable_threads()
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    # No spinning between tokens: costs nothing on an idle machine, and a shared one stays usable.
    params.cpuparams.poll = 0
    params.cpuparams_batch.poll = 0
    # Nothing of one payer's prompt is kept for, or measurable by, the next one.
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.ctx_shift = False
    params.warmup = False
    params.ui = False
    params.endpoint_slots = True
    params.endpoint_metrics = True
    params.verbosity = 1
    params.use_jinja = True
    params.force_pure_content_parser = True
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    if config["chat_template"]:
        params.chat_template = config["chat_template"]
    return xllamacpp.Server(params)


def device() -> str:
    """What llama.cpp computes on: the first graphics device that it was built for, or ``cpu``."""
    import xllamacpp

    names = [d["name"] for d in xllamacpp.get_device_info() if "GPU" in str(d["type"])]
    return str(names[0]).lower() if names else "cpu"


def _has_llguidance() -> bool:
    """Whether this build reads llguidance's grammars; one that does not would abort on them."""
    import xllamacpp

    try:
        return bool(xllamacpp.json_schema_to_grammar({}).startswith("%llguidance"))
    except Exception:  # noqa: BLE001 - then it cannot
        return False


def main() -> None:
    config = json.loads(sys.stdin.readline())
    sys.path.extend(entry for entry in config["sys_path"] if entry not in sys.path)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    try:
        server = load(config)
        reply = {
            "url": server.listening_address,
            "device": device(),
            "llguidance": _has_llguidance(),
        }
    except Exception as error:  # noqa: BLE001 - the owner turns it into a sentence
        server = None
        reply = {"error": f"{type(error).__name__}: {error}"}
    # llama.cpp set its own; the owner decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    answer.write(json.dumps(reply) + "\n")
    answer.close()
    if server is not None:
        sys.stdin.read()
    os._exit(0)  # nothing to save, and no destructor that could wait for a busy slot


if __name__ == "__main__":
    main()
