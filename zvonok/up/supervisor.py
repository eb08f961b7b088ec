"""Keeps children alive and ends them in order."""

import asyncio
import time
from collections.abc import Sequence

from zvonok.up.child import Child, Emit, StartError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
GOOD_LIFE = 30.0
"""Seconds after which a death counts as the first one again."""


def next_pause(pause: float, lived: float) -> float:
    """Seconds to wait before the next start, after `pause` and a life of `lived` seconds."""
    if lived >= GOOD_LIFE:
        return FIRST_PAUSE
    return min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)


class Supervisor:
    """Children in stages: a stage starts when the one before it serves."""

    def __init__(self, stages: Sequence[Sequence[Child]], emit: Emit) -> None:
        self._stages = stages
        self._emit = emit
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns when everything serves. Raises StartError, having stopped nothing."""
        for stage in self._stages:
            try:
                async with asyncio.TaskGroup() as group:
                    for child in stage:
                        group.create_task(child.start())
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
            self._keepers += [asyncio.ensure_future(self._keep(child)) for child in stage]

    async def stop(self) -> None:
        """Ends the last stage first."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        for stage in reversed(self._stages):
            await asyncio.gather(*(child.stop() for child in stage))

    def send(self, name: str, number: int) -> None:
        """A signal to a child, if it runs."""
        for stage in self._stages:
            for child in stage:
                if child.program.name == name:
                    child.send(number)

    async def _keep(self, child: Child) -> None:
        name = child.program.name
        pause = 0.0
        began = time.monotonic()
        while True:
            status = await child.wait()
            pause = next_pause(pause, time.monotonic() - began)
            self._emit(f"{name} ended, status {status}; it starts again in {pause:g} s")
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                await child.start()
                self._emit(f"{name} serves again")
            except StartError as error:
                self._emit(str(error))
                await child.stop()
