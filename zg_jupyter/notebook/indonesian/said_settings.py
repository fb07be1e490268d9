"""Pengaturan, jaringan, endpoint, catatan, pemeriksaan."""

from __future__ import annotations

SENTENCES = {
    "Free some disk space or move it with the environment variable ZG_HOME.": (
        "Kosongkan sebagian diska, atau pindahkan foldernya dengan variabel lingkungan ZG_HOME."
    ),
    "{} cannot be written ({}).": "{0} tidak bisa ditulis ({1}).",
    "All {} providers failed.": "Semua {0} penyedia gagal.",
    "Look for another one with: %zg providers": "Cari yang lain dengan: %zg providers",
    "Run: %zg deposit 1": "Jalankan: %zg deposit 1",
    "Nothing was charged.": "Tidak ada biaya yang ditagih.",
    "another provider was quicker": "penyedia lain lebih cepat",
    "No word yet: asking {} as well.": "Belum ada kata: {0} juga ditanya.",
    "Provider {} sends more than the {} tokens that were asked for, so the answer was cut off.": (
        "Penyedia {0} mengirim lebih dari {1} token yang diminta, jadi jawabannya dipotong."
    ),
    "The answer of provider {} is not verified ({}), so it is not shown.": (
        "Jawaban penyedia {0} tidak terverifikasi ({1}), jadi tidak ditampilkan."
    ),
    "It is billed all the same.": "Jawaban itu tetap ditagih.",
    "Choose another provider, or look at it with: --verify warn": (
        "Pilih penyedia lain, atau lihat jawabannya dengan: --verify warn"
    ),
    "The route to {} cannot keep a prompt private.": (
        "Jalur ke {0} tidak bisa menjaga kerahasiaan prompt."
    ),
    "Trying {} instead.": "Mencoba {0} sebagai gantinya.",
    "Nobody could answer; trying again in {} s.": (
        "Tidak ada yang bisa menjawab; mencoba lagi dalam {0} dtk."
    ),
    "Asking {} instead.": "Bertanya kepada {0} sebagai gantinya.",
    "wallet": "dompet",
    "money": "uang",
    "contracts": "kontrak",
    "problem": "masalah",
    "The list took too long.": "Daftarnya makan waktu terlalu lama.",
    "It took too long.": "Itu makan waktu terlalu lama.",
    "The chain at {} is silent.": "Rantai di {0} diam.",
    "Try again, or check your connection.": "Coba lagi, atau periksa koneksi Anda.",
    "spend record": "catatan pengeluaran",
    "versions": "versi",
    "{}; running in {}": "{0}; berjalan di {1}",
    "clock (chain)": "jam (rantai)",
    "{} s apart": "selisih {0} dtk",
    "warning": "peringatan",
    "The newest block and this machine's clock differ by {} s.": (
        "Blok terbaru dan jam komputer ini berbeda {0} dtk."
    ),
    "Set the clock of this machine, or look whether the chain stands still.": (
        "Setel jam komputer ini, atau lihat apakah rantainya berhenti."
    ),
    "{}; HTTP {} in {} ms": "{0}; HTTP {1} dalam {2} ms",
    "Its clock and yours differ by {} s; tokens may be refused.": (
        "Jamnya dan jam Anda berbeda {0} dtk; token bisa ditolak."
    ),
    "Set the clock of this machine.": "Setel jam komputer ini.",
    "No answer ({})": "Tidak ada jawaban ({0})",
    "The network's owner has not acknowledged its signer.": (
        "Pemilik jaringan belum mengakui penanda tangannya."
    ),
    "Nobody offers anything on this network.": "Tidak ada yang menawarkan apa pun di jaringan ini.",
    "wallet {}, ledger {}, with {} providers {}": "dompet {0}, buku kas {1}, di {2} penyedia {3}",
    "The wallet may not pay for gas: send it 0G.": (
        "Dompetnya mungkin tidak cukup untuk gas: kirimi 0G."
    ),
    "{}; first deposit {}, first transfer {}, refunds after {} h": (
        "{0}; setoran pertama {1}, transfer pertama {2}, pengembalian dana setelah {3} jam"
    ),
    "{}, chain {}, at {}": "{0}, rantai {1}, di {2}",
    "the router takes it": "router menerimanya",
    "whether the router takes it shows at a request": (
        "apakah router menerimanya baru terlihat saat ada permintaan"
    ),
    "{}: {}; {} are left": "{0}: {1}; sisa {2}",
    "{} has {} models": "{0} punya {1} model",
    "provider {}": "penyedia {0}",
    "Choose another one with --provider.": "Pilih yang lain dengan --provider.",
    "network": "jaringan",
    "There is an endpoint named {} already.": "Sudah ada endpoint bernama {0}.",
    "Choose another name, or first run: %zg endpoint remove {}": (
        "Pilih nama lain, atau jalankan dulu: %zg endpoint remove {0}"
    ),
    "There is no endpoint named {}.": "Tidak ada endpoint bernama {0}.",
    "See them with: %zg endpoint list": "Lihat semuanya dengan: %zg endpoint list",
    "The file {} does not describe endpoints.": "Berkas {0} tidak berisi daftar endpoint.",
    "That are {} models; an endpoint has {} at most.": (
        "Itu {0} model; sebuah endpoint punya paling banyak {1}."
    ),
    "Name those that you use: --model NAME": "Sebutkan yang Anda pakai: --model NAME",
    "--key-from takes the name of a variable in capitals, or ask, keyring or file.": (
        "--key-from menerima nama variabel dengan huruf besar, atau ask, keyring atau file."
    ),
    "If that was the key itself: delete it from this notebook.": (
        "Bila itu kuncinya sendiri: hapus dari notebook ini."
    ),
    "For example: --key-from OPENAI_API_KEY": "Misalnya: --key-from OPENAI_API_KEY",
    "{} 0G for a million tokens cannot be meant.": "{0} 0G untuk sejuta token tidak masuk akal.",
    "Give the price in 0G for a million tokens, for example 0.5": (
        "Berikan harganya dalam 0G untuk sejuta token, misalnya 0.5"
    ),
    "{} for a million tokens is no whole number of neuron for one.": (
        "{0} untuk sejuta token bukan jumlah neuron yang bulat untuk satu token."
    ),
    "Use at most 12 decimals.": "Pakai paling banyak 12 desimal.",
    "--input-price is missing.": "--input-price belum ada.",
    "--output-price is missing.": "--output-price belum ada.",
    "Give both prices; 0 is a price, and none is 0.": (
        "Berikan kedua harganya; 0 juga harga, dan tanpa harga berarti 0."
    ),
    "The address of the endpoint cannot be used: {}.": (
        "Alamat endpoint itu tidak bisa dipakai: {0}."
    ),
    "Copy it from the server's own documentation.": "Salin dari dokumentasi server itu sendiri.",
    "Name where its key is instead: --key-from VARIABLE": (
        "Sebutkan saja di mana kuncinya: --key-from VARIABLE"
    ),
    "Use its https:// address, or its number in your own network.": (
        "Pakai alamat https:// miliknya, atau nomornya di jaringan Anda sendiri."
    ),
    "For example: %zg endpoint add ollama http://localhost:11434": (
        "Misalnya: %zg endpoint add ollama http://localhost:11434"
    ),
    "{} cannot be the name of an endpoint.": "{0} tidak bisa menjadi nama endpoint.",
    "Begin with a letter; then letters, digits, dot, - and _, 32 at most.": (
        "Awali dengan huruf; lalu huruf, digit, titik, - dan _, paling banyak 32."
    ),
    "{} means something else already.": "{0} sudah dipakai untuk hal lain.",
    "Choose another name, for example: ollama": "Pilih nama lain, misalnya: ollama",
    "{} looks like the address of a provider.": "{0} tampak seperti alamat penyedia.",
    "{} cannot be the name of a model.": "{0} tidak bisa menjadi nama model.",
    "The server has no model {}.": "Server itu tidak punya model {0}.",
    "The server at {} lists no models.": "Server di {0} tidak menyebutkan model apa pun.",
    "Name one: --model NAME": "Sebutkan satu: --model NAME",
    "The variable {} is not set.": "Variabel {0} belum diisi.",
    "Set it before Jupyter starts, or choose: --key-from ask": (
        "Isi sebelum Jupyter dimulai, atau pilih: --key-from ask"
    ),
    "That is not a key: it is empty, or has blanks or odd characters in it.": (
        "Itu bukan kunci: kosong, atau berisi spasi atau karakter aneh."
    ),
    "was not given to this process yet": "belum diberikan kepada proses ini",
    "cannot be had: {}{}": "tidak bisa didapat: {0}{1}",
    "The key of endpoint {} {}.": "Kunci endpoint {0} {1}.",
    "Set {}: %env works as well.": "Isi {0}: %env juga bisa.",
    "Give it with: %zg endpoint key {}": "Berikan dengan: %zg endpoint key {0}",
    "the variable {}": "variabel {0}",
    "nowhere: it has none": "tidak dari mana pun: kuncinya tidak ada",
    "The key of {} comes from {}.": "Kunci {0} berasal dari {1}.",
    "Set the variable, or add it anew: %zg endpoint remove {}": (
        "Isi variabelnya, atau tambahkan dari awal: %zg endpoint remove {0}"
    ),
    "A key is given, and nothing says where to keep it: --key-from.": (
        "Sebuah kunci diberikan, tetapi tidak disebutkan di mana menyimpannya: --key-from."
    ),
    "Name a variable of the environment instead: --key-from VARIABLE": (
        "Sebutkan saja variabel lingkungan: --key-from VARIABLE"
    ),
    "It has: {}": "Yang ada di sana: {0}",
    "{} is not an RPC URL.": "{0} bukan URL RPC.",
    "It starts with https:// (http:// only on this machine).": (
        "URL itu berawal https:// (http:// hanya di komputer ini)."
    ),
    "A chain id is larger than zero.": "Id rantai lebih besar dari nol.",
    "A chain id is a whole number.": "Id rantai adalah bilangan bulat.",
    "{} cannot be the name of a network.": "{0} tidak bisa menjadi nama jaringan.",
    "Use small letters, digits and -.": "Pakai huruf kecil, digit dan -.",
    "The file {} does not describe networks.": "Berkas {0} tidak berisi daftar jaringan.",
    "{} is not a network of your own.": "{0} bukan jaringan Anda sendiri.",
    "See them with: %zg network": "Lihat semuanya dengan: %zg network",
    "{} is a network of this package.": "{0} adalah jaringan milik paket ini.",
    "There is no network named {}.": "Tidak ada jaringan bernama {0}.",
    "Choose another name.": "Pilih nama lain.",
    "Your wallet is asked in the page, and a running cell keeps the page waiting.": (
        "Dompet Anda ditanya di halaman, dan sel yang sedang berjalan membuat halaman itu menunggu."
    ),
    "Open %zg panel, section Wallet, press the button there, then run the cell again.": (
        "Buka %zg panel, bagian Dompet, tekan tombolnya di sana, lalu jalankan selnya lagi."
    ),
    "a cache write multiplier": "pengali tulis cache",
    "the cache divisor": "pembagi cache",
    "cache token billing": "penagihan token cache",
    "a tier's {} multiplier": "pengali {0} sebuah tingkat",
    "a tier's maxInputTokens": "maxInputTokens sebuah tingkat",
    "tier {}": "tingkat {0}",
    "tiered pricing has {} tiers, more than {}": (
        "harga bertingkat punya {0} tingkat, lebih dari {1}"
    ),
    "less than 0": "kurang dari 0",
    "tiered pricing is {}, not a list": "harga bertingkat adalah {0}, bukan daftar",
    "tiered pricing": "harga bertingkat",
    "{} is {}, not an object": "{0} adalah {1}, bukan objek",
    "the output price": "harga keluaran",
    "the input price": "harga masukan",
    "{} is {}, not a whole number from 0 to {}": (
        "{0} adalah {1}, bukan bilangan bulat dari 0 sampai {2}"
    ),
    "The settings file {} is not a readable JSON object.": (
        "Berkas pengaturan {0} bukan objek JSON yang terbaca."
    ),
    "There is no setting named {}.": "Tidak ada pengaturan bernama {0}.",
    "Run: %zg settings": "Jalankan: %zg settings",
    "{} must be larger than zero, not {}.": "{0} harus lebih besar dari nol, bukan {1}.",
    "{} is {}, not {}.": "{0} adalah {1}, bukan {2}.",
    "a whole number": "bilangan bulat",
    "a number": "sebuah bilangan",
    "a text": "sebuah teks",
    "{} wants {}, not {}.": "{0} memerlukan {1}, bukan {2}.",
    "{} is on or off, not {}.": "{0} adalah on atau off, bukan {1}.",
    "the limit of this cell": "batas sel ini",
    "raise --max-cost": "naikkan --max-cost",
    "the limit of this batch": "batas kumpulan ini",
    "raise max_cost": "naikkan max_cost",
    "the session's budget": "anggaran sesi ini",
    "raise it with: %zg set budget AMOUNT, or %zg budget AMOUNT --session": (
        "naikkan dengan: %zg set budget AMOUNT, atau %zg budget AMOUNT --session"
    ),
    "this notebook's budget": "anggaran notebook ini",
    "raise it with: %zg budget AMOUNT": "naikkan dengan: %zg budget AMOUNT",
    "today's budget": "anggaran hari ini",
    "raise it with: %zg budget AMOUNT --day": "naikkan dengan: %zg budget AMOUNT --day",
    "your total budget": "anggaran total Anda",
    "raise it with: %zg budget AMOUNT --total": "naikkan dengan: %zg budget AMOUNT --total",
    "This may cost {} or more, and of {} of {} only {} is left.": (
        "Ini bisa berharga {0} atau lebih, dan dari {2} {1} hanya tersisa {3}."
    ),
    "Ask for less, or {}": "Mintalah lebih sedikit, atau {0}",
    "The spend record {} cannot be used ({}).": "Catatan pengeluaran {0} tidak bisa dipakai ({1}).",
    "A spend record that several machines share": (
        "Catatan pengeluaran yang dipakai bersama beberapa komputer"
    ),
    "it refused the user or the password": "pengguna atau kata sandinya ditolak",
    "it has no such database": "tidak punya basis data seperti itu",
    "its user may not read or make tables there": (
        "penggunanya tidak boleh membaca atau membuat tabel di sana"
    ),
    "it has no room or no connection left": "tidak ada ruang atau koneksi yang tersisa",
    "it can only be read": "hanya bisa dibaca",
    "another machine held it for too long": "komputer lain memegangnya terlalu lama",
    "it was too slow": "terlalu lambat",
    "it is stopping or starting": "sedang berhenti atau dimulai",
    "two machines stood in each other's way": "dua komputer saling menghalangi",
    "it wants a password, and none was given": "kata sandi diminta, dan tidak diberikan",
    "it has no such database or user": "tidak punya basis data atau pengguna seperti itu",
    "it does not answer": "tidak menjawab",
    "its host is not known": "host-nya tidak dikenal",
    "it and this machine do not agree on how to encrypt": (
        "server itu dan komputer ini tidak sepakat tentang cara mengenkripsi"
    ),
    "it was made by a newer zg-jupyter": "dibuat oleh zg-jupyter yang lebih baru",
    "The shared spend record at {} cannot be used ({}).": (
        "Catatan pengeluaran bersama di {0} tidak bisa dipakai ({1})."
    ),
    (
        "Look whether the database runs, then try again; without {} this machine keeps a record "
        "of its own."
    ): (
        "Lihat apakah basis datanya berjalan, lalu coba lagi; tanpa {0} komputer ini menyimpan "
        "catatannya sendiri."
    ),
    "the connection broke": "koneksinya terputus",
    "There are a thousand files named {} in this folder already.": (
        "Sudah ada seribu berkas bernama {0} di folder ini."
    ),
    "Free some disk space, or download it in the browser.": (
        "Kosongkan sebagian diska, atau unduh lewat peramban."
    ),
    "{} is not the URL of a PostgreSQL database.": "{0} bukan URL basis data PostgreSQL.",
    "Write {}=postgresql://USER:PASSWORD@HOST/DATABASE": (
        "Tulis {0}=postgresql://USER:PASSWORD@HOST/DATABASE"
    ),
    "{} (in a password, / is %2F, @ is %40, : is %3A and # is %23).": (
        "{0} (di kata sandi, / menjadi %2F, @ menjadi %40, : menjadi %3A dan # menjadi %23)."
    ),
    "A password has no place in a setting that is shown and kept.": (
        "Kata sandi tidak boleh ada di pengaturan yang ditampilkan dan disimpan."
    ),
    (
        "Put the whole URL into the environment variable {} before Jupyter starts, or the "
        "password into ~/.pgpass."
    ): (
        "Taruh seluruh URL di variabel lingkungan {0} sebelum Jupyter dimulai, atau kata "
        "sandinya di ~/.pgpass."
    ),
    "the usage is not an object": "pemakaiannya bukan objek",
    "the seconds of a recording are not a length of time": "detik sebuah rekaman bukan lama waktu",
    "the seconds of a recording are not a number": "detik sebuah rekaman bukan bilangan",
}
