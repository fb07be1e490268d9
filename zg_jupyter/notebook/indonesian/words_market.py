"""Penyedia dan model."""

from __future__ import annotations

from zg_jupyter.notebook.words_market import ARGUMENTS

COMMAND_HELP = {
    "providers": (
        ARGUMENTS,
        "siapa menawarkan model apa dengan harga berapa, dan bagaimana kinerjanya",
    ),
    "models": (
        "[options of providers]",
        "satu baris per model: penyedia, harga termurah, kecepatan terbaik",
    ),
}

OPTION_HELP = {
    "--type": ("T", "hanya layanan jenis ini, misalnya chatbot"),
    "--model": ("M", "hanya model yang namanya memuat ini"),
    "--max-price": (
        "0G",
        "paling banyak 0G (atau USD) untuk sejuta token jawaban, atau untuk sebuah gambar",
    ),
    "--verified": (
        "",
        "hanya layanan yang menandatangani jawabannya dengan penanda tangan yang diakui",
    ),
    "--sort": ("HOW", "price (harga), latency (sampai token pertama) atau throughput (kecepatan)"),
    "--fresh": ("", "baca rantai lagi, semuda apa pun daftarnya"),
    "--help": ("", "teks ini"),
}
HELP = """\
%zg {command}: {does}.

{options}

Harga dalam 0G untuk sejuta token. Latensi dan kecepatan berasal dari jawaban Anda sendiri, dan dari
halaman status jaringan bila ada.
"""

OLD = "Keadaan {age} yang lalu. Baca yang baru dengan: %zg {command} --fresh"
NONE_FITS = "Tidak ada penawaran yang cocok."
SEE_HELP = "Jalankan: %zg {command} --help"
AGES = ((86_400, "{n} hari"), (3_600, "{n} jam"), (60, "{n} mnt"), (1, "{n} dtk"))
