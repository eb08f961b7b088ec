"""Reads what the SFU says of the sessions of one call."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from zvonok.wire.bus import ActualSession, Description

from .errand import Errand
from .live import Live
from .live_call import LiveCall

AT_ONCE = 64
"""Sessions told of before others have their turn."""

log = structlog.get_logger()


class Reader:
    """What was announced is read, if need be again, until it could be read."""

    def __init__(self, call: LiveCall, live: Live, steady: Callable[[], float]) -> None:
        self._call = call
        self._live = live
        self._steady = steady
        self._sessions: set[str] | None = set()
        """What the SFU has news of; None: look at all."""
        self.errand = Errand("read sessions", self.read)

    def news(self, sessions: Iterable[str]) -> None:
        """The SFU has said something of these sessions."""
        if self._sessions is not None:
            self._sessions.update(sessions)
        self.errand.ask()

    def missed(self) -> None:
        """Whatever was announced before was perhaps not heard."""
        self._sessions = None
        self.errand.ask()

    async def read(self) -> None:
        """Raises RedisError or OSError; what was to be read is read by the next attempt then."""
        # Taken before the reading: what is announced while we wait is read after it.
        sessions, self._sessions = self._sessions, set()
        if not self._call.usable or sessions == set():
            return
        try:
            found = await self._live.actual(self._call.id, sessions)
            lacking = [a.session for a in found if self._call.engine.session.lacks_answer(a)]
            answers = await self._live.answers(self._call.id, lacking)
        except BaseException:
            if sessions is None or self._sessions is None:
                self._sessions = None
            else:
                self._sessions |= sessions
            raise
        for told, actual in enumerate(found, start=1):
            if told % AT_ONCE == 0:
                # Cut short here the process is at its end, and the next one reads everything.
                await asyncio.sleep(0)
            try:
                self._tell(actual, answers.get(actual.session))
            except Exception:
                # One session's fault must not cost the others their news.
                log.exception("session failed", call=self._call.id, session=actual.session)

    def _tell(self, actual: ActualSession, answer: Description | None) -> None:
        # A newer answer than the session we read: its own announcement is on its way.
        known = answer is not None and answer.offer_id == actual.offer_id
        sdp = answer.sdp if answer is not None and known else None
        self._call.run(self._call.engine.actual(actual, self._steady(), sdp))
