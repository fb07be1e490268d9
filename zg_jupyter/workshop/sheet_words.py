"""What a printed sheet says, by language."""

from __future__ import annotations

WORDS = {
    "en": {
        "title": "{name}: cards for {count} students",
        "print": "Print this page (Ctrl+P; as a PDF too), cut along the lines, and give each "
        "student one card. Then delete the file: whoever has a card can spend its limit.",
        "install": "In a notebook, run these lines:",
        "short": "Your code, which works once:",
        "long": "then run %zg join, paste this code where it asks, and press Enter:",
        "limit": "Up to {amount}",
        "daily": "Up to {amount} a day",
        "weekly": "Up to {amount} a week",
        "monthly": "Up to {amount} a month",
        "expires": "until {when}",
        "ask": "First question: a cell with %%zg_infer on its first line, and your question below.",
        "secret": "Keep this card to yourself: it is like a ticket that is paid for.",
        "head": ("name", "code", "link", "key", "limit_0g", "expires"),
    },
    "id": {
        "title": "{name}: kartu untuk {count} siswa",
        "print": "Cetak halaman ini (Ctrl+P; juga ke PDF), gunting menurut garis, dan beri "
        "setiap siswa satu kartu. Lalu hapus berkasnya: pemegang kartu dapat memakai batasnya.",
        "install": "Di notebook, jalankan baris-baris ini:",
        "short": "Kode Anda, yang berlaku sekali:",
        "long": "lalu jalankan %zg join, tempel kode ini saat diminta, dan tekan Enter:",
        "limit": "Sampai {amount}",
        "daily": "Sampai {amount} per hari",
        "weekly": "Sampai {amount} per minggu",
        "monthly": "Sampai {amount} per bulan",
        "expires": "hingga {when}",
        "ask": "Pertanyaan pertama: sel dengan %%zg_infer di baris pertama, lalu pertanyaan Anda.",
        "secret": "Simpan kartu ini untuk Anda sendiri: ia seperti tiket yang sudah dibayar.",
        "head": ("nama", "kode", "tautan", "kunci", "batas_0g", "berakhir"),
    },
}
