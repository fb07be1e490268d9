"""What is said about attestations."""

from __future__ import annotations

COMMAND_HELP = {
    "verify": (
        "PROVIDER [--collateral FILE] | FILE.ipynb [--online]",
        "what stands behind a provider, check by check; or behind the answers of a notebook",
    ),
}
OPTIONS = ("--collateral",)

USAGE = "%zg verify takes one provider."
USAGE_NEXT = "See them with: %zg providers"
UNKNOWN_OPTION = "%zg verify has no option {name!r}."
NEEDS_FILE = "--collateral needs a file."
OPTION_NEXT = "For example: %zg verify 0x1234ab --collateral collateral.json"

GENUINE = "Genuine Intel TDX hardware stands behind provider {provider} (TCB {tcb})."
ANY_SYSTEM = " Which firmware and kernel run on it was not compared."
DEVELOPMENT = (
    "Development attestation: no TEE hardware stands behind provider {provider}. "
    "Its signer says so itself."
)
NOT_PROVED = "NOT proved: {reason} (provider {provider}; {count} checks are open)"
NOT_PROVED_ONE = "NOT proved: {reason} (provider {provider})"

HEAD = ("check", "outcome", "why")
OUTCOMES = {"pass": "passed", "fail": "FAILED", "not-run": "not run"}
IMAGE = "image"
UNPINNED = "{name}: no digest, the name may stand for any code"
KEY = "encryption key"
QUOTE = "quote"
LISTED = ""
