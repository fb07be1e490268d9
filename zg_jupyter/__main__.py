"""``python -m zg_jupyter`` is ``zg-jupyter``."""

import sys

from zg_jupyter.cli import main

sys.exit(main())
