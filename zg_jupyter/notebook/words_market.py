"""What is said about providers and models."""

from __future__ import annotations

ARGUMENTS = "[--type T] [--model M] [--max-price 0G] [--verified] [--sort HOW]"
COMMAND_HELP = {
    "providers": (ARGUMENTS, "who offers which model at what price, and how they are doing"),
    "models": (
        "[options of providers]",
        "one line per model: providers, cheapest prices, best speeds",
    ),
}

#: What each option does, by its long name: metavar, then a sentence.
OPTION_HELP = {
    "--type": ("T", "only this type of service, for example chatbot"),
    "--model": ("M", "only models whose name contains this"),
    "--max-price": ("0G", "most 0G (or USD) for a million tokens of the answer, or for an image"),
    "--verified": ("", "only services that sign their answers with an acknowledged signer"),
    "--sort": ("HOW", "price, latency (to the first token) or throughput"),
    "--fresh": ("", "read the chain again, however young the list is"),
    "--help": ("", "this text"),
}
HELP = """\
%zg {command}: {does}.

{options}

Prices are 0G for a million tokens. Latency and throughput come from your own answers, and from the
network's status page where there is one.
"""

OLD = "As of {age} ago. Read it anew with: %zg {command} --fresh"
NONE_FITS = "No offer fits."
SEE_HELP = "Run: %zg {command} --help"
AGES = ((86_400, "{n} d"), (3_600, "{n} h"), (60, "{n} min"), (1, "{n} s"))
