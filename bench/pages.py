"""How soon pictures come when a page is turned: `python -m bench.pages [--turns 12] [--json FILE]`.

A running installation, twelve people who are seen, and a real browser that shows nine of them to a
page. It is turned to and fro; told is how long each turn takes until everybody who is new on the
page is seen. The verdict is that nine turns of ten take at most a second (LIMIT_SECONDS).
"""

import argparse
import asyncio
import itertools
import json
import sys
import time
from pathlib import Path

from bench.browsing import browsing
from tests.e2e.lesson import Lesson
from tests.e2e.looks import hues
from tests.e2e.person import Person
from tests.e2e.publishing import class_of, publishing
from tests.e2e.waiting import until
from tests.patience import PATIENCE

LIMIT_SECONDS = 1.0
WITHIN = 0.9
COLOURS = hues(12)
PAGE = 9
VIEWPORT = {"width": 1000, "height": 640}
"""Of a size that has nine tiles to a page."""
LOOKED_AT = 1.2
"""Seconds: a page that is turned back at once stays covered for a second."""


async def turned(viewer: Person, button: str) -> float:
    """Seconds until all who are new on the other page are seen. Fails when nobody is."""
    before = set(await viewer.shown())
    began = time.monotonic()
    await viewer.press(button)
    new = set(await viewer.shown()) - before - {viewer.name}
    assert new, "the page was not turned"
    await until(
        viewer.uncovered,
        lambda names: new <= set(names),
        seconds=PATIENCE,
        what=f"pictures of {sorted(new)}",
    )
    return time.monotonic() - began


async def measure(turns: int) -> list[float]:
    found = []
    async with browsing() as (running, crowd):
        lesson = Lesson(running, "Pages")
        async with publishing(lesson, class_of(COLOURS)):
            viewer = await crowd.person("Учитель", viewport=VIEWPORT)
            await viewer.join(lesson.host_address, host=True, camera=False, microphone=False)
            await until(
                viewer.uncovered,
                lambda names: len(names) == PAGE,
                seconds=PATIENCE,
                what="the first page",
            )
            buttons = itertools.cycle(("page-next", "page-previous"))
            for button in itertools.islice(buttons, turns):
                found.append(await turned(viewer, button))
                print(f"{button}: {found[-1] * 1000:.0f} ms", flush=True)
                await asyncio.sleep(LOOKED_AT)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = asyncio.run(measure(arguments.turns))
    if arguments.json:
        arguments.json.write_text(json.dumps({"turns_s": found}))
    within = sum(seconds <= LIMIT_SECONDS for seconds in found)
    print(f"{within} of {len(found)} turns within {LIMIT_SECONDS:g} s")
    return 0 if within >= WITHIN * len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
