"""python -m stack COMMAND"""

import sys

NEEDED = (3, 11)
if sys.version_info[:2] < NEEDED:
    sys.exit(
        f"kruzhok: Python 3.11 or newer is needed, this is {sys.version.split()[0]}; name a newer one with PYTHON=…"
    )

from stack.cli import main  # noqa: E402 (an older Python cannot even read the rest)

sys.exit(main())
