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
    "A class needs a name that can be read: --class NAME": (
        "Sebuah kelas memerlukan nama yang bisa dibaca: --class NAME"
    ),
    "{} is no time of day.": "{0} bukan waktu dalam sehari.",
    'Write opening hours like "Mon-Fri 08:00-16:00 Asia/Jakarta".': (
        'Tulis jam buka seperti "Mon-Fri 08:00-16:00 Asia/Jakarta".'
    ),
    "{} ends when it begins.": "{0} berakhir saat dimulai.",
    "{} is no span of opening hours.": "{0} bukan rentang jam buka.",
    "{} is no time zone.": "{0} bukan zona waktu.",
    "This is not a service that a JupyterHub started with a url.": (
        "Ini bukan layanan yang dimulai JupyterHub dengan sebuah url."
    ),
    "Name it in c.JupyterHub.services, or leave out --jupyterhub.": (
        "Sebutkan di c.JupyterHub.services, atau hilangkan --jupyterhub."
    ),
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
    "The enclave's key file {} cannot be used ({}).": (
        "Berkas kunci enclave {0} tidak bisa dipakai ({1})."
    ),
    "Restore it, or delete it: clients then learn the new key by themselves.": (
        "Pulihkan, atau hapus: klien lalu mengenal kunci barunya dengan sendirinya."
    ),
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
}
