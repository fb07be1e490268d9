"""What is said about moving money."""

from __future__ import annotations

COMMAND_HELP = {
    "deposit": ("AMOUNT [--for ADDRESS]", "put 0G from the wallet into a ledger"),
    "transfer": ("PROVIDER AMOUNT", "move 0G from the ledger to a provider"),
    "retrieve": ("[PROVIDER ...]", "get 0G back from providers (two calls, a day apart)"),
    "withdraw": ("AMOUNT|all", "pay 0G from the ledger to the wallet"),
    "close": ("", "pay everything out and delete the ledger"),
    "balances": ("", "where the money is, as a table"),
    "history": ("", "what happened with each provider, as a table"),
}

DEPOSIT_AMOUNT = "%zg deposit needs an amount of 0G."
DEPOSIT_EXAMPLE = "For example: %zg deposit 5"
FOR_WHOM = "--for needs the address of the wallet that gets the money."
FOR_EXAMPLE = "For example: %zg deposit 5 --for 0x..."
TRANSFER_USAGE = "%zg transfer needs a provider and an amount of 0G."
TRANSFER_EXAMPLE = "For example: %zg transfer 0x1234 1.5"
WITHDRAW_AMOUNT = "%zg withdraw needs an amount of 0G, or the word all."
WITHDRAW_EXAMPLE = "For example: %zg withdraw 2, or %zg withdraw all"
NO_PROVIDER = "There is no provider {typed!r} here, and no sub-account of yours with one."
SEVERAL_PROVIDERS = "{typed!r} fits several providers."
SHORT_PROVIDER = "{typed!r} is too short for a provider's address."
FIX_PROVIDER = "Give more of the address; see: %zg providers"

DEPOSITED = "{amount} are in your ledger now; {available} are free to spend."
DEPOSITED_FOR = "{amount} are in the ledger of {address} now."
DEPOSIT_NEXT = "Next: %%zg_infer and your question on the line below."
TRANSFERRED = "{amount} are with provider {provider} now; {available} are left in your ledger."
RETURNED = "{amount} came back to your ledger; {available} are free there now."
ASKED = "{amount} were asked back from providers."
ON_THE_WAY = "{amount} are on their way. Run %zg retrieve again in {wait} ({when})."
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MINUTES = "{minutes} min"
HOURS = "{hours} h {minutes} min"
WITHDRAWN = "{amount} are in your wallet again."
CLOSED = "The ledger is closed; {amount} are in your wallet again."
WAITING = "Sending the transaction and waiting for its block..."
