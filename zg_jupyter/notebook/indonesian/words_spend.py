"""Dolar AS, gambar pengeluaran, dan jangka waktu."""

IN_0G = "{typed} sama dengan {amount} pada kurs {rate}."
COST_USD = "cost_usd: pada kurs {rate}. Yang ditagih adalah 0G."
RECEIPT_USD = "{cost} ≈ {usd}"

PLOT_TITLE = "Pengeluaran sejauh ini"
PLOT_TITLE_BY = "Pengeluaran menurut {by}"
PLOT_EMPTY = "Belum ada pengeluaran."
PLOT_AXIS = "{count} jawaban menurut urutannya"
PLOT_SUM = "{amount}, {count} jawaban"
PLOT_MORE = "{count} lagi"
NOT_WRITTEN = "{path!r} tidak bisa ditulis ({error})."
PLOT_AND_CSV = "--plot dan --csv tidak bisa dipakai bersama."

PERIOD_USAGE = "%zg reconcile tidak mengerti {words!r}."
PERIOD_NEXT = "Misalnya: %zg reconcile --since 2026-11-01, atau %zg reconcile --days 7"
NOT_A_DATE = (
    "--since harus berupa tanggal seperti 2026-11-01 yang tidak di masa depan, bukan {value!r}."
)
NOT_DAYS = "--days harus berupa bilangan bulat dari 1 sampai 36500, bukan {value!r}."
