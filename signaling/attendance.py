"""Who was in which lesson from when to when, written to SQL a little later."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from .call.effects import Arrived
from .store import Store, Visit

FLUSH_SECONDS = 1.0
log = structlog.get_logger()


class Attendance:
    """Collects visits; what a crash takes is put in again by the takeover of the call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrived: dict[str, Visit] = {}
        self._departed: dict[str, float] = {}
        self.failing = False

    def arrived(self, lesson: str, effect: Arrived, now: float) -> None:
        self._arrived[effect.session] = Visit(
            effect.session, lesson, effect.number, effect.name, effect.role, now
        )

    def departed(self, session: str, now: float) -> None:
        self._departed[session] = now

    async def run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Writes what has come together; keeps it for later when the database is away."""
        arrived, self._arrived = self._arrived, {}
        departed, self._departed = self._departed, {}
        try:
            if arrived:
                await self._store.arrived(list(arrived.values()))
            if departed:
                await self._store.departed(departed)
        except (SQLAlchemyError, OSError) as error:
            log.warning("attendance delayed", error=str(error))
            self._arrived = arrived | self._arrived
            self._departed = departed | self._departed
            self.failing = True
        else:
            self.failing = False
