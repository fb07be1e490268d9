"""Tentang kelas, dan kepada siswa yang bergabung."""

from __future__ import annotations

DOES = "kunci berbatas untuk satu kelas siswa: dibuat, dicetak, dipantau, diakhiri"
JOIN_DOES = "bergabung dengan kelas guru Anda dengan kode atau tautan di kartu Anda"

UNKNOWN = "Tidak ada perintah %zg class {name!r}."
USAGE_NEXT = "Misalnya: %zg class new phys101 --students 30 --limit 0.5"
UNKNOWN_OPTION = "%zg class {command} tidak punya opsi {name!r}."
NEEDS_VALUE = "{name} membutuhkan sebuah nilai."
NEEDS_NAME = "Kelas baru membutuhkan nama."
NEEDS_STUDENTS = "Ada berapa siswa?"
NEEDS_STUDENTS_NEXT = "Berikan --students 30, atau --roster BERKAS.csv."
NEEDS_LIMIT = "Berapa yang boleh dipakai tiap siswa?"
NEEDS_LIMIT_NEXT = "Berikan --limit 0.5 (0G untuk tiap siswa)."
NOT_A_NUMBER = "{name} membutuhkan bilangan bulat, bukan {value!r}."
NEEDS = {
    "sheet": "%zg class sheet membutuhkan sebuah folder.",
    "pause": "%zg class pause membutuhkan seorang siswa, atau kata all.",
    "resume": "%zg class resume membutuhkan seorang siswa, atau kata all.",
    "revoke": "%zg class revoke membutuhkan seorang siswa, atau kata all.",
    "renew": "%zg class renew membutuhkan seorang siswa, atau kata all.",
    "topup": "%zg class topup membutuhkan seorang siswa (atau kata all) dan jumlah.",
    "extend": "%zg class extend membutuhkan seorang siswa (atau kata all) dan hari.",
    "budget": "%zg class budget membutuhkan sebuah jumlah.",
    "hours": "%zg class hours membutuhkan jam buka, atau kata off.",
    "add": "%zg class add membutuhkan nama, atau --roster BERKAS.",
}
NEEDS_NEXT = {
    "sheet": "Misalnya: %zg class sheet handouts",
    "pause": 'Misalnya: %zg class pause "Amina Yusuf"',
    "resume": 'Misalnya: %zg class resume "Amina Yusuf"',
    "revoke": 'Misalnya: %zg class revoke "Amina Yusuf"',
    "renew": 'Misalnya: %zg class renew "Amina Yusuf"',
    "topup": "Misalnya: %zg class topup all 0.25",
    "extend": "Misalnya: %zg class extend all 2027-01-31",
    "budget": "Misalnya: %zg class budget 20",
    "hours": 'Misalnya: %zg class hours "Mon-Fri 08:00-16:00 Asia/Jakarta"',
    "add": 'Misalnya: %zg class add "Amina Yusuf"',
}
TOO_MUCH = "%zg class {command} tidak mengerti {words!r}."

ASK_KEY = "Kunci pengelola (mk-...) untuk {router} (tidak ditampilkan):"
NO_CLASSES = (
    "Belum ada kelas di komputer ini. Buat satu: %zg class new phys101 --students 30 --limit 0.5"
)
CLASSES_HEAD = ("kelas", "siswa", "kunci jadi", "batas masing-masing", "router")
WORST = (
    "{keys} kunci, masing-masing {limit}, untuk {name} di {router}: seluruhnya paling banyak "
    "{most}."
)
WORST_RESET = (
    "{keys} kunci, masing-masing {limit} ({reset}), untuk {name} di {router}: seluruhnya "
    "paling banyak {most}, selama {periods} periode."
)
WORST_UNBOUNDED = (
    "{keys} kunci, masing-masing {limit} ({reset}), untuk {name} di {router}: {period} per "
    "periode, tanpa akhir."
)
WORST_TOTAL = "Seluruh kelas boleh memakai {total}."
NOT_YET = "Belum ada yang dibuat. Untuk membuat kunci: %zg class new {name} --yes"
NOT_YET_ADDED = "Kuncinya belum dibuat. Untuk membuatnya: %zg class new {name} --yes"
MAKING = "{done} dari {count} kunci sudah jadi"
PAUSING = "Router meminta jeda {seconds:.0f} detik."
MADE = "{count} kunci jadi sekarang; {kept} sudah ada sebelumnya."
RENEWED = "Kunci mereka hilang rahasianya; kunci itu dicabut dan dibuat baru: {names}."
MADE_NEXT = "Berikutnya, kartu untuk dicetak: %zg class sheet FOLDER"
ADDED = "Baru: {names}."
ADDED_NONE = "Semua sudah ada di kelas."
SHEET = "Ditulis, hanya untuk Anda: {page} (cetak dari peramban) dan {table}."
SHEET_NEXT = (
    "Hapus keduanya setelah kartu dibagikan: pemegang kartu dapat memakai batasnya sampai habis."
)
PAUSED = "Dijeda: {names}."
RESUMED = "Lanjut: {names}."
TOPPED = "{amount} lagi untuk: {names}."
EXTENDED = "Hari terakhirnya kini {day}: {names}."
NEVER = "tidak ada"
REVOKED = "Dicabut; permintaan berikutnya ditolak: {names}."
REVOKE_ALL = (
    "Ini mengakhiri semua kunci {name}. Bila memang itu maksudnya: %zg class revoke all --yes"
)
RENEWED_KEY = (
    "Kunci baru, dan yang lama ditolak mulai sekarang: {names}. Cetak kartunya lagi: %zg class "
    "sheet FOLDER"
)
BUDGET = "Seluruh kelas kini boleh memakai {total}."
OPENED = "Kelas dibuka."
CLOSED = "Kelas ditutup; tidak ada pertanyaan yang dijawab sampai: %zg class open"
HOURS = "Kelas buka: {hours}."
ALWAYS = "selalu"
KEEPS_PROMPTS = "Gateway {name} menyimpan pertanyaan dan jawaban; siswa diberi tahu."
FORGOTTEN = "Komputer ini melupakan {name}; kunci-kuncinya tetap seperti semula."
FORGET_ALL = (
    "{count} kunci {name} masih berlaku, dan tanpa berkasnya tidak dapat dikelola di sini. "
    "Bila memang itu maksudnya: %zg class forget --yes"
)
NAMES_MORE = "{names} dan {count} lagi"
PLOT = "{name}: pemakaian per siswa"
LIVE_HEAD = ("siswa", "keadaan", "permintaan", "token", "terpakai", "sisa", "terakhir terlihat")
LIVE_TITLE = "{name}: {spent} terpakai · {time}"
LIVE_STOP = "Berhenti"
LIVE_STOPPED = "{title} (berhenti)"
LIVE_TROUBLE = "{title} · tidak terjangkau: {why}"

ASK_CODE = "Kode, tautan atau kunci Anda (tidak ditampilkan):"
NO_CODE = "Tidak ada kode yang diketik; tidak ada yang berubah."
KEY_AS_CODE = "Kode ini membawa sebuah kunci, dan isi sel tersimpan bersama notebook."
KEY_AS_CODE_NEXT = (
    "Hapus sel ini, jalankan %zg join saja, dan tempel kodenya saat diminta. Bila notebook sudah "
    "dibagikan, mintalah kartu baru kepada guru Anda."
)
JOIN_USAGE = "%zg join menerima satu kode atau tautan, dan diberi {words!r}."
JOIN_USAGE_NEXT = "Misalnya: %zg join https://HOST/join/K7QX-3M9P, atau %zg join saja"
JOINED = "Selamat datang{name}{room}: {model}{budget}."
JOINED_NAME = ", {name}"
JOINED_ROOM = " di {room}"
JOINED_MODEL = "Anda bertanya kepada {model}"
JOINED_ANY = "Anda boleh bertanya kepada model mana pun (%zg models)"
JOINED_BUDGET = ", sampai {budget}"
JOINED_KEEPS_PROMPTS = (
    "Kelas ini menyimpan pertanyaan Anda dan jawabannya, dan guru Anda dapat membacanya; prompt "
    "--private tidak disimpan."
)
JOINED_NEXT = "Sekarang sel yang berawal %%zg_infer, dan pertanyaan Anda di baris bawahnya."
JOINED_KEEP = (
    "Setelah dimulai ulang Anda perlu kode baru, kecuali kuncinya disimpan di komputer ini: "
    "%zg join --keep"
)
KEPT = "Kuncinya disimpan di {path}, yang hanya dapat Anda baca; %zg join --forget menghapusnya."
KEEP_NOTHING = "Tidak ada kunci untuk disimpan."
KEEP_NOTHING_NEXT = "Bergabunglah dulu: %zg join CODE"
FORGOT = "Kuncinya dilupakan, di sini dan di diska."
