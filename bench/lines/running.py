"""One run: a meeting on a line, looked at from both sides."""

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from .cases import Case
from .columns.meeting import Column
from .figures import Figures, Run
from .samples import Row, Samples
from .speech import ROUNDS, Recogniser

ENTERING = 40.0
"""Seconds in which a viewer's connection has to have begun."""
WARMING = 4.0
"""Seconds for which the publisher sends before anybody comes."""


@dataclass
class Result:
    column: str
    case: str
    figures: Figures
    began: float
    viewer: list[Row]
    publisher: list[Row]
    line: list[dict[str, Any]]
    """Half seconds, `t` from the beginning."""

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "figures": self.figures.as_json()}


def result_of(told: dict[str, Any]) -> Result:
    """What `as_json` told. Raises TypeError for what another version wrote."""
    return Result(**{**told, "figures": Figures(**told["figures"])})


async def run(
    column: Column, case: Case, seed: int, speech_seconds: float, recogniser: Recogniser | None
) -> Result:
    async with column.meeting(case, seed) as meeting:
        await asyncio.sleep(WARMING)
        entered = time.time()
        await asyncio.wait_for(meeting.enter(), ENTERING)
        line = meeting.line[0]
        clock = time.time() - line.now
        # What the line was before is not the case's.
        mark = max(at["t"] for at in line.statistics()["marks"] if case.preset.name in at["what"])
        began = clock + mark
        heard = None
        await until(began + case.settle)
        if case.speech and recogniser is not None:
            await meeting.viewer.evaluate("sampling.listen()")
            await asyncio.sleep(ROUNDS * speech_seconds)
            heard = recogniser.recognise(base64.b64decode(await _take(meeting.viewer)))
        await until(began + case.seconds)
        summary = line.summary(mark + case.settle, mark + case.seconds)
        statistics = line.statistics()
        viewer, publisher = await _rows(meeting.viewer), await _rows(meeting.publisher)
    series = [{**row, "t": row["t"] - mark} for row in statistics["series"][case.direction]]
    done = Run(case, Samples(viewer), entered, began, summary[case.direction], series)
    return Result(column.name, case.name, done.figures(heard), began, viewer, publisher, series)


async def until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))


async def _rows(page: Page) -> list[Row]:
    rows: list[Row] = await page.evaluate("sampling.rows")
    return rows


async def _take(page: Page) -> str:
    taken: str = await page.evaluate("sampling.take()")
    return taken
