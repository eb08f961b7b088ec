"""How long `zvonok up` takes to serve with what an earlier start has made, and to stop.

`python -m bench.startup [--runs 5] [--json FILE]`. The verdict is the median: at most 5 s until a
page can be had, and 2 s until every process has ended.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import median

from tests.up.installation import Installation
from zvonok.up.programs import OWN_PROCESSES

START_SECONDS, STOP_SECONDS = 5.0, 2.0


def measure(runs: int) -> dict[str, list[float]]:
    """Seconds of each start and stop."""
    found: dict[str, list[float]] = {"start": [], "stop": []}
    with Installation(OWN_PROCESSES, hurried=True) as installation:
        installation.start()
        installation.stop()
        for _ in range(runs):
            began = time.monotonic()
            installation.start()
            installation.get("/")
            found["start"].append(time.monotonic() - began)
            began = time.monotonic()
            installation.stop()
            found["stop"].append(time.monotonic() - began)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    found = measure(arguments.runs)
    for name, seconds in found.items():
        print(f"{name}: median {median(seconds):.2f} s, longest {max(seconds):.2f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(found))
    well = median(found["start"]) <= START_SECONDS and median(found["stop"]) <= STOP_SECONDS
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
