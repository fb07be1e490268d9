"""eth_account starts without py_ecc's tables, and whoever wants those still gets the real ones."""

from __future__ import annotations

import json
import subprocess
import sys

PREPARED = "import json, sys\nfrom zg_jupyter.without_bls import import_eth_account\n"
LOADED = "print(json.dumps(sorted(m for m in sys.modules if m.startswith('py_ecc.'))))"


def run(code):
    """The last line that a fresh process prints, as JSON."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_a_wallet_is_opened_and_an_answer_checked_without_curves_of_validators():
    loaded = run(
        "import json, sys\n"
        "from zg_jupyter.wallet.sources import devnet_account\n"
        f"devnet_account().sign_message(b'hello')\n{LOADED}"
    )
    assert not [name for name in loaded if "bls" in name]


def test_a_signature_is_the_same_with_and_without():
    code = "from zg_jupyter.wallet.sources import devnet_account\n"
    code += "import json\nprint(json.dumps(devnet_account().sign_message(b'hello').hex()))"
    assert run(code) == run(f"import eth_account\n{code}")


def test_whoever_uses_the_curves_gets_the_real_ones():
    code = (
        "import_eth_account()\n"
        "from eth_keyfile import create_keyfile_json\n"
        "made = create_keyfile_json(b'\\1' * 32, b'x', version=4, kdf='pbkdf2', iterations=2)\n"
        "import py_ecc.bls, py_ecc.bls12_381\n"
        "from py_ecc.bls import G2ProofOfPossession\n"
        "print(json.dumps([made['pubkey'], type(py_ecc.bls).__name__, "
        "type(py_ecc.bls12_381).__name__, py_ecc.bls12_381.curve_order, "
        "G2ProofOfPossession.SkToPk(5).hex()]))"
    )
    lazily = run(PREPARED + code)
    assert lazily == run(f"{PREPARED}import py_ecc.bls, py_ecc.bls12_381\n{code}")
    assert lazily[1:3] == ["module", "module"]


def test_what_is_loaded_already_stays():
    code = "import py_ecc.bls\nbefore = py_ecc.bls\nimport_eth_account()\n"
    code += "print(json.dumps(sys.modules['py_ecc.bls'] is before is py_ecc.bls))"
    assert run(PREPARED + code) is True
    code = (
        "import eth_account\nimport_eth_account()\nprint(json.dumps('py_ecc.bls' in sys.modules))"
    )
    assert run(PREPARED + code) is True
