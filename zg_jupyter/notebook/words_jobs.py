"""What is said about requests that run while the notebook goes on."""

from __future__ import annotations

OPTION = "go on at once; the result is a job with .text, .result() and .cancel()"
ARGUMENTS = "[cancel NUMBER|fetch ID]"
DOES = "what runs with --background and how far it is; stop it, or fetch images of earlier"
CHOICES = ("cancel", "fetch")

HEAD = ("job", "state", "prompt", "cost", "seconds")
NONE = "There are no jobs. Start one with: %%zg_infer --background"
USAGE = "%zg jobs does not understand {words!r}."
USAGE_NEXT = "For example: %zg jobs, or %zg jobs cancel 3"
UNKNOWN = "There is no job {number!r}."
UNKNOWN_NEXT = "See them with: %zg jobs"
STOPPED = "Job {number} is stopped. {charged}"
ENDED = "Job {number} had ended already: it is {state}."
STILL = "Job {number} is told to stop, and has not ended yet. Look again with: %zg jobs"
NOT_TOGETHER = "--background cannot be used together with {other}."

STATES = {"running": "running", "done": "done", "stopped": "stopped", "failed": "failed"}
AT_PROVIDER = "at its provider"
IMAGES = "{count} images by {model}; %zg jobs fetch {id}"
WAITING = "…"
RUNNING = "job {number} · running · {seconds:.0f} s · stop it with: %zg jobs cancel {number}"
STATE = "job {number} · {state}"
