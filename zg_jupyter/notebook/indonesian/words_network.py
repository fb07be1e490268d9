"""Jaringan."""

DOES = "tampilkan, pilih atau tambahkan jaringan"

NOW = "{name} (chain {chain_id})"
CHOICES = "Lainnya: {names}. Pilih satu dengan: %zg network NAME"
CHANGED = "Notebook ini sekarang memakai {name} (chain {chain_id})."
BUDGET = "Paling banyak {budget} boleh dibelanjakan; ubah dengan: %zg set budget AMOUNT"
ADDED = "Jaringan {name} (chain {chain_id}) disimpan. Pilih dengan: %zg network {name}"
REMOVED = "Jaringan {name} dilupakan."
NEEDS = "%zg network add memerlukan {option}."
ADD_EXAMPLE = (
    "Misalnya: %zg network add lab --chain-id 31337 --rpc http://127.0.0.1:8545 "
    "--ledger 0x... --inference 0x..."
)
NOT_A_CHAIN = "--chain-id harus berupa bilangan bulat, bukan {value!r}."
