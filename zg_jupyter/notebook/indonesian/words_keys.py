"""Kunci API."""

DOES = "kunci API yang bisa dipakai orang lain atas biaya Anda"

USAGE = "%zg keys perlu tahu apa yang harus dilakukan."
USAGE_NEXT = "Misalnya: %zg keys list, atau %zg keys create PROVIDER --label student-7 --days 30"
UNKNOWN = "Tidak ada perintah '%zg keys {name}'."
NEEDS_PROVIDER = "%zg keys {command} memerlukan penyedia."
SEE_PROVIDERS = "Lihat semuanya dengan: %zg providers"
NEEDS_KEY = "%zg keys revoke memerlukan penyedia dan id atau label sebuah kunci."
NEEDS_VALUE = "{name} memerlukan nilai."
NOT_DAYS = "--days harus berupa bilangan bulat, bukan {value!r}."
TITLE = (
    "Kunci API {id} untuk penyedia {provider}. Kunci ini ditampilkan sekali dan tidak disimpan di "
    "mana pun: siapa yang memilikinya membelanjakan uang Anda di sana."
)
CREATED = "Kunci {id} sudah dibuat{label}; {expires}."
NEVER = "tidak pernah kedaluwarsa"
EXPIRES = "kedaluwarsa pada {when}"
LABELLED = " ({label})"
REVOKED = "Kunci {id} dicabut. Penyedia mungkin masih menerimanya sampai 5 menit."
REVOKED_ALL = (
    "Semua kunci dan sesi di penyedia {provider} dicabut. "
    "Penyedia mungkin masih menerimanya sampai 5 menit."
)
