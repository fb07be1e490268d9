"""Model di komputer ini."""

DOES = (
    "model di komputer ini: apa yang menjalankan yang mana, dan mengapa; NAME boleh owner/name "
    "dari hub"
)

TITLE = "Komputer ini"
ENGINE = "mesin {name}"
INSTALLED = "terpasang"
MISSING = 'tidak terpasang: pip install "zg-jupyter[{extra}]"'
MODEL = "model"
ENGINE_CHOSEN = "berjalan dengan"
LIBRARY = "dihitung oleh"
OWN_LOOP = "perulangan milik paket ini sendiri"
DEVICE = "perangkat"
STATE = "keadaan"
WHY = "{what}: {why}"
LOADED = "sudah dimuat"
NOT_LOADED = "belum dimuat; pertanyaan pertama yang memuatnya"
DEVICE_LATER = "sangat mungkin {device}; presisinya dipilih saat dimuat"
DEVICE_ONLY = "{device}"
DEVICE_NOW = "{device}, {precision}: {why}"
AT_A_TIME = "sekaligus"
ANSWERS = "{count} jawaban"
FEWER = "{count} jawaban, tidak lebih: {why}"
FREE = "penyimpanan"
FREE_ROOM = "{size} kosong"

MODELS_HEAD = ("model", "tentang", "dari", "di penyimpanan", "")
MODELS_TITLE = "{used} model di komputer ini, {free} kosong"
FROM = "{source} {revision}"
HALF = "baru sebagian: {size}; jalankan pull lagi untuk melanjutkan"
PULLED = "{name} sudah ada di sini. Pakai dengan: %zg local use {name}"
REMOVED = "Dihapus: {names}. {size} kosong lagi."
REMOVED_CONVERTED = (
    "Yang dibuat torch darinya dihapus, {size}. {path} adalah berkas Anda sendiri dan tetap ada."
)
BACK_TO = "Komputer ini menjawab lagi dengan {name}."
TO_FETCH = "diambil saat pertama dipakai: {size}"
CHOSEN = "dipilih"
USING = (
    "Komputer ini sekarang menjawab dengan {name}, lewat {engine}. Bertanyalah dengan: "
    "%%zg_infer --provider local"
)
UNLOADED = "Dikeluarkan dari memori: {names}. Pertanyaan berikutnya memuatnya lagi."
NOTHING_LOADED = "Tidak ada model yang dimuat."
USAGE = "%zg local tidak mengerti {words!r}."
USAGE_NEXT = "Misalnya: %zg local, atau %zg local use owner/name"
