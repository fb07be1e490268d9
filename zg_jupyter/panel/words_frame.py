"""Words around the sections of the panel."""

EN = {
    "panel.sections": "Sections of the panel",
    "panel.language": "Language",
    "panel.busy": "The kernel is busy with a cell. What you clicked is done when that cell ends.",
    "panel.gone": "The kernel is gone. Run %zg panel again when it is back.",
    "panel.working": "Working...",
    "panel.unexpected": "Something unexpected went wrong here ({kind}). Nothing more was sent.",
    "panel.still": "A picture of the panel as it was last; run %zg panel for a live one.",
    "tab.start": "Start",
    "tab.wallet": "Wallet",
    "tab.market": "Providers",
    "tab.prompt": "Prompt",
    "tab.spend": "Spend",
    "tab.trust": "Keys and trust",
}

ID = {
    "panel.sections": "Bagian-bagian panel",
    "panel.language": "Bahasa",
    "panel.busy": "Kernel sedang menjalankan sel. Klik Anda dikerjakan setelah sel itu selesai.",
    "panel.gone": "Kernel sudah tidak ada. Jalankan %zg panel lagi setelah kernel kembali.",
    "panel.working": "Sedang dikerjakan...",
    "panel.unexpected": "Ada kesalahan tak terduga ({kind}). Tidak ada lagi yang dikirim.",
    "panel.still": "Gambar panel saat terakhir; jalankan %zg panel untuk yang aktif.",
    "tab.start": "Mulai",
    "tab.wallet": "Dompet",
    "tab.market": "Penyedia",
    "tab.prompt": "Prompt",
    "tab.spend": "Pengeluaran",
    "tab.trust": "Kunci dan kepercayaan",
}
