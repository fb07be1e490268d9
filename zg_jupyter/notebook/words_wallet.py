"""What is said about wallets and keys."""

from __future__ import annotations

ARGUMENTS = "create|import|list|use|unlock|lock|export-address|remove"
DOES = "your wallets on this machine"
CHOICES = ("create", "import", "list", "use", "unlock", "lock", "export-address", "remove")

USAGE = "%zg wallet needs to know what to do."
USAGE_NEXT = "For example: %zg wallet create main, or %zg wallet list"
UNKNOWN = "There is no command '%zg wallet {name}'."
NEEDS_NAME = "%zg wallet {command} needs the name of a wallet."
NEEDS_NAME_NEXT = "For example: %zg wallet {command} main"
TOO_MUCH = "%zg wallet {command} does not understand {words!r}."
NEVER_TYPED = "Keys, phrases and passphrases are asked for when they are needed."
NEVER_TYPED_NEXT = "Never type one into a cell. Run: %zg wallet {command} NAME"
BAD_SECONDS = "--for wants a number of seconds, not {value!r}."

ASK_PASSPHRASE = "Passphrase of the wallet:"  # noqa: S105 - a question
ASK_NEW_PASSPHRASE = "New passphrase for the wallet (8 characters or more):"  # noqa: S105 - a question
ASK_AGAIN = "The same once more:"
ASK_KEY = "Private key (64 hex digits; it is not shown):"
ASK_PHRASE = "Backup phrase (12 to 24 words; it is not shown):"
PASSPHRASES_DIFFER = "The two passphrases differ; nothing was kept."
TRY_AGAIN = "Run the cell again."
CANNOT_ASK = "This notebook runs where nobody can be asked for a passphrase; nothing was changed."
CANNOT_ASK_NEXT = "Open it in JupyterLab, or set ZG_PRIVATE_KEY before starting Jupyter."

PHRASE_TITLE = (
    "Backup phrase of the wallet {name!r}. It is shown once and kept nowhere: write it on paper. "
    "Whoever has it has the money; without it and the passphrase the money is lost."
)
SHOW = "Show"
HIDE = "Hide for good"
HIDDEN = "Shown and gone."

CREATED = "The wallet {name!r} is made: {address}"
IMPORTED = "The wallet {name!r} is kept here, encrypted: {address}"
IMPORTED_KEYRING = "The keyring of this system keeps the wallet {name!r}: {address}"
NEXT_USE = "Next: %zg wallet use {choice}"
USED = "Transactions are signed by {address} from now on ({network} networks)."
DEVELOPMENT = "development"
REAL = "real"
UNLOCKED = "{address} is unlocked until it has not been used for {minutes:g} minutes."
LOCKED = "Locked: {names}."
LOCKED_NONE = "No wallet was unlocked."
REMOVED = "The wallet {name!r} is deleted from this machine."
LIST_HEAD = ("wallet", "address", "state", "in use")
STATES = {"locked": "locked", "unlocked": "unlocked", "ready": "ready"}
LIST_EMPTY = "There is no wallet yet. Make one with: %zg wallet create main"
YES = "yes"
