"""What is said about the models of this machine."""

from __future__ import annotations

ARGUMENTS = "[info|models|use NAME|unload]"
DOES = "models on this machine: what runs which one, and why"
CHOICES = ("info", "models", "use", "unload")

TITLE = "This machine"
ENGINE = "engine {name}"
INSTALLED = "installed"
MISSING = 'not installed: pip install "zg-jupyter[{extra}]"'
EXTRAS = {"llamacpp": "cpu", "torch": "local"}
MODEL = "model"
ENGINE_CHOSEN = "runs on"
DEVICE = "device"
STATE = "state"
WHY = "{what}: {why}"
LOADED = "loaded"
NOT_LOADED = "not loaded; the first question does that"
DEVICE_LATER = "very likely {device}; precision is chosen when it is loaded"
DEVICE_ONLY = "{device}"
DEVICE_NOW = "{device}, {precision}: {why}"
AT_A_TIME = "at a time"
ANSWERS = "{count} answers"
FEWER = "{count} answers, not more: {why}"
FREE = "disk"
FREE_ROOM = "{size} free"

MODELS_HEAD = ("model", "about", "on disk", "")
TO_FETCH = "fetched on first use: {size}"
CHOSEN = "chosen"
USING = (
    "This machine now answers with {name}, on {engine}. Ask it with: %%zg_infer --provider local"
)
UNLOADED = "Unloaded: {names}. The next question loads it anew."
NOTHING_LOADED = "No model is loaded."
USAGE = "%zg local does not understand {words!r}."
USAGE_NEXT = "For example: %zg local, or %zg local use smollm2-135m-instruct"
