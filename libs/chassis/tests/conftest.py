"""The chassis is tested with the shoe shop in `shop/`; unit tests share `unit/signing_keys.py`."""

import sys
from pathlib import Path

for directory in ("shop/src", "market/src", "unit"):
    sys.path.insert(0, str(Path(__file__).parent / directory))
