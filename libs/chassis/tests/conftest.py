"""The chassis is tested with the shoe shop in `shop/`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "shop" / "src"))
