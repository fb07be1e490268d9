"""Menjalankan penyedia, gateway dan jaringan bawaan."""

from __future__ import annotations

SENTENCES = {
    "A cell of {} failed: {}: {}.": "Sebuah sel {0} gagal: {1}: {2}.",
    "What ran before it is in the spend table.": (
        "Yang berjalan sebelumnya ada di tabel pengeluaran."
    ),
    "Running the example notebook": "Menjalankan notebook contoh",
    "The embedded network is stopped.": "Jaringan bawaan sudah berhenti.",
    "Opening JupyterLab on {}; stop it with Ctrl-C.": (
        "Membuka JupyterLab pada {0}; hentikan dengan Ctrl-C."
    ),
    "Opening JupyterLab": "Membuka JupyterLab",
    "Every cell ran.": "Semua sel sudah berjalan.",
    "Running {} in a fresh kernel...": "Menjalankan {0} di kernel yang baru...",
    "The example {} is missing from this installation.": "Contoh {0} tidak ada di pemasangan ini.",
    "Install the package again.": "Pasang paketnya sekali lagi.",
    "The development chain has provider accounts 0 to {}, not {}.": (
        "Rantai pengembangan punya akun penyedia 0 sampai {0}, bukan {1}."
    ),
    "The development chain has users 1 to {}, not {}.": (
        "Rantai pengembangan punya pengguna 1 sampai {0}, bukan {1}."
    ),
    "The development chain has accounts 0 to {}, not {}.": (
        "Rantai pengembangan punya akun 0 sampai {0}, bukan {1}."
    ),
    "The embedded network": "Jaringan bawaan",
    "ended with code {}": "berakhir dengan kode {0}",
    "Provider {} {}.": "Penyedia {0} {1}.",
    "Its last words: {}": "Kata terakhirnya: {0}",
    "The embedded network runs 0 to {} providers, not {}.": (
        "Jaringan bawaan menjalankan 0 sampai {0} penyedia, bukan {1}."
    ),
    "Read its log: {}": "Baca log-nya: {0}",
    "this development network": "jaringan pengembangan ini",
    "Account {} was used before on this chain, so our contracts are not at their addresses.": (
        "Akun {0} sudah pernah dipakai di rantai ini, jadi kontrak kami tidak ada di alamatnya."
    ),
    "Start a fresh chain: zg-jupyter devnet down, then zg-jupyter devnet up": (
        "Mulai rantai yang baru: zg-jupyter devnet down, lalu zg-jupyter devnet up"
    ),
    "The compiled contract {} is missing from this copy of the package.": (
        "Kontrak terkompilasi {0} tidak ada di salinan paket ini."
    ),
    "The compiled contract {} cannot be read.": "Kontrak terkompilasi {0} tidak bisa dibaca.",
    "Build it: python zg_jupyter/devnet/contracts/hatch_build.py": (
        "Buat dengan: python zg_jupyter/devnet/contracts/hatch_build.py"
    ),
    "Process {} of the network cannot be ended by this user.": (
        "Proses {0} dari jaringan itu tidak bisa diakhiri oleh pengguna ini."
    ),
    "End it as the user who started it.": "Akhiri sebagai pengguna yang memulainya.",
    "Port {} on 127.0.0.1 cannot be used: {}.": "Port {0} di 127.0.0.1 tidak bisa dipakai: {1}.",
    "Leave the port out and the system chooses a free one.": (
        "Jangan sebut port, maka sistem memilih yang bebas."
    ),
    "The chain's RPC server did not start.": "Server RPC rantai tidak mau mulai.",
    "Run: zg-jupyter devnet up": "Jalankan: zg-jupyter devnet up",
    "{} cannot be written: {}.": "{0} tidak bisa ditulis: {1}.",
    "Free some space, or set ZG_HOME to a folder that can be written.": (
        "Kosongkan sebagian diska, atau isi ZG_HOME dengan folder yang bisa ditulis."
    ),
    "was not ready after {} s": "belum siap setelah {0} dtk",
    "Provider {} was not acknowledged in time.": "Penyedia {0} tidak diakui pada waktunya.",
    "Read the log: {}": "Baca log: {0}",
    "The network did not get on for {} s.": "Jaringan tidak maju selama {0} dtk.",
    "The network's process ended with code {}.": "Proses jaringan berakhir dengan kode {0}.",
    "The network ended right after it started.": "Jaringan berakhir segera setelah dimulai.",
    "Another process has been starting the network for {} s.": (
        "Proses lain sudah {0} dtk memulai jaringan ini."
    ),
    "Wait for it or stop it, then run: zg-jupyter devnet up": (
        "Tunggu atau hentikan proses itu, lalu jalankan: zg-jupyter devnet up"
    ),
    "another process is starting the network; waiting for it": (
        "proses lain sedang memulai jaringan; menunggunya"
    ),
    "found the network at {}": "jaringan ditemukan di {0}",
    "The audit log {} cannot be written ({}).": "Log audit {0} tidak bisa ditulis ({1}).",
    "The answer broke and began anew.": "Jawabannya terputus dan dimulai lagi.",
    "There is no model {} here.": "Tidak ada model {0} di sini.",
    "That provider does not serve {}.": "Penyedia itu tidak melayani {0}.",
    "Your key may not use {}.": "Kunci Anda tidak boleh memakai {0}.",
    "Name a model.": "Sebutkan sebuah model.",
    "The gateway restarts.": "Gateway sedang dimulai ulang.",
    "The gateway failed.": "Gateway gagal.",
    "A class needs a name that can be read: --class NAME": (
        "Sebuah kelas memerlukan nama yang bisa dibaca: --class NAME"
    ),
    "There is no status {}.": "Tidak ada status {0}.",
    "code must be text.": "code harus berupa teks.",
    "Send your key: Authorization: Bearer sk-...": "Kirim kunci Anda: Authorization: Bearer sk-...",
    "That is not this class's management key.": "Itu bukan kunci pengelola kelas ini.",
    "That needs the class's management key.": "Itu memerlukan kunci pengelola kelas.",
    "Its hours are {}.": "Jam bukanya {0}.",
    "Your teacher has paused this key.": "Guru Anda menjeda kunci ini.",
    "That key has expired.": "Kunci itu sudah kedaluwarsa.",
    "That key was revoked.": "Kunci itu sudah dicabut.",
    "That is no key of this class.": "Itu bukan kunci kelas ini.",
    "A management key makes keys and asks nothing.": (
        "Kunci pengelola membuat kunci dan tidak bertanya apa pun."
    ),
    "That is more than {} requests in a minute.": "Itu lebih dari {0} permintaan dalam satu menit.",
    "Ask your teacher.": "Tanyakan kepada guru Anda.",
    "The class is closed now.": "Kelas sedang ditutup.",
    "allowed_models must be a list of at most {} names": (
        "allowed_models harus berupa daftar paling banyak {0} nama"
    ),
    "requests_per_minute must be a whole number from 1 to {}, or null": (
        "requests_per_minute harus berupa bilangan bulat dari 1 sampai {0}, atau null"
    ),
    "expiration must be RFC 3339, like 2027-01-31T23:59:59Z": (
        "expiration harus berbentuk RFC 3339, seperti 2027-01-31T23:59:59Z"
    ),
    "hours must be text": "hours harus berupa teks",
    "{} is not known to this gateway": "{0} tidak dikenal gateway ini",
    "reset_period must be never: a share is for the whole class": (
        "reset_period harus never: bagian itu untuk seluruh masa kelas"
    ),
    "{} is more 0G than there are": "{0} lebih banyak 0G daripada yang ada",
    '{} must be a decimal string of 0G, like "2.5"': (
        '{0} harus berupa teks desimal 0G, seperti "2.5"'
    ),
    "name must be at most {} printable characters": (
        "name harus paling banyak {0} karakter yang bisa dicetak"
    ),
    "name must be text that is not empty": "name harus berupa teks yang tidak kosong",
    "{} must be true or false": "{0} harus true atau false",
    "{} is no time of day.": "{0} bukan jam yang sah.",
    'Write opening hours like "Mon-Fri 08:00-16:00 Asia/Jakarta".': (
        'Tulis jam buka seperti "Mon-Fri 08:00-16:00 Asia/Jakarta".'
    ),
    "{} is no day of the week (Mon, Tue, ...).": "{0} bukan nama hari (Mon, Tue, ...).",
    "{} ends when it begins.": "{0} berakhir pada saat dimulai.",
    "{} is no span of opening hours.": "{0} bukan rentang jam buka.",
    "{} is no time zone.": "{0} bukan zona waktu.",
    "The JupyterHub does not know that token.": "JupyterHub tidak mengenal token itu.",
    "The JupyterHub has trouble.": "JupyterHub sedang bermasalah.",
    "The JupyterHub does not answer.": "JupyterHub tidak menjawab.",
    "This is not a service that a JupyterHub started with a url.": (
        "Ini bukan layanan yang dimulai JupyterHub dengan sebuah url."
    ),
    "Name it in c.JupyterHub.services, or leave out --jupyterhub.": (
        "Sebutkan di c.JupyterHub.services, atau hilangkan --jupyterhub."
    ),
    "There is a key named {} already.": "Sudah ada kunci bernama {0}.",
    "That code is wrong, or was used already.": "Kode itu salah, atau sudah dipakai.",
    "That key is revoked; make a new one.": "Kunci itu sudah dicabut; buat yang baru.",
    "There is no such key in this class.": "Tidak ada kunci seperti itu di kelas ini.",
    "Ask your teacher for a new one.": "Mintalah yang baru kepada guru Anda.",
    "the budget of whoever pays for this class": "anggaran orang yang membayar kelas ini",
    "the class's budget": "anggaran kelas",
    "your share": "bagian Anda",
    "the trust mode is verified or private": "trust mode adalah verified atau private",
    "this gateway knows no prices in US dollars": "gateway ini tidak mengenal harga dalam dolar AS",
    "X-0G-Provider-Allow-Fallbacks is true or false": (
        "X-0G-Provider-Allow-Fallbacks adalah true atau false"
    ),
    "X-0G-Provider-Sort is latency or price": "X-0G-Provider-Sort adalah latency atau price",
    "X-0G-Provider-Address is no address": "X-0G-Provider-Address bukan alamat",
    "The class gateway": "Gateway kelas",
    "The management key cannot be written to {} ({}).": (
        "Kunci pengelola tidak bisa ditulis ke {0} ({1})."
    ),
    "Choose another port: --port 0 lets the system choose.": (
        "Pilih port lain: --port 0 membiarkan sistem memilih."
    ),
    "not usable": "tidak bisa dipakai",
    "Cannot listen on {} port {} ({}).": "Tidak bisa mendengarkan di {0} port {1} ({2}).",
    "The provider has no wallet: {} is not set.": "Penyedia tidak punya dompet: {0} belum diisi.",
    "Set {} to the private key of the provider's wallet.": (
        "Isi {0} dengan kunci privat dompet penyedia."
    ),
    "The key of the upstream server is not one line of plain characters.": (
        "Kunci server upstream bukan satu baris karakter biasa."
    ),
    "The environment variable for the key of the upstream server is not set.": (
        "Variabel lingkungan untuk kunci server upstream belum diisi."
    ),
    "Set it, and give its name, not the key itself: --upstream-key-env VARIABLE": (
        "Isi, dan berikan namanya, bukan kuncinya: --upstream-key-env VARIABLE"
    ),
    "What the model is called is not said.": "Nama modelnya tidak disebutkan.",
    "Add --upstream-model NAME": "Tambahkan --upstream-model NAME",
    "Which upstream server is meant?": "Server upstream yang mana?",
    "Add --upstream URL": "Tambahkan --upstream URL",
    "Running a provider": "Menjalankan penyedia",
    "ephemeral token must expire within 24 hours": "token sementara harus kedaluwarsa dalam 24 jam",
    "token is for another provider": "token itu untuk penyedia lain",
    "signature does not match the address of the token": (
        "tanda tangannya tidak cocok dengan alamat di token"
    ),
    "session token has been revoked (generation expired)": (
        "token sesi sudah dicabut (generasinya berakhir)"
    ),
    "invalid session token (future generation)": "token sesi tidak sah (generasi yang akan datang)",
    "session token has been revoked": "token sesi sudah dicabut",
    "session token has expired": "token sesi sudah kedaluwarsa",
    "validate session: {}": "pemeriksaan sesi: {0}",
    "service not acknowledge the tee signer": "layanan belum mengakui penanda tangan TEE",
    "user not acknowledge the provider {}": "pengguna belum mengakui penyedia {0}",
    "account does not exist: transfer at least 1 0G to the sub-account of provider {} first": (
        "akun tidak ada: transfer dulu paling sedikit 1 0G ke sub-akun penyedia {0}"
    ),
    "the chain does not answer": "rantai tidak menjawab",
    "{} holds half a character (a lone surrogate)": (
        "{0} berisi setengah karakter (surrogate tunggal)"
    ),
    "{} must be a whole number from {} to {}": (
        "{0} harus berupa bilangan bulat dari {1} sampai {2}"
    ),
    "{} must be a number from {} to {}": "{0} harus berupa bilangan dari {1} sampai {2}",
    "stop must hold texts that are not empty": "stop harus berisi teks yang tidak kosong",
    "stop must be text or a list of at most {} texts": (
        "stop harus berupa teks atau daftar paling banyak {0} teks"
    ),
    "{}.text must be text": "{0}.text harus berupa teks",
    "{} must be of type text: this model reads nothing else": (
        "{0} harus berjenis text: model ini tidak membaca yang lain"
    ),
    "{}.content must be text or a list of text parts": (
        "{0}.content harus berupa teks atau daftar bagian teks"
    ),
    "{}.role must be system, user or assistant": "{0}.role harus system, user atau assistant",
    "{} must be an object": "{0} harus berupa objek",
    "messages may hold at most {} messages": "messages boleh berisi paling banyak {0} pesan",
    "messages must be a list with at least one message": (
        "messages harus berupa daftar dengan paling sedikit satu pesan"
    ),
    "the body must be a JSON object": "isinya harus berupa objek JSON",
    "the body is not JSON, or nested too deeply": "isinya bukan JSON, atau bersarang terlalu dalam",
    "response_format must be of type text, json_object or json_schema": (
        "response_format harus berjenis text, json_object atau json_schema"
    ),
    "model must be text": "model harus berupa teks",
    "n must be 1": "n harus 1",
    "{} is not supported by this model": "{0} tidak didukung model ini",
    "stream_options must be an object": "stream_options harus berupa objek",
    "invalid request: {}": "permintaan tidak sah: {0}",
    "unsettled fee {}": "biaya yang belum diselesaikan {0}",
    "estimated fee 0": "perkiraan biaya 0",
    "minimum {}": "minimum {0}",
    "most this request can cost {}": "paling banyak biaya permintaan ini {0}",
    "running requests {}": "permintaan yang berjalan {0}",
    (
        "insufficient balance: locked balance {} neuron is below the required minimum {} neuron "
        "({}); transfer at least {} to this provider"
    ): (
        "saldo tidak cukup: saldo terkunci {0} neuron kurang dari minimum yang diperlukan {1} "
        "neuron ({2}); transfer paling sedikit {3} ke penyedia ini"
    ),
    "the model is busy": "modelnya sibuk",
    "response_format is not supported by this model": "response_format tidak didukung model ini",
    "The model {} does not exist here; this provider serves {}.": (
        "Model {0} tidak ada di sini; penyedia ini melayani {1}."
    ),
    "shutting down": "sedang berhenti",
    "no key for sealed requests": "tidak ada kunci untuk permintaan tersegel",
    "A model needs a name of at most 200 characters.": (
        "Sebuah model memerlukan nama dengan paling banyak 200 karakter."
    ),
    "The engine {} runs models itself and uses no upstream server.": (
        "Mesin {0} menjalankan modelnya sendiri dan tidak memakai server upstream."
    ),
    "Leave --engine out, or write: --engine upstream": (
        "Hilangkan --engine, atau tulis: --engine upstream"
    ),
    "The length of a context is a number of tokens.": "Panjang konteks adalah jumlah token.",
    "At least one request must be allowed at a time.": (
        "Paling sedikit satu permintaan sekaligus harus diizinkan."
    ),
    "The time between settlements must be more than zero seconds.": (
        "Waktu antara penyelesaian harus lebih dari nol detik."
    ),
    "A public URL starts with https:// or http://.": "URL publik berawal https:// atau http://.",
    "A provider that listens on {} must say where clients find it.": (
        "Penyedia yang mendengarkan di {0} harus menyebutkan di mana klien menemukannya."
    ),
    "Add --public-url https://your.name": "Tambahkan --public-url https://your.name",
    "The {} price {} is not a price in neuron per token.": (
        "Harga {0} {1} bukan harga dalam neuron per token."
    ),
    "A port is a number from 0 to 65535, not {}.": (
        "Port adalah bilangan dari 0 sampai 65535, bukan {0}."
    ),
    "invalid sealed request: {}": "permintaan tersegel tidak sah: {0}",
    "The enclave's key file {} cannot be used ({}).": (
        "Berkas kunci enclave {0} tidak bisa dipakai ({1})."
    ),
    "Restore it, or delete it: clients then learn the new key by themselves.": (
        "Pulihkan, atau hapus: klien lalu mengenal kunci barunya dengan sendirinya."
    ),
    "{}: the present key is {}": "{0}: kunci yang sekarang {1}",
    "the model ended without an answer": "model berakhir tanpa jawaban",
    "the model took too long": "model makan waktu terlalu lama",
    "all places are taken and the queue is full": "semua tempat terisi dan antreannya penuh",
    "no place became free in time": "tidak ada tempat yang kosong pada waktunya",
    "too many requests for unknown models": (
        "terlalu banyak permintaan untuk model yang tidak dikenal"
    ),
    "too many tokens per minute": "terlalu banyak token per menit",
    "too many requests per minute": "terlalu banyak permintaan per menit",
    "too many requests": "terlalu banyak permintaan",
    "Cannot write the announcement {} ({}).": "Pengumuman {0} tidak bisa ditulis ({1}).",
    "Choose another file: --announce FILE": "Pilih berkas lain: --announce FILE",
    "Choose another port, or 0 to let the system choose: --port 0": (
        "Pilih port lain, atau 0 agar sistem memilih: --port 0"
    ),
    "The state folder {} cannot be used ({}).": "Folder keadaan {0} tidak bisa dipakai ({1}).",
    "Another provider already runs on the state folder {}.": (
        "Penyedia lain sudah berjalan dengan folder keadaan {0}."
    ),
    "Stop it, or use another folder: --state-dir DIR": (
        "Hentikan, atau pakai folder lain: --state-dir DIR"
    ),
    "Give the provider a folder it can write to: --state-dir DIR": (
        "Berikan folder yang bisa ditulis penyedia: --state-dir DIR"
    ),
    "The chain does not show its block {}.": "Rantai tidak menunjukkan bloknya {0}.",
    "unsupported endpoint: endpoint not supported": "endpoint itu tidak didukung",
    "you can only query your own unsettled fee": (
        "Anda hanya bisa melihat biaya Anda sendiri yang belum diselesaikan"
    ),
    "chat_id_not_found: no signature is kept under this id": (
        "chat_id_not_found: tidak ada tanda tangan yang disimpan dengan id ini"
    ),
    "The provider's wallet {} holds {}, but needs {} for the stake of its service and for gas.": (
        "Dompet penyedia {0} berisi {1}, tetapi memerlukan {2} untuk jaminan layanannya dan "
        "untuk gas."
    ),
    "Fund that wallet, then start the provider again.": (
        "Isi dompet itu, lalu jalankan lagi penyedianya."
    ),
    "The contract refuses to register the service: {}.": (
        "Kontrak menolak mendaftarkan layanan itu: {0}."
    ),
    "No stake was paid.": "Tidak ada jaminan yang dibayar.",
    "Check the contract address: --inference ADDR": "Periksa alamat kontraknya: --inference ADDR",
    "The receipt of settlement {} does not fit its items.": (
        "Tanda terima penyelesaian {0} tidak cocok dengan isinya."
    ),
    "Its fees stay unsettled until a person has looked.": (
        "Biayanya tetap belum diselesaikan sampai seseorang melihatnya."
    ),
    "Compare the transaction on an explorer with the meter file.": (
        "Bandingkan transaksi itu di penjelajah blok dengan berkas meternya."
    ),
    "Settlement {} is not in a block yet.": "Penyelesaian {0} belum masuk ke sebuah blok.",
    "The signer's key file {} holds no key.": "Berkas kunci penanda tangan {0} tidak berisi kunci.",
    "Restore it, or delete it: a new signer must then be acknowledged again.": (
        "Pulihkan, atau hapus: penanda tangan baru lalu harus diakui lagi."
    ),
    "The signer's key file {} cannot be used ({}).": (
        "Berkas kunci penanda tangan {0} tidak bisa dipakai ({1})."
    ),
    "The meter {} cannot be used: {}.": "Meter {0} tidak bisa dipakai: {1}.",
    "Check the free space and the rights of the folder, or use --state-dir DIR": (
        "Periksa ruang kosong dan hak folder itu, atau pakai --state-dir DIR"
    ),
    "The meter {} was written by another version (schema {}).": (
        "Meter {0} ditulis oleh versi lain (skema {1})."
    ),
    "Use another folder: --state-dir DIR": "Pakai folder lain: --state-dir DIR",
    "request body is larger than {} bytes": "isi permintaan lebih besar dari {0} bita",
    "the request body did not arrive in time": "isi permintaan tidak tiba pada waktunya",
}
