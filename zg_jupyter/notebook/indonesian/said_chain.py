"""Rantai, buku kas, transaksi."""

from __future__ import annotations

SENTENCES = {
    "unknown error 0x{}": "kesalahan tak dikenal 0x{0}",
    "no reason given": "tanpa alasan",
    "The answer to {} cannot be read: there is no such contract at the address.": (
        "Jawaban untuk {0} tidak bisa dibaca: tidak ada kontrak seperti itu di alamat tersebut."
    ),
    "The arguments of {} do not fit: {}.": "Argumen {0} tidak cocok: {1}.",
    "Check the network with: %zg status": "Periksa jaringannya dengan: %zg status",
    "The address {} has a wrong checksum: at least one character is mistyped.": (
        "Checksum alamat {0} salah: paling sedikit satu karakternya salah ketik."
    ),
    "Copy it again from where it comes from.": "Salin lagi dari sumbernya.",
    "Copy the whole address; names such as .eth are not resolved here.": (
        "Salin alamatnya secara utuh; nama seperti .eth tidak dicari di sini."
    ),
    "{} is not an address (0x and 40 hex digits).": (
        "{0} bukan alamat (0x dan 40 digit heksadesimal)."
    ),
    "The ledger contract does not know the inference contract {}.": (
        "Kontrak buku kas tidak mengenal kontrak inferensi {0}."
    ),
    "Check the contract addresses of this network.": "Periksa alamat kontrak jaringan ini.",
    "A unit of gas costs {} gwei now, more than your cap of {} gwei.": (
        "Satu satuan gas sekarang berharga {0} gwei, lebih dari batas Anda sebesar {1} gwei."
    ),
    "Wait, or raise the cap with: %zg set gas_price_cap {}": (
        "Tunggu, atau naikkan batasnya dengan: %zg set gas_price_cap {0}"
    ),
    "The wallet {} holds {}, but {} is needed, gas included.": (
        "Dompet {0} berisi {1}, tetapi diperlukan {2}, termasuk gas."
    ),
    "Fund the wallet first.": "Isi dulu dompetnya.",
    "{} of {} blocks read": "{0} dari {1} blok sudah dibaca",
    "The record of transactions {} cannot be used ({}).": (
        "Catatan transaksi {0} tidak bisa dipakai ({1})."
    ),
    "Nothing was sent.": "Tidak ada yang dikirim.",
    "The record of API keys {} cannot be used ({}).": (
        "Catatan kunci API {0} tidak bisa dipakai ({1})."
    ),
    "All 255 keys of this provider are in use or revoked.": (
        "Semua 255 kunci untuk penyedia ini sedang dipakai atau sudah dicabut."
    ),
    "Start over with: %zg keys revoke-all PROVIDER": (
        "Mulai dari awal dengan: %zg keys revoke-all PROVIDER"
    ),
    "There is a key labelled {} for this provider already.": (
        "Sudah ada kunci berlabel {0} untuk penyedia ini."
    ),
    "Choose another label, or revoke that key.": "Pilih label lain, atau cabut kunci itu.",
    "Going on with what is known; no money can be moved.": (
        "Dilanjutkan dengan yang sudah diketahui; uang tidak bisa dipindahkan."
    ),
    "is not in a block yet": "belum masuk ke sebuah blok",
    "went through": "berhasil",
    "was refused by the contract; only its gas was paid": (
        "ditolak oleh kontrak; hanya gasnya yang dibayar"
    ),
    "never happened: another transaction took its place": (
        "tidak pernah terjadi: transaksi lain menggantikannya"
    ),
    "was refused": "ditolak",
    "of {}": "sebesar {0}",
    "The {} of {} of {}, which was cut off, {}.": (
        "Transaksi {0} sebesar {1} dari {2}, yang terputus, {3}."
    ),
    "The {} of {}, which was cut off, {}.": "Transaksi {0} dari {1}, yang terputus, {2}.",
    "Another notebook has been moving money with this wallet for two minutes.": (
        "Notebook lain sudah dua menit memindahkan uang dengan dompet ini."
    ),
    "Look at it, then run the cell again.": "Lihat notebook itu, lalu jalankan selnya lagi.",
    "{} of your providers still hold {}.": "{0} penyedia Anda masih memegang {1}.",
    "Get it back first (two calls, a day apart): %zg retrieve": (
        "Tarik kembali dulu (dua panggilan, berjarak sehari): %zg retrieve"
    ),
    "There is no ledger to close.": "Tidak ada buku kas yang bisa ditutup.",
    "See: %zg balances": "Lihat: %zg balances",
    "A ledger keeps {} or nothing, and {} would stay.": (
        "Buku kas menyimpan {0} atau tidak sama sekali, dan {1} akan tersisa."
    ),
    "Withdraw at most {}, or everything with: %zg withdraw all": (
        "Tarik paling banyak {0}, atau semuanya dengan: %zg withdraw all"
    ),
    "Withdraw everything with: %zg withdraw all": "Tarik semuanya dengan: %zg withdraw all",
    "{} is more than your ledger has available ({}).": (
        "{0} lebih banyak daripada yang bebas di buku kas Anda ({1})."
    ),
    "Money with providers comes back with: %zg retrieve": (
        "Uang yang ada di penyedia kembali dengan: %zg retrieve"
    ),
    "There is nothing to withdraw.": "Tidak ada yang bisa ditarik.",
    "That is nothing.": "Itu sama dengan nol.",
    "{} refunds from {} are on their way, and the contract keeps no more.": (
        "{0} pengembalian dana dari {1} sedang dalam perjalanan, dan kontraknya tidak menyimpan "
        "lebih banyak."
    ),
    "No provider holds money of yours there.": (
        "Tidak ada penyedia yang memegang uang Anda di sana."
    ),
    "No provider holds money of yours, so there is nothing to retrieve.": (
        "Tidak ada penyedia yang memegang uang Anda, jadi tidak ada yang bisa ditarik kembali."
    ),
    "Your ledger has {} available, but {} is needed for this provider's sub-account.": (
        "Di buku kas Anda {0} bebas, tetapi sub-akun di penyedia ini memerlukan {1}."
    ),
    "A wallet can have sub-accounts with {} providers at most.": (
        "Satu dompet bisa punya sub-akun di paling banyak {0} penyedia."
    ),
    "Use one of those; see: %zg balances": "Pakai salah satunya; lihat: %zg balances",
    "The first transfer to a provider must be at least {}; {} is too little.": (
        "Transfer pertama ke sebuah penyedia paling sedikit {0}; {1} terlalu kecil."
    ),
    "Move {} or more.": "Pindahkan {0} atau lebih.",
    "A transfer must be more than zero.": "Transfer harus lebih dari nol.",
    "the ledger of {}": "buku kas {0}",
    "your ledger": "buku kas Anda",
    "The first deposit opens {} and must be at least {}; {} is too little.": (
        "Setoran pertama membuka {0} dan paling sedikit {1}; {2} terlalu kecil."
    ),
    "Run: {}": "Jalankan: {0}",
    "A deposit must be more than zero.": "Setoran harus lebih dari nol.",
    "See what is free with: %zg balances": "Lihat yang bebas dengan: %zg balances",
    "Wait for the first of them; see: %zg balances": (
        "Tunggu yang pertama di antaranya; lihat: %zg balances"
    ),
    "A wallet cannot be its own provider.": (
        "Sebuah dompet tidak bisa menjadi penyedia bagi dirinya sendiri."
    ),
    "Run: %zg deposit 5": "Jalankan: %zg deposit 5",
    "The zero address belongs to nobody.": "Alamat nol bukan milik siapa pun.",
    "Give another address.": "Berikan alamat lain.",
    "Give an amount of 0G.": "Berikan jumlah 0G.",
    "Run: %zg deposit {}": "Jalankan: %zg deposit {0}",
    "Transaction {} was mined but reverted.": "Transaksi {0} masuk ke blok, tetapi dibatalkan.",
    "Only its gas was paid.": "Hanya gasnya yang dibayar.",
    "Transaction {} is not in a block after {} s.": (
        "Transaksi {0} belum masuk ke blok setelah {1} dtk."
    ),
    "It may still be mined; the same command waits on, and sends nothing twice.": (
        "Transaksi itu masih bisa masuk; perintah yang sama melanjutkan menunggu, dan tidak "
        "mengirim apa pun dua kali."
    ),
    "Look with: %zg status": "Lihat dengan: %zg status",
    "Ownable: caller is not the owner": "Ownable: pemanggilnya bukan pemilik",
    "Only the network's owner may do this.": "Hanya pemilik jaringan yang boleh melakukan ini.",
    "The amount must be more than zero.": "Jumlahnya harus lebih dari nol.",
    "Give another one.": "Berikan yang lain.",
    "A service needs a version.": "Sebuah layanan memerlukan versi.",
    "The receiver did not take the 0G.": "Penerima tidak menerima 0G itu.",
    "Check the address.": "Periksa alamatnya.",
    "Five refunds of this provider are on their way, and the contract keeps no more.": (
        "Lima pengembalian dana dari penyedia ini sedang dalam perjalanan, dan kontraknya tidak "
        "menyimpan lebih banyak."
    ),
    "providers at once": "penyedia sekaligus",
    "A service needs a type.": "Sebuah layanan memerlukan jenis.",
    "No more services can be registered.": "Tidak ada layanan lagi yang bisa didaftarkan.",
    "This service is not registered.": "Layanan ini tidak terdaftar.",
    "The ledger does not know this service.": "Buku kas tidak mengenal layanan ini.",
    "This provider offers nothing any more.": "Penyedia ini tidak menawarkan apa pun lagi.",
    "A service of this name is registered already.": "Layanan dengan nama ini sudah terdaftar.",
    "That contract is no serving contract.": "Kontrak itu bukan kontrak layanan.",
    "This contract is registered already.": "Kontrak ini sudah terdaftar.",
    "There is nothing to settle.": "Tidak ada yang harus diselesaikan.",
    "This network recommends no such service.": (
        "Jaringan ini tidak menganjurkan layanan seperti itu."
    ),
    "The lock time must be between an hour and a week.": (
        "Waktu kuncinya harus antara satu jam dan satu minggu."
    ),
    "Another transaction of this wallet is under way.": (
        "Transaksi lain dari dompet ini sedang berjalan."
    ),
    "Wait a moment and try again.": "Tunggu sebentar, lalu coba lagi.",
    "This wallet has a ledger already.": "Dompet ini sudah punya buku kas.",
    "Run: %zg deposit AMOUNT": "Jalankan: %zg deposit AMOUNT",
    "The settlement's signature is wrong.": "Tanda tangan penyelesaian itu salah.",
    "There is no service of this type.": "Tidak ada layanan dengan jenis ini.",
    "That is not the address of a contract.": "Itu bukan alamat sebuah kontrak.",
    "The ledger has less available than that.": "Yang bebas di buku kas kurang dari itu.",
    "0G sent straight to this contract is refused.": (
        "0G yang dikirim langsung ke kontrak ini ditolak."
    ),
    "The stake is there already.": "Jaminannya sudah ada.",
    "Send no 0G along.": "Jangan kirim 0G bersamanya.",
    "Only a registered contract may do this.": "Hanya kontrak terdaftar yang boleh melakukan ini.",
    "Only the ledger contract may do this.": "Hanya kontrak buku kas yang boleh melakukan ini.",
    "The provider's contract did not take the transfer.": (
        "Kontrak milik penyedia tidak menerima transfer itu."
    ),
    "Check the provider's address; a wallet cannot be its own provider.": (
        "Periksa alamat penyedia; sebuah dompet tidak bisa menjadi penyedia bagi dirinya sendiri."
    ),
    "This contract is set up already.": "Kontrak ini sudah disiapkan.",
    "The additional information is too long (4096 bytes).": (
        "Keterangan tambahannya terlalu panjang (4096 bita)."
    ),
    "The sub-account exists already.": "Sub-akunnya sudah ada.",
    "Run the command again.": "Jalankan perintahnya lagi.",
    "Check the contract addresses of this network: %zg doctor": (
        "Periksa alamat kontrak jaringan ini: %zg doctor"
    ),
    "There is no sub-account with this provider.": "Tidak ada sub-akun di penyedia ini.",
    "Open one with: %zg transfer PROVIDER AMOUNT": "Buka satu dengan: %zg transfer PROVIDER AMOUNT",
    "This wallet has no ledger yet.": "Dompet ini belum punya buku kas.",
    "{} {} are too many; the contract takes {}.": (
        "{0} {1} terlalu banyak; kontraknya menerima {2}."
    ),
    "The provider {} still holds {} of yours, so its signer stays acknowledged.": (
        "Penyedia {0} masih memegang {1} milik Anda, jadi penanda tangannya tetap diakui."
    ),
    "Get the money back first: %zg retrieve": "Tarik dulu uangnya kembali: %zg retrieve",
    "The ledger still has {}.": "Buku kas masih berisi {0}.",
    "Get it back first: %zg retrieve": "Tarik kembali dulu: %zg retrieve",
    "A provider has to put down {} as a stake, and {} is too little.": (
        "Penyedia harus menaruh jaminan {0}, dan {1} terlalu kecil."
    ),
    "Fund the provider's account.": "Isi akun penyedianya.",
    "The ledger has {} available, but {} is needed.": (
        "Di buku kas {0} bebas, tetapi diperlukan {1}."
    ),
    "At least {} is needed there, and {} is too little.": (
        "Di sana diperlukan paling sedikit {0}, dan {1} terlalu kecil."
    ),
    "Give a larger amount; a withdrawal leaves that minimum or nothing.": (
        "Berikan jumlah yang lebih besar; penarikan menyisakan jumlah minimum itu atau tidak "
        "sama sekali."
    ),
    "providers": "penyedia",
    "The chain refused: {}.": "Rantai menolak: {0}.",
    "The chain's answer is incomplete.": "Jawaban rantai tidak lengkap.",
    "Try again.": "Coba lagi.",
    "The chain's answer makes no sense.": "Jawaban rantai tidak masuk akal.",
    "Try again, or choose another node: %zg set rpc_url URL": (
        "Coba lagi, atau pilih node lain: %zg set rpc_url URL"
    ),
    "{} answered with something that is not JSON-RPC (HTTP {}).": (
        "{0} menjawab dengan sesuatu yang bukan JSON-RPC (HTTP {1})."
    ),
    "Check the RPC URL.": "Periksa URL RPC-nya.",
    "The chain at {} does not answer ({}).": "Rantai di {0} tidak menjawab ({1}).",
    "Check your connection, or set another one: %zg set rpc_url URL": (
        "Periksa koneksi Anda, atau pilih yang lain: %zg set rpc_url URL"
    ),
    "The chain at {} has too much to do (HTTP {}).": "Rantai di {0} terlalu sibuk (HTTP {1}).",
    "Wait a minute, or choose another one: %zg set rpc_url URL": (
        "Tunggu semenit, atau pilih yang lain: %zg set rpc_url URL"
    ),
    "{} serves another chain of that id than it did before.": (
        "{0} melayani rantai lain dengan id itu daripada sebelumnya."
    ),
    "Connect anew: %zg network {}": "Hubungkan kembali: %zg network {0}",
    "{} serves chain {}, but {} is chain {}.": (
        "{0} melayani rantai {1}, tetapi {2} adalah rantai {3}."
    ),
    "Choose the matching network or RPC URL.": "Pilih jaringan atau URL RPC yang cocok.",
    "an unreadable URL": "URL yang tidak terbaca",
    "Start the embedded network with: %zg up": "Jalankan jaringan bawaan dengan: %zg up",
    (
        "You have withdrawn your acknowledgement of provider {}'s signer, so it may not be paid "
        "from your sub-account."
    ): (
        "Anda sudah menarik pengakuan atas penanda tangan penyedia {0}, jadi ia tidak boleh "
        "dibayar dari sub-akun Anda."
    ),
    "Choose another one with --provider; see: %zg providers": (
        "Pilih yang lain dengan --provider; lihat: %zg providers"
    ),
    "token has no signature part": "token tidak punya bagian tanda tangan",
    "token is not base64": "token bukan base64",
    "missing or malformed Authorization header": "header Authorization tidak ada atau rusak",
    "Copy the whole key again.": "Salin lagi seluruh kuncinya.",
    "{} is not the id of an API key (0 to 254).": "{0} bukan id kunci API (0 sampai 254).",
    "That is not an API key of the direct route (app-sk-...).": (
        "Itu bukan kunci API jalur langsung (app-sk-...)."
    ),
    "token is not the expected JSON": "token bukan JSON yang diharapkan",
    "Its wallet is where a higher fee is offered.": (
        "Biaya yang lebih tinggi ditawarkan di dompetnya."
    ),
    (
        "Whether it was carried out is unknown: the same command finds out, and sends nothing "
        "twice."
    ): (
        "Belum diketahui apakah itu dilaksanakan: perintah yang sama mencari tahu, dan tidak "
        "mengirim apa pun dua kali."
    ),
    "It was not sent a second time.": "Transaksi itu tidak dikirim untuk kedua kalinya.",
}
