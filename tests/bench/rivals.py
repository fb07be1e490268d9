"""What else runs the same file: transformers, and llama.cpp's server without our engine around it.

Scripts for fresh interpreters print one line of JSON.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: path, device, dtype, most, rounds, threads, prompts -> load, first, rate, texts, peak memory
TRANSFORMERS = """
import json, resource, sys, time
import torch
from pathlib import Path
path, device, dtype, most, rounds, threads, prompts = json.loads(sys.argv[1])
torch.set_num_threads(threads)
from transformers import AutoModelForCausalLM, AutoTokenizer
path = Path(path)
started = time.perf_counter()
if path.is_dir():
    place, more = path, {}
else:
    place, more = path.parent, {"gguf_file": path.name}
tokenizer = AutoTokenizer.from_pretrained(place, **more)
model = AutoModelForCausalLM.from_pretrained(place, dtype=dtype, **more).to(device)
loaded = time.perf_counter() - started
best_first, best_rate = 1e9, 0
class Clock:
    def put(self, ids): self.times.append(time.perf_counter())
    def end(self): pass
for _ in range(rounds):
    texts = []
    for prompt in prompts:
        said = f"<|im_start|>user\\n{prompt}<|im_end|>\\n<|im_start|>assistant\\n"
        ids = tokenizer(said, add_special_tokens=False, return_tensors="pt").to(device)
        clock, started = Clock(), time.perf_counter()
        clock.times = []
        with torch.no_grad():
            made = model.generate(**ids, do_sample=False, max_new_tokens=most, streamer=clock,
                                  eos_token_id=2, pad_token_id=2)
        answer = made[0, ids["input_ids"].shape[1]:]
        first, last = clock.times[1], clock.times[-1]  # the prompt itself comes first
        best_first = min(best_first, first - started)
        best_rate = max(best_rate, (len(answer) - 1) / (last - first))
        texts.append(tokenizer.decode(answer, skip_special_tokens=True))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([loaded, best_first, best_rate, texts, peak]))
"""
#: path, folder -> seconds of a load whose conversion is there already, torch imported before
SECOND_LOAD = """
import json, sys, time
import torch
from pathlib import Path
from zg_jupyter.local import checkpoint
path, folder = json.loads(sys.argv[1])
checkpoint.open_gguf(Path(path), Path(folder), lambda line: None)
started = time.perf_counter()
checkpoint.open_gguf(Path(path), Path(folder), lambda line: None)
print(json.dumps(time.perf_counter() - started))
"""


def apart(script: str, *arguments: Any) -> Any:
    """Run a script in a fresh interpreter; what its last line says."""
    command = [sys.executable, "-W", "ignore", "-c", script, json.dumps(arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    if ran.returncode:
        raise RuntimeError(ran.stderr.strip().splitlines()[-1])
    return json.loads(ran.stdout.splitlines()[-1])


def straight(url: str, key: str, body: dict[str, Any]) -> tuple[float, float]:
    """The same request to llama.cpp's server over a bare connection: first token, then a rate."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    started = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    first = last = 0.0
    made = 0
    while line := answer.readline():
        if not line.startswith(b"data: {"):
            continue
        chunk = json.loads(line[6:])
        if chunk["choices"] and chunk["choices"][0]["delta"].get("content"):
            first = first or time.perf_counter()
        if usage := chunk.get("usage"):
            made, last = usage["completion_tokens"], time.perf_counter()
    connection.close()
    return first - started, (made - 1) / (last - first)


def peak_memory(pid: int) -> int:
    """Most bytes that a process ever held at once, or holds now where that is not known."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    import psutil

    return int(psutil.Process(pid).memory_info().rss)
