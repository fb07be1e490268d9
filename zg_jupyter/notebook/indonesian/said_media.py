"""Gambar, rekaman dan job: berkas yang diberi, dan yang terjadi dengannya."""

from __future__ import annotations

SENTENCES = {
    "a price": "sebuah harga",
    "The provider counts {} seconds, more than {} that this recording can have: it is recorded "
    "as at most that.": (
        "Penyedia menghitung {0} detik, lebih dari {1} yang mungkin untuk rekaman ini: dicatat "
        "paling banyak sebanyak itu."
    ),
    "The models of this machine take and give text only.": (
        "Model di komputer ini hanya menerima dan memberi teks."
    ),
    "One request edits 1 to {} images, not {}.": (
        "Satu permintaan menyunting 1 sampai {0} gambar, bukan {1}."
    ),
    "is no image": "bukan gambar",
    "There are: PNG, JPEG and WebP.": "Yang ada: PNG, JPEG dan WebP.",
    "edits of images": "suntingan gambar",
    "transcripts of speech": "transkrip ucapan",
    "The model {} is for {}, not for {}.": "Model {0} untuk {1}, bukan untuk {2}.",
    "it has the job": "ia memegang job itu",
    "Job {} is waited for by another kernel, or by this one.": (
        "Job {0} sedang ditunggu oleh kernel lain, atau oleh kernel ini."
    ),
    "See: %zg jobs": "Lihat: %zg jobs",
    "There is no job {} to be fetched.": "Tidak ada job {0} yang bisa diambil.",
    "{} is about answers, so it cannot be used for a transcript.": (
        "{0} hanya berlaku untuk jawaban, jadi tidak bisa dipakai untuk transkrip."
    ),
    "There are: language, prompt, {}.": "Yang ada: language, prompt, {0}.",
    "A hint has {} characters at most, not {}.": (
        "Sebuah petunjuk paling banyak {0} karakter, bukan {1}."
    ),
    "{} is not the code of a language.": "{0} bukan kode bahasa.",
    "For example: id": "Misalnya: id",
    "is no recording": "bukan rekaman",
    "Job {} of provider {} failed: {}.": "Job {0} dari penyedia {1} gagal: {2}.",
    "Job {} of provider {} failed.": "Job {0} dari penyedia {1} gagal.",
    "Provider {} took a job on and did not say which.": (
        "Penyedia {0} menerima sebuah job dan tidak mengatakan yang mana."
    ),
    "It may have been charged.": "Mungkin sudah ditagih.",
    "cannot be seen: {}": "tidak bisa dilihat: {0}",
    "belongs to somebody else": "milik orang lain",
    "is not known there any more": "tidak dikenal lagi di sana",
    "cannot be seen (HTTP {})": "tidak bisa dilihat (HTTP {0})",
    "is not done yet": "belum selesai",
    "Job {} of provider {} {}.": "Job {0} dari penyedia {1} {2}.",
    "It goes on there and is charged when it is done.": (
        "Job itu berjalan terus di sana dan ditagih saat selesai."
    ),
    "Use the key or wallet that asked for it.": "Pakai kunci atau dompet yang memintanya.",
    "Fetch it later with: %zg jobs fetch {}": "Ambil nanti dengan: %zg jobs fetch {0}",
    "Provider {} has job {}: it goes on, and is charged, even if this stops.": (
        "Penyedia {0} memegang job {1}: job itu berjalan terus, dan ditagih, meski ini berhenti."
    ),
    "It can be fetched then with: %zg jobs fetch {}": (
        "Saat itu bisa diambil dengan: %zg jobs fetch {0}"
    ),
    "{} takes no jobs here; it is asked directly.": (
        "{0} tidak menerima job di sini; ia ditanya langsung."
    ),
    "counts what cannot be: {}": "menghitung yang tidak mungkin: {0}",
    "holds no transcript": "tidak berisi transkrip",
    "The {} {} cannot be read ({}).": "Berkas {0} {1} tidak bisa dibaca ({2}).",
    "Nothing was sent or charged.": "Tidak ada yang dikirim atau ditagih.",
    "Look whether the path is right.": "Periksa apakah path-nya benar.",
    "{} is no regular file.": "{0} bukan berkas biasa.",
    "{} is a folder.": "{0} adalah sebuah folder.",
    "Name one {} in it.": "Sebut satu berkas {0} di dalamnya.",
    "The {} is a path, bytes, or a file opened with 'rb', not {}.": (
        "Berkas {0} adalah path, bytes, atau berkas yang dibuka dengan 'rb', bukan {1}."
    ),
    "What was given": "Yang diberikan",
    "{} has {} MB, and a provider takes 32 MB at most.": (
        "{0} berukuran {1} MB, dan penyedia menerima paling banyak 32 MB."
    ),
    "Make the {} smaller, or send it in parts.": (
        "Perkecil berkas {0}, atau kirim bagian demi bagian."
    ),
    "The {} files have {} MB together, and a provider takes 32 MB at most.": (
        "Ke-{0} berkas berukuran {1} MB bersama-sama, dan penyedia menerima paling banyak 32 MB."
    ),
    "Send fewer, or smaller ones.": "Kirim lebih sedikit, atau yang lebih kecil.",
    "{} is empty (0 bytes).": "{0} kosong (0 byte).",
}
