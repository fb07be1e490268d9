"""Kelas: kunci, kartu, bergabung."""

from __future__ import annotations

SENTENCES = {
    "The key of {} is revoked already.": "Kunci {0} sudah dicabut.",
    "There is no student {} with a key in {}.": "Tidak ada siswa {0} yang punya kunci di {1}.",
    "See: %zg class table": "Lihat: %zg class table",
    "renew codes": "memperbarui kode",
    "open and close": "membuka dan menutup",
    "pause keys": "menjeda kunci",
    "The hosted router cannot {}; a class gateway can.": (
        "Router publik tidak bisa {0}; gateway kelas bisa."
    ),
    "Print the sheet without --renew.": "Cetak kartunya tanpa --renew.",
    "Revoke keys, or let them expire.": "Cabut kuncinya, atau biarkan kedaluwarsa.",
    "Revoke it, or extend it to a day that is over.": (
        "Cabut, atau perpanjang ke hari yang sudah lewat."
    ),
    "A management key (mk-...) for {} is needed.": "Diperlukan kunci pengelola (mk-...) untuk {0}.",
    "Put it into {}, or from code: zg_jupyter.workshop.hold(url, getpass.getpass())": (
        "Taruh di {0}, atau dari kode: zg_jupyter.workshop.hold(url, getpass.getpass())"
    ),
    "Which class?": "Kelas yang mana?",
    "There is no class on this machine.": "Tidak ada kelas di komputer ini.",
    "Name it with: --class NAME": "Sebutkan dengan: --class NAME",
    "Make one with: %zg class new NAME --students 30 --limit 0.5": (
        "Buat satu dengan: %zg class new NAME --students 30 --limit 0.5"
    ),
    "The class {} has keys already.": "Kelas {0} sudah punya kunci.",
    "Add students with: %zg class add NAME --class {}": (
        "Tambahkan siswa dengan: %zg class add NAME --class {0}"
    ),
    "No key was made.": "Tidak ada kunci yang dibuat.",
    "The link to {} cannot be used: {}.": "Tautan ke {0} tidak bisa dipakai: {1}.",
    "Ask your teacher for it, or for a new one.": (
        "Mintalah kepada guru Anda, atau minta yang baru."
    ),
    "That is no link of a class.": "Itu bukan tautan sebuah kelas.",
    "It ends in /join/ and a code.": "Tautan berakhir dengan /join/ dan sebuah kode.",
    "This code is from a newer version.": "Kode ini dari versi yang lebih baru.",
    "This code is damaged: a part of it is missing or was mistyped.": (
        "Kode ini rusak: sebagian hilang atau salah ketik."
    ),
    "Copy it anew, from its beginning to its end.": "Salin lagi, dari awal sampai akhir.",
    "That is no code of a class.": "Itu bukan kode sebuah kelas.",
    "A code looks like K7QX-3M9P, and a link like https://HOST/join/K7QX-3M9P.": (
        "Kode tampak seperti K7QX-3M9P, dan tautan seperti https://HOST/join/K7QX-3M9P."
    ),
    "The router at {} answered with HTTP {}.": "Router di {0} menjawab dengan HTTP {1}.",
    "The router at {} does not know this management key, or it was revoked.": (
        "Router di {0} tidak mengenal kunci pengelola ini, atau kuncinya sudah dicabut."
    ),
    "This management key may not do that at {}.": (
        "Kunci pengelola ini tidak boleh melakukan itu di {0}."
    ),
    "There is no such key, class or path at {}.": (
        "Tidak ada kunci, kelas atau path seperti itu di {0}."
    ),
    "A key of that name exists already at {}.": "Kunci dengan nama itu sudah ada di {0}.",
    "That key is revoked, and nothing can be changed about it.": (
        "Kunci itu sudah dicabut, dan tidak ada yang bisa diubah lagi."
    ),
    "The router at {} is asked too often.": "Router di {0} terlalu sering ditanya.",
    "It says: {}": "Katanya: {0}",
    "The router at {} wants a pause of {} seconds.": "Router di {0} meminta jeda {1} detik.",
    "No money was spent.": "Tidak ada uang yang dibelanjakan.",
    "Run this again: nothing is made twice.": "Jalankan ini lagi: tidak ada yang dibuat dua kali.",
    "Copy it anew from where it was made, and run this again.": (
        "Salin lagi dari tempat pembuatannya, lalu jalankan ini lagi."
    ),
    (
        "Make a management key that may create and manage keys (at the hosted router: the preset "
        "Full Admin)."
    ): (
        "Buat kunci pengelola yang boleh membuat dan mengelola kunci (di router publik: preset "
        "Full Admin)."
    ),
    "See the class with: %zg class table": "Lihat kelasnya dengan: %zg class table",
    "Run this again after that: nothing is made twice.": (
        "Jalankan ini lagi setelah itu: tidak ada yang dibuat dua kali."
    ),
    "What answers at {} is no router: its reply cannot be read.": (
        "Yang menjawab di {0} bukan router: balasannya tidak bisa dibaca."
    ),
    "Check the address; it ends in /v1.": "Periksa alamatnya; alamat itu berakhir dengan /v1.",
    "Check your connection and its address, and run this again: nothing is made twice.": (
        "Periksa koneksi Anda dan alamatnya, lalu jalankan ini lagi: tidak ada yang dibuat dua "
        "kali."
    ),
    "That is not a management key (mk-...).": "Itu bukan kunci pengelola (mk-...).",
    "For example: --router https://gateway.school.example/v1": (
        "Misalnya: --router https://gateway.school.example/v1"
    ),
    "That is a key for asking, and not a management key (mk-...).": (
        "Itu kunci untuk bertanya, dan bukan kunci pengelola (mk-...)."
    ),
    (
        "The gateway prints its own when it starts; the hosted router makes one at its console "
        "under Settings, Management Keys."
    ): (
        "Gateway mencetak kuncinya sendiri saat dimulai; router publik membuatnya di konsolnya "
        "di bawah Settings, Management Keys."
    ),
    "The gateway answered with HTTP {}.": "Gateway menjawab dengan HTTP {0}.",
    "The gateway does not know this code: it is mistyped, used already, or over.": (
        "Gateway tidak mengenal kode ini: salah ketik, sudah dipakai, atau sudah berakhir."
    ),
    "Too many codes were tried from here.": "Terlalu banyak kode sudah dicoba dari sini.",
    "Wait a minute, and run it again.": "Tunggu semenit, lalu jalankan lagi.",
    "The gateway does not know you.": "Gateway tidak mengenal Anda.",
    "Ask your teacher when it opens.": "Tanyakan kepada guru Anda kapan dibuka.",
    "What answers at {} is no class gateway.": "Yang menjawab di {0} bukan gateway kelas.",
    "Check the link.": "Periksa tautannya.",
    "Your class's gateway at {} does not answer ({}).": (
        "Gateway kelas Anda di {0} tidak menjawab ({1})."
    ),
    "Are you in the same network as your teacher?": (
        "Apakah Anda di jaringan yang sama dengan guru Anda?"
    ),
    "Then run it again.": "Lalu jalankan lagi.",
    "This code is for {}, which has no router.": "Kode ini untuk {0}, yang tidak punya router.",
    "This code does not say where your class is.": "Kode ini tidak menyebutkan di mana kelas Anda.",
    "Use the whole link of your card: %zg join https://HOST/join/CODE": (
        "Pakai seluruh tautan di kartu Anda: %zg join https://HOST/join/CODE"
    ),
    "The hosted router has no requests a minute for single keys.": (
        "Router publik tidak punya batas permintaan per menit untuk tiap kunci."
    ),
    "Leave --rpm out, or run a class gateway: zg-jupyter gateway": (
        "Hilangkan --rpm, atau jalankan gateway kelas: zg-jupyter gateway"
    ),
    "A class gateway's limits never begin anew, so there is no reset.": (
        "Batas gateway kelas tidak pernah dimulai lagi, jadi tidak ada reset."
    ),
    "Leave --reset out, and use: %zg class topup all AMOUNT": (
        "Hilangkan --reset, dan pakai: %zg class topup all AMOUNT"
    ),
    "The router has a key named {} already, and this class did not make it.": (
        "Router sudah punya kunci bernama {0}, dan kelas ini tidak membuatnya."
    ),
    "Give the class another name, or revoke that key at the router's console.": (
        "Beri nama lain kepada kelasnya, atau cabut kunci itu di konsol router."
    ),
    "Update the gateway: pip install -U 'zg-jupyter[gateway]'": (
        "Perbarui gateway: pip install -U 'zg-jupyter[gateway]'"
    ),
    "The router does not make a key for {}.": "Router tidak membuat kunci untuk {0}.",
    "This account at the router counts in US dollars, and a class's limits are 0G.": (
        "Akun ini di router dihitung dalam dolar AS, sedangkan batas kelas dalam 0G."
    ),
    "Use a management key of an account that settles in 0G.": (
        "Pakai kunci pengelola dari akun yang dihitung dalam 0G."
    ),
    "{} of {} keys are made.": "{0} dari {1} kunci sudah dibuat.",
    "The gateway gave no code for {}.": "Gateway tidak memberi kode untuk {0}.",
    "The file {} does not describe a class.": "Berkas {0} tidak berisi data sebuah kelas.",
    "Mend it, or move it away; keys that were made stay what they are.": (
        "Perbaiki, atau pindahkan; kunci yang sudah dibuat tetap seperti semula."
    ),
    "Choose another folder.": "Pilih folder lain.",
    "Another notebook is changing the class {} right now.": (
        "Notebook lain sedang mengubah kelas {0} saat ini."
    ),
    "Wait until it is done, and run this again.": "Tunggu sampai selesai, lalu jalankan ini lagi.",
    "There is no class named {} on this machine.": "Tidak ada kelas bernama {0} di komputer ini.",
    "Make one with: %zg class new NAME": "Buat satu dengan: %zg class new NAME",
    "{} cannot be the name of a class.": "{0} tidak bisa menjadi nama kelas.",
    "Use letters, digits, blanks, - and _, for example: phys101": (
        "Pakai huruf, digit, spasi, - dan _, misalnya: phys101"
    ),
    "There are: {}": "Yang ada: {0}",
    "{} has spent the whole limit: the key is revoked, and no other is made.": (
        "{0} sudah memakai seluruh batasnya: kuncinya dicabut, dan tidak ada yang lain dibuat."
    ),
    "Add a student of another name with: %zg class add NAME": (
        "Tambahkan siswa dengan nama lain: %zg class add NAME"
    ),
    "the name is empty": "namanya kosong",
    "{} has no letter": "{0} tidak punya huruf",
    "the name is longer than {} characters": "namanya lebih panjang dari {0} karakter",
    "the name holds a letter that was lost; save the file as CSV UTF-8": (
        "namanya berisi huruf yang hilang; simpan berkasnya sebagai CSV UTF-8"
    ),
    "the name holds an invisible character (U+{}); type it anew": (
        "namanya berisi karakter tak terlihat (U+{0}); ketik lagi"
    ),
    "Row {}: a class has at most {} students.": (
        "Baris {0}: sebuah kelas punya paling banyak {1} siswa."
    ),
    "The roster has no students.": "Daftar siswa itu kosong.",
    "Row {}: {}.": "Baris {0}: {1}.",
    "Row {}: {} is already in row {}.": "Baris {0}: {1} sudah ada di baris {2}.",
    "{} {} more rows are at fault.": "{0} {1} baris lagi bermasalah.",
    "Mend the roster, and run it again.": "Perbaiki daftar siswanya, lalu jalankan lagi.",
    "The roster is not a CSV file ({}).": "Daftar siswa itu bukan berkas CSV ({0}).",
    "The roster is not a text file.": "Daftar siswa itu bukan berkas teks.",
    "Save the sheet as CSV (UTF-8), and give that file.": (
        "Simpan lembarnya sebagai CSV (UTF-8), lalu berikan berkas itu."
    ),
    "The roster {} cannot be read ({}).": "Daftar siswa {0} tidak bisa dibaca ({1}).",
    "Give the path of a CSV file with one student a row, or a number.": (
        "Berikan path berkas CSV dengan satu siswa per baris, atau sebuah bilangan."
    ),
    "{} is too large for a list of names.": "{0} terlalu besar untuk daftar nama.",
    "{} has no rows.": "{0} tidak punya baris.",
    "A class has from 1 to {} students, not {}.": (
        "Sebuah kelas punya 1 sampai {0} siswa, bukan {1}."
    ),
    "True is not a number of students.": "True bukan jumlah siswa.",
    "{} cannot be a folder for sheets ({}).": "{0} tidak bisa menjadi folder untuk kartu ({1}).",
    "Name another one.": "Sebutkan yang lain.",
    "No key of {} is made yet, so there is nothing to print.": (
        "Belum ada kunci {0} yang dibuat, jadi tidak ada yang bisa dicetak."
    ),
    "Make them with: %zg class new {} --yes": "Buat dengan: %zg class new {0} --yes",
    "There are no sheets in {}.": "Tidak ada kartu di {0}.",
    "{} is not a number of requests a minute.": "{0} bukan jumlah permintaan per menit.",
    "{} is no period.": "{0} bukan periode.",
    "It is one of {}.": "Pilihannya salah satu dari {0}.",
    "A class's {} is more than nothing.": "{0} sebuah kelas lebih dari nol.",
    "{} has no hosted router, so a class there needs a gateway.": (
        "{0} tidak punya router publik, jadi kelas di sana memerlukan gateway."
    ),
    (
        "Name it with --router http://127.0.0.1:8400/v1, or choose a network with: --network "
        "testnet"
    ): (
        "Sebutkan dengan --router http://127.0.0.1:8400/v1, atau pilih jaringan dengan: "
        "--network testnet"
    ),
    "The router has no model {}.": "Router tidak punya model {0}.",
    "{} keys could spend {} together, and the class may spend {}.": (
        "{0} kunci bersama-sama bisa memakai {1}, sedangkan kelas boleh memakai {2}."
    ),
    "Limits that begin anew ({}) and never expire have no total, so {} cannot be held.": (
        "Batas yang dimulai lagi ({0}) dan tidak pernah kedaluwarsa tidak punya jumlah akhir, "
        "jadi {1} tidak bisa dijaga."
    ),
    "Give a smaller --limit, fewer periods, or a larger --total.": (
        "Berikan --limit yang lebih kecil, periode yang lebih sedikit, atau --total yang lebih "
        "besar."
    ),
    "Give the keys a last day: --expires 2027-01-31": (
        "Beri kunci hari terakhir: --expires 2027-01-31"
    ),
    "{} is not a day.": "{0} bukan hari.",
    "For example: --expires 2027-01-31, or --expires 30d": (
        "Misalnya: --expires 2027-01-31, atau --expires 30d"
    ),
    "{} is over already.": "{0} sudah lewat.",
    "A raise of {} broke off: {} limits are still to be raised.": (
        "Kenaikan {0} terputus: {1} batas masih harus dinaikkan."
    ),
    "No limit was changed.": "Tidak ada batas yang diubah.",
    "Run that one again first; it goes on where it stopped.": (
        "Jalankan yang itu lagi lebih dulu; ia melanjutkan dari tempat berhenti."
    ),
}
