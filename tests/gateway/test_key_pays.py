"""A gateway that pays from one key of the hosted router, of which tests have a stand-in."""

from __future__ import annotations

from tests.gateway.conftest import classroom
from tests.standins.router.fixtures import router  # noqa: F401
from zg_jupyter.settings import Settings
from zg_jupyter.units import parse_amount

MODEL = "qwen2.5-omni"


def test_students_of_one_key_pay_what_the_router_says(router, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("ZG_HOME", str(tmp_path))
    router.tokens = (21, 9)
    connecting = {"api_key": router.new_key(), "router_url": router.base_url}
    connecting |= {"settings": Settings()}
    with classroom(network="testnet", connecting=connecting) as room:
        made = room.new_key("Gita", credit_limit="0.5")
        before = router.account.deposit
        traces = [
            room.ask(made["key"], model=MODEL, stream=False).json()["x_0g_trace"],
            room.ask(room.new_key()["key"], model=MODEL).json()["x_0g_trace"],
        ]
        costs = [int(trace["billing"]["total_cost"]) for trace in traces]
        assert sum(costs) == before - router.account.deposit > 0
        assert parse_amount(room.item(made["key_id"])["used"]) == costs[0]
        assert parse_amount(room.teacher("GET", "/class").json()["used"]) == sum(costs)
