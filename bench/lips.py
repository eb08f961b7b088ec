"""How far lips and voice are apart: `python -m bench.lips [--rounds 4] [--json FILE]`.

A running installation, people who flash white and beep at the same moment, and a real browser that
looks and listens. Cases: clocks that differ by two seconds, and a line that holds up the sound for
up to 0.3 s now and then. In rounds of some flashes each it is measured how much later than its beep
a flash was seen. Sender reports are needed and jitter buffers settle, so the first rounds do not
count. The verdict is that the median of each case's last round is within 100 ms, where people
begin to notice.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.browsing import browsing
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import RED
from tests.e2e.person import Person
from tests.e2e.publishing import publishing
from tests.e2e.running import Running

LIMIT_MS = 100.0
NAME = "Точный"
PERIOD = 1.2
FLASHES = 8
"""In a round; some of them may lie on its edge."""
ENOUGH = 4


@dataclass(frozen=True)
class Case:
    """`skew`, `jitter`: see Publisher and Line, seconds."""

    what: str
    skew: float = 0.0
    jitter: float = 0.0


CASES = (
    Case("good clock, quiet line"),
    Case("clock two seconds ahead", skew=2.0),
    Case("sound held up", jitter=0.3),
)


@asynccontextmanager
async def seen(running: Running, crowd: Crowd, case: Case) -> AsyncIterator[Person]:
    """Somebody who sees the one that flashes."""
    lesson = Lesson(running, "Lips")
    sight = {"colour": RED, "tone": 800.0, "rate": 25, "flash": True, "period": PERIOD}
    async with (
        Line(running, sound_jitter=case.jitter) as line,
        publishing(lesson, [{"name": NAME, "skew": case.skew, **sight}]),
    ):
        viewer = await crowd.person("Аня", script=line.script)
        await viewer.join(line.address(lesson.address), camera=False, microphone=False)
        await viewer.expect_colour(NAME, RED)
        yield viewer
        await viewer.page.close()


async def measure(rounds: int) -> list[dict[str, Any]]:
    found = []
    async with browsing() as (running, crowd):
        for case in CASES:
            async with seen(running, crowd, case) as viewer:
                lags = [await viewer.lag(NAME, FLASHES * PERIOD) for _ in range(rounds)]
            medians = [median(each) if len(each) >= ENOUGH else None for each in lags]
            told = ", ".join("?" if one is None else f"{one:+.0f}" for one in medians)
            print(f"{case.what}: {told} ms", flush=True)
            found.append({"case": case.what, "rounds_ms": medians})
    return found


def good(found: dict[str, Any]) -> bool:
    last = found["rounds_ms"][-1]
    return last is not None and abs(last) <= LIMIT_MS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = asyncio.run(measure(arguments.rounds))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, ensure_ascii=False))
    within = sum(good(case) for case in found)
    print(f"{within} of {len(found)} within {LIMIT_MS:g} ms in the last round")
    return 0 if within == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
