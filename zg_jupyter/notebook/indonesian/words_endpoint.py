"""Server yang cocok dengan OpenAI, milik pengguna sendiri."""

DOES = (
    "server apa pun yang cocok dengan OpenAI sebagai penyedia: Ollama, vLLM, milik sekolah; tidak "
    "terverifikasi"
)

HEAD = ("endpoint", "alamat", "model", "0G / 1 jt masuk", "0G / 1 jt keluar", "kunci", "")
TITLE = "Endpoint Anda sendiri"
NONE = "Belum ada endpoint. Misalnya: %zg endpoint add ollama http://localhost:11434"
UNVERIFIED = "tidak terverifikasi"
MORE = "{first} dan {count} lagi"
FREE = "0"
KEY_NONE = "tidak ada"
KEY_THERE = "{source}"
KEY_MISSING = "{source}: belum ada"

ADDED = (
    "Ditambahkan: {name} di {url}, dengan {models}. Tanyakan dengan: %%zg_infer --provider {name}"
)
NOT_VERIFIED = (
    "Tidak ada yang menjamin jawabannya: jawabannya tidak terverifikasi, apa pun kata servernya."
)
PRICED = "Dihitung {input} 0G per sejuta token masuk dan {output} 0G keluar."
UNPRICED = "Dihitung gratis, jadi ia didahulukan di mana pun harga yang menentukan."
TESTED = "{name} menjawab: {text}"
TOOK = "Modelnya: {models}. Butuh {seconds:.1f} dtk dan berharga {cost}."
KEY_KEPT = "Kunci {name} dipakai mulai sekarang."
REMOVED = "Dihapus: {name}, juga kuncinya bila disimpan di sini."

ASK_KEY = "Kunci {name}:"
NEEDS_BOTH = "%zg endpoint add memerlukan nama dan alamat."
NEEDS_BOTH_NEXT = "Misalnya: %zg endpoint add ollama http://localhost:11434"
USAGE = "%zg endpoint tidak mengerti {words!r}."
USAGE_NEXT = "Misalnya: %zg endpoint list, atau %zg endpoint test NAME"
