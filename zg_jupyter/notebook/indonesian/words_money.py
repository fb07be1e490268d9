"""Memindahkan uang."""

COMMAND_HELP = {
    "deposit": ("AMOUNT [--for ADDRESS]", "setor 0G dari dompet ke buku kas (ledger)"),
    "transfer": ("PROVIDER AMOUNT", "pindahkan 0G dari buku kas ke penyedia"),
    "retrieve": (
        "[PROVIDER ...]",
        "tarik kembali 0G dari penyedia (dua panggilan, berjarak sehari)",
    ),
    "withdraw": ("AMOUNT|all", "bayarkan 0G dari buku kas ke dompet"),
    "close": ("", "bayarkan semuanya dan hapus buku kas"),
    "balances": ("", "di mana uangnya, sebagai tabel"),
    "history": ("", "apa yang terjadi di setiap penyedia, sebagai tabel"),
}

DEPOSIT_AMOUNT = "%zg deposit memerlukan jumlah 0G."
DEPOSIT_EXAMPLE = "Misalnya: %zg deposit 5"
FOR_WHOM = "--for memerlukan alamat dompet yang menerima uangnya."
FOR_EXAMPLE = "Misalnya: %zg deposit 5 --for 0x..."
TRANSFER_USAGE = "%zg transfer memerlukan penyedia dan jumlah 0G."
TRANSFER_EXAMPLE = "Misalnya: %zg transfer 0x1234 1.5"
WITHDRAW_AMOUNT = "%zg withdraw memerlukan jumlah 0G, atau kata all."
WITHDRAW_EXAMPLE = "Misalnya: %zg withdraw 2, atau %zg withdraw all"
NO_PROVIDER = (
    "Tidak ada penyedia {typed!r} di sini, dan Anda tidak punya saldo di penyedia seperti itu."
)
SEVERAL_PROVIDERS = "{typed!r} cocok dengan beberapa penyedia."
SHORT_PROVIDER = "{typed!r} terlalu pendek untuk alamat penyedia."
FIX_PROVIDER = "Berikan lebih banyak dari alamatnya; lihat: %zg providers"

DEPOSITED = "{amount} sekarang ada di buku kas Anda; {available} bebas dibelanjakan."
DEPOSITED_FOR = "{amount} sekarang ada di buku kas milik {address}."
DEPOSIT_NEXT = "Berikutnya: %%zg_infer dan pertanyaan Anda di baris bawahnya."
TRANSFERRED = "{amount} sekarang ada di penyedia {provider}; {available} tersisa di buku kas Anda."
RETURNED = "{amount} kembali ke buku kas Anda; {available} bebas di sana sekarang."
ASKED = "{amount} diminta kembali dari penyedia."
ON_THE_WAY = "{amount} sedang dalam perjalanan. Jalankan %zg retrieve lagi dalam {wait} ({when})."
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MINUTES = "{minutes} mnt"
HOURS = "{hours} jam {minutes} mnt"
WITHDRAWN = "{amount} kembali di dompet Anda."
CLOSED = "Buku kas ditutup; {amount} kembali di dompet Anda."
WAITING = "Mengirim transaksi dan menunggu bloknya..."
