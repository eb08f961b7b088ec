"""How soon everybody sees and hears again after the server, or a line, was away.

`python -m bench.outages [--runs 20] [--json FILE] [WHAT:SECONDS[:dies] …]`: a running
installation, two people with real browsers, one of them behind a line that can be cut. Each run
takes a process, several or the line, lets it hang or die for 0.5 to 60 s, and measures from its
return until both see and hear each other and go on to. The verdict is that each run took at most
5 s, and that nobody was told that his connection is weak. Named outages (`sfu+signaling:12:dies`)
are tried instead of the usual ones.
"""

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.browsing import browsing
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, GREEN, Look
from tests.e2e.outage import LINE, PROCESSES, Outage, Watch, endure

WITHIN = 5.0
PATIENCE = 40.0
REST = 2.0
"""Seconds between two outages."""
WARNINGS = 12.0
"""By then a warning would have come that the interruption caused."""
SECONDS = (0.5, 1, 2, 4, 6, 8, 12, 20, 35, 60)
WHAT = (("sfu",), ("signaling",), ("sfu", "signaling"), ("nginx",), ("redis",), PROCESSES, (LINE,))


# In how many looks the page warned of a weak connection.
COUNT_WARNINGS = """;window.warned = 0; setInterval(() => {
    if (document.querySelector('[data-testid="banner-weak_connection"]')) window.warned += 1;
}, 250)"""


def outage(text: str) -> Outage:
    """`WHAT:SECONDS` or `WHAT:SECONDS:dies`. Raises ValueError."""
    what, seconds, *how = text.split(":")
    return Outage(tuple(what.split("+")), float(seconds), killed=how == ["dies"])


def outages(runs: int) -> Iterator[Outage]:
    """The same ones each time; everything that can stop takes its turn."""
    dice = random.Random(5)
    for number in range(runs):
        what = WHAT[number % len(WHAT)]
        killed = LINE not in what and dice.random() < 0.5
        yield Outage(what, dice.choice(SECONDS), killed)


async def measure(wanted: list[Outage]) -> tuple[list[dict[str, Any]], int]:
    """What was found, and how often a page warned of a weak connection."""
    found: list[dict[str, Any]] = []
    async with browsing() as (running, crowd):
        lesson = Lesson(running, "Outages")
        async with Line(running) as line:
            boris = await crowd.person(
                "Борис", Look(BLUE, 700.0), script=line.script + COUNT_WARNINGS
            )
            anya = await crowd.person("Аня", Look(GREEN, 900.0), script=COUNT_WARNINGS)
            await boris.join(line.address(lesson.address))
            await anya.join(lesson.address)
            await anya.expect_colour("Борис", BLUE)
            await boris.expect_colour("Аня", GREEN)
            watches = [Watch(boris, "Аня"), Watch(anya, "Борис")]
            for each in wanted:
                seconds = await endure(each, running, line, watches, PATIENCE)
                found.append({"outage": str(each), "seconds": seconds})
                told = "never" if seconds is None else f"{seconds:.1f} s"
                print(f"{each}: {told}", flush=True)
                await asyncio.sleep(REST)
            await asyncio.sleep(WARNINGS)
            warned = sum([await who.page.evaluate("warned") for who in (boris, anya)])
    return found, warned


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("outages", nargs="*", type=outage)
    arguments = parser.parse_args()
    wanted = arguments.outages or list(outages(arguments.runs))
    found, warned = asyncio.run(measure(wanted))
    good = sum(run["seconds"] is not None and run["seconds"] <= WITHIN for run in found)
    print(f"{good} of {len(found)} within {WITHIN:g} s; warnings of a weak line seen: {warned}")
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"within": good, "warned": warned, "runs": found}, ensure_ascii=False)
        )
    return 0 if good == len(found) and warned == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
