"""Halaman-halaman ``%zg help TOPIC``: judul, perintah untuk disalin, dan catatan."""

from __future__ import annotations

DOES = "teks ini, atau halaman tentang sebuah topik, perintah atau opsi"
TOPICS = (
    "Halaman tentang satu topik, perintah atau opsi, dengan perintah siap salin: %zg help TOPIC"
)
UNKNOWN = "Tidak ada bantuan tentang {name!r}."
UNKNOWN_NEXT = "Lihat topik-topiknya dengan: %zg help"

PAGES = {
    "asking": (
        "Bertanya kepada model",
        {
            "%%zg_infer": "lalu prompt-nya, di baris-baris bawahnya",
            "%zg_infer What is a ledger?": "prompt satu baris",
            "%%zg_infer --max-tokens 60 --temperature 0": "pendek, dengan kata paling mungkin",
            "%%zg_infer --model NAME --out answer": "model tertentu; jawabannya di variabel",
            "%%zg_infer --provider ADDRESS": "penyedia tertentu; lihat dengan: %zg providers",
            "%%zg_infer --provider local": "model di komputer ini, gratis",
            '%%zg_infer --system "Answer in one sentence."': "bagaimana model harus bersikap",
            "%%zg_infer --seed 7 --top-p 0.9 --stop END": "pilihan yang sama lagi, sampai END",
            "%zg_infer --help": "semua opsi, satu baris masing-masing",
        },
        "Jawabannya juga ada di `_`: _.text, _.usage (token), _.cost (neuron), _.receipt.\n"
        "Tombol stop mengakhirinya; yang sudah tiba disimpan dan dibayar.",
    ),
    "prompts": (
        "Prompt dengan variabel, percakapan, nama pendek",
        {
            "%zg_infer Sum up: {notes}": "nilai variabel Anda bernama notes",
            "%zg_infer Which is odd? {df.head(3)}": "ekspresi dari sebuah variabel",
            "%zg_infer --raw Explain {x} in LaTeX": "kurung kurawal apa adanya; begitu juga {{x}}",
            "%%zg_infer --chat trip": "melanjutkan percakapan bernama ini",
            "%%zg_infer --chat trip --reset": "memulai percakapan itu dari awal",
            "%zg alias fast --max-tokens 40 -t 0": "nama untuk sekumpulan opsi",
            "%%zg_infer @fast": "bertanya dengan opsi itu",
            "%zg alias": "menampilkan nama-namanya",
            "%zg alias remove fast": "menghapus satu nama",
        },
        "JSON, kode dan LaTeX tetap seperti diketik. Kunci privat di dalam prompt menghentikan sel.\n"
        "Tabel panjang masuk sebagai CSV 20 baris; {df.to_csv()} berarti seluruhnya.",
    ),
    "answers": (
        "Bentuk jawaban",
        {
            "%%zg_infer --format text": "apa adanya, tanpa Markdown; sama dengan --plain",
            "%%zg_infer --format code": "kode, ditawarkan sebagai sel berikutnya, tidak dijalankan",
            "%%zg_infer --format json": "data, di answer.value",
            "%%zg_infer --schema City": "data dengan bentuk ini: model pydantic, dict, berkas .json",
            "%%zg_infer --format html": "dalam bingkai tertutup, setelah: %zg set allow_html on",
            "%%zg_infer --format image": "gambar; lihat: %zg help images",
            "%%zg_infer --compare a,b": "dua model (atau local) berdampingan",
        },
        "Jawaban hanya bisa dibaca: HTML, gambar atau skripnya tidak berjalan di notebook.",
    ),
    "images": (
        "Gambar, suntingan gambar, dan rekaman",
        {
            "%%zg_infer --format image --n 2 --size 512x512": "gambar, di answer.images",
            "%%zg_infer --edit photo.png": "gambar baru dari gambar ini, seperti kata prompt",
            "%%zg_infer --edit photo.png --plan": "siapa yang akan ditanya, dan harganya",
            'zg.edit(["a.png", "b.png"], "Join them")': "beberapa; juga byte, seperti answer.images[0]",
            "%%zg_infer --format image --background": "sebuah job di penyedia, bila ia menerimanya",
            "%zg transcribe lecture.wav": "apa yang diucapkan dalam rekaman",
            "%zg transcribe lecture.mp3 --language id --out text": "dalam bahasa Indonesia; ke variabel",
            "%zg transcribe lecture.wav Ani, Yogyakarta": "petunjuk: nama yang disebut",
            "%zg transcribe lecture.wav --plan": "berapa biayanya; tidak mengirim apa pun",
            'zg.transcribe("lecture.wav").text': "hal yang sama dalam kode",
        },
        "Gambar dibayar satu per satu, rekaman per detik. Berkas WAV dan FLAC memuat panjangnya; yang\n"
        'lain diperkirakan oleh pip install "zg-jupyter[media]", atau dihitung sepanjang yang mungkin.\n'
        "Hanya berkas yang Anda sebut yang dikirim, tanpa foldernya; paling banyak 32 MB.",
    ),
    "budget": (
        "Berapa biayanya",
        {
            "%%zg_infer --plan": "siapa yang akan ditanya dan harganya; tidak mengirim apa pun",
            "%%zg_infer --max-cost 0.001": "sel ini tidak lebih mahal: diperpendek, atau tidak dikirim",
            "%%zg_infer --max-cost '$0.01'": "hal yang sama dalam dolar AS",
            "%%zg_infer --max-price 2": "hanya penawaran sampai 2 0G untuk sejuta token",
            "%zg budget 0.5": "untuk notebook ini",
            "%zg budget 2 --day": "untuk sehari; juga --session dan --total",
            "%zg budget": "semua batas, dan sisanya",
            "%zg budget off": "menghapus batas notebook ini",
            "%zg set max_cost 0.001": "untuk setiap sel di sesi ini",
            "%zg set usd_rate 0.25": "dolar AS untuk satu 0G, bila bukan menurut penyedia",
        },
        "Anggaran dipesan sebelum ada yang dikirim, di bawah semua batas, untuk semua kernel.",
    ),
    "failover": (
        "Siapa yang menjawab, dan apa yang terjadi bila ada yang tidak menjawab",
        {
            "%%zg_infer --plan": "urutannya, dan alasannya; tidak mengirim apa pun",
            "%%zg_infer --sort latency": "yang tercepat dulu; juga price dan throughput",
            "%%zg_infer --failover restart": "mulai lagi di tempat lain, juga setelah kata pertama",
            "%%zg_infer --failover none": "hanya satu penyedia",
            "%%zg_infer --hedge 2": "belum ada kata setelah 2 detik: penyedia kedua juga ditanya",
            "%%zg_infer --fallback local": "tidak ada yang bisa menjawab: komputer ini menjawab",
            "%%zg_infer --timeout 30 --retries 3": "30 detik seluruhnya; 3 kali lagi bila semua sibuk",
            "zg.last.attempts": "setiap percobaan untuk jawaban terakhir, dengan biayanya",
        },
        "Setiap permintaan yang dijawab penyedia adalah tagihan sendiri. Setelah kata pertama,\n"
        "bagian yang sudah tiba disimpan dan dibayar, kecuali bila Anda memilih restart.",
    ),
    "money": (
        "Di mana uangnya, dan bagaimana ia berpindah",
        {
            "%zg status": "jaringan, dompet, buku kas, penyedia",
            "%zg deposit 5": "dari dompet ke buku kas (ledger)",
            "%zg deposit 5 --for ADDRESS": "ke buku kas milik orang lain",
            "%zg transfer PROVIDER 1.5": "dari buku kas ke penyedia; sel melakukannya sendiri",
            "%zg retrieve": "dari penyedia ke buku kas: dua panggilan, berjarak sehari",
            "%zg withdraw all": "dari buku kas ke dompet",
            "%zg close": "membayarkan semuanya dan menghapus buku kas",
            "%zg balances": "sebuah tabel; apa yang sedang kembali, dan kapan",
            "%zg history": "apa yang terjadi di setiap penyedia",
            "%zg set fund_ceiling 1": "paling banyak 0G yang dipegang penyedia di luar haknya",
        },
        "Uang: dompet -> buku kas -> penyedia, dan kembali. Perintah yang terputus boleh diketik\n"
        "lagi: tidak ada yang dikirim dua kali.",
    ),
    "wallet": (
        "Dompet",
        {
            "%zg wallet create main": "berkas terenkripsi; frasa cadangannya ditampilkan sekali",
            "%zg wallet use main": "juga: env, colab:NAME, keyring:NAME, devnet:2",
            "%zg wallet unlock main": "menanyakan frasa sandinya",
            "%zg wallet unlock main --for 600": "selama 600 detik setelah terakhir dipakai",
            "%zg wallet lock": "mengunci semuanya",
            "%zg wallet import old": "menanyakan kunci privat",
            "%zg wallet import old --phrase": "menanyakan frasa cadangan",
            "%zg wallet list": "nama, alamat, dan yang sedang dipakai",
            "%zg wallet export-address": "alamatnya, untuk menerima uang",
            "%zg wallet remove old": "menghapus berkasnya dari komputer ini",
        },
        "Kunci dan frasa sandi ditanyakan: jangan pernah mengetiknya di dalam sel. Dompet peramban\n"
        "dihubungkan di panel: %zg panel",
    ),
    "keys": (
        "Kunci API: milik Anda, dan untuk orang lain",
        {
            "%zg use key": "menanyakan kunci yang Anda terima; sejak itu kunci itu yang membayar",
            "%zg use key mainnet": "kunci router yang dikelola di sana",
            "%zg use wallet": "dompet Anda membayar lagi",
            "%zg keys create PROVIDER --label student-7 --days 30": "ditampilkan sekali",
            "%zg keys list": "id, label, berlaku sampai kapan",
            "%zg keys revoke PROVIDER student-7": "dengan id atau label",
            "%zg keys revoke-all PROVIDER": "semua kunci dan sesi di sana",
        },
        "Siapa yang memegang kunci membelanjakan uang pemiliknya. Kunci juga dapat datang dari\n"
        "variabel ZG_API_KEY, atau dari panel: %zg panel, bagian Mulai. Jangan ketik di dalam sel.",
    ),
    "providers": (
        "Siapa menjual model apa",
        {
            "%zg providers": "semua penawaran: harga, latensi, kesehatan",
            "%zg models": "satu baris per model",
            "%zg providers --type chatbot --max-price 1 --sort latency": "dipersempit",
            "%zg providers --model llama --verified": "sebuah nama, hanya jawaban bertanda tangan",
            "%zg models --fresh": "membaca rantai lagi",
            "%%zg_infer --only-verified": "hanya bertanya ke layanan yang menandatangani jawabannya",
        },
        "Harga dalam 0G untuk sejuta token. Daftarnya disimpan sepuluh menit.",
    ),
    "verify": (
        "Seberapa tepercaya sebuah jawaban",
        {
            "%%zg_infer --verify strict": "tidak menampilkan apa pun sebelum terverifikasi",
            "%%zg_infer --verify warn": "langsung menampilkan; kuitansi menyebut hasil periksanya",
            "%zg verify PROVIDER": "apa yang ada di belakang penyedia, satu per satu",
            "%zg verify PROVIDER --collateral FILE": "tanpa bertanya ke layanan Intel",
            "%zg verify homework.ipynb": "setiap jawaban tersimpan terhadap kuitansinya, luring",
            "%zg verify homework.ipynb --online": "juga menanyakan penanda tangannya ke rantai",
            "%zg set verify strict": "untuk setiap sel di sesi ini",
        },
        "Terverifikasi: penanda tangan terdaftar milik penyedia menandatangani persis byte yang Anda\n"
        "kirim dan terima. Penanda tangan jaringan bawaan adalah kunci pengembangan, dan kuitansi\n"
        "mengatakannya. Di kuitansi, putusannya ditulis dalam bahasa Inggris (verified).",
    ),
    "private": (
        "Prompt yang hanya bisa dibaca enclave",
        {
            "%%zg_infer --private": "menyegel prompt dan jawaban",
            "%zg set private on": "untuk setiap sel di sesi ini",
            "%zg verify PROVIDER": "kunci siapa itu, dan apa yang ada di belakangnya",
        },
        "Kuncinya berasal dari atestasi yang terikat pada penanda tangan di rantai. Bila itu gagal,\n"
        "tidak ada yang dikirim: prompt privat tidak pernah menjadi prompt biasa. Lewat router ia juga\n"
        "disegel; router hanya membaca model, batas dan pemakaian.",
    ),
    "local": (
        "Model di komputer ini",
        {
            "%%zg_infer --provider local": "bertanya: tanpa kunci, tanpa jaringan, tanpa biaya",
            "%zg local": "apa yang berjalan di sini, dengan apa, dan mengapa",
            "%zg local use FILE.gguf": "memakai model Anda sendiri; folder juga boleh",
            "%zg local pull owner/name": "mengambil model obrolan dari hub Hugging Face",
            "%zg local use owner/name": "memakainya",
            "%zg local models": "apa yang tersimpan, dari mana, seberapa besar",
            "%zg local remove owner/name": "mengosongkan penyimpanannya",
            "%zg local unload": "mengosongkan memori",
            "%zg set fallback local": "komputer ini menjawab bila tidak ada yang lain",
            "%zg set local_trim on": "meninggalkan giliran tertua dari obrolan yang terlalu panjang",
        },
        'Pasang mesinnya dengan: pip install "zg-jupyter[cpu]" (llama.cpp) atau\n'
        '"zg-jupyter[local]" (torch, untuk kartu grafis dan folder Hugging Face).',
    ),
    "endpoint": (
        "Server Anda sendiri: Ollama, vLLM, server sekolah",
        {
            "%zg endpoint add ollama http://localhost:11434": "melihat isinya, lalu menyimpannya",
            "%zg endpoint add lab https://llm.example.org/v1 --key-from LAB_KEY": "dengan kunci dari sebuah variabel",
            "%zg endpoint add lab URL --input-price 0.2 --output-price 0.6": "dihitung sebesar itu: 0G per sejuta token",
            "%zg endpoint add lab URL --model NAME": "hanya yang ini, dari semua yang ada",
            "%zg endpoint list": "semuanya, dan apakah kuncinya tersedia",
            "%zg endpoint test ollama": "model apa yang dimilikinya kini, dan satu permintaan kecil",
            "%%zg_infer --provider ollama": "bertanya kepadanya; begitu juga --compare dengan modelnya",
            "%zg endpoint key lab": "kunci lain; --key-from ask, keyring atau file",
            "%zg endpoint remove ollama": "melupakannya, juga kunci yang disimpan di sini",
        },
        "Tidak ada yang menjamin jawabannya: tidak terverifikasi, dan tidak ditanya dengan\n"
        "--only-verified, --verify strict dan --private. Tanpa harga ia dihitung gratis, jadi ia\n"
        "didahulukan. Kunci tetap di variabel atau keyring; dengan file, di berkas milik Anda saja.",
    ),
    "class": (
        "Satu kelas siswa",
        {
            "%zg class new phys101 --roster roster.csv --limit 0.5": "menyebut biaya terbesarnya; belum membuat apa-apa",
            "%zg class new phys101 --yes": "membuat kunci; setelah terputus ia melanjutkan",
            "%zg class sheet handouts --language id": "kartu berkode QR untuk dicetak, dan CSV",
            "%zg class table --live": "siapa memakai berapa, digambar ulang tiap beberapa detik",
            "%zg class topup all 0.25": "batas yang lebih tinggi; juga untuk satu siswa",
            '%zg class renew "Amina Yusuf"': "kunci baru, dan yang lama berakhir; revoke hanya mengakhiri",
            '%zg class hours "Mon-Fri 08:00-16:00 Asia/Jakarta"': "milik gateway kelas; juga pause, open, close",
            "%zg join https://HOST/join/K7QX-3M9P": "siswa: kunci, model dan anggaran sekaligus",
            "%zg join": "siswa: menanyakan kode yang membawa kunci",
        },
        "Kunci berasal dari router (--network testnet) atau gateway kelas Anda (--router URL).\n"
        "Kunci pengelola (mk-...) ditanyakan, atau ada di ZG_MANAGEMENT_KEY; tidak disimpan di mana pun.",
    ),
    "panel": (
        "Hal yang sama dengan tetikus",
        {
            "%zg panel": "dompet, penyedia, prompt, pengeluaran, kunci dan kepercayaan",
            "%zg set language id": "dalam bahasa Indonesia; en berarti bahasa Inggris",
        },
        "Mulai: yang langsung bisa dipakai, dan tiga jalan: kunci, dompet, jaringan bawaan.\n"
        "Dompet: saldo, setoran dan penarikan kembali, dompet komputer ini dan dompet peramban.\n"
        "Penyedia: semua penawaran dalam satu tabel. Prompt: coba satu, lalu jadikan sel.\n"
        "Pengeluaran: langsung, dengan anggaran dan CSV. Kunci dan kepercayaan: kunci API,\n"
        "atestasi, tanda tangan.",
    ),
    "spend": (
        "Berapa biayanya tadi",
        {
            "%zg spend": "setiap jawaban sebagai tabel pandas",
            "%zg spend --by model": "juga provider, notebook, day, cell",
            "%zg spend --plot": "sebuah gambar; juga bersama --by",
            "%zg spend --csv spend.csv": "ke dalam berkas",
            "%zg reconcile --days 7": "catatan Anda, tagihan penyedia dan rantai",
            "%zg reconcile --since 2026-11-01": "sejak hari itu",
        },
        "Jumlahnya tepat sampai neuron (1e-18 0G). Lihat juga: %zg help budget",
    ),
    "record": (
        "Jawaban yang diberikan lagi dengan gratis",
        {
            "%%zg_infer --reuse": "pertanyaan yang sama nanti: jawaban yang direkam",
            "%zg forget": "menghapus yang direkam itu dari komputer ini",
            "%zg record answers.zg": "mulai sekarang setiap jawaban ke berkas, dengan buktinya",
            "%zg record answers.zg --with-prompts": "juga prompt-nya, bukan hanya hash-nya",
            "%zg record off": "mengakhiri rekaman",
            "%zg replay answers.zg": "sel dijawab dari berkas: tanpa jaringan, tanpa biaya",
            "%zg replay off": "bertanya, dan membayar, lagi",
        },
        "Untuk kelas: rekam sekali, bagikan notebook dan berkasnya, lalu semua orang menjalankan\n"
        "semua sel. Pertanyaan yang tidak ada di berkas disebutkan, tidak pernah dikirim.",
    ),
    "jobs": (
        "Pertanyaan di latar belakang",
        {
            "%%zg_infer --background --out job": "langsung lanjut",
            "%zg jobs": "apa yang berjalan, dan sudah sampai mana",
            "%zg jobs cancel 3": "menghentikan nomor 3; yang sudah tiba dibayar",
            "%zg jobs fetch ID": "gambarnya, walaupun kernelnya sudah lain",
            "job.text": "yang sudah ada sejauh ini",
            "job.result()": "menunggu jawabannya",
        },
        "Job tidak bisa digabung dengan --chat, --compare, --plan atau --schema. Banyak prompt\n"
        'sekaligus: zg.map(["One", "two"], max_cost="0.01"), atau\n'
        'df.zg.infer("Good? {text}", out="label").',
    ),
    "networks": (
        "Jaringan",
        {
            "%zg up": "menjalankan jaringan bawaan di komputer ini, atau menemukannya",
            "%zg down": "menghentikannya",
            "%zg network": "yang sedang dipakai, dan yang lain",
            "%zg network testnet": "uang uji",
            "%zg network mainnet --yes --budget 5": "uang sungguhan: perlu persetujuan dan anggaran",
            "%zg network add lab --chain-id 31337 --rpc URL --ledger 0x... --inference 0x...": (
                "jaringan Anda sendiri"
            ),
            "%zg network remove lab": "melupakannya",
        },
        "Di jaringan bawaan semuanya sungguhan kecuali uangnya: rantai, kontrak, penyedia.",
    ),
    "settings": (
        "Pengaturan",
        {
            "%zg settings": "semuanya, dengan artinya",
            "%zg set max_tokens 200": "untuk sesi ini",
            "%zg set model NAME": "bawaan setiap sel, seperti temperature, max_cost, ...",
            "%zg set model off": "menghapusnya",
            "%zg set language id": "bahasa Indonesia; en: bahasa Inggris",
        },
        "Untuk setiap sesi: ZG_MAX_TOKENS=200 dan seterusnya di lingkungan (environment). Opsi di\n"
        "sel lebih diutamakan.",
    ),
    "errors": (
        "Bila ada yang salah",
        {
            "%zg explain": "menanyakan ke model mengapa sel terakhir gagal",
            "%zg explain --provider local": "ke model di komputer ini",
            "%zg explain Why is it empty?": "pertanyaan Anda sendiri",
            "%zg doctor": "memeriksa versi, jaringan, dompet, uang, penyedia, jam",
            "%zg status": "apa yang terjadi dengan uang yang sedang berpindah",
            "zg.last.attempts": "siapa yang ditanya untuk jawaban terakhir, dan hasilnya",
        },
        "Kesalahan ditulis dalam satu baris: apa yang salah, apa yang ditagih, apa langkah\n"
        "berikutnya. Model yang menjelaskan menerima sel dan kesalahannya, tanpa nilai variabel\n"
        "dan tanpa kunci. Sebagian kesalahan masih berbahasa Inggris.",
    ),
}
