"""LiteLLM's proxy before the same upstream as our gateway, to measure it beside ours.

``pip install "litellm[proxy]"`` belongs into an environment of its own; its program is named with
``--litellm``. It runs with one worker and a master key. Keys with budgets of its own would need a
database beside it, so it checks one key here and keeps no budget, where ours keeps a share, a
class's total and a row for every request.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from zg_jupyter import sockets

_START = 120.0  # seconds


@contextlib.contextmanager
def proxy(
    program: str, folder: Path, model: str, url: str, key: str
) -> Iterator[tuple[str, str, int]]:
    """The proxy as long as the block runs: its base URL, a key, and its process id.

    Parameters
    ----------
    program:
        The ``litellm`` of an environment.
    folder:
        For its configuration and its log.
    model, url, key:
        What it passes on, to which OpenAI-compatible base URL, with which key.
    """
    master = f"sk-{secrets.token_hex(24)}"
    at = {"model": f"openai/{model}", "api_base": url, "api_key": key}
    content = {
        "model_list": [{"model_name": model, "litellm_params": at}],
        "general_settings": {"master_key": master},
    }
    config = folder / "litellm.yaml"
    config.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    with sockets.listening("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with (folder / "litellm.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}/v1", master, process.pid
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/liveliness", trust_env=False).is_success:
                return
        time.sleep(0.2)
    raise RuntimeError("LiteLLM's proxy did not start; see litellm.log")
