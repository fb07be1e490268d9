"""What is said about who pays."""

from __future__ import annotations

ARGUMENTS = "key [NETWORK] | wallet | local"
DOES = "who pays: an API key that was given to you, your wallet, or nobody (this machine)"
CHOICES = ("key", "wallet", "local")
USAGE = "%zg use needs to know what to use, not {words!r}."
USAGE_NEXT = "For example: %zg use key, %zg use wallet, or %zg use local"
ASK_KEY = "Your API key (it is not shown):"
NO_KEY = "No key was typed; nothing has changed."
USED_KEY = "From now on your key asks through {router}. Try a cell that starts with: %%zg_infer"
USED_PROVIDER_KEY = "From now on your key asks its provider. Try a cell with: %%zg_infer"
USED_WALLET = "From now on your wallet pays; the key is forgotten."
USED_LOCAL = "From now on this machine answers, free of charge."
KEY_REMARK = "A key works on one network only; if it is refused, try: %zg use key {other}"
