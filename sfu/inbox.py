"""The kernel's events on their way to the engine."""

import asyncio
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from .engine import Engine
from .kernel import core
from .session import Session
from .turns import Turns

BREATH = 0.005
"""Seconds of handshakes after which others have their turn at the loop."""
LIMIT = 1024
"""Datagrams of one call that may wait; what is above it is dropped, and its sender repeats it."""

log = structlog.get_logger()


class Inbox:
    """Hands on at once what is cheap; handshakes go by turns of the calls, for a while at a time.

    `settle` is called after each batch.
    """

    def __init__(self, kernel: core.Kernel, engine: Engine, settle: Callable[[], None]) -> None:
        self._kernel = kernel
        self._engine = engine
        self._settle = settle
        self._loop = asyncio.get_running_loop()
        self._datagrams: Turns[str, tuple[core.Event, Session]] = Turns(LIMIT)
        self._later: asyncio.Handle | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Events are handed on while the block runs."""
        self._loop.add_reader(self._kernel.fileno(), self._readable)
        try:
            yield
        finally:
            self._loop.remove_reader(self._kernel.fileno())
            if self._later is not None:
                self._later.cancel()

    def _readable(self) -> None:
        for event in self._kernel.events():
            if event[0] == core.EVENT_DTLS:
                session = self._engine.session_of(event[1])
                if session is not None:
                    self._datagrams.add(session.call, (event, session))
            else:
                self._hand_on(event)
        if self._later is None:
            self._shake()
        else:
            self._settle()

    def _shake(self) -> None:
        self._later = None
        began = self._loop.time()
        while self._datagrams:
            _, (event, session) = self._datagrams.take()
            # Its handle may have got another owner while it waited.
            if self._engine.session_of(event[1]) is session:
                self._hand_on(event)
            if self._loop.time() - began >= BREATH:
                self._later = self._loop.call_soon(self._shake)
                break
        self._settle()

    def _hand_on(self, event: core.Event) -> None:
        try:
            dispatch(self._engine, event, self._loop.time())
        except Exception:
            # What one peer sent must not cost the others their events.
            log.exception("event failed", kind=event[0], subject=event[1])


def dispatch(engine: Engine, event: "core.Event", now: float) -> None:
    kind, subject, first, second, data = event
    if kind == core.EVENT_DTLS:
        engine.receive_dtls(subject, data, now, (first, second))
    elif kind == core.EVENT_MARK:
        engine.handle_mark()
    elif kind == core.EVENT_CONNECTED:
        engine.set_reachable(subject, True, now)
    elif kind == core.EVENT_LOST:
        engine.set_reachable(subject, False, now)
    elif kind == core.EVENT_HEIGHT:
        engine.set_height(subject, first, second, int.from_bytes(data, "little"), now)
    elif kind == core.EVENT_GIVEN:
        engine.set_given(subject, first, second, now)
    elif kind == core.EVENT_SPEAKERS:
        handles = [handle for (handle,) in struct.iter_unpack("<I", data)]
        engine.set_speakers(subject, handles, now)
