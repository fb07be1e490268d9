"""Apa yang terjadi di jalan: koneksi, jawaban, router."""

from __future__ import annotations

SENTENCES = {
    "The router at {} gave no list of models ({}).": (
        "Router di {0} tidak memberi daftar model ({1})."
    ),
    "Check its address with whoever gave you the key: %zg set router_url URL": (
        "Periksa alamatnya pada orang yang memberi Anda kunci itu: %zg set router_url URL"
    ),
    "{} is no port and no range of ports.": "{0} bukan port dan bukan rentang port.",
    'Write them like this: %zg set provider_ports "443,8443,9000-9100"': (
        'Tulis seperti ini: %zg set provider_ports "443,8443,9000-9100"'
    ),
    "prompts would cross the internet unencrypted": "prompt akan melintasi internet tanpa enkripsi",
    "it must be http://HOST:PORT or https://HOST": (
        "harus berbentuk http://HOST:PORT atau https://HOST"
    ),
    "it is not a URL": "itu bukan URL",
    "it carries a query": "di dalamnya ada query",
    "it carries credentials": "di dalamnya ada kata sandi",
    "Provider {} refused (HTTP {}): {}.": "Penyedia {0} menolak (HTTP {1}): {2}.",
    "Provider {} was silent for {} s.": "Penyedia {0} diam selama {1} dtk.",
    "The connection to provider {} failed ({}).": "Koneksi ke penyedia {0} gagal ({1}).",
    "Provider {} does not answer.": "Penyedia {0} tidak menjawab.",
    "Provider {} did not finish in time.": "Penyedia {0} tidak selesai pada waktunya.",
    "It is asked for in words, and checked.": (
        "Bentuk itu diminta dengan kata-kata, lalu diperiksa."
    ),
    "A provider that went silent may still bill the prompt.": (
        "Penyedia yang menjadi diam masih bisa menagih promptnya."
    ),
    "{} has no {}.": "{0} tidak punya {1}.",
    "{}{} is too long.": "{0}{1} terlalu panjang.",
    "{} does not answer ({}).": "{0} tidak menjawab ({1}).",
    "Start the server, or look where it should be: %zg endpoint test {}": (
        "Jalankan servernya, atau lihat di mana seharusnya ia berada: %zg endpoint test {0}"
    ),
    "It sends elsewhere, and nothing follows it: add the address that it sends to.": (
        "Server itu mengarahkan ke tempat lain, dan tidak ada yang mengikutinya: tambahkan "
        "alamat tujuannya."
    ),
    "See which models it has: %zg endpoint test {}": (
        "Lihat model apa yang dimilikinya: %zg endpoint test {0}"
    ),
    "Give it the right key: %zg endpoint key {}": "Berikan kunci yang benar: %zg endpoint key {0}",
    "The address of {} is refused: {}.": "Alamat {0} ditolak: {1}.",
    "Run: %zg endpoint remove {}, and add it anew.": (
        "Jalankan: %zg endpoint remove {0}, lalu tambahkan lagi."
    ),
    "{} holds answers to no form.": "{0} tidak menjaga jawaban menurut bentuk apa pun.",
    "{} takes no limit of tokens, so its answer may be longer than was asked for.": (
        "{0} tidak menerima batas token, jadi jawabannya bisa lebih panjang dari yang diminta."
    ),
    "an endpoint of your own choosing; nobody vouches for its answers": (
        "endpoint pilihan Anda sendiri; tidak ada yang menjamin jawabannya"
    ),
    "its host is oddly written": "host-nya ditulis dengan aneh",
    "it is a name of this machine or of a private network": (
        "itu nama komputer ini atau nama di jaringan privat"
    ),
    "it names no host": "tidak ada host di dalamnya",
    "it must start with {}://": "harus berawal {0}://",
    "port {} is not allowed": "port {0} tidak diizinkan",
    "The provider's address {} is refused: {}.": "Alamat penyedia {0} ditolak: {1}.",
    "Allow it with: %zg set provider_ports": "Izinkan dengan: %zg set provider_ports",
    "Choose another provider with: %zg providers": "Pilih penyedia lain dengan: %zg providers",
    "it points at this machine": "menunjuk ke komputer ini",
    "it points into a private network": "menunjuk ke jaringan privat",
    "only this machine serves the embedded network": (
        "hanya komputer ini yang melayani jaringan bawaan"
    ),
    "holds something that is no PNG, JPEG or WebP": "berisi sesuatu yang bukan PNG, JPEG atau WebP",
    "holds an image of more than {} MiB": "berisi gambar lebih dari {0} MiB",
    "holds {} images, not {}": "berisi {0} gambar, bukan {1}",
    "holds no images": "tidak berisi gambar",
    "is larger than {} bytes": "lebih besar dari {0} bita",
    "The reply of provider {} {}.": "Balasan penyedia {0} {1}.",
    "The provider may bill it; it is recorded as an estimate.": (
        "Penyedia bisa menagihnya; biayanya dicatat sebagai perkiraan."
    ),
    "The engine of {} failed ({}).": "Mesin {0} gagal ({1}).",
    "The model {} on this machine took longer than {} s.": (
        "Model {0} di komputer ini butuh lebih dari {1} dtk."
    ),
    "Give it more with --timeout, or ask for less with --max-tokens.": (
        "Beri lebih lama dengan --timeout, atau minta lebih sedikit dengan --max-tokens."
    ),
    "Left out of the prompt, which is too long for {}: {} of its oldest messages.": (
        "Ditinggalkan dari prompt, yang terlalu panjang untuk {0}: {1} pesan tertuanya."
    ),
    "Waiting for the answers before this one on this machine...": (
        "Menunggu jawaban-jawaban sebelumnya di komputer ini..."
    ),
    "Loading the model {} on this machine...": "Memuat model {0} di komputer ini...",
    "There is no model {} for this machine.": "Tidak ada model {0} untuk komputer ini.",
    "There is: {}; or: %zg local use FILE.gguf": "Yang ada: {0}; atau: %zg local use FILE.gguf",
    "made on this machine": "dibuat di komputer ini",
    "The provider's host {} has no address.": "Host penyedia {0} tidak punya alamat.",
    "Choose another one with: %zg providers": "Pilih yang lain dengan: %zg providers",
    "The {} proxy of the environment cannot be used.": (
        "Proksi {0} dari lingkungan tidak bisa dipakai."
    ),
    "For a SOCKS proxy run: pip install 'httpx[socks]'": (
        "Untuk proksi SOCKS jalankan: pip install 'httpx[socks]'"
    ),
    "is not a JSON object": "bukan objek JSON",
    "is not JSON": "bukan JSON",
    "is not a chat completion": "bukan chat completion",
    "does not end": "tidak berakhir",
    "The answer of provider {} {}.": "Jawaban penyedia {0} {1}.",
    "Provider {} failed while answering: {}.": "Penyedia {0} gagal selagi menjawab: {1}.",
    "The stream of provider {} broke off before its end.": (
        "Aliran jawaban penyedia {0} terputus sebelum berakhir."
    ),
    "See what there is with: %zg models": "Lihat yang ada dengan: %zg models",
    "Ask your teacher to raise the limit of your key.": (
        "Mintalah guru Anda menaikkan batas kunci Anda."
    ),
    "The whole class has used its budget: ask your teacher.": (
        "Seluruh kelas sudah memakai anggarannya: tanyakan kepada guru Anda."
    ),
    "Nobody who serves it is up; see who else there is with: %zg models": (
        "Tidak ada yang melayaninya sedang aktif; lihat siapa lagi yang ada dengan: %zg models"
    ),
    "The list has changed meanwhile; look at it again with: %zg providers": (
        "Daftarnya berubah sementara itu; lihat lagi dengan: %zg providers"
    ),
    "Ask again in a moment: the router cannot see its own money just now.": (
        "Tanyakan lagi sebentar lagi: saat ini router tidak bisa melihat uangnya sendiri."
    ),
    "Ask one that your key allows: %zg models": "Tanya model yang diizinkan kunci Anda: %zg models",
    "Ask again in its hours.": "Tanyakan lagi di jam bukanya.",
    "Ask again when the refund is through.": "Tanyakan lagi setelah pengembalian dananya selesai.",
    "Ask whoever gave you the key for a new one, then: %zg use key": (
        "Mintalah kunci baru kepada pemberinya, lalu: %zg use key"
    ),
    "The key's owner has to pay in, or to raise its limit.": (
        "Pemilik kunci harus menyetor, atau menaikkan batasnya."
    ),
    "Ask whoever gave you the key.": "Tanyakan kepada yang memberi Anda kunci itu.",
    "Wait a little; it answers only so many requests a minute.": (
        "Tunggu sebentar; router hanya menjawab sekian permintaan per menit."
    ),
    "The router has no {}.": "Router tidak punya {0}.",
    "The router's list is too long.": "Daftar router terlalu panjang.",
    "The router's address is refused: {}.": "Alamat router ditolak: {0}.",
    "Give another one with: %zg set router_url URL": (
        "Berikan yang lain dengan: %zg set router_url URL"
    ),
    "Check your connection, or its address: %zg set router_url URL": (
        "Periksa koneksi Anda, atau alamatnya: %zg set router_url URL"
    ),
    "The router takes no more requests now; waiting {} s.": (
        "Router sedang tidak menerima permintaan lagi; menunggu {0} dtk."
    ),
    "it came through a router, which rewrites what was signed": (
        "datang lewat router, yang menulis ulang apa yang ditandatangani"
    ),
    "The router refused (HTTP {}): {}.": "Router menolak (HTTP {0}): {1}.",
    "The router failed while answering: {}.": "Router gagal selagi menjawab: {0}.",
    "The router at {} does not answer ({}).": "Router di {0} tidak menjawab ({1}).",
    "The answer of provider {} is not sealed as it should be: {}.": (
        "Jawaban penyedia {0} tidak disegel sebagaimana mestinya: {1}."
    ),
    "The prompt cannot be sealed for {}: {}.": "Prompt tidak bisa disegel untuk {0}: {1}.",
    "Provider {} does not open what is sealed for the key that it attests.": (
        "Penyedia {0} tidak membuka yang disegel untuk kunci dalam atestasinya."
    ),
    "The server at {} wants another key (HTTP {}).": "Server di {0} meminta kunci lain (HTTP {1}).",
    "The server at {} wants a key (HTTP {}).": "Server di {0} meminta kunci (HTTP {1}).",
    "Say where it is: --key-from VARIABLE, or --key-from ask": (
        "Sebutkan di mana kuncinya: --key-from VARIABLE, atau --key-from ask"
    ),
    "it is silent": "server itu diam",
    "its list of models does not end": "daftar modelnya tidak berakhir",
    "nothing answers there": "tidak ada yang menjawab di sana",
    "its certificate is not one that this machine trusts": (
        "sertifikatnya bukan yang dipercaya komputer ini"
    ),
    "The server at {} cannot be used: {}.": "Server di {0} tidak bisa dipakai: {1}.",
    "Start it, or correct the address.": "Jalankan servernya, atau perbaiki alamatnya.",
    "What answers at {} is no OpenAI-compatible server.": (
        "Yang menjawab di {0} bukan server yang cocok dengan OpenAI."
    ),
    "What answers at {} is no OpenAI-compatible server{}.": (
        "Yang menjawab di {0} bukan server yang cocok dengan OpenAI{1}."
    ),
    "What answers at {} is no OpenAI-compatible server (HTTP {}).": (
        "Yang menjawab di {0} bukan server yang cocok dengan OpenAI (HTTP {1})."
    ),
    "Correct the address; it often ends in /v1.": "Perbaiki alamatnya; sering berakhir dengan /v1.",
    "The provider's stream has an event over 4 MiB.": (
        "Aliran jawaban penyedia berisi peristiwa lebih dari 4 MiB."
    ),
}
