"""Tentang siapa yang membayar."""

from __future__ import annotations

DOES = "siapa yang membayar: kunci API yang Anda terima, dompet Anda, atau tidak ada (komputer ini)"
USAGE = "%zg use perlu tahu apa yang dipakai, bukan {words!r}."
USAGE_NEXT = "Misalnya: %zg use key, %zg use wallet, atau %zg use local"
ASK_KEY = "Kunci API Anda (tidak ditampilkan):"
NO_KEY = "Tidak ada kunci yang diketik; tidak ada yang berubah."
USED_KEY = "Mulai sekarang kunci Anda bertanya lewat {router}. Coba sel yang berawal: %%zg_infer"
USED_PROVIDER_KEY = "Mulai sekarang kunci Anda bertanya ke penyedianya. Coba sel dengan: %%zg_infer"
USED_WALLET = "Mulai sekarang dompet Anda yang membayar; kuncinya dilupakan."
USED_LOCAL = "Mulai sekarang komputer ini yang menjawab, gratis."
KEY_REMARK = "Satu kunci hanya berlaku di satu jaringan; bila ditolak, coba: %zg use key {other}"
