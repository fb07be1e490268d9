"""Words of the panel's charts."""

EN = {
    "chart.as_table": "Show as a table",
    "chart.as_picture": "Show as a picture",
    "chart.time": "Time",
    "chart.name": "Name",
    "chart.amount": "Spent",
    "chart.keys": "Arrow keys go from point to point.",
    "chart.empty": "Nothing is spent yet.",
    "chart.more": "{count} more",
}

ID = {
    "chart.as_table": "Tampilkan sebagai tabel",
    "chart.as_picture": "Tampilkan sebagai gambar",
    "chart.time": "Waktu",
    "chart.name": "Nama",
    "chart.amount": "Terpakai",
    "chart.keys": "Tombol panah berpindah dari titik ke titik.",
    "chart.empty": "Belum ada pengeluaran.",
    "chart.more": "{count} lainnya",
}
