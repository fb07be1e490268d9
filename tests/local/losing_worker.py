"""The torch process, with a device that is lost in the middle of the first answer.

A stand-in: no graphics card was ever lost here. The error is of torch's own class for that, with
CUDA's words, raised where a real one comes up; everything around it is the real process.
``ZG_TEST_LOST`` names a file that is there once it happened.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def lose() -> None:
    import torch

    from zg_jupyter.local.llama_torch import Llama

    step, happened = Llama.step, Path(os.environ["ZG_TEST_LOST"])

    def losing(self, memories, tokens):
        if len(memories[0].tokens) > 24 and not happened.exists():
            happened.touch()
            kind = getattr(torch, "AcceleratorError", RuntimeError)
            raise kind("CUDA error: unspecified launch failure\nCUDA kernel errors might be ...")
        return step(self, memories, tokens)

    Llama.step = losing


if __name__ == "__main__":
    sys.path[:0] = [os.environ["ZG_TEST_ROOT"], *os.environ["ZG_TEST_PATH"].split(os.pathsep)]
    from zg_jupyter.local import torch_worker

    lose()
    torch_worker.main()
