"""Prompt: yang ada di antara kurung kurawal, alias, dan penjelasan kesalahan."""

UNKNOWN_IN = "Prompt memakai {{{field}}}, tetapi tidak ada variabel {name!r}."
PRIVATE_IN = "Prompt memakai {{{field}}}, tetapi nama yang diawali _ bersifat pribadi ({name})."
RAISED = "Prompt memakai {{{field}}}, dan itu gagal dengan {error}."

UNKNOWN_ALIAS = "Tidak ada alias {name!r}."
SEE_ALIASES = "Lihat semuanya dengan: %zg alias"
NO_ALIAS_MEANT = "Prompt yang diawali @ memerlukan -- di depannya."
NOT_AN_ALIAS = (
    "{name!r} tidak bisa menjadi nama alias: hanya huruf, angka, - dan _ yang boleh dipakai."
)
ALIAS_NEEDS = "Alias {name!r} memerlukan opsi."
ALIAS_EXAMPLE = "Misalnya: %zg alias fast --max-tokens 40 -t 0, lalu: %%zg_infer @fast"
ALIAS_NOW = "@{name} sekarang berarti {options}."
ALIAS_GONE = "Alias {name!r} sudah tidak ada."
ALIAS_HEAD = ("alias", "berarti")
NO_ALIASES = "Belum ada alias."
ALIASES_UNREADABLE = "Berkas {path} tidak berisi alias."
ALIASES_UNREADABLE_NEXT = "Perbaiki atau hapus berkas itu."

NOTHING_FAILED = "Tidak ada sel gagal yang perlu dijelaskan, jadi tidak ada yang dikirim."
NOTHING_FAILED_NEXT = "Jalankan sel yang gagal, lalu: %zg explain"
# Dibaca model: jawabannya harus dalam bahasa Indonesia.
EXPLAIN_QUESTION = (
    "Jelaskan dengan singkat dalam bahasa Indonesia mengapa sel itu gagal, lalu tunjukkan kode "
    "yang sudah diperbaiki."
)
