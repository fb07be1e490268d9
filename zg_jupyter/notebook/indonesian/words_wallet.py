"""Dompet dan kunci."""

DOES = "dompet Anda di komputer ini"

USAGE = "%zg wallet perlu tahu apa yang harus dilakukan."
USAGE_NEXT = "Misalnya: %zg wallet create main, atau %zg wallet list"
UNKNOWN = "Tidak ada perintah '%zg wallet {name}'."
NEEDS_NAME = "%zg wallet {command} memerlukan nama dompet."
NEEDS_NAME_NEXT = "Misalnya: %zg wallet {command} main"
TOO_MUCH = "%zg wallet {command} tidak mengerti {words!r}."
NEVER_TYPED = "Kunci, frasa cadangan dan frasa sandi ditanyakan saat diperlukan."
NEVER_TYPED_NEXT = "Jangan pernah mengetiknya di dalam sel. Jalankan: %zg wallet {command} NAME"
BAD_SECONDS = "--for memerlukan jumlah detik, bukan {value!r}."

ASK_PASSPHRASE = "Frasa sandi dompet:"  # noqa: S105 - sebuah pertanyaan
ASK_NEW_PASSPHRASE = "Frasa sandi baru untuk dompet (8 karakter atau lebih):"  # noqa: S105 - sebuah pertanyaan
ASK_AGAIN = "Sekali lagi yang sama:"
ASK_KEY = "Kunci privat (64 digit heksadesimal; tidak ditampilkan):"
ASK_PHRASE = "Frasa cadangan (12 sampai 24 kata; tidak ditampilkan):"
PASSPHRASES_DIFFER = "Kedua frasa sandi berbeda; tidak ada yang disimpan."
TRY_AGAIN = "Jalankan sel ini lagi."
CANNOT_ASK = (
    "Notebook ini berjalan di tempat yang tidak bisa menanyakan frasa sandi; tidak ada yang diubah."
)
CANNOT_ASK_NEXT = "Buka di JupyterLab, atau isi ZG_PRIVATE_KEY sebelum menjalankan Jupyter."

PHRASE_TITLE = (
    "Frasa cadangan dompet {name!r}. Ditampilkan sekali dan tidak disimpan di mana pun: tulislah "
    "di kertas. Siapa yang memilikinya memiliki uangnya; tanpa frasa ini dan frasa sandi, uangnya "
    "hilang."
)
SHOW = "Tampilkan"
HIDE = "Sembunyikan untuk selamanya"
HIDDEN = "Sudah ditampilkan, dan sudah hilang."

CREATED = "Dompet {name!r} sudah dibuat: {address}"
IMPORTED = "Dompet {name!r} disimpan di sini, terenkripsi: {address}"
IMPORTED_KEYRING = "Keyring sistem ini menyimpan dompet {name!r}: {address}"
NEXT_USE = "Berikutnya: %zg wallet use {choice}"
USED = "Mulai sekarang transaksi ditandatangani oleh {address} (jaringan {network})."
DEVELOPMENT = "pengembangan"
REAL = "sungguhan"
UNLOCKED = "{address} terbuka sampai tidak dipakai selama {minutes:g} menit."
LOCKED = "Dikunci: {names}."
LOCKED_NONE = "Tidak ada dompet yang terbuka."
REMOVED = "Dompet {name!r} dihapus dari komputer ini."
LIST_HEAD = ("dompet", "alamat", "keadaan", "dipakai")
STATES = {"locked": "terkunci", "unlocked": "terbuka", "ready": "siap"}
LIST_EMPTY = "Belum ada dompet. Buat satu dengan: %zg wallet create main"
YES = "ya"
