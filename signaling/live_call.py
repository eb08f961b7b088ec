"""One call that this process runs: carries out what the state machine asks for."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from zvonok.wire import client
from zvonok.wire.bus import ActualSession
from zvonok.wire.client import ServerMessage

from . import live
from .call.call import Call
from .call.effects import (
    Acknowledge,
    Answered,
    Arrived,
    Close,
    Departed,
    Effect,
    Keep,
    Over,
    Send,
    SessionTouched,
    Spread,
)
from .live import CallState, Command


class Outlet(Protocol):
    """The sending half of a socket; neither method waits or raises."""

    def send(self, data: bytes) -> None: ...

    def close(self, status: int) -> None:
        """After what was sent before; 200: all is well."""


class Surroundings(Protocol):
    """Whoever runs the call, as the call sees it."""

    def touched(self, call: "LiveCall") -> None:
        """`take_writes` has something to write."""

    def arrived(self, call: "LiveCall", effect: Arrived) -> None: ...

    def departed(self, call: "LiveCall", effect: Departed) -> None: ...


class LiveCall:
    """The state machine with its sockets, its timer and what is not written yet."""

    def __init__(
        self,
        call: str,
        engine: Call,
        surroundings: Surroundings,
        clock: Callable[[], float],
        worker: str | None = None,
    ) -> None:
        self.id = call
        self.engine = engine
        self.worker = worker
        self.to_read: set[str] | None = None
        """Sessions the SFU has news of; None: look at all."""
        self.lost = False
        """Another process runs it now."""
        self._surroundings = surroundings
        self._clock = clock
        self._sockets: dict[int, Outlet] = {}
        self._sessions: set[str] = set()
        self._records: dict[str, Any] = {}
        self._acknowledgements: list[Send] = []
        self._answers: dict[str, asyncio.Future[ActualSession]] = {}
        self._timer: asyncio.TimerHandle | None = None
        # uvloop's timer of a moment that has passed already does not tell it.
        self._due_at = 0.0
        self._taken: tuple[dict[str, Any], set[str], list[Send]] = ({}, set(), [])

    @property
    def usable(self) -> bool:
        return not (self.engine.over or self.lost)

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    def attach(self, socket: int, outlet: Outlet) -> None:
        self._sockets[socket] = outlet

    def detach(self, socket: int, *, closed: bool = False) -> None:
        """The socket is gone, or never got a seat. `closed`: its page said that it goes away."""
        self._sockets.pop(socket, None)
        self.run(self.engine.disconnected(socket, self._clock(), closed=closed))

    def run(self, effects: Iterable[Effect]) -> None:
        """Carries out effects; must be called right after the state machine returned them."""
        for effect in effects:
            self._carry_out(effect)
        self._arm()
        if self._sessions or self._records or self._acknowledgements or self.engine.over:
            self._surroundings.touched(self)

    def answer(self, session: str) -> "asyncio.Future[ActualSession]":
        """Done when the SFU has said something of this session."""
        return self._answers.setdefault(session, asyncio.get_running_loop().create_future())

    def forget_answer(self, session: str) -> None:
        self._answers.pop(session, None)

    def touch_sessions(self, sessions: Iterable[str]) -> None:
        """These are to be written and announced again."""
        self._sessions.update(sessions)
        self._surroundings.touched(self)

    def touch_everything(self) -> None:
        """All of it is to be written again: Redis may have forgotten it."""
        self._records.update(self.engine.records())
        self.touch_sessions(self.engine.session.offered())

    def needs_worker(self) -> bool:
        return self.worker is None and any(True for _ in self.engine.session.offered())

    def take_writes(self) -> list[Command]:
        """What is to be written now; say `written` or, if that failed, `untake`."""
        commands: list[Command] = [
            live.enlist(self.id),
            live.keep_state(self.id, self._state()),
            *(live.keep_record(self.id, name, value) for name, value in self._records.items()),
        ]
        for session in self._sessions:
            commands.append(live.want(self.id, session, self.engine.wanted(session)))
        if self.worker is not None:
            commands.append(live.carry(self.worker, self.id))
            if self.engine.over:
                commands.append(live.drop(self.worker, self.id))
            commands += [live.announce(self.worker, self.id, session) for session in self._sessions]
        if self.engine.over:
            commands += live.forget(self.id)
        self._taken = (self._records, self._sessions, self._acknowledgements)
        self._records, self._sessions, self._acknowledgements = {}, set(), []
        return commands

    def written(self) -> None:
        """What `take_writes` gave is stored: whoever waits for that is told."""
        _, _, acknowledgements = self._taken
        for send in acknowledgements:
            self._send(send.socket, send.message)

    def untake(self) -> None:
        records, sessions, acknowledgements = self._taken
        self._acknowledgements = acknowledgements + self._acknowledgements
        self._records = records | self._records
        self._sessions |= sessions

    def close(self, status: int) -> None:
        """Lets go of the sockets; the state machine is not used any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for outlet in self._sockets.values():
            outlet.close(status)
        self._sockets.clear()
        for future in self._answers.values():
            future.cancel()

    def _state(self) -> CallState:
        return CallState(
            title=self.engine.title,
            next_number=self.engine.next_number,
            sequence=self.engine.roster.told.sequence,
            worker=self.worker,
        )

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send(socket, message):
                self._send(socket, message)
            case Acknowledge(socket, message):
                self._acknowledgements.append(Send(socket, message))
            case Spread(message, without):
                data = client.encode(message)
                for socket, outlet in self._sockets.items():
                    if socket not in without:
                        outlet.send(data)
            case Close(socket, status):
                outlet_gone = self._sockets.pop(socket, None)
                if outlet_gone is not None:
                    outlet_gone.close(status)
            case SessionTouched(session):
                self._sessions.add(session)
            case Keep(record, value):
                self._records[record] = value
            case Arrived():
                self._surroundings.arrived(self, effect)
            case Departed():
                self._surroundings.departed(self, effect)
            case Answered(actual):
                future = self._answers.get(actual.session)
                if future is not None and not future.done():
                    future.set_result(actual)
            case Over():
                pass  # Seen by `engine.over`.

    def _send(self, socket: int, message: ServerMessage) -> None:
        outlet = self._sockets.get(socket)
        if outlet is not None:
            outlet.send(client.encode(message))

    def _arm(self) -> None:
        deadline = self.engine.deadline()
        if self._timer is not None:
            if self._due_at == deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None and not self.lost:
            self._due_at = deadline
            self._timer = asyncio.get_running_loop().call_at(deadline, self._due)

    def _due(self) -> None:
        self._timer = None
        self.run(self.engine.advance(self._clock()))
