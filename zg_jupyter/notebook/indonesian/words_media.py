"""Gambar yang disunting, dan rekaman yang ditulis."""

OPTION_HELP = {
    "edit": "berkas gambar yang diubah menjadi gambar baru, seperti kata prompt",
    "language": "bahasa yang diucapkan, misalnya id atau en, dengan %zg transcribe",
}
DOES = "apa yang diucapkan dalam rekaman, sebagai teks; HINT berisi nama yang disebut di dalamnya"

NEEDS_FILE = "%zg transcribe perlu sebuah rekaman."
EXAMPLE = "Misalnya: %zg transcribe lecture.wav --language id"
NOT_TOGETHER = "%zg transcribe tidak bisa dipakai bersama {other}."
SPEECH_ONLY = "--language hanya untuk rekaman."
RECEIPT_SECONDS = "{seconds} dtk suara"
RECEIPT_SECONDS_ESTIMATED = "sekitar {seconds} dtk suara"
