"""Kuitansi di notebook yang tersimpan."""

USAGE = "%zg verify memerlukan satu notebook."
USAGE_NEXT = "Misalnya: %zg verify homework.ipynb"
UNKNOWN_OPTION = "%zg verify tidak punya opsi {name!r} untuk notebook."
OPTION_NEXT = "Yang ada: --online"
HEAD = ("sel", "model", "penyedia", "putusan", "alasan")
OUTCOMES = {
    "registered": "terverifikasi",
    "verified": "terverifikasi luring",
    "signed": "bertanda tangan",
    "unsigned": "tanpa tanda tangan",
    "failed": "GAGAL",
    "no receipt": "tanpa kuitansi",
}
NONE = "{name}: tidak ada jawaban di dalamnya."
ONE = "{name}: 1 jawaban, {counts}."
MANY = "{name}: {total} jawaban, {counts}."
