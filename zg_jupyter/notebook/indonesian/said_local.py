"""Model yang berjalan di komputer ini."""

from __future__ import annotations

SENTENCES = {
    "The answer could not be held to its schema to the end: {}.": (
        "Jawabannya tidak bisa dijaga menurut skemanya sampai akhir: {0}."
    ),
    "Answers cannot be held to the schema in response_format: {}.": (
        "Jawaban tidak bisa dijaga menurut skema di response_format: {0}."
    ),
    "Leave response_format out and check the answer, or change the schema.": (
        "Hilangkan response_format dan periksa jawabannya, atau ubah skemanya."
    ),
    (
        "Answers of this model are not held to a response_format: llguidance cannot read its "
        "tokenizer ({})."
    ): (
        "Jawaban model ini tidak dijaga menurut response_format: llguidance tidak bisa membaca "
        "tokenizernya ({0})."
    ),
    "The schema in response_format is too large.": "Skema di response_format terlalu besar.",
    "The schema in response_format is not JSON, or nested too deeply.": (
        "Skema di response_format bukan JSON, atau bersarang terlalu dalam."
    ),
    "Answers are not held to a response_format here: llguidance is not installed.": (
        "Jawaban tidak dijaga menurut response_format di sini: llguidance belum terpasang."
    ),
    (
        "response_format is of type text, json_object, or json_schema with a schema at "
        "json_schema.schema."
    ): (
        "response_format berjenis text, json_object, atau json_schema dengan skema di "
        "json_schema.schema."
    ),
    "Make the schema smaller, or ask for the parts one by one.": (
        "Perkecil skemanya, atau mintalah bagian-bagiannya satu per satu."
    ),
    "The engine {} cannot be imported ({}).": "Mesin {0} tidak bisa diimpor ({1}).",
    "Choose: {}, or MODULE:FACTORY.": "Pilih: {0}, atau MODULE:FACTORY.",
    "There is no engine named {}.": "Tidak ada mesin bernama {0}.",
    "Choose: {}.": "Pilih: {0}.",
    "it is not faster on this device ({} times)": "tidak lebih cepat di perangkat ini ({0} kali)",
    "it does not compute the same on this device": "hasil hitungannya tidak sama di perangkat ini",
    "it failed ({}: {})": "gagal ({0}: {1})",
    "{} failed in the middle of its work ({}: {}).": "{0} gagal di tengah pekerjaannya ({1}: {2}).",
    "{} ran out of memory, though it had this answer alone to work on.": (
        "{0} kehabisan memori, padahal hanya jawaban ini yang dikerjakannya."
    ),
    "Ask for less (a shorter prompt, fewer tokens), or close other programs.": (
        "Mintalah lebih sedikit (prompt lebih pendek, token lebih sedikit), atau tutup program "
        "lain."
    ),
    "16-bit weights are {} times as fast as 32-bit ones on this processor": (
        "bobot 16 bit {0} kali secepat bobot 32 bit di prosesor ini"
    ),
    "16-bit weights are not faster on this processor ({} times)": (
        "bobot 16 bit tidak lebih cepat di prosesor ini ({0} kali)"
    ),
    "asked for": "diminta",
    "Apple's graphics processor is there": "prosesor grafis Apple tersedia",
    "{} is there and computes in bf16": "{0} tersedia dan menghitung dalam bf16",
    "{} is there and is too old for bf16": "{0} tersedia dan terlalu tua untuk bf16",
    "computes in bf16": "menghitung dalam bf16",
    "is too old for bf16": "terlalu tua untuk bf16",
    "There is no precision {}.": "Tidak ada presisi {0}.",
    "There is no device {} here.": "Tidak ada perangkat {0} di sini.",
    "the {} device is not there any more": "perangkat {0} sudah tidak ada",
    "The model {} stopped in the middle of its work ({}).": (
        "Model {0} berhenti di tengah pekerjaannya ({1})."
    ),
    "The model {} stopped in the middle of its work.": "Model {0} berhenti di tengah pekerjaannya.",
    "Ask again; it is loaded anew.": "Tanyakan lagi; modelnya dimuat dari awal.",
    "Start a new one.": "Mulai yang baru.",
    "There is nothing to ask: the request holds answers only.": (
        "Tidak ada yang ditanyakan: permintaan ini hanya berisi jawaban."
    ),
    "The engine of {} was closed while it answered.": "Mesin {0} ditutup selagi menjawab.",
    "The engine of {} was closed.": "Mesin {0} sudah ditutup.",
    "{} stopped before its answer was complete.": "{0} berhenti sebelum jawabannya lengkap.",
    "The {} engine does not support {}.": "Mesin {0} tidak mendukung {1}.",
    "Leave it out, or choose another model.": "Hilangkan, atau pilih model lain.",
    "max_tokens must be at least 1, not {}.": "max_tokens harus paling sedikit 1, bukan {0}.",
    "The prompt holds half of a character (a lone surrogate), which is not text.": (
        "Prompt berisi setengah karakter (surrogate tunggal), yang bukan teks."
    ),
    "Check where the text was cut or decoded.": "Periksa di mana teksnya dipotong atau didekode.",
    "There is nothing to ask: the request has no messages.": (
        "Tidak ada yang ditanyakan: permintaan ini tidak berisi pesan."
    ),
    "{} failed: {}.": "{0} gagal: {1}.",
    "{} must be a number, not {}.": "{0} harus berupa bilangan, bukan {1}.",
    "The llama.cpp engine": "Mesin llama.cpp",
    "The answer was not held to its schema to the end.": (
        "Jawabannya tidak dijaga menurut skemanya sampai akhir."
    ),
    "This build of llama.cpp does not hold answers to such a response_format.": (
        "Versi llama.cpp ini tidak menjaga jawaban menurut response_format seperti itu."
    ),
    "status {}": "status {0}",
    "{} cannot be asked that: {}.": "{0} tidak bisa ditanya seperti itu: {1}.",
    "Change the request.": "Ubah permintaannya.",
    "{} is too busy to answer.": "{0} terlalu sibuk untuk menjawab.",
    "memory for {} is not free": "memori untuk {0} tidak bebas",
    "{} needs about {} of memory to give one answer at a time, and {} are free.": (
        "{0} memerlukan sekitar {1} memori untuk memberi satu jawaban, dan yang bebas {2}."
    ),
    "Close other programs, or take the largest one that fits: %zg local use {}": (
        "Tutup program lain, atau ambil yang terbesar yang muat: %zg local use {0}"
    ),
    "Close other programs: none of the models that are known here would fit.": (
        "Tutup program lain: tidak satu pun model yang dikenal di sini akan muat."
    ),
    "This Python does not know its own program file, so it cannot start the model.": (
        "Python ini tidak tahu berkas programnya sendiri, jadi tidak bisa menjalankan modelnya."
    ),
    "Run it from a normal Python environment.": "Jalankan dari lingkungan Python yang biasa.",
    "it ended without a word": "prosesnya berakhir tanpa sepatah kata",
    "llama.cpp could not load the model: {}.": "llama.cpp tidak bisa memuat modelnya: {0}.",
    "Check that the file is a GGUF chat model and that there is enough memory.": (
        "Periksa bahwa berkasnya model percakapan GGUF dan memorinya cukup."
    ),
    "The model computed something that is not a number, so its answer ends here.": (
        "Model menghitung sesuatu yang bukan bilangan, jadi jawabannya berakhir di sini."
    ),
    (
        "Ask again; if it stays, the model's file is damaged, or it needs more bits than it "
        "gets: ZG_TORCH_PRECISION=fp32"
    ): (
        "Tanyakan lagi; bila tetap begitu, berkas modelnya rusak, atau memerlukan lebih banyak "
        "bit daripada yang didapat: ZG_TORCH_PRECISION=fp32"
    ),
    "{} is from {} to {}, not {}.": "{0} harus dari {1} sampai {2}, bukan {3}.",
    "The client was closed, and its model with it.": "Klien ditutup, dan modelnya bersamanya.",
    "The torch engine": "Mesin torch",
    "Loading {} took too long.": "Pemuatan {0} makan waktu terlalu lama.",
    "memory ran out": "memorinya habis",
    "torch could not load the model ({}: {}).": "torch tidak bisa memuat modelnya ({0}: {1}).",
    "There is too little memory for the model.": "Memorinya terlalu sedikit untuk model itu.",
    "trim is true or false, not {}.": "trim adalah true atau false, bukan {0}.",
    "The prompt has {} tokens, and {} reads at most {}: {} too many.": (
        "Prompt punya {0} token, dan {1} membaca paling banyak {2}: kelebihan {3}."
    ),
    "Shorten the prompt, or have its oldest turns left out: %zg set local_trim on": (
        "Perpendek promptnya, atau biarkan giliran tertuanya ditinggalkan: %zg set local_trim on"
    ),
    "The upstream server is too busy (HTTP {}).": "Server upstream terlalu sibuk (HTTP {0}).",
    "The connection to the upstream server broke.": "Koneksi ke server upstream terputus.",
    "The upstream server fell silent.": "Server upstream menjadi diam.",
    "Nothing answers at {}, where the upstream server should be.": (
        "Tidak ada yang menjawab di {0}, tempat server upstream seharusnya berada."
    ),
    "Start it, or correct its address: --upstream URL": (
        "Jalankan servernya, atau perbaiki alamatnya: --upstream URL"
    ),
    "What answers at {} is no server of models.": "Yang menjawab di {0} bukan server model.",
    "Correct the address: --upstream URL": "Perbaiki alamatnya: --upstream URL",
    "The upstream server failed (HTTP {}): {}.": "Server upstream gagal (HTTP {0}): {1}.",
    "The upstream server failed (HTTP {}).": "Server upstream gagal (HTTP {0}).",
    "The model cannot be asked that: {}.": "Model tidak bisa ditanya seperti itu: {0}.",
    "The model cannot be asked that.": "Model tidak bisa ditanya seperti itu.",
    "Change it.": "Ubah permintaannya.",
    "The upstream server sends elsewhere (HTTP {}), and nothing follows it.": (
        "Server upstream mengarahkan ke tempat lain (HTTP {0}), dan tidak ada yang mengikutinya."
    ),
    "Give the address that it sends to: --upstream URL": "Berikan alamat tujuannya: --upstream URL",
    "The upstream server wants another key (HTTP {}).": (
        "Server upstream meminta kunci lain (HTTP {0})."
    ),
    "Correct what --upstream-key-env names, then start the provider again.": (
        "Perbaiki yang disebut --upstream-key-env, lalu jalankan lagi penyedianya."
    ),
    "The upstream server does not stream its answers.": (
        "Server upstream tidak mengirim jawabannya sedikit demi sedikit."
    ),
    "The upstream server stopped before its answer was complete.": (
        "Server upstream berhenti sebelum jawabannya lengkap."
    ),
    "The upstream server does not count tokens, so nothing can be billed by it.": (
        "Server upstream tidak menghitung token, jadi tidak ada yang bisa ditagih menurutnya."
    ),
    "Use a server that knows stream_options.include_usage.": (
        "Pakai server yang mengenal stream_options.include_usage."
    ),
    "The upstream server does not say how long its context is.": (
        "Server upstream tidak menyebutkan panjang konteksnya."
    ),
    "Say it: --context-length TOKENS": "Sebutkan: --context-length TOKENS",
    "no model {}": "tidak punya model {0}",
    "more than one model": "punya lebih dari satu model",
    "The upstream server has {}.": "Server upstream {0}.",
    "Choose: --upstream-model NAME; it has: {}": "Pilih: --upstream-model NAME; yang ada: {0}",
    "Choose: --upstream-model NAME; it has: -": "Pilih: --upstream-model NAME; yang ada: -",
    "The engine 'upstream' needs the address of a server.": (
        "Mesin 'upstream' memerlukan alamat sebuah server."
    ),
    "Run: zg-jupyter provider --engine upstream --upstream URL": (
        "Jalankan: zg-jupyter provider --engine upstream --upstream URL"
    ),
    "The upstream server sent an event over 4 MiB.": (
        "Server upstream mengirim peristiwa lebih dari 4 MiB."
    ),
    "The upstream server failed: {}.": "Server upstream gagal: {0}.",
    "The upstream server does not keep to the length that was asked for.": (
        "Server upstream tidak mematuhi panjang yang diminta."
    ),
    "The upstream server sent what is no part of an answer.": (
        "Server upstream mengirim sesuatu yang bukan bagian jawaban."
    ),
    "The address of the upstream server cannot be used: {}.": (
        "Alamat server upstream tidak bisa dipakai: {0}."
    ),
    "Name a variable: --upstream-key-env VARIABLE": (
        "Sebutkan sebuah variabel: --upstream-key-env VARIABLE"
    ),
    "Use its https:// address.": "Pakai alamat https:// miliknya.",
    "For example: --upstream http://127.0.0.1:8000": "Misalnya: --upstream http://127.0.0.1:8000",
    "the fastest for this kind of file on a processor": (
        "yang tercepat untuk jenis berkas ini di prosesor"
    ),
    "llama.cpp is not installed": "llama.cpp belum terpasang",
    "torch can use the graphics card": "torch bisa memakai kartu grafisnya",
    "the model is a folder, which only torch reads": (
        "modelnya sebuah folder, yang hanya dibaca torch"
    ),
    "set as local_engine": "ditetapkan sebagai local_engine",
}
