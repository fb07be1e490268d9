"""The process that torch lives in; started by :mod:`zg_jupyter.local.torch_engine`.

Torch takes seconds to import, sets threads for the whole process and holds the interpreter's
lock between its thousand small steps a token. In a process of its own none of that reaches a
notebook, and ending it gives all memory back.

Reads lines of JSON from stdin and writes lines to stdout. It ends when stdin does: with its
owner, however that one dies.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import Any, TextIO

_Message = dict[str, Any]


def main() -> None:
    config = json.loads(sys.stdin.readline())
    sys.path.extend(entry for entry in config["sys_path"] if entry not in sys.path)
    # Threads that wait sleep: on a busy machine, spinning makes a token three times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to the log
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox: queue.SimpleQueue[_Message] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(inbox,), daemon=True).start()
    from zg_jupyter.errors import ZgError
    from zg_jupyter.local.faults import DeviceLost
    from zg_jupyter.local.torch_load import load
    from zg_jupyter.local.torch_loop import Loop

    try:
        loop: Loop = load(config, lambda line: _say(out, {"say": line}))
    except ZgError as error:
        _say(out, {"failed": [type(error).__name__, error.what, error.next_step]})
    except MemoryError:
        _say(out, {"failed": ["ModelError", "There is too little memory for the model.", ""]})
    except Exception as error:  # noqa: BLE001 - the owner turns it into a sentence
        what = f"torch could not load the model ({type(error).__name__}: {str(error)[:200]})."
        _say(out, {"failed": ["ModelError", what, ""]})
    else:
        _say(out, {"ready": loop.about()})
        while True:
            _take(inbox, loop)
            try:
                for message in loop.turn():
                    _say(out, message)
            except DeviceLost as lost:
                # Only a new process can use the device again; the owner starts it when asked.
                print(f"lost {' '.join(str(lost).split())}", file=sys.stderr, flush=True)  # noqa: T201
                os._exit(3)


def _take(inbox: queue.SimpleQueue[_Message], loop: Any) -> None:
    """Everything that was asked meanwhile; without any work, wait for it."""
    while not (inbox.empty() and loop.busy):
        loop.take(inbox.get())


def _read(inbox: queue.SimpleQueue[_Message]) -> None:
    for line in sys.stdin:
        inbox.put(json.loads(line))
    os._exit(0)  # nothing to save


def _say(out: TextIO, message: _Message) -> None:
    try:
        out.write(json.dumps(message) + "\n")
        out.flush()
    except OSError:
        os._exit(0)  # nobody listens any more


if __name__ == "__main__":
    main()
