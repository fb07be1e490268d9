"""Words around what is handed to one page: secrets that are shown once, files."""

EN = {
    "handed.show": "Show it, once",
    "handed.copy": "Copy",
    "handed.copied": "Copied.",
    "handed.not_copied": "This page may not copy. It is marked: press Ctrl+C or Cmd+C.",
    "handed.hide": "Hide for good",
}

ID = {
    "handed.show": "Tampilkan, satu kali",
    "handed.copy": "Salin",
    "handed.copied": "Tersalin.",
    "handed.not_copied": "Halaman ini tidak boleh menyalin. Teks sudah ditandai: tekan Ctrl+C atau Cmd+C.",
    "handed.hide": "Sembunyikan selamanya",
}
