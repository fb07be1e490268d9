"""Every refusal of the contracts is one sentence for people."""

from __future__ import annotations

import json
import re

import pytest
from eth_abi import encode

from zg_jupyter.chain import abi, reverts
from zg_jupyter.devnet.deploy import artifact
from zg_jupyter.units import NEURON_PER_0G

OG = NEURON_PER_0G
_SAMPLES = {"uint256": 3 * OG, "address": "0x" + "ab" * 20, "string": "x"}


def errors_of(contract):
    """Signatures of the custom errors in a contract's interface."""
    entries = artifact(contract)["abi"]
    entries = json.loads(entries) if isinstance(entries, str) else entries
    return {
        f"{e['name']}({','.join(i['type'] for i in e['inputs'])})"
        for e in entries
        if e["type"] == "error"
    }


@pytest.mark.parametrize(
    "signature", sorted(errors_of("LedgerManager") | errors_of("InferenceServing"))
)
def test_every_custom_error_has_a_sentence(signature):
    types = abi.split_types(signature.partition("(")[2][:-1])
    data = abi.selector(signature) + encode(types, [_SAMPLES[t] for t in types])
    refused = abi.reverted(data)
    assert refused.name == signature.partition("(")[0]
    assert refused.what.endswith(f"({refused.name}).")
    assert refused.what[0].isupper() or refused.what[0].isdigit()
    if refused.name not in _COUNTS:
        assert not re.search(r"\d{15}", str(refused)), "amounts are shown in 0G"


_COUNTS = {name for name in reverts.SENTENCES if name.startswith(("TooMany", "Limit", "Batch"))}


def test_amounts_are_in_0g_and_the_way_out_is_named():
    short = abi.reverted(
        abi.selector("InsufficientAvailableBalance(uint256,uint256)")
        + encode(["uint256", "uint256"], [OG // 2, 2 * OG])
    )
    assert "has 0.5 0G available, but 2 0G is needed" in short.what
    assert short.next_step == "Run: %zg deposit AMOUNT"


def test_strings_and_the_unknown_stay_readable():
    owner = "Ownable: caller is not the owner"
    data = abi.selector("Error(string)") + encode(["string"], [owner])
    assert abi.reverted(data).what.startswith("Only the network's owner may do this")
    assert abi.reverted(b"\x01\x02\x03\x04").what == (
        "The contract refused: unknown error 0x01020304."
    )
    assert "no reason given" in abi.reverted(b"").what
