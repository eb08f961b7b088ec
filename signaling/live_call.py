"""One call that this process runs: carries out what the state machine asks for."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Protocol

from zvonok.wire import client
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
    Resized,
    Send,
    SessionTouched,
    Spread,
)
from .live import CallState, Command

SESSIONS_AT_ONCE = 256


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
        self.resized: int | None = None
        """What SQL is to know of the lesson's size."""
        self.lost = False
        """Another process runs it now."""
        self._surroundings = surroundings
        self._clock = clock
        self._sockets: dict[int, Outlet] = {}
        self._sessions: set[str] = set()
        self._records: dict[str, Any] = {}
        self._acknowledgements: list[Send] = []
        self._answers: dict[str, asyncio.Future[Answered]] = {}
        self._timer: asyncio.TimerHandle | None = None
        # uvloop's timer of a moment that has passed already does not tell it.
        self._due_at = 0.0
        self._taken: tuple[dict[str, Any], set[str], list[Send]] = ({}, set(), [])
        self._written_state: CallState | None = None
        self._written_offers: dict[str, int] = {}
        """By session the number of the offer that Redis has."""

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
        unwritten = self._sessions or self._records or self._acknowledgements
        if unwritten or self.resized is not None or self.engine.over:
            self._surroundings.touched(self)

    def answer(self, session: str) -> "asyncio.Future[Answered]":
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
        self._written_state = None
        self._written_offers.clear()
        self._records.update(self.engine.records())
        self.touch_sessions(self.engine.session.offered())

    def needs_worker(self) -> bool:
        return self.worker is None and any(True for _ in self.engine.session.offered())

    @property
    def unwritten(self) -> bool:
        """Whether `take_writes` left something for the next time."""
        return bool(self._sessions)

    def take_writes(self) -> list[Command]:
        """What is to be written now; say `written` or, if that failed, `untake`.

        At most `SESSIONS_AT_ONCE`, so that neither we nor Redis stand still: what is beyond
        that stays `unwritten`.
        """
        records, self._records = self._records, {}
        sessions = set(islice(self._sessions, SESSIONS_AT_ONCE))
        self._sessions -= sessions
        acknowledgements: list[Send] = []
        if not self._sessions:
            acknowledgements, self._acknowledgements = self._acknowledgements, []
        self._taken = (records, sessions, acknowledgements)
        ending = self.engine.over and not self._sessions
        commands = self._state_writes()
        commands += [live.keep_record(self.id, name, value) for name, value in records.items()]
        for session in sessions:
            commands += self._session_writes(session)
        if self.worker is not None:
            if ending:
                commands.append(live.drop(self.worker, self.id))
            if sessions:
                commands.append(live.announce(self.worker, self.id, sessions))
        return commands + live.forget(self.id) if ending else commands

    def _state_writes(self) -> list[Command]:
        """What is kept of the call itself, if it has changed."""
        state = self._state()
        if state == self._written_state:
            return []
        self._written_state = state
        commands: list[Command] = [live.enlist(self.id), live.keep_state(self.id, state)]
        return commands if self.worker is None else [*commands, live.carry(self.worker, self.id)]

    def _session_writes(self, session: str) -> list[Command]:
        wanted = self.engine.wanted(session)
        if wanted is None:
            self._written_offers.pop(session, None)
            return [live.want(self.id, session, None), live.offer(self.id, session, None)]
        commands: list[Command] = [live.want(self.id, session, wanted)]
        offer = self.engine.offer(session)
        if offer is not None and self._written_offers.get(session) != offer.offer_id:
            self._written_offers[session] = offer.offer_id
            commands.append(live.offer(self.id, session, offer))
        return commands

    def written(self) -> None:
        """What `take_writes` gave is stored: whoever waits for that is told."""
        _, _, acknowledgements = self._taken
        for send in acknowledgements:
            self._send(send.socket, send.message)

    def untake(self) -> None:
        """What was taken last was perhaps not written."""
        records, sessions, acknowledgements = self._taken
        self._acknowledgements = acknowledgements + self._acknowledgements
        self._records = records | self._records
        self._sessions |= sessions
        self._written_state = None
        for session in sessions:
            self._written_offers.pop(session, None)

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
            case Answered():
                future = self._answers.get(effect.session)
                if future is not None and not future.done():
                    future.set_result(effect)
            case Resized(size):
                self.resized = size
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
