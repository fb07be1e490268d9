"""Every sentence that the magics say, in one place, so that it can be translated.

Sentences with values are ``str.format`` templates. Words of option and command tables live here
too: help, completion and errors read the same lines.
"""

from __future__ import annotations

from zg_jupyter.notebook import (
    words_answers,
    words_class,
    words_endpoint,
    words_help,
    words_jobs,
    words_keys,
    words_local,
    words_market,
    words_media,
    words_money,
    words_network,
    words_recorded,
    words_spend,
    words_trust,
    words_use,
    words_wallet,
)

#: What each option of ``%%zg_infer`` does, by its long name.
OPTION_HELP = {
    "model": "which model to ask",
    "provider": "which provider to ask: an address, or an endpoint's name; local: this machine",
    "max-tokens": "longest answer, in tokens",
    "temperature": "0 gives the most likely words, up to 2 gives surprises",
    "top-p": "only the likeliest words that make up this share, 0 to 1",
    "seed": "repeat the same choices where the provider can",
    "stop": "end the answer before this text",
    "sort": "which offer comes first: price, latency or throughput",
    "max-price": "most 0G (or USD) for a million tokens of the answer",
    "max-cost": "most 0G (or USD) for this cell; the answer is kept shorter for it",
    "only-verified": "only services that sign their answers",
    "verify": "warn: the receipt says it; strict: show and keep verified answers only; off",
    "failover": "next: another provider before the first word; restart: also after; none",
    "fallback": "local: this machine answers when nobody else does; remote: after local; none",
    "hedge": "ask a second provider when there is no word after these seconds",
    "timeout": "seconds for the whole answer",
    "retries": "how often to try again when everybody is busy",
    "private": "seal prompt and answer: only the provider's enclave can read them",
    "reuse": words_recorded.OPTION,
    "background": words_jobs.OPTION,
    "chat": "go on with the conversation of this name",
    "reset": "begin that conversation anew",
    "compare": "ask several models the same, side by side; local is this machine's",
    "plan": "show who would be asked and what it may cost; nothing is sent",
    "system": "how the model should behave",
    "out": "variable that receives the answer",
    **words_answers.OPTION_HELP,
    **words_media.OPTION_HELP,
    "raw": "leave {variable} as it is written",
    "plain": "the same as --format text",
    "help": "this text",
}

#: What each command of ``%zg`` does: arguments, then a sentence.
COMMAND_HELP = {
    "up": ("", "start the embedded network on this machine, or find it"),
    "down": ("", "stop the embedded network"),
    "panel": ("", "wallet, providers, prompts and spend with the mouse"),
    "status": ("", "network, wallet, balances"),
    "wallet": (words_wallet.ARGUMENTS, words_wallet.DOES),
    **words_money.COMMAND_HELP,
    "keys": (words_keys.ARGUMENTS, words_keys.DOES),
    **words_market.COMMAND_HELP,
    **words_trust.COMMAND_HELP,
    "spend": (words_spend.SPEND_ARGUMENTS, "what every answer cost; or sums by model, day, ..."),
    "budget": (
        "[AMOUNT|off] [--session|--day|--total]",
        "the most that may be spent, in all notebooks",
    ),
    "forget": ("", words_recorded.DOES),
    "record": (words_recorded.RECORD_ARGUMENTS, words_recorded.RECORD_DOES),
    "replay": (words_recorded.REPLAY_ARGUMENTS, words_recorded.REPLAY_DOES),
    "transcribe": (words_media.ARGUMENTS, words_media.DOES),
    "jobs": (words_jobs.ARGUMENTS, words_jobs.DOES),
    "local": (words_local.ARGUMENTS, words_local.DOES),
    "endpoint": (words_endpoint.ARGUMENTS, words_endpoint.DOES),
    "use": (words_use.ARGUMENTS, words_use.DOES),
    "class": (words_class.ARGUMENTS, words_class.DOES),
    "join": (words_class.JOIN_ARGUMENTS, words_class.JOIN_DOES),
    "reconcile": (
        words_spend.RECONCILE_ARGUMENTS,
        "compare what was recorded here with providers and chain",
    ),
    "network": (words_network.ARGUMENTS, words_network.DOES),
    "explain": ("[OPTIONS] [QUESTION]", "ask a model why the last cell failed"),
    "alias": ("[NAME OPTIONS|remove NAME]", "a short name for options: %%zg_infer @NAME"),
    "doctor": ("", "look whether everything is right, and what to do if not"),
    "settings": ("", "show all settings"),
    "set": ("NAME VALUE|off", "change a setting for this session, such as model or max_cost"),
    "help": (words_help.ARGUMENTS, words_help.DOES),
}

INFER_HELP = """\
Ask a model on 0G Compute.

    %%zg_infer [options]          %zg_infer [options] one-line prompt
    Your prompt,
    as long as you like

{options}
    @NAME                     options with a name of your own: %zg alias

The answer appears while it is written. It is also in `_` and in the --out variable:
.text (str), .usage (tokens), .cost (neuron, 1e-18 0G), .receipt (who, when, what was proved),
.value (the data, with --schema or --format json), .images (files, with --format image).
{{name}} in a prompt becomes the value of your variable; so do expressions that use one, such as
{{name.attr}}, {{name[key]}}, {{len(rows)}}, {{price:.2f}}. JSON and code stay as they are.
Double the braces, {{{{name}}}}, to write them as they are, or use --raw.
"""

ZG_HELP = """\
Look after the network and the money.

{commands}

{topics}

Ask a model with %%zg_infer; its options: %zg_infer --help
"""

# What was typed ----------------------------------------------------------------------------
EMPTY_PROMPT = "The prompt is empty."
EMPTY_PROMPT_NEXT = "Write your question below the %%zg_infer line."
EMPTY_PROMPT_NEXT_LINE = "Write your question behind %zg_infer, or run: %zg_infer --help"
STRAY_WORDS = "{words!r} is not an option of %%zg_infer."
STRAY_WORDS_NEXT = "Write the prompt on the lines below %%zg_infer."
UNKNOWN_OPTION = "There is no option {name!r}."
UNKNOWN_COMMAND = "There is no command {name!r}."
UNKNOWN_VARIABLE = "The prompt uses {{{name}}}, but there is no variable {name!r}."
UNKNOWN_PART = "The prompt uses {{{reference}}}, but {owner!r} has no {part!r}."
PRIVATE_PART = "The prompt uses {{{reference}}}, but names that start with _ are private."
UNPRINTABLE = "The value of {{{reference}}} cannot be written as text ({error})."
HOW_TO_ESCAPE = "To keep the braces as they are, write {{{{{reference}}}}} or add --raw."
DID_YOU_MEAN = "Did you mean {match!r}?"
SEE_INFER_HELP = "Run: %zg_infer --help"
SEE_ZG_HELP = "Run: %zg help"
NEEDS_VALUE = "{name} needs a value."
TAKES_NO_VALUE = "{name} takes no value."
TWICE = "{name} is given twice."
OPEN_QUOTE = "A quotation mark is opened but not closed."
OPEN_QUOTE_NEXT = "Close it, or leave it out."
NOT_A_COUNT = "{name} wants a whole number from {low} to {high}, not {value!r}."
NOT_A_NUMBER = "{name} wants a number from {low} to {high}, not {value!r}."
NOT_ONE_OF = "{name} is one of {choices}, not {value!r}."
NOT_A_NAME = "{name} wants the name of a variable, not {value!r}."
NOT_A_NAME_NEXT = "Use letters, digits and _, for example: --out answer"
SET_USAGE = "%zg set needs a name and a value."
SET_EXAMPLE = "For example: %zg set max_tokens 200"
NO_ARGUMENTS = "%zg {command} takes no arguments, but {words!r} is given."
ONE_ARGUMENT = "%zg {command} takes one argument, but {words!r} is given."

# Keys --------------------------------------------------------------------------------------
PASTED = "This cell holds a private key, an API key or a backup phrase, so it was not run."
PASTED_CHARGED = "Nothing was executed or charged, and IPython's history has no copy."
PASTED_NEXT = (
    "Delete it from this notebook. If the notebook was ever saved or shared, move the funds to a "
    "new wallet or revoke the key. Keys are asked for by: %zg wallet import NAME, or %zg join."
)

# While and after an answer -----------------------------------------------------------------
INTERRUPTED = "Stopped by you. The text above is incomplete."
STARTS_OVER = "The answer broke off and starts over elsewhere."
BROKEN_OFF = "The answer broke off here. The text above is incomplete."
CUT_SHORT = "The answer reached its limit of tokens; --max-tokens sets a higher one."
INTERRUPTED_LINE = "KeyboardInterrupt: stopped by you. {charged}"
STOPPED_LINE = "KeyboardInterrupt: stopped by you. See how things are with: %zg status"
INTERRUPTED_COST = "Charged for what had arrived: about {cost}."
INTERRUPTED_FREE = "Nothing was charged."
RECEIPT_TOKENS = "{prompt} + {completion} tokens"
RECEIPT_TOKENS_ESTIMATED = "about {prompt} + {completion} tokens"
RECEIPT_PRIVATE = "private"
RECEIPT_PRIVATE_DEVELOPMENT = "private (development)"
RECEIPT_FIRST = "first token {seconds:.2f} s"
RECEIPT_TOTAL = "total {seconds:.2f} s"
NO_PROVIDER = "this machine"

LEFT_OUT = "The {count} oldest turns of {name!r} are too long and were not sent along."
RESET_WHAT = "--reset needs --chat NAME."
NOT_TOGETHER = "--compare cannot be used together with {other}."
PLAN_TITLE = "Nothing was sent. This is who would be asked, in this order:"
PLAN_HEAD = ("", "provider", "model", "may cost", "why", "if it fails")
PLAN_OUT = "left out"
PLAN_RANGE = "{low} to {high}"
BUDGET_HEAD = ("budget", "limit", "spent", "left")
BUDGET_NAMES = {
    "notebook": "this notebook",
    "day": "a day",
    "total": "all together",
    "session": "this session",
}
BUDGET_SET = "The budget for {name} is {amount} now; {spent} of it is spent."
BUDGET_OFF = "There is no budget for {name} any more."
BUDGET_USAGE = "%zg budget takes one amount of 0G or USD, or the word off."
BUDGET_EXAMPLE = "For example: %zg budget 0.5, or %zg budget 2 --day"
NO_LIMIT = "none"
NO_NOTEBOOK = "It is not known which notebook this is, so it cannot have a budget of its own."
NO_NOTEBOOK_NEXT = "Use --day or --total, or: %zg set budget AMOUNT"
SPEND_USAGE = "%zg spend does not understand {words!r}."
SPEND_EXAMPLE = "For example: %zg spend --by model"
SPEND_SAVED = "{count} lines are in {path} now."

# Network and money -------------------------------------------------------------------------
UP_READY = "Ready: {network}, chain {chain_id}, {providers}, wallet {address}."
UP_NEXT_DEPOSIT = "Next: %zg deposit 5"
UP_NEXT_ASK = "Next: %%zg_infer and your question on the line below."
PROVIDERS_ONE = "1 provider"
PROVIDERS_MANY = "{count} providers"
DOWN_DONE = "The embedded network is stopped."
DOWN_NOTHING = "No embedded network is running."
SETTING_OFF = "{name} is not set any more."
SETTING_NOW = "{name} = {value} for this session."

STATUS_TITLE = "0G Compute: {network}"
STATUS_ROWS = {
    "address": "Wallet address",
    "wallet": "In the wallet",
    "available": "Ledger, free",
    "locked": "Ledger, with providers",
    "account": "With {provider}",
    "pending": "Coming back from {provider}",
    "unsettled": "Used at {provider}, not settled yet",
    "cut_off": "Cut off",
    "spent": "Spent so far",
    "providers": "Providers",
    "router": "Paid by a key, through",
    "key": "The key's name here",
    "left": "Left on the key",
    "prompts": "Prompts and answers",
}
STATUS_KEPT = "kept by your class, and read by your teacher; --private ones are not"
NO_LEDGER = "none yet; run: %zg deposit 5"
REFUND_RIPE = "{amount}, now with: %zg retrieve"
REFUND_WAITS = "{amount}, in {wait}"
DOCTOR_HEAD = ("looked at", "state", "what was seen", "what to do")
SETTINGS_HEAD = ("setting", "value", "meaning")
SETTING_MEANS = {"network": "which network to use"}

STATUSBAR_TEXT = "0G {network} · {spent} spent"
STATUSBAR_TOOLTIP = "Last answer: {cost}, {provider}\nThis notebook: {spent} for {answers} answers"
