"""Bentuk jawaban: format, skema, percobaan, dan beberapa model berdampingan."""

OPTION_HELP = {
    "format": "markdown, text, code (ditawarkan sebagai sel berikutnya), json, html (dalam "
    "bingkai), atau image",
    "n": "berapa gambar, dengan --format image",
    "size": "ukuran gambar, misalnya 512x512",
    "schema": "variabel atau berkas .json dengan bentuk jawaban yang berupa data",
}

PLAIN_AND = "--plain sama dengan --format text, jadi tidak bisa dipakai bersama --format {format}."
SCHEMA_AND = "--schema meminta JSON, jadi tidak bisa dipakai bersama --format {format}."
HTML_OFF = "HTML dari model tidak ditampilkan di sesi ini, jadi tidak ada yang dikirim."
HTML_ON = (
    "Untuk menampilkannya dalam bingkai tanpa skrip dan jaringan, jalankan: %zg set allow_html on"
)
NO_SCHEMA = "Tidak ada variabel {name!r} yang berisi bentuk jawaban."
NO_SCHEMA_NEXT = "Berikan nama model pydantic atau dict, atau letak sebuah berkas .json."
NO_SCHEMA_FILE = "Skema {name!r} tidak bisa dibaca ({error})."
SCHEMA_TOO_LARGE = "lebih besar dari {limit} kB"
SCHEMA_NO_OBJECT = "bukan objek JSON"
IMAGE_AND = "--format image tidak bisa dipakai bersama {other}."
IMAGE_ONLY = "{name} hanya untuk gambar, jadi perlu --format image."
IMAGE_LINE = "Gambar {number}: {kind}, {size} kB; berkasnya ada di .images[{index}] dari jawaban."
IMAGE_ALT = "<gambar {kind}, {size} kB>"
RECEIPT_IMAGE = "1 gambar"
RECEIPT_IMAGES = "{count} gambar"
SPEED = "{speed:.1f} token/dtk"
ENERGY = "{joules:.1f} J (seluruh prosesor)"

ORDINALS = {2: "ke-2", 3: "ke-3"}
ORDINAL = "ke-{number}"
TRY = "percobaan {number} ({failures})"
REFUSED = "menolak {status}"
MORE_TRIES = "{count} lagi"
TRIES_HEAD = ("", "penyedia", "model", "hasil", "alasan", "setelah", "diterima", "biaya")

SIDE_ROWS = (
    "jawaban",
    "token pertama",
    "seluruhnya",
    "kecepatan",
    "biaya",
    "dari",
    "di",
    "energi",
)
