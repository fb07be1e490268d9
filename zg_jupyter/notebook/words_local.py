"""What is said about the models of this machine."""

from __future__ import annotations

ARGUMENTS = "[info|models|pull NAME|use NAME|remove NAME|unload]"
DOES = "models on this machine: what runs which one, and why; NAME may be owner/name of the hub"
CHOICES = ("info", "models", "pull", "use", "remove", "unload")
#: Those that are followed by the name of a model.
NAMED = ("pull", "use", "remove")

TITLE = "This machine"
ENGINE = "engine {name}"
INSTALLED = "installed"
MISSING = 'not installed: pip install "zg-jupyter[{extra}]"'
EXTRAS = {"llamacpp": "cpu", "torch": "local"}
MODEL = "model"
ENGINE_CHOSEN = "runs on"
LIBRARY = "computed by"
OWN_LOOP = "this package's own loop"
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

MODELS_HEAD = ("model", "about", "from", "on disk", "")
MODELS_TITLE = "{used} of models on this machine, {free} free"
FROM = "{source} {revision}"
HALF = "half: {size}; pull it again to go on"
PULLED = "{name} is here. Use it with: %zg local use {name}"
REMOVED = "Removed: {names}. {size} are free again."
REMOVED_CONVERTED = "Removed what torch made of it, {size}. {path} is your own file and stays."
BACK_TO = "This machine answers with {name} again."
TO_FETCH = "fetched on first use: {size}"
CHOSEN = "chosen"
USING = (
    "This machine now answers with {name}, on {engine}. Ask it with: %%zg_infer --provider local"
)
UNLOADED = "Unloaded: {names}. The next question loads it anew."
NOTHING_LOADED = "No model is loaded."
USAGE = "%zg local does not understand {words!r}."
USAGE_NEXT = "For example: %zg local, or %zg local use owner/name"
