"""Who may import whom: the table of CONTRIBUTING.md, held against the imports in the sources.

Every import counts, also one inside a function or for type checking only: who knows a name
depends on it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import zg_jupyter

PACKAGE = Path(zg_jupyter.__file__).parent
NAME = "zg_jupyter"

#: Room (first part of a module's name in the package) -> layer.
LAYERS: dict[str, int | str] = {
    **dict.fromkeys(("_version", "errors", "units", "networks", "settings", "host", "consent"), 0),
    **dict.fromkeys(
        (
            "records",
            "background",
            "sockets",
            "wire_json",
            "alive",
            "choices",
            "listing",
            "store_url",
            "quiet",
            "ports",
            "verdict",
            "vitals",
            "defaults",
            "image_kinds",
            "sounds",
            "uploads",
            "chat_request",
            "server_url",
            "endpoint_book",
            "endpoint_typed",
            "evidence",
        ),
        0,
    ),
    **dict.fromkeys(("prices", "usage", "usd", "without_bls", "keys_in_text"), 0),
    **dict.fromkeys(("chain", "wallet", "transport", "trust", "spend", "local"), 1),
    **dict.fromkeys(("catalog", "pricing", "prompt", "structured"), 1),
    **dict.fromkeys(("plan", "dispatch", "funding", "fallback", "private"), 2),
    **dict.fromkeys(("aio", "client", "money", "wallets", "apikeys", "keyonly", "compute"), 3),
    **dict.fromkeys(("doctor", "overview", "exchange", "checks", "market", "batch", "frames"), 3),
    **dict.fromkeys(
        ("offline", "nearest", "routed", "router_seals", "through_router", "no_chain"), 3
    ),
    **dict.fromkeys(("jobs", "recorded"), 3),
    **dict.fromkeys(("compare", "reconcile", "threads", "workshop", "cluster", "cluster_work"), 3),
    **dict.fromkeys(
        (
            "shaped",
            "imaging",
            "transcribing",
            "media_calls",
            "taken_up",
            "asked",
            "sync",
            "rooms",
            "endpoints",
            "routed",
            "router_key",
        ),
        3,
    ),
    **dict.fromkeys(("attesting", "machine", "spending"), 3),
    **dict.fromkeys(("proofs", "notebooks", "registered", "replays"), 3),
    **dict.fromkeys(("notebook", "panel", "cli", "demo", "__main__"), 4),
    **dict.fromkeys(("gateway",), 5),
    **dict.fromkeys(("provider", "devnet"), "side"),
}
ALLOWED: dict[int | str, set[int | str]] = {
    0: {0},
    1: {0},
    2: {0, 1},
    3: {0, 1, 2, 3},
    4: {0, 3},
    5: {0, 1, 2, 3, "side"},
    "side": {0, 1},
}
#: What the table allows beyond that, as (importing room, imported module).
BESIDES = {
    ("transport", "chain.tokens"),
    ("transport", "trust"),
    ("transport", "local"),  # the route to the model of this machine
    ("catalog", "chain"),
    ("prompt", "pricing"),
    ("local", "pricing"),  # what an upstream server counts is held against its bounds
    ("client", "devnet"),  # connect("devnet") starts it
    ("cli", "devnet"),
    ("cli", "provider"),
    ("cli", "gateway"),
    ("cli", "demo"),
    ("cli", "notebook.receipt_commands"),  # the same table as in a notebook
    ("demo", "devnet"),
    ("__main__", "cli"),
    ("notebook", "panel"),  # %zg panel
    ("panel", "notebook.shared"),  # both are faces of one session
    ("panel", "notebook.inert"),
    ("panel", "notebook.language"),  # one catalogue for what the rooms below say
}
HEAVY = {
    *("eth_abi", "eth_account", "eth_tester", "eth_utils", "httpx", "ipywidgets", "numpy"),
    *("cryptography", "pyhpke", "rfc8785"),
    *(
        "pandas",
        "starlette",
        "torch",
        "prometheus_client",
        "transformers",
        "uvicorn",
        "web3",
        "xllamacpp",
    ),
}

FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if not {"node_modules", "contracts"} & set(path.parts)
)


def module_of(path: Path) -> str:
    """Dotted name inside the package; ``""`` for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imports_in(nodes: list[ast.AST], module: str) -> Iterator[str]:
    """Absolute names that some import statements ask for, names of objects included."""
    is_package = MODULES[module].name == "__init__.py"
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = [NAME, *filter(None, module.split("."))]
                up = node.level - is_package
                base = ".".join([*here[: len(here) - up], *filter(None, [base])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def own(names: Iterator[str]) -> Iterator[str]:
    """The modules of this package among some names, as dotted names inside it."""
    for name in names:
        head, _, rest = name.partition(".")
        if head == NAME and rest:
            if rest not in MODULES:
                rest = rest.rpartition(".")[0]
            if rest:
                yield rest


def everything(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def at_import(path: Path) -> list[ast.AST]:
    """Statements that run when the module is imported: no functions, no TYPE_CHECKING."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
    return found


def may(module: str, imported: str) -> bool:
    room, other = module.partition(".")[0], imported.partition(".")[0]
    if room == other or LAYERS[other] in ALLOWED[LAYERS[room]]:
        return True
    return (room, other) in BESIDES or (room, imported) in BESIDES


@pytest.mark.parametrize("module", [m for m in MODULES if m], ids=str)
def test_a_module_imports_only_what_its_layer_may(module):
    wrong = {i for i in own(imports_in(everything(MODULES[module]), module)) if not may(module, i)}
    assert not wrong, f"{module} may not import {', '.join(sorted(wrong))}"


def test_every_room_has_a_layer():
    rooms = {module.partition(".")[0] for module in MODULES if module}
    assert rooms <= set(LAYERS), "give the new room a layer here and in CONTRIBUTING.md"


def test_the_table_in_contributing_is_this_one():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d|side) \| ([\w ]+) \|", text, re.MULTILINE)
    written = {room: layer for layer, rooms in rows for room in rooms.split()}
    existing = {module.partition(".")[0] for module in MODULES if module} - {"_version", "__main__"}
    assert written == {room: str(LAYERS[room]) for room in existing}


def test_the_first_layer_needs_the_standard_library_and_two_small_pure_packages():
    others: set[str] = set()
    for module, path in MODULES.items():
        if module and LAYERS[module.partition(".")[0]] == 0:
            names = {name.partition(".")[0] for name in imports_in(everything(path), module)}
            others |= names - set(sys.stdlib_module_names) - {NAME}
    assert others <= {"filelock", "platformdirs"}


def test_the_front_end_talks_to_no_chain_and_no_socket_itself():
    forbidden = r"(httpx|web3|eth_account|socket|urllib\.request|http|requests|sqlite3)(\.|$)"
    for module, path in MODULES.items():
        if module.partition(".")[0] in ("notebook", "panel"):
            names = imports_in(everything(path), module)
            assert not [name for name in names if re.match(forbidden, name)], module


def test_nothing_heavy_is_imported_by_what_load_ext_pulls_in():
    reached, waiting = set(), ["", "notebook"]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        names = list(imports_in(at_import(MODULES[module]), module))
        heavy = {name.partition(".")[0] for name in names} & HEAVY
        assert not heavy, f"{module or NAME} imports {', '.join(heavy)} when it is imported"
        for name in own(iter(names)):
            parents = name.split(".")
            waiting += [".".join(parents[:n]) for n in range(1, len(parents) + 1)]
    assert "notebook.magics" in reached
