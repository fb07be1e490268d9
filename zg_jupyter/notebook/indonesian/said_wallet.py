"""Dompet, kunci, jumlah uang."""

from __future__ import annotations

SENTENCES = {
    "There is no key {} for this provider.": "Tidak ada kunci {0} untuk penyedia ini.",
    "See them with: %zg keys list": "Lihat semuanya dengan: %zg keys list",
    "You have no sub-account with {}, so no key of yours can pay there.": (
        "Anda tidak punya sub-akun di {0}, jadi tidak ada kunci Anda yang bisa membayar di sana."
    ),
    "Open one with: %zg transfer {} 1": "Buka satu dengan: %zg transfer {0} 1",
    "{} is not a number of days.": "{0} bukan jumlah hari.",
    "For example: --days 30": "Misalnya: --days 30",
    "{} spends real money and needs your yes and a budget first.": (
        "{0} memakai uang sungguhan, dan lebih dulu memerlukan persetujuan Anda dan sebuah "
        "anggaran."
    ),
    'Run: %zg network {} --yes --budget 5 (from code: connect("{}", confirm=True, budget="5")).': (
        'Jalankan: %zg network {0} --yes --budget 5 (dari kode: connect("{1}", confirm=True, '
        'budget="5")).'
    ),
    "Your API key was revoked.": "Kunci API Anda sudah dicabut.",
    "Your API key has expired.": "Kunci API Anda sudah kedaluwarsa.",
    "Your API key is for provider {} only.": "Kunci API Anda hanya untuk penyedia {0}.",
    "Ask whoever gave it to you for a new one.": "Mintalah yang baru kepada pemberinya.",
    "Keys that start with sk- belong to the hosted router.": (
        "Kunci yang berawal sk- milik router publik."
    ),
    "This session has an API key and no wallet, so it can ask and not move money.": (
        "Sesi ini punya kunci API dan tidak punya dompet, jadi bisa bertanya tetapi tidak bisa "
        "memindahkan uang."
    ),
    "Choose a wallet with: %zg wallet use NAME": "Pilih dompet dengan: %zg wallet use NAME",
    "The provider at {} gave no list of models ({}).": (
        "Penyedia di {0} tidak memberi daftar model ({1})."
    ),
    "Check the address with whoever gave you the key.": (
        "Periksa alamatnya pada orang yang memberi Anda kunci itu."
    ),
    "The chain does not answer, and nobody said where your key's provider listens.": (
        "Rantai tidak menjawab, dan tidak disebutkan di mana penyedia dari kunci Anda berada."
    ),
    "Run: %zg set provider_url https://...": "Jalankan: %zg set provider_url https://...",
    "{}; the router has it ready": "{0}; router sudah menyiapkannya",
    "{} has no hosted router, and keys that start with sk- need one.": (
        "{0} tidak punya router publik, dan kunci yang berawal sk- memerlukannya."
    ),
    (
        "Choose testnet or mainnet with: %zg network testnet, or your class's gateway with: %zg "
        "set router_url URL"
    ): (
        "Pilih testnet atau mainnet dengan: %zg network testnet, atau gateway kelas Anda dengan: "
        "%zg set router_url URL"
    ),
    "{} cannot be a router's address: {}.": "{0} tidak bisa menjadi alamat router: {1}.",
    "This session has a router's key and no wallet, so it can ask and not move money.": (
        "Sesi ini punya kunci router dan tidak punya dompet, jadi bisa bertanya tetapi tidak "
        "bisa memindahkan uang."
    ),
    "To pay with a wallet: %zg use wallet": "Untuk membayar dengan dompet: %zg use wallet",
    "That is not an API key of a router (sk-...).": "Itu bukan kunci API sebuah router (sk-...).",
    "That is a management key (mk-...): it makes keys, and asks nothing.": (
        "Itu kunci pengelola (mk-...): ia membuat kunci, dan tidak bertanya apa pun."
    ),
    "Make a key for yourself with: %zg class new": (
        "Buat kunci untuk Anda sendiri dengan: %zg class new"
    ),
    "{} is more 0G than can exist.": "{0} lebih banyak 0G daripada yang bisa ada.",
    "{} can be read in two ways.": "{0} bisa dibaca dengan dua cara.",
    'Use a dot before decimals and no other separator, for example "1234.5".': (
        'Pakai titik sebelum desimal dan tanpa pemisah lain, misalnya "1234.5".'
    ),
    "{} is an amount of US dollars, and no rate to 0G is used here.": (
        "{0} adalah jumlah dolar AS, dan di sini tidak dipakai kurs ke 0G."
    ),
    "USD for one 0G cannot be meant.": "USD untuk satu 0G tidak masuk akal.",
    "{} is not a rate.": "{0} bukan kurs.",
    'Write how many USD one 0G costs, such as "0.25".': (
        'Tulis berapa USD harga satu 0G, misalnya "0.25".'
    ),
    "{} is not an amount of 0G.": "{0} bukan jumlah 0G.",
    "{} is finer than one neuron (1e-18 0G).": "{0} lebih halus dari satu neuron (1e-18 0G).",
    "Use at most 18 decimals.": "Pakai paling banyak 18 desimal.",
    'Write a plain number such as "5" or "0.25" (a dot before decimals).': (
        'Tulis bilangan biasa seperti "5" atau "0.25" (titik sebelum desimal).'
    ),
    "An amount cannot be a {}.": "Sebuah jumlah tidak bisa berupa {0}.",
    'Give it as text, for example "0.5" or "0.5 0G".': (
        'Berikan sebagai teks, misalnya "0.5" atau "0.5 0G".'
    ),
    "no list of models": "tidak ada daftar model",
    "median of {} providers": "median dari {0} penyedia",
    "by the word of 1 provider": "menurut kata 1 penyedia",
    "your setting usd_rate": "pengaturan Anda usd_rate",
    "{} is in US dollars, and it is not known what 0G costs.": (
        "{0} adalah jumlah dolar AS, dan tidak diketahui berapa harga 0G."
    ),
    "Give an amount of 0G, or say what one costs: %zg set usd_rate 0.25": (
        "Berikan jumlah 0G, atau sebutkan harganya: %zg set usd_rate 0.25"
    ),
    "USD for 1 0G ({})": "USD untuk 1 0G ({0})",
    "Your wallet refused ({}).": "Dompet Anda menolak ({0}).",
    "You declined it in your wallet.": "Anda menolaknya di dompet Anda.",
    "Your wallet does not allow this page to use that account.": (
        "Dompet Anda tidak mengizinkan halaman ini memakai akun itu."
    ),
    "Your wallet cannot do that.": "Dompet Anda tidak bisa melakukan itu.",
    "Your wallet is not connected to any chain.": "Dompet Anda tidak terhubung ke rantai mana pun.",
    "Your wallet is not connected to that chain.": "Dompet Anda tidak terhubung ke rantai itu.",
    "Your wallet is locked, or asks something already: open it.": (
        "Dompet Anda terkunci, atau sudah menanyakan sesuatu: bukalah."
    ),
    "Nothing was signed.": "Tidak ada yang ditandatangani.",
    "Try again, or use another wallet.": "Coba lagi, atau pakai dompet lain.",
    "No browser wallet is connected to this kernel.": (
        "Tidak ada dompet peramban yang terhubung ke kernel ini."
    ),
    "Open %zg panel, section Wallet.": "Buka %zg panel, bagian Dompet.",
    "Connect one.": "Hubungkan satu.",
    "Your wallet is on another chain than {}.": "Dompet Anda ada di rantai lain daripada {0}.",
    "Choose {} (chain {}) in it.": "Pilih {0} (rantai {1}) di dalamnya.",
    "Your wallet did not answer ({}).": "Dompet Anda tidak menjawab ({0}).",
    "A wallet in the page does not hand out signed transactions.": (
        "Dompet di halaman tidak memberikan transaksi yang sudah ditandatangani."
    ),
    "Your wallet gave no transaction hash.": "Dompet Anda tidak memberi hash transaksi.",
    "If you confirmed it in your wallet, it may still be carried out.": (
        "Bila Anda sudah menyetujuinya di dompet, transaksi itu masih bisa dilaksanakan."
    ),
    "Look at the balances before you try again: %zg balances": (
        "Lihat saldonya sebelum mencoba lagi: %zg balances"
    ),
    "What became of the transaction is not known here ({}).": (
        "Apa yang terjadi dengan transaksi itu tidak diketahui di sini ({0})."
    ),
    "Your wallet signed with another account than {}.": (
        "Dompet Anda menandatangani dengan akun lain daripada {0}."
    ),
    "Choose that account in your wallet, then connect it again.": (
        "Pilih akun itu di dompet Anda, lalu hubungkan lagi."
    ),
    "The signature did not arrive ({}).": "Tanda tangannya tidak tiba ({0}).",
    "is not a private key": "bukan kunci privat",
    "is not there": "tidak ada",
    "The entry {} of the system's keyring {}.": "Entri {0} di keyring sistem {1}.",
    "Store it with: %zg wallet import {} --keyring": (
        "Simpan dengan: %zg wallet import {0} --keyring"
    ),
    "The Colab secret {} cannot be read ({}).": "Rahasia Colab {0} tidak bisa dibaca ({1}).",
    "Run the cell again.": "Jalankan selnya lagi.",
    "Colab did not hand out the secret {} in time.": (
        "Colab tidak memberikan rahasia {0} pada waktunya."
    ),
    "Run the cell again and look for a question of Colab on the page.": (
        "Jalankan selnya lagi dan perhatikan pertanyaan Colab di halaman."
    ),
    "This notebook may not read the Colab secret {}.": (
        "Notebook ini tidak boleh membaca rahasia Colab {0}."
    ),
    "Secrets (the key symbol at the left of Colab)": "Secrets (lambang kunci di kiri Colab)",
    "Switch on its notebook access in {}.": "Nyalakan akses notebooknya di {0}.",
    "There is no Colab secret named {}.": "Tidak ada rahasia Colab bernama {0}.",
    "Add it in {}.": "Tambahkan di {0}.",
    "The Colab secret {} is not a private key (64 hex digits).": (
        "Rahasia Colab {0} bukan kunci privat (64 digit heksadesimal)."
    ),
    "Correct it in {}.": "Perbaiki di {0}.",
    "Colab secrets exist in Google Colab only.": "Rahasia Colab hanya ada di Google Colab.",
    "Choose another wallet: %zg wallet list": "Pilih dompet lain: %zg wallet list",
    "{} is not one of the accounts 0 to {}.": "{0} bukan salah satu akun 0 sampai {1}.",
    "For example: %zg wallet use devnet:2": "Misalnya: %zg wallet use devnet:2",
    "is not a private key (64 hex digits)": "bukan kunci privat (64 digit heksadesimal)",
    "is not set": "belum diisi",
    "Set {} right before starting Jupyter.": "Isi {0} tepat sebelum menjalankan Jupyter.",
    "There is no wallet for {}.": "Tidak ada dompet untuk {0}.",
    "Run: %zg wallet create main, or set {} before starting Jupyter.": (
        "Jalankan: %zg wallet create main, atau isi {0} sebelum menjalankan Jupyter."
    ),
    (
        "The account {} of the embedded network is known to everybody: what it receives on {} is "
        "taken within seconds."
    ): (
        "Akun {0} dari jaringan bawaan dikenal semua orang: apa yang diterimanya di {1} diambil "
        "dalam hitungan detik."
    ),
    "Choose another wallet: %zg wallet use NAME": "Pilih dompet lain: %zg wallet use NAME",
    "Use an encrypted file instead: %zg wallet create NAME": (
        "Pakai berkas terenkripsi saja: %zg wallet create NAME"
    ),
    "The file of the wallet {} is damaged or not a key store (version 3).": (
        "Berkas dompet {0} rusak atau bukan key store (versi 3)."
    ),
    "Restore the file, or import the backup phrase: %zg wallet import NAME --phrase": (
        "Pulihkan berkasnya, atau impor frasa cadangannya: %zg wallet import NAME --phrase"
    ),
    "The key store names no address.": "Key store itu tidak menyebut alamat.",
    "Import the key anew: %zg wallet import": "Impor kuncinya lagi: %zg wallet import",
    (
        "Unlocking the file of the wallet {} would take more memory or time than any known "
        "program asks for."
    ): (
        "Membuka berkas dompet {0} akan memakan lebih banyak memori atau waktu daripada yang "
        "diminta program mana pun yang dikenal."
    ),
    "Import the backup phrase instead: %zg wallet import NAME --phrase": (
        "Impor frasa cadangannya saja: %zg wallet import NAME --phrase"
    ),
    "There is no wallet named {}.": "Tidak ada dompet bernama {0}.",
    "See them with: %zg wallet list": "Lihat semuanya dengan: %zg wallet list",
    "There is a wallet named {} already.": "Sudah ada dompet bernama {0}.",
    "The wallet could not be written to {} ({}); nothing was kept.": (
        "Dompet itu tidak bisa ditulis ke {0} ({1}); tidak ada yang disimpan."
    ),
    "Free some disk space, or move the folder with ZG_HOME.": (
        "Kosongkan sebagian diska, atau pindahkan foldernya dengan ZG_HOME."
    ),
    "That is not the passphrase of the wallet {}; the file is unchanged.": (
        "Itu bukan frasa sandi dompet {0}; berkasnya tidak berubah."
    ),
    "Try again: there is no limit on tries.": "Coba lagi: jumlah percobaan tidak dibatasi.",
    "The passphrase must have at least {} characters.": (
        "Frasa sandi harus punya paling sedikit {0} karakter."
    ),
    "A few random words are easy to remember and hard to guess.": (
        "Beberapa kata acak mudah diingat dan sulit ditebak."
    ),
    "{} cannot be the name of a wallet.": "{0} tidak bisa menjadi nama dompet.",
    "Use letters, digits, - and _, for example: main": (
        "Pakai huruf, digit, - dan _, misalnya: main"
    ),
    "What you typed looks like a key or a phrase, not like the name of a wallet.": (
        "Yang Anda ketik tampak seperti kunci atau frasa, bukan seperti nama dompet."
    ),
    "If it is one that holds money, move the money to a new wallet: it was seen here.": (
        "Bila itu milik dompet yang berisi uang, pindahkan uangnya ke dompet baru: itu sudah "
        "terlihat di sini."
    ),
    "Keys are asked for by: %zg wallet import NAME": (
        "Kunci ditanyakan oleh: %zg wallet import NAME"
    ),
    "That is not a recovery phrase (12 to 24 words of the BIP-39 list).": (
        "Itu bukan frasa cadangan (12 sampai 24 kata dari daftar BIP-39)."
    ),
    "Check the words and their order; never paste a phrase into a cell.": (
        "Periksa kata-kata dan urutannya; jangan pernah menempel frasa ke dalam sel."
    ),
    "That is not a private key (64 hex digits).": "Itu bukan kunci privat (64 digit heksadesimal).",
    "Check the value; never paste a key into a cell.": (
        "Periksa nilainya; jangan pernah menempel kunci ke dalam sel."
    ),
    "The wallet could not be encrypted ({}).": "Dompet itu tidak bisa dienkripsi ({0}).",
    "The transaction could not be signed ({}).": "Transaksinya tidak bisa ditandatangani ({0}).",
    "Report this as a bug.": "Laporkan ini sebagai bug.",
    "The keyring of the operating system": "Keyring sistem operasi",
    "its backend {} does not protect anything": "backend-nya {0} tidak melindungi apa pun",
    "it did not keep the key": "kuncinya tidak disimpannya",
    "The keyring of the operating system cannot be used ({}).": (
        "Keyring sistem operasi tidak bisa dipakai ({0})."
    ),
    "The wallet {} is locked.": "Dompet {0} terkunci.",
    "Run: %zg wallet unlock {}": "Jalankan: %zg wallet unlock {0}",
}
