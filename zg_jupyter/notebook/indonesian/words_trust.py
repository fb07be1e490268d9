"""Atestasi."""

COMMAND_HELP = {
    "verify": (
        "PROVIDER [--collateral FILE] | FILE.ipynb [--online]",
        "apa yang ada di belakang penyedia, satu per satu; atau di belakang jawaban notebook",
    ),
}

USAGE = "%zg verify memerlukan satu penyedia."
USAGE_NEXT = "Lihat semuanya dengan: %zg providers"
UNKNOWN_OPTION = "%zg verify tidak punya opsi {name!r}."
NEEDS_FILE = "--collateral memerlukan berkas."
OPTION_NEXT = "Misalnya: %zg verify 0x1234ab --collateral collateral.json"

GENUINE = "Perangkat keras Intel TDX asli ada di belakang penyedia {provider} (TCB {tcb})."
ANY_SYSTEM = " Firmware dan kernel yang berjalan di atasnya tidak dibandingkan."
DEVELOPMENT = (
    "Atestasi pengembangan: tidak ada perangkat keras TEE di belakang penyedia {provider}. "
    "Penanda tangannya sendiri menyatakannya."
)
NOT_PROVED = "TIDAK terbukti: {reason} (penyedia {provider}; {count} pemeriksaan masih terbuka)"
NOT_PROVED_ONE = "TIDAK terbukti: {reason} (penyedia {provider})"

HEAD = ("pemeriksaan", "hasil", "alasan")
OUTCOMES = {"pass": "lulus", "fail": "GAGAL", "not-run": "tidak dijalankan"}
IMAGE = "citra"
UNPINNED = "{name}: tanpa digest, nama itu bisa berarti kode apa saja"
KEY = "kunci enkripsi"
QUOTE = "quote"
LISTED = ""
