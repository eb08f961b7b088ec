"""Each line is tried by each column in turn."""

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from typing import Any

from tests.e2e.browsers import Browsers
from tests.e2e.running import Running

from .cases import CASES, Case
from .columns.direct import Direct
from .columns.gateway import ADDRESS, Gateway, missing
from .columns.janus import Janus
from .columns.meeting import Column
from .columns.ours import Ours
from .columns.videoroom import videoroom
from .figures import Figures
from .network import enter
from .running import Result, run
from .scene import Scene
from .speech import Recogniser
from .table import HEAD, aligned, cells

COLUMNS = ("zvonok", "janus", "direct")
SEED = 1


def available(wanted: list[str]) -> list[str]:
    """Those columns that can be tried here; of the others it is said why not."""
    try:
        enter(ADDRESS)
        why = missing()
    except PermissionError as error:
        why = f"Janus needs an address of its own: {error}"
    if why is not None and "janus" in wanted:
        print(f"{why}; the column of Janus is left out.", flush=True)
        return [name for name in wanted if name != "janus"]
    return wanted


async def columns(wanted: Sequence[str], stack: AsyncExitStack, scene: Scene) -> list[Column]:
    browsers = await stack.enter_async_context(Browsers())
    found: list[Column] = []
    if "zvonok" in wanted:
        found.append(Ours(browsers, scene, stack.enter_context(Running())))
    if "janus" in wanted:
        port = stack.enter_context(Gateway()).port
        rooms = await stack.enter_async_context(videoroom(port))
        found.append(Janus(browsers, scene, rooms))
    if "direct" in wanted:
        found.append(Direct(browsers, scene))
    return found


async def measure(
    names: Sequence[str], wanted: Sequence[str], runs: int, recogniser: Recogniser | None
) -> list[Result]:
    """Prints each result as it comes."""
    results: list[Result] = []
    if not names:
        return results
    print("\n".join(aligned([HEAD])), flush=True)
    with tempfile.TemporaryDirectory(prefix="zv-lines-") as folder:
        scene = Scene(Path(folder))
        async with AsyncExitStack() as stack:
            tried = await columns(wanted, stack, scene)
            for number, name in enumerate(list(names) * runs):
                # Each is the first in its turn: what warms up or is tired meets all alike.
                turn = number % len(tried)
                for column in tried[turn:] + tried[:turn]:
                    results += await attempt(column, CASES[name], number, scene, recogniser)
    return results


async def attempt(
    column: Column, case: Case, number: int, scene: Scene, recogniser: Recogniser | None
) -> list[Result]:
    """One result, or none when the meeting did not come about: that is said, and counts."""
    try:
        result = await run(column, case, SEED + number, scene.speech_seconds, recogniser)
    except Exception as error:
        print(f"{case.name}, {column.name}: {type(error).__name__}: {error}", flush=True)
        return []
    print("  ".join(cells(case.name, column.name, result.figures)), flush=True)
    return [result]


def medians(results: Sequence[Result], column: str) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for case in CASES:
        runs = [it.figures.as_json() for it in results if (it.column, it.case) == (column, case)]
        if runs:
            found[case] = Figures(
                **{name: _median([run[name] for run in runs]) for name in runs[0]}
            )
    return found


def _median(values: list[Any]) -> Any:
    """What never happened in most runs, did not happen."""
    known = [value for value in values if value is not None]
    return median(known) if len(known) * 2 > len(values) else None
