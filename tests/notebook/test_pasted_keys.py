"""A key in a cell does not run, and IPython remembers nothing of it; hashes are left alone."""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput
from zg_jupyter.networks import DEVNET_MNEMONIC
from zg_jupyter.notebook import pasted
from zg_jupyter.wallet import keystore

KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
TOKEN = "app-sk-" + base64.b64encode(b"x" * 60).decode()

ROUTERS = "sk-" + "a1" * 20


@pytest.mark.parametrize(
    "cell",
    [
        KEY,
        f"  '0x{KEY}'  \n",
        f"key = '{KEY}'",
        f"PRIVATE_KEY: str = '{KEY}'".replace(": str", ""),
        f'os.environ["ZG_PRIVATE_KEY"] = "0x{KEY.upper()}"',
        f"%env ZG_PRIVATE_KEY={KEY}",
        f"!export ZG_PRIVATE_KEY={KEY}",
        f"Account.from_key('{KEY}')",
        f"wallet = Wallet('{KEY}')",
        f"connect(private_key=bytes.fromhex('{KEY}'))",
        f"phrase = '{PHRASE}'",
        PHRASE,
        f'words = """\n{PHRASE}\n"""',
        f"client = ComputeClient('{TOKEN}')",
        f"client = ComputeClient('{ROUTERS}')",
        f"made = zg_jupyter.connect('testnet', api_key='{ROUTERS}')",
        f"%env ZG_API_KEY={ROUTERS}",
        f"key = 'sk-zg-17-{'b' * 30}'",
        f"mk-zg-{'c' * 30}",
        f"%zg wallet import main {KEY}",
        f"%%zg_infer\nWhat is {KEY}?",
    ],
)
def test_a_secret_is_found_and_nothing_of_it_is_left(cell):
    found = pasted.secrets_in(cell)
    assert found
    assert not any(secret in pasted.redacted(cell) for secret in found)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "x = 1",
        f"assert digest == '{KEY}'",
        f"tx = '0x{KEY}'",
        f"block_hash, sha256 = '{KEY}', '{KEY}'",
        "key = 'short'",
        "key = '" + "ab" * 40 + "'",
        f"mnemonic = '{DEVNET_MNEMONIC}'",
        "text = 'the quick brown fox jumps over the lazy dog and then sleeps until noon'",
        'OPENAI_API_KEY = "sk-' + "a" * 48 + '"',
    ],
)
def test_what_is_no_secret_is_left_alone(cell):
    assert pasted.secrets_in(cell) == []
    lines = cell.splitlines(keepends=True)
    assert pasted.transform(lines) == lines


def test_a_hash_that_opens_ones_own_wallet_is_a_key(tmp_path, monkeypatch):
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    key = secrets.token_hex(32)
    assert pasted.secrets_in(f"x = '{key}'") == []
    keystore.import_key("main", key, "correct horse", iterations=2)
    assert pasted.secrets_in(f"x = '{key}'") == [key]


@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text):
    pasted.transform(text.splitlines(keepends=True))


@pytest.mark.parametrize("secret", [KEY, PHRASE, TOKEN])
def test_a_stopped_cell_does_not_run_and_is_not_remembered(shell, capsys, secret):
    ran = shell.run_cell(f"wallet_key = '{secret}'\nprint('ran')", store_history=True)
    error = ran.error_in_exec or ran.error_before_exec
    assert isinstance(error, BadInput)
    assert "Delete it from this notebook" in str(error)
    shown = capsys.readouterr()
    assert "ran" not in shown.out.splitlines()
    kept = [*shell.history_manager.input_hist_raw, *shell.history_manager.input_hist_parsed]
    kept += [
        str(shell.user_ns[name]) for name in ("In", "_i", "_ii", "_i1") if name in shell.user_ns
    ]
    assert "wallet_key" not in shell.user_ns
    assert not any(secret in text for text in [*kept, shown.out, shown.err])


def test_a_refused_magic_is_not_remembered_either(shell):
    shell.run_cell(f"%zg wallet import main {KEY}", store_history=True)
    assert not any(KEY in text for text in shell.history_manager.input_hist_raw)
    assert not any(KEY in text for text in shell.history_manager.input_hist_parsed)


def test_unloading_leaves_the_shell_as_it_was(shell):
    assert getattr(shell.history_manager.store_inputs, "forgets_secrets", False)
    shell.extension_manager.unload_extension("zg_jupyter")
    assert not hasattr(shell.history_manager.store_inputs, "forgets_secrets")
    assert pasted.transform not in shell.input_transformers_cleanup
    shell.extension_manager.load_extension("zg_jupyter")
