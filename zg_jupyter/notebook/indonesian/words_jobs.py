"""Pertanyaan yang berjalan selagi notebook terus dipakai."""

OPTION = "langsung lanjut; hasilnya sebuah job dengan .text, .result() dan .cancel()"
DOES = "apa yang berjalan dengan --background; hentikan, atau ambil gambar yang dulu diminta"

HEAD = ("job", "keadaan", "prompt", "biaya", "detik")
NONE = "Tidak ada job. Mulai satu dengan: %%zg_infer --background"
USAGE = "%zg jobs tidak mengerti {words!r}."
USAGE_NEXT = "Misalnya: %zg jobs, atau %zg jobs cancel 3"
UNKNOWN = "Tidak ada job {number!r}."
UNKNOWN_NEXT = "Lihat semuanya dengan: %zg jobs"
STOPPED = "Job {number} dihentikan. {charged}"
ENDED = "Job {number} sudah berakhir: {state}."
STILL = "Job {number} diminta berhenti, tetapi belum berakhir. Lihat lagi dengan: %zg jobs"
NOT_TOGETHER = "--background tidak bisa dipakai bersama {other}."

STATES = {
    "running": "berjalan",
    "done": "selesai",
    "stopped": "dihentikan",
    "failed": "gagal",
}
AT_PROVIDER = "di penyedianya"
IMAGES = "{count} gambar dari {model}; %zg jobs fetch {id}"
WAITING = "…"
RUNNING = "job {number} · berjalan · {seconds:.0f} dtk · hentikan dengan: %zg jobs cancel {number}"
STATE = "job {number} · {state}"
