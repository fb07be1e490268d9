"""A student's first answer in a real kernel, with nothing but the base install."""

from __future__ import annotations

import sys
from contextlib import closing

import pytest

from tests.bench import fresh
from tests.gateway.conftest import MODEL, classroom, network_home  # noqa: F401
from zg_jupyter.gateway.keys import Rules
from zg_jupyter.workshop import codes

#: What only extras bring. A checkout's environment has them; a student's has not.
_EXTRAS = (
    *("starlette", "uvicorn", "prometheus_client", "torch", "tokenizers", "transformers"),
    *("xllamacpp", "llguidance", "huggingface_hub", "eth_tester", "eth", "web3", "pyhpke"),
    *("rfc8785", "sqlalchemy", "psycopg", "distributed", "dask", "dcap_qvl", "keyring"),
    *("jupyterlab", "nbclient", "openai"),
)
_WITHOUT = f"""
import sys

class _Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {_EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, _Without())
"""


@pytest.fixture
def kernel(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(_WITHOUT, encoding="utf-8")
    path = f"{tmp_path}:{fresh.ROOT}" if sys.platform != "win32" else f"{tmp_path};{fresh.ROOT}"
    with closing(fresh.Kernel(sys.executable, tmp_path, PYTHONPATH=path)) as made:
        yield made


@pytest.fixture
def link(network_home):  # noqa: F811
    """What the card of a student says."""
    with classroom(rules=Rules(model=MODEL)) as room:
        made = room.new_key("Amina", credit_limit="0.01")
        yield codes.link(room.url, made["join_code"])


def test_three_cells_are_enough_and_need_no_extra(kernel, link):
    with pytest.raises(RuntimeError, match="starlette"):
        kernel.run("import starlette")
    kernel.run("%load_ext zg_jupyter")
    _, joined = kernel.run(f"%zg join {link}")
    assert "Amina" in joined
    _, said = kernel.run("%%zg_infer\none two three")
    assert "wörd0 wörd1 wörd2" in said
    assert "router" in said
