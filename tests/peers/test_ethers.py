"""ethers 6, as wallets and dApps use it, against our chain."""
import pytest
pytestmark = pytest.mark.peers

def test_x(network, node, new_wallet, tmp_path):
    w = new_wallet(10)
    for s in ["ethers_plain.mjs"]:
        others=[new_wallet(7).address for _ in range(4)]
        out = node(s, {"rpc": network.state.rpc_url, "key": w.key, "providers":[p.address for p in network.state.providers],"addresses":others}, cwd=tmp_path)
        for k,v in out.facts.items(): print(k, v)
        print(out.noise)
