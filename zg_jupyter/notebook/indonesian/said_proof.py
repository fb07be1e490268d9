"""Apa yang terbukti: tanda tangan, atestasi, kuitansi."""

from __future__ import annotations

SENTENCES = {
    "The file {} is not a list of [MRTD, RTMR1, RTMR2].": (
        "Berkas {0} bukan daftar [MRTD, RTMR1, RTMR2]."
    ),
    "The collateral file {} cannot be read ({}).": "Berkas kolateral {0} tidak bisa dibaca ({1}).",
    "tcb_accept names {}, which Intel says of no platform.": (
        "tcb_accept menyebut {0}, kata yang tidak pernah dipakai Intel untuk platform mana pun."
    ),
    "there is no TDX quote": "tidak ada quote TDX",
    "No provider {} has a service on {}.": "Tidak ada penyedia {0} yang punya layanan di {1}.",
    "Did you mean {}?": "Maksud Anda {0}?",
    "Mend it or delete it.": "Perbaiki atau hapus berkas itu.",
    "See them with: %zg providers": "Lihat semuanya dengan: %zg providers",
    "{}, who changed since the request": "{0}, yang berubah sejak permintaan itu",
    "the session ended before the signature was checked": (
        "sesi berakhir sebelum tanda tangannya diperiksa"
    ),
    "the network's owner has not acknowledged its signer": (
        "pemilik jaringan belum mengakui penanda tangannya"
    ),
    "its signer is on the chain, which did not answer": (
        "penanda tangannya tercatat di rantai, yang tidak menjawab"
    ),
    "the provider has no signature for this answer": (
        "penyedia tidak punya tanda tangan untuk jawaban ini"
    ),
    "this service does not sign its answers": "layanan ini tidak menandatangani jawabannya",
    "the shown images are not those that were signed": (
        "gambar yang ditampilkan bukan yang ditandatangani"
    ),
    "the line below the answer was changed": "baris di bawah jawaban sudah diubah",
    "the line below the answer says something else than the receipt": (
        "baris di bawah jawaban mengatakan hal lain daripada kuitansinya"
    ),
    "the shown text is not the one that this receipt came with": (
        "teks yang ditampilkan bukan teks yang datang bersama kuitansi ini"
    ),
    "the shown text is not the text that was signed": (
        "teks yang ditampilkan bukan teks yang ditandatangani"
    ),
    "the answer of this receipt is not in its cell": (
        "jawaban dari kuitansi ini tidak ada di selnya"
    ),
    "there is more than one answer to this receipt": (
        "ada lebih dari satu jawaban untuk kuitansi ini"
    ),
    "what is shown cannot be compared with the receipt": (
        "yang ditampilkan tidak bisa dibandingkan dengan kuitansinya"
    ),
    "no receipt": "tanpa kuitansi",
    "{} is not a notebook of format 4.": "{0} bukan notebook berformat 4.",
    "Save it anew with a current Jupyter.": "Simpan lagi dengan Jupyter yang sekarang.",
    "{} is not a notebook: it is not JSON.": "{0} bukan notebook: bukan JSON.",
    "The notebook {} cannot be read ({}).": "Notebook {0} tidak bisa dibaca ({1}).",
    "its receipt belongs to the answer in cell {}": "kuitansinya milik jawaban di sel {0}",
    "nothing here has a receipt: text that is printed, or shown side by side, carries none": (
        "tidak ada kuitansi di sini: teks yang dicetak, atau ditampilkan berdampingan, tidak "
        "membawanya"
    ),
    "an answer without a receipt": "jawaban tanpa kuitansi",
    "its attestation names no key for private prompts": (
        "atestasinya tidak menyebut kunci untuk prompt privat"
    ),
    "its attestation is of {}, not of its signer": (
        "atestasinya milik {0}, bukan milik penanda tangannya"
    ),
    "its attestation proves nothing ({}: {})": "atestasinya tidak membuktikan apa pun ({0}: {1})",
    "its attestation is a development one, without TEE hardware": (
        "atestasinya hanya untuk pengembangan, tanpa perangkat keras TEE"
    ),
    "Provider {} cannot be asked in private: {}.": (
        "Penyedia {0} tidak bisa ditanya secara privat: {1}."
    ),
    "Ask another one, or ask without --private.": "Tanya yang lain, atau tanya tanpa --private.",
    "a development attestation, signed by the registered signer": (
        "atestasi pengembangan, ditandatangani oleh penanda tangan terdaftar"
    ),
    "Intel TDX hardware, checked": "perangkat keras Intel TDX, sudah diperiksa",
    "the receipt does not make sense": "kuitansinya tidak masuk akal",
    "the receipt is no receipt": "kuitansi itu bukan kuitansi",
    "the receipt is of form {}, which this version does not know": (
        "kuitansinya berbentuk {0}, yang tidak dikenal versi ini"
    ),
    "{} is missing from the receipt": "{0} tidak ada di kuitansi",
    "{} in the receipt is not what it should be": "{0} di kuitansi tidak seperti seharusnya",
    "the cost is not what the tries cost together": "biayanya bukan jumlah biaya semua percobaan",
    "the cost is not what this usage costs at this price": (
        "biayanya bukan biaya pemakaian ini dengan harga ini"
    ),
    "how this service is billed is not known": "tidak diketahui bagaimana layanan ini ditagih",
    "usage is whole numbers": "pemakaian adalah bilangan bulat",
    "the kept request is not the one that was signed": (
        "permintaan yang disimpan bukan yang ditandatangani"
    ),
    "the usage is not the one in the signed answer": (
        "pemakaiannya bukan yang ada di jawaban yang ditandatangani"
    ),
    "the kept bytes are no answer": "bita yang disimpan bukan jawaban",
    "the kept bytes are not the answer that was signed": (
        "bita yang disimpan bukan jawaban yang ditandatangani"
    ),
    "the kept bytes of the answer are damaged": "bita jawaban yang disimpan rusak",
    "the signed text is about another exchange": "teks yang ditandatangani tentang pertukaran lain",
    "the signature is missing": "tanda tangannya tidak ada",
    "development signer, no TEE hardware": "penanda tangan pengembangan, tanpa perangkat keras TEE",
    "signed by {} ({})": "ditandatangani oleh {0} ({1})",
    "signed by {}": "ditandatangani oleh {0}",
    "it was sealed on its way": "jawabannya disegel di perjalanan",
    "its bytes were not kept": "bitanya tidak disimpan",
    "the signature holds, text not rechecked: {} ({})": (
        "tanda tangannya benar, teksnya tidak diperiksa ulang: {0} ({1})"
    ),
    "the signature holds, text not rechecked: {}": (
        "tanda tangannya benar, teksnya tidak diperiksa ulang: {0}"
    ),
    "the receipt says {}, which it does not prove": (
        "kuitansi menyebut {0}, yang tidak dibuktikannya"
    ),
    "the receipt names another signer than the signature has": (
        "kuitansi menyebut penanda tangan lain daripada tanda tangannya"
    ),
    "the receipt hides that its signer is a development one": (
        "kuitansi menyembunyikan bahwa penanda tangannya untuk pengembangan"
    ),
    "the receipt was changed: its checksum does not fit": (
        "kuitansi sudah diubah: checksum-nya tidak cocok"
    ),
    "its signer was not the provider's registered one, and is not now": (
        "penanda tangannya dulu bukan yang terdaftar milik penyedia, dan sekarang juga bukan"
    ),
    "its signer is not registered now, and the node keeps no history": (
        "penanda tangannya sekarang tidak terdaftar, dan node itu tidak menyimpan riwayat"
    ),
    "this answer is from another chain than {}": "jawaban ini dari rantai lain daripada {0}",
    "registered on chain now, but not yet at block {}": (
        "terdaftar di rantai sekarang, tetapi belum pada blok {0}"
    ),
    "and now": "dan sekarang",
    "but not now": "tetapi tidak sekarang",
    "registered on chain at block {} {}": "terdaftar di rantai pada blok {0} {1}",
    "it is registered now; unverified at the time, the node keeps no history": (
        "terdaftar sekarang; pada saat itu tidak terbukti, node itu tidak menyimpan riwayat"
    ),
    (
        "the provider's signer signed this answer, but for a request that the router had "
        "rewritten: what it was asked is not proved"
    ): (
        "penanda tangan penyedia menandatangani jawaban ini, tetapi untuk permintaan yang sudah "
        "ditulis ulang router: apa yang ditanyakan kepadanya tidak terbukti"
    ),
    (
        "the provider's signer signed an exchange of this id, but not these bytes: a router "
        "rewrites them, so this answer is not proved"
    ): (
        "penanda tangan penyedia menandatangani pertukaran dengan id ini, tetapi bukan bita ini: "
        "router menulisnya ulang, jadi jawaban ini tidak terbukti"
    ),
    "the chain knows no provider {}": "rantai tidak mengenal penyedia {0}",
    "who signs for its provider is on the chain, which did not answer": (
        "siapa yang menandatangani untuk penyedianya tercatat di rantai, yang tidak menjawab"
    ),
    "the router did not say by which id its signature is found": (
        "router tidak menyebutkan dengan id mana tanda tangannya ditemukan"
    ),
    "it came through a router, and there is no chain here to ask who signs for its provider": (
        "datang lewat router, dan di sini tidak ada rantai untuk ditanya siapa yang "
        "menandatangani bagi penyedianya"
    ),
    "{}; the router added only its trace": "{0}; router hanya menambahkan jejaknya",
    "it was not made": "tidak dilakukan",
    "Verifying Intel's signature": "Pemeriksaan tanda tangan Intel",
    "no answer": "tidak ada jawaban",
    "{} gave no collateral: {}.": "{0} tidak memberi kolateral: {1}.",
    "{} is not asked for collateral: it needs https://.": (
        "{0} tidak ditanya tentang kolateral: diperlukan https://."
    ),
    "signed by Intel TDX hardware": "ditandatangani oleh perangkat keras Intel TDX",
    "the collateral cannot be read: {}": "kolateralnya tidak bisa dibaca: {0}",
    "The provider's answer is not a JSON object.": "Jawaban penyedia bukan objek JSON.",
    "The provider's answer is not JSON.": "Jawaban penyedia bukan JSON.",
    "{} is not a key of 32 bytes": "{0} bukan kunci 32 bita",
    "sealed_fields names model, which must be readable": (
        "sealed_fields menyebut model, yang harus terbaca"
    ),
    "it does not open: it was changed on the way": "tidak bisa dibuka: sudah diubah di perjalanan",
    "its messages are not sealed": "pesan-pesannya tidak disegel",
    "it is sealed for another signer": "disegel untuk penanda tangan lain",
    "it is sealed for another key": "disegel untuk kunci lain",
    "its kem_id is not {}": "kem_id-nya bukan {0}",
    "unbound_fields names {}": "unbound_fields menyebut {0}",
    "its messages would not be sealed": "pesan-pesannya tidak akan disegel",
    "it has a field {} already": "sudah punya bidang {0}",
    "its version is not 1": "versinya bukan 1",
    "The event {} has a digest that is not its own.": (
        "Digest peristiwa {0} bukan miliknya sendiri."
    ),
    "The event {} has version {}, not 1 or 2.": "Peristiwa {0} berversi {1}, bukan 1 atau 2.",
    "The digest of the event {} says nothing about its payload.": (
        "Digest peristiwa {0} tidak menyatakan apa pun tentang isinya."
    ),
    "The event log has {} events {}, not one.": (
        "Log peristiwa punya {0} peristiwa {1}, bukan satu."
    ),
    "The event log cannot be read.": "Log peristiwa tidak bisa dibaca.",
    "its final frame is missing": "bingkai terakhirnya tidak ada",
    "enc is not a usable key": "enc bukan kunci yang bisa dipakai",
    "its first frame is missing": "bingkai pertamanya tidak ada",
    "a frame does not open: it was changed on the way": (
        "sebuah bingkai tidak bisa dibuka: sudah diubah di perjalanan"
    ),
    "a frame is missing or out of order": "sebuah bingkai tidak ada atau tidak pada urutannya",
    "a frame came twice": "sebuah bingkai datang dua kali",
    "its choices are not sealed": "choices-nya tidak disegel",
    "a frame does not say whether it is the final one": (
        "sebuah bingkai tidak menyebutkan apakah ia yang terakhir"
    ),
    "a frame came after the final one": "sebuah bingkai datang setelah yang terakhir",
    "client_eph_pub is not a usable key": "client_eph_pub bukan kunci yang bisa dipakai",
    "it cannot be read ({})": "tidak bisa dibaca ({0})",
    "the ciphertext does not open": "teks sandinya tidak bisa dibuka",
    "enc is no usable key": "enc bukan kunci yang bisa dipakai",
    "A private prompt": "Prompt privat",
    "The report data has no key or no signer: one of them is all zeros.": (
        "Data laporan tidak punya kunci atau penanda tangan: salah satunya nol semua."
    ),
    "The report data does not end with zeros.": "Data laporan tidak berakhir dengan nol.",
    "The report data has version {}, not {}.": "Data laporan berversi {0}, bukan {1}.",
    "The report data is all zeros: it names no signer.": (
        "Data laporan nol semua: tidak menyebut penanda tangan."
    ),
    "The report data has {} bytes, not {}.": "Data laporan terdiri dari {0} bita, bukan {1}.",
    "The quote measures no machine: MRTD is all zeros.": (
        "Quote itu tidak mengukur mesin mana pun: MRTD nol semua."
    ),
    "The quote is not from Intel TDX.": "Quote itu bukan dari Intel TDX.",
    "The quote has version {}, not {}.": "Quote itu berversi {0}, bukan {1}.",
    "The quote is all zeros.": "Quote itu nol semua.",
    "The quote is cut off: {} bytes of at least {}.": (
        "Quote itu terpotong: {0} bita dari paling sedikit {1}."
    ),
    "The quote is not hex.": "Quote itu bukan heksadesimal.",
    "The quote has an odd number of hex digits.": "Jumlah digit heksadesimal quote itu ganjil.",
    "The quote has {} hex digits, more than any TDX quote.": (
        "Quote itu punya {0} digit heksadesimal, lebih dari quote TDX mana pun."
    ),
    "The provider's answer has no quote.": "Jawaban penyedia tidak berisi quote.",
    "boot chain": "rantai boot",
    "event log": "log peristiwa",
    "compose hash": "hash compose",
    "config id": "id konfigurasi",
    "report data": "data laporan",
    "the provider gives no compose text": "penyedia tidak memberi teks compose",
    "the contract's owner has acknowledged the signer": (
        "pemilik kontrak sudah mengakui penanda tangan itu"
    ),
    "The contract's owner has not acknowledged the signer on chain.": (
        "Pemilik kontrak belum mengakui penanda tangan itu di rantai."
    ),
    "The quote names the signer {}, the chain names {}.": (
        "Quote menyebut penanda tangan {0}, rantai menyebut {1}."
    ),
    "The quote is that of another provider, {}.": "Quote itu milik penyedia lain, {0}.",
    "{} is also the signer on chain": "{0} juga penanda tangan di rantai",
    "the chain names no signer for this provider": (
        "rantai tidak menyebut penanda tangan untuk penyedia ini"
    ),
    "the quote names no signer": "quote tidak menyebut penanda tangan",
    "with an encryption key": "dengan kunci enkripsi",
    "without an encryption key": "tanpa kunci enkripsi",
    "{} layout, {}": "susunan {0}, {1}",
    "the compose text is the one in MRCONFIGID": (
        "teks compose itu sama dengan yang ada di MRCONFIGID"
    ),
    "The compose text is not the one in MRCONFIGID.": (
        "Teks compose itu bukan yang ada di MRCONFIGID."
    ),
    "MRCONFIGID holds no compose hash": "MRCONFIGID tidak berisi hash compose",
    "the compose text is the one that was started": "teks compose itu sama dengan yang dijalankan",
    "The compose text is not the one that was started.": "Teks compose itu bukan yang dijalankan.",
    "it needs an event log that holds": "diperlukan log peristiwa yang sah",
    "{} events lead to the quote's RTMR3; the digests of {} are taken as given": (
        "{0} peristiwa menghasilkan RTMR3 dari quote itu; digest {1} di antaranya diterima apa "
        "adanya"
    ),
    "{} events lead to the quote's RTMR3": "{0} peristiwa menghasilkan RTMR3 dari quote itu",
    "; the digests of {} are taken as given": "; digest {0} di antaranya diterima apa adanya",
    "The event log does not lead to the quote's RTMR3.": (
        "Log peristiwa tidak menghasilkan RTMR3 dari quote itu."
    ),
    "the provider gives no event log": "penyedia tidak memberi log peristiwa",
    "firmware and kernel are on the list of known systems": (
        "firmware dan kernel ada di daftar sistem yang dikenal"
    ),
    "Firmware or kernel are not on the list of known systems.": (
        "Firmware atau kernel tidak ada di daftar sistem yang dikenal."
    ),
    "no list of known systems: firmware and kernel are not compared": (
        "tidak ada daftar sistem yang dikenal: firmware dan kernel tidak dibandingkan"
    ),
    "a stand-in boots nothing": "tiruan tidak memulai sistem apa pun",
    "debug mode is off": "mode debug tidak menyala",
    "The machine runs in debug mode: its operator can read its memory.": (
        "Mesin itu berjalan dalam mode debug: operatornya bisa membaca memorinya."
    ),
    "Intel says of this platform: {}": "kata Intel tentang platform ini: {0}",
    "Intel says of this platform: {}.": "Kata Intel tentang platform ini: {0}.",
    "Intel's word on the platform comes with its signature": (
        "kata Intel tentang platform datang bersama tanda tangannya"
    ),
    "signed by the signer on chain": "ditandatangani oleh penanda tangan di rantai",
    "It is not signed by the signer on chain.": (
        "Tidak ditandatangani oleh penanda tangan di rantai."
    ),
    "The provider calls it a development attestation, the quote does not.": (
        "Penyedia menyebutnya atestasi pengembangan, quote-nya tidak."
    ),
    "a development attestation: no TEE hardware stands behind it": (
        "atestasi pengembangan: tidak ada perangkat keras TEE di belakangnya"
    ),
    "A development attestation proves nothing on a public network.": (
        "Atestasi pengembangan tidak membuktikan apa pun di jaringan publik."
    ),
    "Intel's signature does not hold: {}.": "Tanda tangan Intel tidak sah: {0}.",
    "{} bytes": "{0} bita",
    "there is no quote to look at": "tidak ada quote untuk dilihat",
    "{} is sealed and readable at once": "{0} disegel dan sekaligus terbaca",
    "other fields were sealed than sealed_fields says": (
        "bidang yang disegel bukan yang disebut sealed_fields"
    ),
    "what was sealed holds another envelope": "yang disegel berisi amplop lain",
    "what was sealed cannot be read ({})": "yang disegel tidak bisa dibaca ({0})",
    "its ciphertext cannot be read": "teks sandinya tidak bisa dibaca",
    "it has no canonical form ({})": "tidak punya bentuk kanonis ({0})",
    "{} is not a list of names": "{0} bukan daftar nama",
    "a name is in sealed_fields and in unbound_fields": (
        "sebuah nama ada di sealed_fields dan di unbound_fields"
    ),
    "sealed_fields names {}": "sealed_fields menyebut {0}",
    "{} names usage, which must be readable and bound": (
        "{0} menyebut usage, yang harus terbaca dan terikat"
    ),
    "{} has a name that is empty or comes twice": "{0} punya nama yang kosong atau muncul dua kali",
    "sealed_fields is empty": "sealed_fields kosong",
    "it is not sealed": "tidak disegel",
    "signed by {}, not by {}": "ditandatangani oleh {0}, bukan oleh {1}",
    "signed by the provider's registered signer": (
        "ditandatangani oleh penanda tangan terdaftar milik penyedia"
    ),
    "the signature is malformed": "tanda tangannya rusak",
    "the signed text is not about a sealed exchange": (
        "teks yang ditandatangani bukan tentang pertukaran tersegel"
    ),
    "signed under the scheme {}, not {}": "ditandatangani dengan skema {0}, bukan {1}",
    "the signed text is about another request": "teks yang ditandatangani tentang permintaan lain",
    "the signed text is about another response": "teks yang ditandatangani tentang jawaban lain",
    "more was signed than an exchange": "yang ditandatangani lebih dari satu pertukaran",
    "the signed text does not say where the broker had the answer from": (
        "teks yang ditandatangani tidak menyebut dari mana broker mendapat jawabannya"
    ),
    "the signed text names {}, the chain {}": (
        "teks yang ditandatangani menyebut {0}, rantai menyebut {1}"
    ),
}
