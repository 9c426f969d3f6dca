"""`python bench [--keep] [rpc relay search debits rush journey]`: measure, and print JSON.

`make bench` runs all of it on servers of its own; `make bench ARGS=--keep` also writes the run into README.md here.
The measured processes are all started from here; nothing else should be busy on the machine meanwhile.
"""

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from processes import database_version

from chassis.testing.broker import api

HERE = Path(__file__).parent
NAMES = ("rpc", "relay", "search", "debits", "rush", "journey")


def main() -> None:
    """Measure what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--keep", action="store_true", help="write the run into bench/README.md")
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="|".join(NAMES), help="default: all")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": machine()}
    for name in arguments.names or NAMES:
        print(f"== {name}", file=sys.stderr, flush=True)
        report[name] = import_module(name).measure()
    print(json.dumps(report, indent=2))
    if arguments.keep:
        keep(report)


def machine() -> dict[str, Any]:
    """What the numbers depend on, before the run adds to it."""
    memory = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1]) / 1024**2
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory),
        "python": platform.python_version(),
        "rabbitmq": api("GET", "overview")["rabbitmq_version"],
        "postgresql": database_version(),
        "load_average_before": [round(each, 2) for each in os.getloadavg()],
    }


def keep(report: dict[str, Any]) -> None:
    """Append the run, dated, to the raw runs in README.md."""
    with (HERE / "README.md").open("a", encoding="utf-8") as readme:
        readme.write(f"\n### {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n")
        readme.write(f"```json\n{json.dumps(report, indent=2)}\n```\n")


if __name__ == "__main__":
    main()
