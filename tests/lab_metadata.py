"""The metadata that a wheel of this package has for a Jupyter server, for a checkout."""

from __future__ import annotations

import re
from pathlib import Path

from zg_jupyter import _version

ROOT = Path(__file__).parents[1]


def write(folder: Path) -> Path:
    """Write the entry points of ``pyproject.toml`` where Python finds them; gives the folder.

    Parameters
    ----------
    folder:
        Goes into PYTHONPATH; what is found there comes before what is installed.
    """
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    group = re.search(r'entry-points\."(jupyterlab\.locale)"\]\n(\w+) = "(\w+)"', pyproject)
    assert group is not None
    info = folder / f"zg_jupyter-{_version.__version__}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: zg-jupyter\nVersion: {_version.__version__}\n")
    (info / "entry_points.txt").write_text("[{}]\n{} = {}\n".format(*group.groups()))
    return folder
