"""Words about an answer, wherever it is shown."""

EN = {
    "answer.here": "this machine",
    "answer.seconds": "{seconds} s",
    "answer.first": "first word after {seconds} s",
    "answer.tokens": "{prompt} + {completion} tokens",
    "answer.development": "(development signer, no TEE hardware)",
    "answer.verdict_here": "unsigned: made on this machine",
    "answer.verdict_waits": "signature is being checked",
    "answer.verdict_verified": "signature verified",
    "answer.verdict_signed_by_unknown": "NOT verified: signed by somebody unknown",
    "answer.verdict_mismatch": "NOT verified: the signature does not fit the answer",
    "answer.verdict_unsigned": "not signed",
    "answer.verdict_not_checked": "signature not checked",
}

ID = {
    "answer.here": "komputer ini",
    "answer.seconds": "{seconds} detik",
    "answer.first": "kata pertama setelah {seconds} detik",
    "answer.tokens": "{prompt} + {completion} token",
    "answer.development": "(penanda tangan pengembangan, tanpa perangkat TEE)",
    "answer.verdict_here": "tanpa tanda tangan: dibuat di komputer ini",
    "answer.verdict_waits": "tanda tangan sedang diperiksa",
    "answer.verdict_verified": "tanda tangan terverifikasi",
    "answer.verdict_signed_by_unknown": "TIDAK terverifikasi: ditandatangani pihak tak dikenal",
    "answer.verdict_mismatch": "TIDAK terverifikasi: tanda tangan tidak cocok dengan jawaban",
    "answer.verdict_unsigned": "tanpa tanda tangan",
    "answer.verdict_not_checked": "tanda tangan tidak diperiksa",
}
