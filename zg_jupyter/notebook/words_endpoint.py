"""What is said about OpenAI-compatible servers of the user's own."""

from __future__ import annotations

ARGUMENTS = (
    "[list|add NAME URL [--model M] [--input-price P --output-price P] [--key-from WHERE]"
    "|test NAME|key NAME|remove NAME]"
)
DOES = "any OpenAI-compatible server as a provider: Ollama, vLLM, a school's own; unverified"
CHOICES = ("list", "add", "test", "key", "remove")
#: Those that are followed by the name of an endpoint.
NAMED = ("test", "key", "remove")
OPTIONS = ("--model", "--input-price", "--output-price", "--key-from")

HEAD = ("endpoint", "address", "models", "0G / 1M in", "0G / 1M out", "key", "")
TITLE = "Endpoints of your own"
NONE = "There is no endpoint yet. For example: %zg endpoint add ollama http://localhost:11434"
UNVERIFIED = "unverified"
MORE = "{first} and {count} more"
FREE = "0"
KEY_NONE = "none"
KEY_THERE = "{source}"
KEY_MISSING = "{source}: missing"

ADDED = "Added: {name} at {url}, with {models}. Ask it with: %%zg_infer --provider {name}"
NOT_VERIFIED = "Nobody vouches for its answers: they are unverified, whatever the server says."
PRICED = "It counts as {input} 0G for a million tokens in and {output} 0G out."
UNPRICED = "It counts as free of charge, so it comes first wherever the price decides."
TESTED = "{name} answers: {text}"
TOOK = "Its models: {models}. It took {seconds:.1f} s and cost {cost}."
KEY_KEPT = "The key of {name} is taken from now on."
REMOVED = "Removed: {name}, and its key if it was kept here."

ASK_KEY = "Key of {name}:"
NEEDS_BOTH = "%zg endpoint add needs a name and an address."
NEEDS_BOTH_NEXT = "For example: %zg endpoint add ollama http://localhost:11434"
USAGE = "%zg endpoint does not understand {words!r}."
USAGE_NEXT = "For example: %zg endpoint list, or %zg endpoint test NAME"
