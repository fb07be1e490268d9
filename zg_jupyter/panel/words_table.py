"""Words of every table."""

EN = {
    "table.search": "Search this table",
    "table.count": "{shown} of {all} rows",
    "table.none_fits": "No row holds these words.",
    "table.empty": "Nothing here yet.",
    "table.yes": "yes",
    "table.no": "no",
}

ID = {
    "table.search": "Cari di tabel ini",
    "table.count": "{shown} dari {all} baris",
    "table.none_fits": "Tidak ada baris yang memuat kata-kata ini.",
    "table.empty": "Belum ada isi.",
    "table.yes": "ya",
    "table.no": "tidak",
}
