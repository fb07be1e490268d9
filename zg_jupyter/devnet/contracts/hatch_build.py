"""Build hook: the contracts are compiled before a wheel or source archive is packed.

``python zg_jupyter/devnet/contracts/hatch_build.py [--force]`` does the same by hand.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# The hook is loaded by its path, outside any package: so is its neighbour.
_BUILD = runpy.run_path(str(Path(__file__).with_name("build.py")), run_name="zg_contract_build")


class ContractsBuildHook(BuildHookInterface[Any]):
    """Compiles the contracts unless the artifacts fit the sources."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Run before anything is packed; stops the build with one sentence if it fails.

        Parameters
        ----------
        version
            Kind of build (``standard`` or ``editable``).
        build_data
            What hatchling is about to pack; nothing is added to it.
        """
        try:
            _BUILD["ensure_artifacts"]()
        except _BUILD["BuildError"] as error:
            self.app.abort(str(error))


if __name__ == "__main__":
    raise SystemExit(_BUILD["main"]())
