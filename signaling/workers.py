"""The media servers that are alive, and which of them gets the next call."""

from collections import deque
from collections.abc import Callable

from zvonok.wire.bus import WorkerState

from .live import Live

SETTLING_SECONDS = 30.0
"""How long a call is counted by us, until its load is seen in what its worker says of itself."""
CALL_LOAD = 0.1
"""What a call is counted for meanwhile, as a share of one core."""


class Workers:
    """Lessons that begin at the same bell are spread although all workers still say "idle"."""

    def __init__(self, live: Live, steady: Callable[[], float]) -> None:
        self._live = live
        self._steady = steady
        self._given: deque[tuple[float, str]] = deque()
        self.states: list[WorkerState] = []
        """As they were a moment ago."""

    @property
    def alive(self) -> set[str]:
        return {state.worker for state in self.states}

    async def look(self) -> None:
        """Raises RedisError or OSError."""
        self.states = await self._live.workers()

    async def choose(self) -> str | None:
        """The worker that has least to do, which is taken as given the call; None: there is none.

        Raises RedisError or OSError.
        """
        await self.look()
        # From here on nothing waits: the next choice sees this one.
        now = self._steady()
        while self._given and self._given[0][0] <= now - SETTLING_SECONDS:
            self._given.popleft()
        given = [worker for _, worker in self._given]

        def burden(state: WorkerState) -> tuple[float, int, str]:
            load = state.load + CALL_LOAD * given.count(state.worker)
            return load, state.sessions, state.worker

        chosen = min(self.states, key=burden, default=None)
        if chosen is None:
            return None
        self._given.append((now, chosen.worker))
        return chosen.worker
