"""The pages of ``%zg help TOPIC``: a title, commands to copy with what they do, and a remark."""

from __future__ import annotations

ARGUMENTS = "[TOPIC]"
DOES = "this text, or a page about a topic, a command or an option"
TOPICS = "A page about one topic, command or option, with commands to copy: %zg help TOPIC"
UNKNOWN = "There is no help about {name!r}."
UNKNOWN_NEXT = "See the topics with: %zg help"

#: Which page a command or an option is on.
COVERS = {
    "asking": (
        *("model", "provider", "max-tokens", "temperature", "top-p", "seed", "stop", "system"),
        *("out", "help"),
    ),
    "prompts": ("raw", "chat", "reset", "alias"),
    "answers": ("format", "schema", "plain", "compare"),
    "images": ("n", "size", "edit", "transcribe", "language"),
    "budget": ("budget", "plan", "max-cost", "max-price"),
    "failover": ("failover", "sort", "fallback", "hedge", "timeout", "retries"),
    "money": (
        *("deposit", "transfer", "retrieve", "withdraw", "close", "balances", "history"),
        "status",
    ),
    "wallet": ("wallet",),
    "keys": ("keys", "use"),
    "providers": ("providers", "models", "only-verified"),
    "verify": ("verify",),
    "private": ("private",),
    "local": ("local",),
    "endpoint": ("endpoint",),
    "class": ("class", "join"),
    "panel": ("panel",),
    "spend": ("spend", "reconcile"),
    "record": ("record", "replay", "reuse", "forget"),
    "jobs": ("jobs", "background"),
    "networks": ("network", "up", "down"),
    "settings": ("settings", "set"),
    "errors": ("explain", "doctor"),
}

PAGES = {
    "asking": (
        "Asking a model",
        {
            "%%zg_infer": "then the prompt, on the lines below",
            "%zg_infer What is a ledger?": "a prompt of one line",
            "%%zg_infer --max-tokens 60 --temperature 0": "short, and the likeliest words",
            "%%zg_infer --model NAME --out answer": "a certain model; the answer in a variable",
            "%%zg_infer --provider ADDRESS": "a certain provider; see them with: %zg providers",
            "%%zg_infer --provider local": "the model of this machine, for nothing",
            '%%zg_infer --system "Answer in one sentence."': "how the model should behave",
            "%%zg_infer --seed 7 --top-p 0.9 --stop END": "the same choices again, of likely words, up to END",
            "%zg_infer --help": "all options, a line each",
        },
        "The answer is also in `_`: _.text, _.usage (tokens), _.cost (neuron), _.receipt.\n"
        "The stop button ends it; what had arrived by then is kept and paid.",
    ),
    "prompts": (
        "Prompts with variables, conversations, short names",
        {
            "%zg_infer Sum up: {notes}": "the value of your variable notes",
            "%zg_infer Which is odd? {df.head(3)}": "an expression of a variable",
            "%zg_infer --raw Explain {x} in LaTeX": "braces stay as they are; so does {{x}}",
            "%%zg_infer --chat trip": "goes on with what was said under this name",
            "%%zg_infer --chat trip --reset": "begins that conversation anew",
            "%zg alias fast --max-tokens 40 -t 0": "a name for options",
            "%%zg_infer @fast": "asks with them",
            "%zg alias": "lists the names",
            "%zg alias remove fast": "takes one away",
        },
        "JSON, code and LaTeX stay as they are typed. A private key in a prompt stops the cell.\n"
        "A long table goes in as CSV of 20 rows; {df.to_csv()} is all of it.",
    ),
    "answers": (
        "Forms of answers",
        {
            "%%zg_infer --format text": "as it comes, without Markdown; the same as --plain",
            "%%zg_infer --format code": "code, offered as the next cell and never run",
            "%%zg_infer --format json": "data, in answer.value",
            "%%zg_infer --schema City": "data of this form: a pydantic model, a dict, a .json file",
            "%%zg_infer --format html": "in a closed frame, after: %zg set allow_html on",
            "%%zg_infer --format image": "pictures; see: %zg help images",
            "%%zg_infer --compare a,b": "two models (or local) side by side",
        },
        "An answer can only be read: no HTML, images or scripts of it run in the notebook.",
    ),
    "images": (
        "Images, edits of images, and recordings",
        {
            "%%zg_infer --format image --n 2 --size 512x512": "pictures, in answer.images",
            "%%zg_infer --edit photo.png": "new pictures from this one, as the prompt says",
            "%%zg_infer --edit photo.png --plan": "who would be asked at what price; sends nothing",
            'zg.edit(["a.png", "b.png"], "Join them")': "several; also bytes, as answer.images[0]",
            "%%zg_infer --format image --background": "a job of the provider, where it takes any",
            "%zg transcribe lecture.wav": "what is said in a recording",
            "%zg transcribe lecture.mp3 --language id --out text": "in Indonesian; into a variable",
            "%zg transcribe lecture.wav Ani, Yogyakarta": "a hint: names that are said",
            "%zg transcribe lecture.wav --plan": "what it may cost; sends nothing",
            'zg.transcribe("lecture.wav").text': "the same in code",
        },
        "Images are paid one by one, recordings by the second. WAV and FLAC files say how long they\n"
        'are; of others, pip install "zg-jupyter[media]" tells about, else the longest they can be counts.\n'
        "Only the file that you name is sent, without its folders; 32 MB at most.",
    ),
    "budget": (
        "What it may cost",
        {
            "%%zg_infer --plan": "who would be asked at what price; sends nothing",
            "%%zg_infer --max-cost 0.001": "this cell costs no more: kept shorter, or not sent",
            "%%zg_infer --max-cost '$0.01'": "the same in US dollars",
            "%%zg_infer --max-price 2": "only offers up to 2 0G for a million tokens",
            "%zg budget 0.5": "for this notebook",
            "%zg budget 2 --day": "for a day; also --session and --total",
            "%zg budget": "all limits, and what is left",
            "%zg budget off": "takes the limit of this notebook away",
            "%zg set max_cost 0.001": "for every cell of this session",
            "%zg set usd_rate 0.25": "US dollars for one 0G, if not as providers say",
        },
        "A budget is reserved before anything is sent, under all limits, over all kernels.",
    ),
    "failover": (
        "Who answers, and what happens when somebody does not",
        {
            "%%zg_infer --plan": "the order, and why; sends nothing",
            "%%zg_infer --sort latency": "the quickest first; also price and throughput",
            "%%zg_infer --failover restart": "starts over elsewhere, also after the first word",
            "%%zg_infer --failover none": "one provider only",
            "%%zg_infer --hedge 2": "no word after 2 s: a second provider is asked as well",
            "%%zg_infer --fallback local": "nobody could answer: this machine does",
            "%%zg_infer --timeout 30 --retries 3": "30 s for all; 3 more tries when all are busy",
            "zg.last.attempts": "every try of the last answer, with its cost",
        },
        "Each request that a provider answers is a bill of its own. After the first word the part\n"
        "that arrived is kept and paid, unless you chose restart.",
    ),
    "money": (
        "Where the money is, and how it moves",
        {
            "%zg status": "network, wallet, ledger, providers",
            "%zg deposit 5": "wallet to ledger",
            "%zg deposit 5 --for ADDRESS": "into somebody else's ledger",
            "%zg transfer PROVIDER 1.5": "ledger to provider; cells do that by themselves",
            "%zg retrieve": "provider to ledger: two calls, a day apart",
            "%zg withdraw all": "ledger to wallet",
            "%zg close": "pays everything out and deletes the ledger",
            "%zg balances": "a table; what is coming back, and when",
            "%zg history": "what happened with each provider",
            "%zg set fund_ceiling 1": "most 0G that a provider holds beyond what it earned",
        },
        "Money: wallet -> ledger -> provider, and back. A command that was cut off can be typed\n"
        "again: nothing is sent twice.",
    ),
    "wallet": (
        "Wallets",
        {
            "%zg wallet create main": "an encrypted file; its backup phrase is shown once",
            "%zg wallet use main": "also: env, colab:NAME, keyring:NAME, devnet:2",
            "%zg wallet unlock main": "asks for the passphrase",
            "%zg wallet unlock main --for 600": "for 600 seconds after its last use",
            "%zg wallet lock": "locks all",
            "%zg wallet import old": "asks for a private key",
            "%zg wallet import old --phrase": "asks for a backup phrase",
            "%zg wallet list": "names, addresses, which one is in use",
            "%zg wallet export-address": "the address, to receive money",
            "%zg wallet remove old": "deletes the file from this machine",
        },
        "Keys and passphrases are asked for: never type one into a cell. A wallet of the browser\n"
        "is connected in the panel: %zg panel",
    ),
    "keys": (
        "API keys: your own, and for others",
        {
            "%zg use key": "asks for the key that you were given; it pays from then on",
            "%zg use key mainnet": "one of the hosted router there",
            "%zg use wallet": "your wallet pays again",
            "%zg keys create PROVIDER --label student-7 --days 30": "shown once",
            "%zg keys list": "ids, labels, until when",
            "%zg keys revoke PROVIDER student-7": "by id or label",
            "%zg keys revoke-all PROVIDER": "every key and session there",
        },
        "Whoever has a key spends its owner's money. A key may also come from the variable\n"
        "ZG_API_KEY, or from the panel: %zg panel, section Start. Never type one into a cell.",
    ),
    "providers": (
        "Who sells which model",
        {
            "%zg providers": "all offers: prices, latency, health",
            "%zg models": "one line per model",
            "%zg providers --type chatbot --max-price 1 --sort latency": "narrowed down",
            "%zg providers --model llama --verified": "a name, with signed answers only",
            "%zg models --fresh": "reads the chain again",
            "%%zg_infer --only-verified": "asks services that sign their answers only",
        },
        "Prices are 0G for a million tokens. The list is kept for ten minutes.",
    ),
    "verify": (
        "What an answer is worth",
        {
            "%%zg_infer --verify strict": "shows nothing before it is verified",
            "%%zg_infer --verify warn": "shows it at once; the receipt says what was found",
            "%zg verify PROVIDER": "what stands behind a provider, check by check",
            "%zg verify PROVIDER --collateral FILE": "without asking Intel's service",
            "%zg verify homework.ipynb": "every saved answer against its receipt, offline",
            "%zg verify homework.ipynb --online": "asks the chain for the signers, too",
            "%zg set verify strict": "for every cell of this session",
        },
        "Verified: the provider's registered signer signed the very bytes that you sent and got.\n"
        "The signers of the embedded network are development keys, and receipts say so.",
    ),
    "private": (
        "Prompts that only an enclave can read",
        {
            "%%zg_infer --private": "seals prompt and answer",
            "%zg set private on": "for every cell of this session",
            "%zg verify PROVIDER": "whose key that is, and what stands behind it",
        },
        "The key comes from an attestation that is bound to the signer on the chain. If that fails,\n"
        "nothing is sent: a private prompt never becomes a plain one. Through a router it goes sealed\n"
        "as well; the router reads the model, the limits and the usage.",
    ),
    "local": (
        "The models of this machine",
        {
            "%%zg_infer --provider local": "asks one: no key, no network, no cost",
            "%zg local": "what runs here, by what, and why",
            "%zg local use FILE.gguf": "takes your own model; a folder is fine as well",
            "%zg local pull owner/name": "fetches a chat model of the Hugging Face hub",
            "%zg local use owner/name": "takes it",
            "%zg local models": "what is on disk, from where, how large",
            "%zg local remove owner/name": "frees its disk",
            "%zg local unload": "frees the memory",
            "%zg set fallback local": "this machine answers when nobody else does",
            "%zg set local_trim on": "leaves the oldest turns out of too long chats",
        },
        'Install an engine with: pip install "zg-jupyter[cpu]" (llama.cpp) or\n'
        '"zg-jupyter[local]" (torch, for graphics cards and Hugging Face folders).',
    ),
    "endpoint": (
        "Servers of your own: Ollama, vLLM, a school's server",
        {
            "%zg endpoint add ollama http://localhost:11434": "looks what is there, and keeps it",
            "%zg endpoint add lab https://llm.example.org/v1 --key-from LAB_KEY": "with a key from a variable",
            "%zg endpoint add lab URL --input-price 0.2 --output-price 0.6": "counts as that: 0G for a million tokens",
            "%zg endpoint add lab URL --model NAME": "this one only, of all that are there",
            "%zg endpoint list": "all of them, and whether their keys are at hand",
            "%zg endpoint test ollama": "which models it has now, and one tiny request",
            "%%zg_infer --provider ollama": "asks it; so does --compare with its models",
            "%zg endpoint key lab": "another key; --key-from ask, keyring or file",
            "%zg endpoint remove ollama": "forgets it, and a key that was kept here",
        },
        "Nobody vouches for what they answer: they are unverified, and left out with --only-verified,\n"
        "--verify strict and --private. Without a price they count as free, so they come first.\n"
        "A key stays in its variable or keyring; with file it lies in a file that only you can read.",
    ),
    "class": (
        "A class of students",
        {
            "%zg class new phys101 --roster roster.csv --limit 0.5": "says what it can cost; makes nothing yet",
            "%zg class new phys101 --yes": "makes the keys; after an interruption it goes on",
            "%zg class sheet handouts --language id": "cards with QR codes to print, and a CSV",
            "%zg class table --live": "who spent what, drawn anew every few seconds",
            "%zg class topup all 0.25": "a higher limit; also for one student",
            '%zg class renew "Amina Yusuf"': "a new key, and the old one ends; revoke only ends it",
            '%zg class hours "Mon-Fri 08:00-16:00 Asia/Jakarta"': "a class gateway's; also pause, open, close",
            "%zg join https://HOST/join/K7QX-3M9P": "a student: key, model and budget in one step",
            "%zg join": "a student: asks for a code that carries a key",
        },
        "Keys come from the hosted router (--network testnet) or your class gateway (--router URL).\n"
        "Your management key (mk-...) is asked for, or stands in ZG_MANAGEMENT_KEY; it is kept nowhere.",
    ),
    "panel": (
        "The same with the mouse",
        {
            "%zg panel": "wallet, providers, prompts, spend, keys and trust",
            "%zg set language id": "in Bahasa Indonesia; en is English",
        },
        "Start: what works at once, and three ways on: a key, a wallet, the embedded network.\n"
        "Wallet: balances, deposits and refunds, wallets of this machine and of the browser.\n"
        "Providers: all offers in one table. Prompt: try one, and take it over as a cell.\n"
        "Spend: live, with budgets and CSV. Keys and trust: API keys, attestations, signatures.",
    ),
    "spend": (
        "What it cost",
        {
            "%zg spend": "every answer as a pandas table",
            "%zg spend --by model": "also provider, notebook, day, cell",
            "%zg spend --plot": "a picture; also with --by",
            "%zg spend --csv spend.csv": "into a file",
            "%zg reconcile --days 7": "your rows, the providers' claims and the chain",
            "%zg reconcile --since 2026-11-01": "from that day on",
        },
        "Amounts are exact to the neuron (1e-18 0G). See also: %zg help budget",
    ),
    "record": (
        "Answers that are given again for nothing",
        {
            "%%zg_infer --reuse": "the same question later: the recorded answer",
            "%zg forget": "deletes what that recorded on this machine",
            "%zg record answers.zg": "every answer from now on into a file, with its proof",
            "%zg record answers.zg --with-prompts": "prompts too, not only their hashes",
            "%zg record off": "ends the recording",
            "%zg replay answers.zg": "answers cells from the file: no network, no cost",
            "%zg replay off": "asks, and pays, again",
        },
        "For a class: record once, hand out notebook and file, and everybody runs all cells.\n"
        "A question that is not in the file is named, never sent.",
    ),
    "jobs": (
        "Questions in the background",
        {
            "%%zg_infer --background --out job": "goes on at once",
            "%zg jobs": "what runs, and how far it is",
            "%zg jobs cancel 3": "stops number 3; what had arrived is paid",
            "%zg jobs fetch ID": "its images, though the kernel is another one",
            "job.text": "what there is so far",
            "job.result()": "waits for the answer",
        },
        "A job cannot be joined with --chat, --compare, --plan or --schema. Many prompts at once:\n"
        'zg.map(["One", "two"], max_cost="0.01"), or df.zg.infer("Good? {text}", out="label").',
    ),
    "networks": (
        "Networks",
        {
            "%zg up": "starts the embedded network of this machine, or finds it",
            "%zg down": "stops it",
            "%zg network": "which one is in use, and the others",
            "%zg network testnet": "test money",
            "%zg network mainnet --yes --budget 5": "real money: wants a yes and a budget",
            "%zg network add lab --chain-id 31337 --rpc URL --ledger 0x... --inference 0x...": (
                "one of your own"
            ),
            "%zg network remove lab": "forgets it",
        },
        "On the embedded network everything is real but the money: chain, contracts, providers.",
    ),
    "settings": (
        "Settings",
        {
            "%zg settings": "all of them, with their meaning",
            "%zg set max_tokens 200": "for this session",
            "%zg set model NAME": "a default of every cell, as temperature, max_cost, ...",
            "%zg set model off": "takes it away",
            "%zg set language id": "Bahasa Indonesia; en: English",
        },
        "For every session: ZG_MAX_TOKENS=200 and so on in the environment. Options of a cell win.",
    ),
    "errors": (
        "When something goes wrong",
        {
            "%zg explain": "asks a model why the last cell failed",
            "%zg explain --provider local": "the model of this machine",
            "%zg explain Why is it empty?": "a question of your own",
            "%zg doctor": "looks at versions, network, wallet, money, providers, clock",
            "%zg status": "what became of money that was moving",
            "zg.last.attempts": "who was asked for the last answer, and what came of it",
        },
        "An error is one line: what was wrong, what was charged, what to type next. A model that\n"
        "explains gets the cell and the error, no values of variables, and no keys.",
    ),
}
