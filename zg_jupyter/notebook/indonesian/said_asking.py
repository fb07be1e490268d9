"""Menanya model: rencana, penyedia, biaya, gambar, sekumpulan prompt."""

from __future__ import annotations

SENTENCES = {
    "There is no budget for {}.": "Tidak ada anggaran untuk {0}.",
    "See: %zg budget": "Lihat: %zg budget",
    "There is no provider {}.": "Tidak ada penyedia {0}.",
    "See: %zg providers": "Lihat: %zg providers",
    "max_tokens must be at least 1.": "max_tokens harus paling sedikit 1.",
    "The template cannot be read ({}).": "Pola promptnya tidak bisa dibaca ({0}).",
    "Write {{ and }} for braces.": "Tulis {{ dan }} untuk kurung kurawal.",
    "There is no column {}.": "Tidak ada kolom {0}.",
    "Write {{ for a brace.": "Tulis {{ untuk satu kurung kurawal.",
    "The answer does not fit the schema: {}.": "Jawabannya tidak cocok dengan skema: {0}.",
    "not asked": "tidak ditanyakan",
    "{} is between {} and {}, not {}.": "{0} harus antara {1} dan {2}, bukan {3}.",
    "A limit of zero leaves nothing to ask for.": (
        "Dengan batas nol tidak ada yang bisa ditanyakan."
    ),
    "private is True or False, not {}.": "private adalah True atau False, bukan {0}.",
    "{} cannot be {}.": "{0} tidak bisa bernilai {1}.",
    "Choose {}.": "Pilih {0}.",
    "There is no option {}.": "Tidak ada opsi {0}.",
    "There are: {}.": "Yang ada: {0}.",
    "The embedded network is not running.": "Jaringan bawaan tidak sedang berjalan.",
    "Run: %zg up": "Jalankan: %zg up",
    "The worker that had it did not answer ({}).": "Pekerja yang memegangnya tidak menjawab ({0}).",
    "Worker {} cannot do this ({}).": "Pekerja {0} tidak bisa melakukan ini ({1}).",
    "Install zg-jupyter there, in the same version as here.": (
        "Pasang zg-jupyter di sana, dengan versi yang sama seperti di sini."
    ),
    "The cluster has no workers.": "Klaster ini tidak punya pekerja.",
    "Start some, then try again": "Jalankan beberapa, lalu coba lagi",
    "cluster= wants a dask.distributed.Client that waits for its results.": (
        "cluster= memerlukan dask.distributed.Client yang menunggu hasilnya."
    ),
    'For example: cluster=Client("tcp://scheduler:8786")': (
        'Misalnya: cluster=Client("tcp://scheduler:8786")'
    ),
    "A batch over a cluster": "Sekumpulan prompt di sebuah klaster",
    "Worker {} keeps its spend in another record than you, so no budget would hold for both.": (
        "Pekerja {0} mencatat pengeluarannya di catatan lain daripada Anda, jadi tidak ada "
        "anggaran yang berlaku untuk keduanya."
    ),
    "Set {} to the same PostgreSQL database here and there.": (
        "Isi {0} dengan basis data PostgreSQL yang sama di sini dan di sana."
    ),
    "Set {} to the same PostgreSQL database here and there, or ZG_HOME to the same folder.": (
        "Isi {0} dengan basis data PostgreSQL yang sama di sini dan di sana, atau ZG_HOME dengan "
        "folder yang sama."
    ),
    "Worker {} sees another chain behind the name {}.": (
        "Pekerja {0} melihat rantai lain di balik nama {1}."
    ),
    "Look at the setting rpc_url there.": "Lihat pengaturan rpc_url di sana.",
    "Worker {} pays with {}, and you pay with {}.": (
        "Pekerja {0} membayar dengan {1}, dan Anda membayar dengan {2}."
    ),
    "One budget is of one wallet: give all of them the same one.": (
        "Satu anggaran milik satu dompet: berikan dompet yang sama kepada semuanya."
    ),
    "Worker {} cannot connect: {}": "Pekerja {0} tidak bisa terhubung: {1}",
    "Worker {} has no wallet of its own: {}": "Pekerja {0} tidak punya dompet sendiri: {1}",
    "Give its machine the wallet or an API key; no key is sent to it.": (
        "Berikan dompet atau kunci API kepada komputernya; tidak ada kunci yang dikirim ke sana."
    ),
    "Worker {} has zg-jupyter {}, and you have {}.": (
        "Pekerja {0} memakai zg-jupyter {1}, dan Anda memakai {2}."
    ),
    "Install the same version everywhere.": "Pasang versi yang sama di mana-mana.",
    "Comparing takes 2 to {} different models.": (
        "Perbandingan memerlukan 2 sampai {0} model yang berbeda."
    ),
    "For example: --compare a,b; see: %zg models": "Misalnya: --compare a,b; lihat: %zg models",
    "The contract refused: {}.": "Kontrak menolak: {0}.",
    "{} needs an optional part that is not installed.": (
        "{0} memerlukan bagian opsional yang belum terpasang."
    ),
    'Run: pip install "zg-jupyter[{}]"': 'Jalankan: pip install "zg-jupyter[{0}]"',
    "stopped by the user": "dihentikan oleh pengguna",
    "the request ended": "permintaannya berakhir",
    "The answer was delivered and costs {}; its text is in .last of the client.": (
        "Jawabannya sudah tiba dan berharga {0}; teksnya ada di .last milik klien."
    ),
    "About {} is counted as spent for it.": "Sekitar {0} dihitung sebagai terpakai untuk itu.",
    (
        "The provider counts {} tokens in and {} out, more than {} and {} that this request can "
        "have: it is recorded as at most that."
    ): (
        "Penyedia menghitung {0} token masuk dan {1} keluar, lebih dari {2} dan {3} yang bisa "
        "dimiliki permintaan ini: dicatat paling banyak sebesar itu."
    ),
    "The router did not say what it charged; the cost is counted from its prices.": (
        "Router tidak menyebutkan berapa yang ditagihnya; biayanya dihitung dari harganya."
    ),
    "This key is charged in US dollars; the cost is counted from the prices in 0G.": (
        "Kunci ini ditagih dalam dolar AS; biayanya dihitung dari harga dalam 0G."
    ),
    "The router says that it charged {}, more than this answer can cost; {} is counted.": (
        "Router mengatakan menagih {0}, lebih dari yang mungkin untuk jawaban ini; yang dihitung "
        "{1}."
    ),
    "The router had {} answer, not {}, whose price was shown.": (
        "Router membuat {0} menjawab, bukan {1}, yang harganya ditampilkan."
    ),
    "This answer is not written down; it cost nothing.": (
        "Jawaban ini tidak dicatat; jawaban ini gratis."
    ),
    "Your budget pays for {} tokens of an answer at most, not {}.": (
        "Anggaran Anda cukup untuk paling banyak {0} token jawaban, bukan {1}."
    ),
    "The part that arrived is billed, about {}.": "Bagian yang sudah tiba ditagih, sekitar {0}.",
    "Asking this machine instead.": "Komputer ini yang ditanya sebagai gantinya.",
    "Asking an endpoint of your own instead.": (
        "Endpoint Anda sendiri yang ditanya sebagai gantinya."
    ),
    "Answers of this machine are not signed, and only signed ones were asked for.": (
        "Jawaban komputer ini tidak ditandatangani, padahal hanya yang ditandatangani yang diminta."
    ),
    "Leave out --only-verified or --verify strict.": (
        "Hilangkan --only-verified atau --verify strict."
    ),
    "this machine was asked for": "komputer ini yang diminta",
    "if nobody else answers": "bila tidak ada yang lain menjawab",
    "Nobody may be asked.": "Tidak ada yang boleh ditanya.",
    "Or ask this machine: --fallback local.": "Atau tanya komputer ini: --fallback local.",
    "There is a column {} already.": "Sudah ada kolom {0}.",
    "Choose another name with out=...": "Pilih nama lain dengan out=...",
    "all providers together": "semua penyedia bersama-sama",
    "Another {} would pass your ceiling of {} for {}.": (
        "Tambahan {0} akan melewati batas Anda sebesar {1} untuk {2}."
    ),
    (
        "Provider {} wants {} in your sub-account with it; there is {}, and your ledger has {} "
        "available."
    ): (
        "Penyedia {0} meminta {1} di sub-akun Anda di sana; yang ada {2}, dan di buku kas Anda "
        "{3} bebas."
    ),
    "Raise it with: %zg set {} {}": "Naikkan dengan: %zg set {0} {1}",
    "Moving {} from your ledger to provider {}.": (
        "Memindahkan {0} dari buku kas Anda ke penyedia {1}."
    ),
    "Provider {} has taken {} and claims {} more, but your own records know of {}": (
        "Penyedia {0} sudah mengambil {1} dan menuntut {2} lagi, tetapi catatan Anda sendiri "
        "hanya mengenal {3}"
    ),
    "{}: it gets no more of your money by itself.": (
        "{0}: ia tidak mendapat uang Anda lagi dengan sendirinya."
    ),
    "If you used this wallet elsewhere, move the money yourself with: %zg transfer": (
        "Bila dompet ini Anda pakai di tempat lain, pindahkan sendiri uangnya dengan: %zg transfer"
    ),
    "{} is about text, so it cannot be used for images.": (
        "{0} hanya berlaku untuk teks, jadi tidak bisa dipakai untuk gambar."
    ),
    "{} is not a size.": "{0} bukan ukuran.",
    "For example: 512x512": "Misalnya: 512x512",
    "One request makes 1 to {} images, not {}.": (
        "Satu permintaan membuat 1 sampai {0} gambar, bukan {1}."
    ),
    "There is no job {}.": "Tidak ada job {0}.",
    "See them with: %zg jobs": "Lihat semuanya dengan: %zg jobs",
    "{} jobs are running already.": "{0} job sudah berjalan.",
    "Wait for one, or stop one with: %zg jobs cancel NUMBER": (
        "Tunggu salah satunya, atau hentikan satu dengan: %zg jobs cancel NUMBER"
    ),
    "Job {} was stopped before its answer was whole.": (
        "Job {0} dihentikan sebelum jawabannya lengkap."
    ),
    "It is in .answer of the job.": "Yang sudah tiba ada di .answer milik job itu.",
    "Job {} was stopped before its answer began.": "Job {0} dihentikan sebelum jawabannya dimulai.",
    "This looks like an API key, so it was not sent to anyone.": (
        "Ini tampak seperti kunci API, jadi tidak dikirim kepada siapa pun."
    ),
    "Nothing was sent and nothing was charged.": (
        "Tidak ada yang dikirim dan tidak ada yang ditagih."
    ),
    "Delete it from this notebook and revoke it, then make a new one.": (
        "Hapus dari notebook ini dan cabut kuncinya, lalu buat yang baru."
    ),
    "This looks like a private key, so it was not sent to anyone.": (
        "Ini tampak seperti kunci privat, jadi tidak dikirim kepada siapa pun."
    ),
    (
        "If it is a real key: delete it from this notebook, move the funds to a new wallet, and "
        "never use the old key again."
    ): (
        "Bila ini kunci sungguhan: hapus dari notebook ini, pindahkan uangnya ke dompet baru, "
        "dan jangan pernah memakai kunci lama itu lagi."
    ),
    "If it is only a hash, put a space in the middle.": (
        "Bila ini hanya hash, beri spasi di tengahnya."
    ),
    "Nobody offers a model like {} here.": "Tidak ada yang menawarkan model seperti {0} di sini.",
    "See them with: %zg models": "Lihat semuanya dengan: %zg models",
    "service type": "jenis layanan",
    "There is no {} {}.": "Tidak ada {0} {1}.",
    "Choose one of: {}.": "Pilih salah satu: {0}.",
    "This client is connected to no network.": "Klien ini tidak terhubung ke jaringan mana pun.",
    "This client is connected to no network and has no wallet.": (
        "Klien ini tidak terhubung ke jaringan mana pun dan tidak punya dompet."
    ),
    "Nobody offers the model {} here.": "Tidak ada yang menawarkan model {0} di sini.",
    "There is: {}.": "Yang ada: {0}.",
    "No offer fits: of the {} that would, {} is left out because {}.": (
        "Tidak ada penawaran yang cocok: dari {0} yang mungkin, {1} tidak ikut karena {2}."
    ),
    "Loosen --max-price, --only-verified or --private.": (
        "Longgarkan --max-price, --only-verified atau --private."
    ),
    "There is no provider {} on this network.": "Tidak ada penyedia {0} di jaringan ini.",
    (
        "Provider {} is registered, but the network's owner has not acknowledged its signer yet, "
        "so it cannot be paid."
    ): (
        "Penyedia {0} terdaftar, tetapi pemilik jaringan belum mengakui penanda tangannya, jadi "
        "ia tidak bisa dibayar."
    ),
    "Wait a moment and run the cell again, or choose another one.": (
        "Tunggu sebentar lalu jalankan selnya lagi, atau pilih yang lain."
    ),
    "chat": "percakapan",
    "images": "gambar",
    "No provider serves {} on this network right now.": (
        "Saat ini tidak ada penyedia yang melayani {0} di jaringan ini."
    ),
    "{} is too short for a provider's address.": "{0} terlalu pendek untuk alamat penyedia.",
    "Give at least its first 6 characters; see: %zg providers": (
        "Berikan paling sedikit 6 karakter pertamanya; lihat: %zg providers"
    ),
    "cheapest": "termurah",
    "next in price": "berikutnya menurut harga",
    "quickest to answer": "paling cepat menjawab",
    "next in latency": "berikutnya menurut kecepatan menjawab",
    "fastest": "tercepat",
    "next in speed": "berikutnya menurut kecepatan",
    "{} after {}": "{0} setelah {1}",
    "once": "sekali",
    "{} times": "{0} kali",
    "stops": "berhenti",
    "nobody left": "tidak ada lagi",
    "next provider, also after the first word": "penyedia berikutnya, juga setelah kata pertama",
    "next provider; stops after the first word": (
        "penyedia berikutnya; berhenti setelah kata pertama"
    ),
    "after {} s of silence another one as well; {}": "setelah {0} dtk diam yang lain juga; {1}",
    "again when busy, {}; then {}": "lagi bila sibuk, {0}; lalu {1}",
    "is not asked": "tidak ditanya",
    "is asked beside the first one only": "ditanya hanya di samping yang pertama",
    "costs more than the budget leaves": "lebih mahal daripada sisa anggaran",
    "an endpoint of your own": "endpoint milik Anda sendiri",
    "serves {}, not {}": "melayani {0}, bukan {1}",
    "another provider was asked for": "penyedia lain yang diminta",
    "another model was asked for": "model lain yang diminta",
    "{}, it does not sign its answers": "{0}, ia tidak menandatangani jawabannya",
    "it does not sign its answers": "ia tidak menandatangani jawabannya",
    "a million tokens cost {}, more than the limit": (
        "sejuta token berharga {0}, lebih dari batasnya"
    ),
    "whose enclave a private prompt would go to is not known": (
        "tidak diketahui enclave siapa yang menerima prompt privat"
    ),
    "an endpoint of your own has no enclave for a private prompt": (
        "endpoint milik Anda sendiri tidak punya enclave untuk prompt privat"
    ),
    "it has no enclave for a private prompt": "ia tidak punya enclave untuk prompt privat",
    "its model runs at a third party, who would read a private prompt": (
        "modelnya berjalan di pihak ketiga, yang akan membaca prompt privat"
    ),
    "{} fits several providers.": "{0} cocok dengan beberapa penyedia.",
    "Give more of the address.": "Berikan lebih banyak dari alamatnya.",
    "How a service of type {} is billed is not known.": (
        "Tidak diketahui bagaimana layanan berjenis {0} ditagih."
    ),
    "Choose one that is: {}": "Pilih yang ini: {0}",
    "What {} costs cannot be told: {}.": "Biaya {0} tidak bisa ditentukan: {1}.",
    "The prompt has half of a character in it, so it is not valid text.": (
        "Di dalam prompt ada setengah karakter, jadi bukan teks yang sah."
    ),
    "The prompt is empty.": "Prompt-nya kosong.",
    "Write a question below %%zg_infer.": "Tulis pertanyaan di bawah %%zg_infer.",
    "This answer could not be recorded: {}": "Jawaban ini tidak bisa direkam: {0}",
    "it was changed: its checksum does not fit": "sudah diubah: checksum-nya tidak cocok",
    "its text is not the text that was signed": "teksnya bukan teks yang ditandatangani",
    "it cannot be read": "tidak bisa dibaca",
    "The recording {} is refused: answer {} does not hold ({}).": (
        "Rekaman {0} ditolak: jawaban {1} tidak sah ({2})."
    ),
    "Ask whoever recorded it for another file.": "Mintalah berkas lain kepada yang merekamnya.",
    "{} is no recording of answers: a line of it is no object.": (
        "{0} bukan rekaman jawaban: salah satu barisnya bukan objek."
    ),
    "{} is no recording of answers that this version knows.": (
        "{0} bukan rekaman jawaban yang dikenal versi ini."
    ),
    "The recording {} cannot be read ({}).": "Rekaman {0} tidak bisa dibaca ({1}).",
    "Make one with: %zg record FILE": "Buat satu dengan: %zg record FILE",
    "{} is larger than {} MB.": "{0} lebih besar dari {1} MB.",
    "The recorded answer in {} is not to this question: its provider signed another one.": (
        "Jawaban yang direkam di {0} bukan untuk pertanyaan ini: penyedianya menandatangani yang "
        "lain."
    ),
    "nothing": "tidak ada",
    "a message": "sebuah pesan",
    "the system text": "teks sistem",
    "the prompt": "prompt itu",
    "{} ({} was recorded, {} is asked)": "{0} ({1} direkam, {2} ditanyakan)",
    "{} (sha256 {}… was recorded, {}… is asked)": "{0} (sha256 {1}… direkam, {2}… ditanyakan)",
    "the number of messages ({} were recorded, {} are asked)": (
        "jumlah pesan ({0} direkam, {1} ditanyakan)"
    ),
    "{} ({} was recorded)": "{0} ({1} direkam)",
    "{} (known as a hash only)": "{0} (hanya dikenal sebagai hash)",
    "This prompt was not recorded; the closest recorded one differs in: {}.": (
        "Prompt ini tidak direkam; rekaman terdekat berbeda pada: {0}."
    ),
    "This prompt was not recorded{}.": "Prompt ini tidak direkam{0}.",
    "This prompt was not recorded: nothing was.": (
        "Prompt ini tidak direkam: tidak ada yang direkam."
    ),
    "Ask as it was recorded, or leave the recording: %zg replay off": (
        "Tanyakan seperti yang direkam, atau tinggalkan rekamannya: %zg replay off"
    ),
    "The file {} cannot be written ({}).": "Berkas {0} tidak bisa ditulis ({1}).",
    "This answer is not recorded: only whole texts are.": (
        "Jawaban ini tidak direkam: hanya teks utuh yang direkam."
    ),
    "The answer is not of the form that was asked for: {}.": (
        "Jawabannya tidak berbentuk seperti yang diminta: {0}."
    ),
    "Charged for {} answers: {}.": "Ditagih untuk {0} jawaban: {1}.",
    "Charged: {}.": "Ditagih: {0}.",
    "It reached its limit of tokens: allow more with --max-tokens.": (
        "Jawabannya mencapai batas tokennya: izinkan lebih banyak dengan --max-tokens."
    ),
    "Its text is in zg.last.text.{}": "Teksnya ada di zg.last.text.{0}",
    "The answer before, which did not fit, cost {}.": (
        "Jawaban sebelumnya, yang tidak cocok, berharga {0}."
    ),
    "The answer does not fit: {}.": "Jawabannya tidak cocok: {0}.",
    "It cost {}; asking once more.": "Harganya {0}; ditanyakan sekali lagi.",
    "That is not a JSON schema: {}.": "Itu bukan skema JSON: {0}.",
    "it was cut off at its limit of tokens": "terpotong pada batas tokennya",
    "it is not JSON ({})": "bukan JSON ({0})",
    "schema is a pydantic model or a JSON schema (a dict), not {}.": (
        "schema adalah model pydantic atau skema JSON (sebuah dict), bukan {0}."
    ),
    "the signature is being checked": "tanda tangannya sedang diperiksa",
    "the signature was not fetched": "tanda tangannya tidak diambil",
}
