"""Kalimat yang dipakai di banyak tempat, dan penjelasan perintah serta opsi."""

from __future__ import annotations

from zg_jupyter.notebook import words_class as room
from zg_jupyter.notebook import words_endpoint as endpoint
from zg_jupyter.notebook import words_help as help_page
from zg_jupyter.notebook import words_jobs as jobs
from zg_jupyter.notebook import words_keys as keys
from zg_jupyter.notebook import words_local as local
from zg_jupyter.notebook import words_media as media
from zg_jupyter.notebook import words_network as network
from zg_jupyter.notebook import words_recorded as recorded
from zg_jupyter.notebook import words_spend as spend
from zg_jupyter.notebook import words_use as use
from zg_jupyter.notebook import words_wallet as wallet
from zg_jupyter.notebook.indonesian import (
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
    words_trust,
    words_use,
    words_wallet,
)

OPTION_HELP = {
    "model": "model mana yang ditanya",
    "provider": "penyedia mana yang ditanya: alamat, atau nama endpoint; local: komputer ini",
    "max-tokens": "jawaban terpanjang, dalam token",
    "temperature": "0 memberi kata yang paling mungkin, sampai 2 memberi kejutan",
    "top-p": "hanya kata paling mungkin yang bersama mencapai bagian ini, 0 sampai 1",
    "seed": "ulangi pilihan yang sama bila penyedia bisa",
    "stop": "akhiri jawaban sebelum teks ini",
    "sort": "penawaran mana yang didahulukan: price, latency atau throughput",
    "max-price": "paling banyak 0G (atau USD) untuk sejuta token jawaban",
    "max-cost": "paling banyak 0G (atau USD) untuk sel ini; jawabannya diperpendek untuk itu",
    "only-verified": "hanya layanan yang menandatangani jawabannya",
    "verify": "warn: kuitansi menyebutkannya; strict: hanya jawaban terverifikasi yang ditampilkan "
    "dan disimpan; off",
    "failover": "next: penyedia lain sebelum kata pertama; restart: juga sesudahnya; none",
    "fallback": "local: komputer ini menjawab bila yang lain tidak; remote: setelah local; none",
    "hedge": "tanya penyedia kedua bila belum ada kata setelah sekian detik",
    "timeout": "detik untuk seluruh jawaban",
    "retries": "berapa kali mencoba lagi bila semua sibuk",
    "private": "segel prompt dan jawaban: hanya enclave penyedia yang bisa membacanya",
    "reuse": words_recorded.OPTION,
    "background": words_jobs.OPTION,
    "chat": "lanjutkan percakapan bernama ini",
    "reset": "mulai percakapan itu dari awal",
    "compare": "tanyakan hal yang sama ke beberapa model, berdampingan; local milik komputer ini",
    "plan": "tampilkan siapa yang akan ditanya dan berapa biayanya; tidak ada yang dikirim",
    "system": "bagaimana model harus bersikap",
    "out": "variabel yang menerima jawaban",
    **words_answers.OPTION_HELP,
    **words_media.OPTION_HELP,
    "raw": "biarkan {variable} seperti yang tertulis",
    "plain": "sama dengan --format text",
    "help": "teks ini",
}

COMMAND_HELP = {
    "up": ("", "jalankan jaringan bawaan di komputer ini, atau temukan yang sudah berjalan"),
    "down": ("", "hentikan jaringan bawaan"),
    "panel": ("", "dompet, penyedia, prompt dan pengeluaran dengan tetikus"),
    "status": ("", "jaringan, dompet, saldo"),
    "wallet": (wallet.ARGUMENTS, words_wallet.DOES),
    **words_money.COMMAND_HELP,
    "keys": (keys.ARGUMENTS, words_keys.DOES),
    **words_market.COMMAND_HELP,
    **words_trust.COMMAND_HELP,
    "spend": (spend.SPEND_ARGUMENTS, "biaya setiap jawaban; atau jumlah menurut model, hari, ..."),
    "budget": (
        "[AMOUNT|off] [--session|--day|--total]",
        "paling banyak yang boleh dibelanjakan, di semua notebook",
    ),
    "forget": ("", words_recorded.DOES),
    "record": (recorded.RECORD_ARGUMENTS, words_recorded.RECORD_DOES),
    "replay": (recorded.REPLAY_ARGUMENTS, words_recorded.REPLAY_DOES),
    "transcribe": (media.ARGUMENTS, words_media.DOES),
    "jobs": (jobs.ARGUMENTS, words_jobs.DOES),
    "local": (local.ARGUMENTS, words_local.DOES),
    "endpoint": (endpoint.ARGUMENTS, words_endpoint.DOES),
    "use": (use.ARGUMENTS, words_use.DOES),
    "class": (room.ARGUMENTS, words_class.DOES),
    "join": (room.JOIN_ARGUMENTS, words_class.JOIN_DOES),
    "reconcile": (
        spend.RECONCILE_ARGUMENTS,
        "bandingkan catatan di sini dengan penyedia dan rantai",
    ),
    "network": (network.ARGUMENTS, words_network.DOES),
    "explain": ("[OPTIONS] [QUESTION]", "tanyakan ke model mengapa sel terakhir gagal"),
    "alias": ("[NAME OPTIONS|remove NAME]", "nama pendek untuk opsi: %%zg_infer @NAME"),
    "doctor": ("", "periksa apakah semuanya beres, dan apa yang harus dilakukan bila tidak"),
    "settings": ("", "tampilkan semua pengaturan"),
    "set": ("NAME VALUE|off", "ubah pengaturan untuk sesi ini, misalnya model atau max_cost"),
    "help": (help_page.ARGUMENTS, words_help.DOES),
}

INFER_HELP = """\
Bertanya kepada model di 0G Compute.

    %%zg_infer [options]          %zg_infer [options] prompt satu baris
    Prompt Anda,
    sepanjang yang Anda mau

{options}
    @NAME                     opsi dengan nama Anda sendiri: %zg alias

Jawaban muncul selagi ditulis. Jawaban juga ada di `_` dan di variabel --out:
.text (str), .usage (token), .cost (neuron, 1e-18 0G), .receipt (siapa, kapan, apa yang terbukti),
.value (datanya, dengan --schema atau --format json), .images (berkas, dengan --format image).
{{name}} di dalam prompt menjadi nilai variabel Anda; begitu juga ekspresi yang memakainya, seperti
{{name.attr}}, {{name[key]}}, {{len(rows)}}, {{price:.2f}}. JSON dan kode tetap seperti adanya.
Gandakan kurung kurawalnya, {{{{name}}}}, untuk menuliskannya apa adanya, atau pakai --raw.
"""

ZG_HELP = """\
Mengurus jaringan dan uang.

{commands}

{topics}

Bertanya kepada model dengan %%zg_infer; opsinya: %zg_infer --help
"""

# Yang diketik --------------------------------------------------------------------------------
EMPTY_PROMPT = "Prompt-nya kosong."
EMPTY_PROMPT_NEXT = "Tulis pertanyaan Anda di bawah baris %%zg_infer."
EMPTY_PROMPT_NEXT_LINE = (
    "Tulis pertanyaan Anda di belakang %zg_infer, atau jalankan: %zg_infer --help"
)
STRAY_WORDS = "{words!r} bukan opsi %%zg_infer."
STRAY_WORDS_NEXT = "Tulis prompt di baris-baris di bawah %%zg_infer."
UNKNOWN_OPTION = "Tidak ada opsi {name!r}."
UNKNOWN_COMMAND = "Tidak ada perintah {name!r}."
UNKNOWN_VARIABLE = "Prompt memakai {{{name}}}, tetapi tidak ada variabel {name!r}."
UNKNOWN_PART = "Prompt memakai {{{reference}}}, tetapi {owner!r} tidak punya {part!r}."
PRIVATE_PART = "Prompt memakai {{{reference}}}, tetapi nama yang diawali _ bersifat pribadi."
UNPRINTABLE = "Nilai {{{reference}}} tidak bisa ditulis sebagai teks ({error})."
HOW_TO_ESCAPE = (
    "Agar kurung kurawalnya tetap seperti adanya, tulis {{{{{reference}}}}} atau tambahkan --raw."
)
DID_YOU_MEAN = "Maksud Anda {match!r}?"
SEE_INFER_HELP = "Jalankan: %zg_infer --help"
SEE_ZG_HELP = "Jalankan: %zg help"
NEEDS_VALUE = "{name} memerlukan nilai."
TAKES_NO_VALUE = "{name} tidak menerima nilai."
TWICE = "{name} diberikan dua kali."
OPEN_QUOTE = "Tanda kutip dibuka tetapi tidak ditutup."
OPEN_QUOTE_NEXT = "Tutup tanda kutipnya, atau hilangkan."
NOT_A_COUNT = "{name} harus berupa bilangan bulat dari {low} sampai {high}, bukan {value!r}."
NOT_A_NUMBER = "{name} harus berupa bilangan dari {low} sampai {high}, bukan {value!r}."
NOT_ONE_OF = "{name} adalah salah satu dari {choices}, bukan {value!r}."
NOT_A_NAME = "{name} harus berupa nama variabel, bukan {value!r}."
NOT_A_NAME_NEXT = "Pakai huruf, angka dan _, misalnya: --out answer"
SET_USAGE = "%zg set memerlukan nama dan nilai."
SET_EXAMPLE = "Misalnya: %zg set max_tokens 200"
NO_ARGUMENTS = "%zg {command} tidak menerima apa pun di belakangnya, tetapi ada {words!r}."
ONE_ARGUMENT = "%zg {command} menerima satu kata di belakangnya, tetapi ada {words!r}."

# Kunci ---------------------------------------------------------------------------------------
PASTED = "Sel ini berisi kunci privat, kunci API atau frasa cadangan, jadi tidak dijalankan."
PASTED_CHARGED = "Tidak ada yang dijalankan atau ditagih, dan riwayat IPython tidak menyimpannya."
PASTED_NEXT = (
    "Hapus dari notebook ini. Bila notebook ini pernah disimpan atau dibagikan, pindahkan uangnya "
    "ke dompet baru atau cabut kuncinya. Kunci ditanyakan oleh: %zg wallet import NAME, atau "
    "%zg join."
)

# Selama dan sesudah jawaban ------------------------------------------------------------------
INTERRUPTED = "Dihentikan oleh Anda. Teks di atas tidak lengkap."
STARTS_OVER = "Jawabannya terputus dan dimulai lagi di tempat lain."
BROKEN_OFF = "Jawabannya terputus di sini. Teks di atas tidak lengkap."
CUT_SHORT = "Jawabannya mencapai batas tokennya; --max-tokens menetapkan batas yang lebih tinggi."
INTERRUPTED_LINE = "KeyboardInterrupt: dihentikan oleh Anda. {charged}"
STOPPED_LINE = "KeyboardInterrupt: dihentikan oleh Anda. Lihat keadaannya dengan: %zg status"
INTERRUPTED_COST = "Yang sudah tiba ditagih: sekitar {cost}."
INTERRUPTED_FREE = "Tidak ada biaya yang ditagih."
RECEIPT_TOKENS = "{prompt} + {completion} token"
RECEIPT_TOKENS_ESTIMATED = "sekitar {prompt} + {completion} token"
RECEIPT_PRIVATE = "privat"
RECEIPT_PRIVATE_DEVELOPMENT = "privat (pengembangan)"
RECEIPT_FIRST = "token pertama {seconds:.2f} dtk"
RECEIPT_TOTAL = "seluruhnya {seconds:.2f} dtk"
NO_PROVIDER = "komputer ini"

LEFT_OUT = "{count} giliran tertua dari {name!r} terlalu panjang dan tidak ikut dikirim."
RESET_WHAT = "--reset memerlukan --chat NAME."
NOT_TOGETHER = "--compare tidak bisa dipakai bersama {other}."
PLAN_TITLE = "Tidak ada yang dikirim. Inilah yang akan ditanya, menurut urutan ini:"
PLAN_HEAD = ("", "penyedia", "model", "perkiraan biaya", "alasan", "bila gagal")
PLAN_OUT = "tidak ikut"
PLAN_RANGE = "{low} sampai {high}"
BUDGET_HEAD = ("anggaran", "batas", "terpakai", "sisa")
BUDGET_NAMES = {
    "notebook": "notebook ini",
    "day": "sehari",
    "total": "semuanya",
    "session": "sesi ini",
}
BUDGET_SET = "Anggaran untuk {name} sekarang {amount}; {spent} di antaranya sudah terpakai."
BUDGET_OFF = "Anggaran untuk {name} sudah tidak ada."
BUDGET_USAGE = "%zg budget memerlukan satu jumlah 0G atau USD, atau kata off."
BUDGET_EXAMPLE = "Misalnya: %zg budget 0.5, atau %zg budget 2 --day"
NO_LIMIT = "tanpa batas"
NO_NOTEBOOK = "Tidak diketahui ini notebook yang mana, jadi ia tidak bisa punya anggaran sendiri."
NO_NOTEBOOK_NEXT = "Pakai --day atau --total, atau: %zg set budget AMOUNT"
SPEND_USAGE = "%zg spend tidak mengerti {words!r}."
SPEND_EXAMPLE = "Misalnya: %zg spend --by model"
SPEND_SAVED = "{count} baris sekarang ada di {path}."

# Jaringan dan uang ---------------------------------------------------------------------------
UP_READY = "Siap: {network}, chain {chain_id}, {providers}, dompet {address}."
UP_NEXT_DEPOSIT = "Berikutnya: %zg deposit 5"
UP_NEXT_ASK = "Berikutnya: %%zg_infer dan pertanyaan Anda di baris bawahnya."
PROVIDERS_ONE = "1 penyedia"
PROVIDERS_MANY = "{count} penyedia"
DOWN_DONE = "Jaringan bawaan sudah berhenti."
DOWN_NOTHING = "Tidak ada jaringan bawaan yang berjalan."
SETTING_OFF = "{name} tidak lagi ditetapkan."
SETTING_NOW = "{name} = {value} untuk sesi ini."

STATUS_TITLE = "0G Compute: {network}"
STATUS_ROWS = {
    "address": "Alamat dompet",
    "wallet": "Di dompet",
    "available": "Buku kas, bebas",
    "locked": "Buku kas, di penyedia",
    "account": "Di {provider}",
    "pending": "Kembali dari {provider}",
    "unsettled": "Terpakai di {provider}, belum diselesaikan",
    "cut_off": "Terputus",
    "spent": "Terpakai sejauh ini",
    "providers": "Penyedia",
    "router": "Dibayar dengan kunci, lewat",
    "key": "Nama kunci di sini",
    "left": "Sisa di kunci",
    "prompts": "Pertanyaan dan jawaban",
}
STATUS_KEPT = "disimpan oleh kelas Anda, dan dibaca guru Anda; yang --private tidak"
NO_LEDGER = "belum ada; jalankan: %zg deposit 5"
REFUND_RIPE = "{amount}, sekarang dengan: %zg retrieve"
REFUND_WAITS = "{amount}, dalam {wait}"
DOCTOR_HEAD = ("yang diperiksa", "keadaan", "yang terlihat", "yang harus dilakukan")
SETTINGS_HEAD = ("pengaturan", "nilai", "arti")
SETTING_MEANS = {
    "network": "jaringan yang dipakai",
    "rpc_url": "URL RPC pengganti milik jaringan",
    "max_tokens": "batas atas jawaban, dalam token",
    "timeout": "detik untuk seluruh jawaban",
    "first_byte_timeout": "detik diam di awal jawaban",
    "idle_timeout": "detik diam di tengah jawaban",
    "connect_timeout": "detik untuk menghubungkan",
    "verify_timeout": "detik untuk mencari tanda tangan",
    "auto_fund": "pindahkan 0G dari buku kas ke penyedia yang saldonya menipis",
    "fund_ceiling": "paling banyak 0G milik Anda yang dipegang penyedia di luar haknya",
    "fund_total": "hal yang sama untuk semua penyedia bersama-sama",
    "budget": "paling banyak 0G yang boleh dibelanjakan sesi ini (kosong: tanpa batas)",
    "usd_rate": "USD untuk satu 0G (kosong: menurut penyedia)",
    "allow_html": "tampilkan HTML dari model (--format html), dikurung dalam bingkai",
    "gas_price_cap": "paling banyak gwei untuk satu satuan gas",
    "wallet": "dompet yang dipakai: sebuah nama, env, keyring:NAME, colab:NAME, devnet:N",
    "auto_lock": "detik setelah terakhir dipakai sampai dompet mengunci diri",
    "provider_url": "alamat penyedia dari kunci API Anda",
    "router_url": "gateway kelas Anda atau router lain, untuk kunci yang berawal sk-",
    "pccs_url": "asal data kolateral Intel saat sebuah quote diperiksa",
    "tcb_accept": "kata Intel untuk platform yang cukup baik, dipisahkan koma",
    "provider_ports": "port penyedia di jaringan publik (kosong: 443, dan mulai 1024)",
    "receipt_text": "isi kuitansi di notebook selain jawabannya: off, atau prompt",
    "spend_store": "URL basis data PostgreSQL tempat beberapa komputer berbagi satu catatan "
    "pengeluaran; kata sandinya tetap di ZG_SPEND_STORE atau ~/.pgpass",
    "language": "en atau id (kosong: bahasa tampilan Anda)",
    "model": "model yang ditanya (off: tidak ditetapkan)",
    "provider": "penyedia yang ditanya: alamat, atau nama endpoint (off: tidak ditetapkan)",
    "system": "bagaimana model harus bersikap (off: tidak ditetapkan)",
    "temperature": "0 sampai 2 (off: tidak ditetapkan)",
    "top_p": "bagian kata yang paling mungkin (off: tidak ditetapkan)",
    "sort": "penawaran mana yang didahulukan (off: tidak ditetapkan)",
    "max_price": "paling banyak 0G untuk sejuta token (off: tidak ditetapkan)",
    "max_cost": "paling banyak 0G untuk sebuah sel, atau sekumpulan prompt (off: tidak ditetapkan)",
    "only_verified": "hanya layanan yang menandatangani jawabannya (off: tidak ditetapkan)",
    "private": "segel prompt: hanya enclave penyedia yang membacanya (off: tidak ditetapkan)",
    "verify": "tanda tangan jawaban: warn, strict atau off (off: tidak ditetapkan)",
    "failover": "next, restart atau none (off: tidak ditetapkan)",
    "hedge": "detik sampai penyedia kedua ditanya (off: tidak ditetapkan)",
    "retries": "berapa kali mencoba lagi bila semua sibuk (off: tidak ditetapkan)",
    "fallback": "siapa yang menjawab bila tidak ada yang lain: local (komputer ini) atau remote "
    "(off: tidak ditetapkan)",
    "local_model": "model di komputer ini: berkas .gguf, folder, atau owner/name dari hub",
    "local_engine": "yang menjalankannya: llamacpp atau torch (kosong: yang lebih cepat)",
    "local_trim": "tinggalkan giliran tertua dari prompt yang terlalu panjang untuknya",
    "local_pickles": "buka bobot berupa pickle, tanpa menjalankan kode di dalamnya",
    "local_code": "jalankan kode yang dibawa model dari hub atau sebuah folder",
}

STATUSBAR_TEXT = "0G {network} · {spent} terpakai"
STATUSBAR_TOOLTIP = (
    "Jawaban terakhir: {cost}, {provider}\nNotebook ini: {spent} untuk {answers} jawaban"
)
