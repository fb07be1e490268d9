"""Yang disegel, dan gateway yang dijangkau lewat HTTPS."""

from __future__ import annotations

SENTENCES = {
    "Before a service of a Hub, HTTPS is the Hub's: leave out --tls-cert.": (
        "Di depan layanan sebuah Hub, HTTPS adalah urusan Hub: hilangkan --tls-cert."
    ),
    "With --tls-cert students come by https, and --public-url says http.": (
        "Dengan --tls-cert siswa datang lewat https, sedangkan --public-url menyebut http."
    ),
    "Try: --public-url https{}": "Coba: --public-url https{0}",
    "--public-url cannot be used: {}.": "--public-url tidak bisa dipakai: {0}.",
    "For example: --public-url https://class.school.example": (
        "Misalnya: --public-url https://class.school.example"
    ),
    "--behind cannot be everybody.": "--behind tidak boleh semua orang.",
    "Name those that your proxy connects from, for example: --behind 127.0.0.1": (
        "Sebut alamat asal proxy Anda, misalnya: --behind 127.0.0.1"
    ),
    "--behind wants the address of a proxy, not {}.": (
        "--behind meminta alamat sebuah proxy, bukan {0}."
    ),
    "--tls-key needs the certificate: --tls-cert FILE": (
        "--tls-key memerlukan sertifikatnya: --tls-cert FILE"
    ),
    "Give a PEM file with the whole chain to --tls-cert, and its key to --tls-key.": (
        "Beri --tls-cert berkas PEM dengan rantai lengkap, dan --tls-key kuncinya."
    ),
    "The key of the certificate is locked with a password, which nobody types at a restart.": (
        "Kunci sertifikat itu dikunci dengan kata sandi, yang tidak diketik siapa pun saat mulai "
        "ulang."
    ),
    "Give --tls-key a file without one that only this user may read (mode 0600).": (
        "Beri --tls-key berkas tanpa kata sandi yang hanya boleh dibaca pengguna ini (mode 0600)."
    ),
    "{} cannot be read ({}).": "{0} tidak bisa dibaca ({1}).",
    "{} and {} are no certificate and its key.": "{0} dan {1} bukan sertifikat dan kuncinya.",
    "A sealed request names who can open it in X-0G-Provider-Address": (
        "Permintaan yang disegel menyebut siapa yang bisa membukanya dalam X-0G-Provider-Address"
    ),
    "Whoever runs this gateway can read what passes through it, unless it is sealed: so "
    "nothing else is private.": (
        "Siapa pun yang menjalankan gateway ini bisa membaca yang melewatinya, kecuali yang "
        "disegel: jadi selain itu tidak ada yang privat."
    ),
    "a sealed request needs max_tokens, by which its cost is held": (
        "permintaan yang disegel memerlukan max_tokens, yang menjadi dasar biayanya ditahan"
    ),
    "only what holds words can be sealed here, not {}": (
        "hanya yang berisi kata-kata yang bisa disegel di sini, bukan {0}"
    ),
    "messages and tools must not stand beside the envelope of a sealed request": (
        "messages dan tools tidak boleh ada di samping amplop permintaan yang disegel"
    ),
    "this is no sealed request: {}": "ini bukan permintaan yang disegel: {0}",
    "Choose the network of its providers with: %zg network NAME; or ask without --private.": (
        "Pilih jaringan penyedianya dengan: %zg network NAME; atau tanya tanpa --private."
    ),
    "a private prompt is sealed for a signer of the chain, and no chain can be asked here": (
        "prompt privat disegel untuk penanda tangan di rantai, dan tidak ada rantai yang bisa "
        "ditanya di sini"
    ),
    "whom the router would choose is not known, so a private prompt is for nobody": (
        "siapa yang akan dipilih router tidak diketahui, jadi prompt privat tidak untuk siapa pun"
    ),
    "the router passes on private prompts for text only": (
        "router hanya meneruskan prompt privat untuk teks"
    ),
    "the router has it in no tier that keeps a prompt private": (
        "router tidak menaruhnya di tingkat yang menjaga prompt tetap privat"
    ),
    "the chain of {} knows no such provider": "rantai {0} tidak mengenal penyedia itu",
    "Should it be registered on another network, choose that with: %zg network NAME; or ask "
    "without --private.": (
        "Bila ia terdaftar di jaringan lain, pilih jaringan itu dengan: %zg network NAME; atau "
        "tanya tanpa --private."
    ),
    "the provider has no signature for this answer, so whoever passed it on may have made it": (
        "penyedia tidak punya tanda tangan untuk jawaban ini, jadi siapa pun yang meneruskannya "
        "mungkin yang membuatnya"
    ),
    "the router could read and change no more than the model's name": (
        "router tidak bisa membaca dan mengubah lebih dari nama model"
    ),
    "is not sealed as it should be": "tidak disegel sebagaimana mestinya",
    "The router reads and acts on {}, so it cannot go with a sealed prompt.": (
        "Router membaca dan menjalankan {0}, jadi tidak bisa menyertai prompt yang disegel."
    ),
    "Leave it out, or ask without --private.": "Hilangkan, atau tanya tanpa --private.",
    "The sealed request cannot be passed on: {}.": (
        "Permintaan yang disegel tidak bisa diteruskan: {0}."
    ),
    "The router may not pass on sealed prompts yet: ask with a wallet (%zg use wallet), or "
    "without --private.": (
        "Mungkin router belum meneruskan prompt yang disegel: tanya dengan dompet (%zg use "
        "wallet), atau tanpa --private."
    ),
}
