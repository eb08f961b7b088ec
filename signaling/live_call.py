"""One call that this process runs: carries out what the state machine asks for."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from zvonok.wire import client
from zvonok.wire.client import COMMANDS_REMEMBERED, Done, ServerMessage
from zvonok.wire.errors import Refusal

from . import attendance, live
from .call.call import Call
from .call.effects import (
    Acknowledge,
    Answered,
    Arrived,
    Close,
    Departed,
    Effect,
    EndAsked,
    Keep,
    Over,
    Resized,
    Send,
    SessionTouched,
    Spread,
)
from .clock import Clock
from .live import CallState, Command, Kept
from .store import Visit

SESSIONS_AT_ONCE = 256
RECORDS_AT_ONCE = 1024
VISITS_WAITING = 10_000
"""Comings and goings of which Redis has not heard; all else that waits is of their seats. Who
leaves may come again at once, and Redis may be away for an hour."""


@dataclass
class Unwritten:
    """What changed and is not in Redis yet."""

    records: dict[str, Any] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    visits: list[Command] = field(default_factory=list)
    left_workers: set[str] = field(default_factory=set)
    """Media servers that are to carry the call no more."""
    acknowledgements: dict[int, dict[Done, None]] = field(default_factory=dict)
    """What each socket is told when all this is stored."""

    def __bool__(self) -> bool:
        return bool(self.records or self.sessions or self.visits or self.left_workers)

    def take(self, *, acknowledge: bool) -> "Unwritten":
        """A part of it; what it acknowledges goes with it only if nothing is left."""
        sessions = set(islice(self.sessions, SESSIONS_AT_ONCE))
        records = dict(islice(self.records.items(), RECORDS_AT_ONCE))
        taken = Unwritten(records, sessions, self.visits, self.left_workers)
        self.visits, self.left_workers = [], set()
        self.sessions -= sessions
        for record in records:
            del self.records[record]
        if acknowledge and not self:
            taken.acknowledgements, self.acknowledgements = self.acknowledgements, {}
        return taken

    def acknowledge(self, socket: int, done: Done) -> None:
        """Each is told once, and of one socket the last `COMMANDS_REMEMBERED`: Redis or SQL may be
        away for an hour, and earlier commands are forgotten anyway."""
        waiting = self.acknowledgements.setdefault(socket, {})
        # One that is said again is still waited for.
        waiting.pop(done, None)
        waiting[done] = None
        if len(waiting) > COMMANDS_REMEMBERED:
            del waiting[next(iter(waiting))]

    def put_back(self, earlier: "Unwritten") -> None:
        """What was taken earlier is to be written after all; what came since is newer."""
        self.records = earlier.records | self.records
        self.sessions |= earlier.sessions
        self.visits = earlier.visits + self.visits
        self.left_workers |= earlier.left_workers
        later, self.acknowledgements = self.acknowledgements, earlier.acknowledgements
        for socket, waiting in later.items():
            for done in waiting:
                self.acknowledge(socket, done)


class Outlet(Protocol):
    """The sending half of a socket; neither method waits or raises."""

    def send(self, data: bytes) -> None: ...

    def close(self, status: int) -> None:
        """After what was sent before; 200: all is well."""


class Surroundings(Protocol):
    """Whoever runs the call, as the call sees it."""

    def touched(self, call: "LiveCall") -> None:
        """`take_writes` has something to write."""

    def resized(self, call: "LiveCall") -> None:
        """The lesson's size is to be written to SQL, then `sized` to be said."""

    def end_asked(self, call: "LiveCall", effect: EndAsked) -> None:
        """The lesson is to be ended: first in SQL, then here."""


class LiveCall:
    """The state machine with its sockets, its timer and what is not written yet."""

    def __init__(
        self,
        call: str,
        engine: Call,
        surroundings: Surroundings,
        clock: Clock,
        worker: str | None = None,
    ) -> None:
        self.id = call
        self.engine = engine
        self.worker = worker
        self.lost = False
        """Another process runs it now."""
        self.closed = False
        """Nobody here has anything to do with it any more."""
        self.unproven = False
        """The lease was gone, and whether another process ran it meanwhile is not known yet."""
        self._surroundings = surroundings
        self._clock = clock
        self._sockets: dict[int, Outlet] = {}
        self._unwritten = Unwritten()
        self._taken = Unwritten()
        self._left_workers: set[str] = set()
        """Every media server that this process took the call from."""
        self._sizing = False
        """The size is not in SQL yet; until it is, nothing is acknowledged."""
        self._written_state: CallState | None = None
        self._written_offers: dict[str, int] = {}
        """By session the number of the offer that Redis has."""
        self._answers: dict[str, asyncio.Future[Answered]] = {}
        self._answering = True
        self._timer: asyncio.TimerHandle | None = None
        # uvloop's timer of a moment that has passed already does not tell it.
        self._due_at = 0.0

    @property
    def usable(self) -> bool:
        return not (self.engine.over or self.lost)

    @property
    def unwritten(self) -> bool:
        """Whether `take_writes` has something to write."""
        return bool(self._unwritten)

    def require_heard(self) -> None:
        """Before somebody gets a new seat.

        Raises Refusal `unavailable`: Redis has not heard of too many who came and went.
        """
        if len(self._unwritten.visits) >= VISITS_WAITING:
            raise Refusal(503, "unavailable", "try again", retry_after=5)

    @property
    def sockets(self) -> int:
        return len(self._sockets)

    def attach(self, socket: int, outlet: Outlet) -> None:
        self._sockets[socket] = outlet

    def detach(self, socket: int, *, closed: bool = False) -> None:
        """The socket is gone, or never got a seat. `closed`: its page said that it goes away."""
        self._let_go(socket)
        self.run(self.engine.disconnected(socket, self._clock.steady(), closed=closed))

    def run(self, effects: Iterable[Effect]) -> None:
        """Carries out effects; must be called right after the state machine returned them."""
        for effect in effects:
            self._carry_out(effect)
        self._arm()
        if self._unwritten or self._unwritten.acknowledgements or self.engine.over:
            self._surroundings.touched(self)

    def answer(self, session: str) -> "asyncio.Future[Answered]":
        """Done when the SFU has said something of this session.

        Raises Refusal `unavailable` when it is awaited and the process stops first.
        """
        answer = self._answers.setdefault(session, asyncio.get_running_loop().create_future())
        if not self._answering:
            self.refuse_answers()
        return answer

    def forget_answer(self, session: str) -> None:
        self._answers.pop(session, None)

    def touch_sessions(self, sessions: Iterable[str]) -> None:
        """These are to be written and announced again."""
        self._unwritten.sessions.update(sessions)
        self._surroundings.touched(self)

    def leave_worker(self) -> None:
        """This media server is gone; should it come back, another carries the call by then."""
        if self.worker is not None:
            self._left_workers.add(self.worker)
            self._unwritten.left_workers.add(self.worker)
            self.worker = None
            self._surroundings.touched(self)

    def move_to(self, worker: str) -> None:
        """This media server carries the call from now on: it has to be told of all sessions."""
        self.worker = worker
        self._unwritten.sessions.update(self.engine.session.offered())

    def touch_everything(self, kept: Kept | None = None) -> None:
        """All of it is to be written again: Redis may have forgotten it.

        `kept`: what Redis has of it, perhaps people who left since then, or a media server that
        was left.
        """
        self._written_state = None
        self._written_offers.clear()
        # One that is ours again is not left, as `take_writes` sees. Redis may have been written to
        # since it forgot a move, and so not say any more which server it was.
        self._unwritten.left_workers |= self._left_workers
        if kept is not None:
            self._unwritten.records.update(dict.fromkeys(kept.records))
            self._unwritten.sessions.update(kept.wanted)
            for session in kept.wanted.keys() - self.engine.people.by_session.keys():
                self._carry_out(Departed(session))
            if kept.state.worker is not None:
                # A process before us may have taken the call from it.
                self._unwritten.left_workers.add(kept.state.worker)
        self._unwritten.records.update(self.engine.records())
        for seat in self.engine.seats.values():
            # Whom SQL or Redis knows already keeps his time there.
            self._arrived(Arrived(seat.session, seat.number, seat.name, seat.role))
        self.touch_sessions(self.engine.session.offered())

    def sized(self) -> None:
        """The size is in SQL: whoever waits for that is told with the next write."""
        self._sizing = False
        self._surroundings.touched(self)

    def needs_worker(self) -> bool:
        return self.worker is None and any(True for _ in self.engine.session.offered())

    def take_writes(self) -> list[Command]:
        """What is to be written now; say `written` or, if that failed, `untake`.

        At most `SESSIONS_AT_ONCE` and `RECORDS_AT_ONCE`, so that neither we nor Redis stand
        still: what is beyond that stays `unwritten`.
        """
        taken = self._taken = self._unwritten.take(acknowledge=not self._sizing)
        ending = self.engine.over and not self._unwritten
        commands = [live.drop(worker, self.id) for worker in taken.left_workers - {self.worker}]
        # Of a call that is over all goes: what makes room comes first, so that Redis takes it also
        # when it is full. A script that has changed something is not stopped any more.
        if not self.engine.over:
            commands += self._state_writes()
        commands += [live.keep_record(self.id, *record) for record in taken.records.items()]
        for session in taken.sessions:
            commands += self._session_writes(session)
        commands += taken.visits
        if self.worker is not None:
            if ending:
                commands.append(live.drop(self.worker, self.id))
            if taken.sessions:
                commands.append(live.announce(self.worker, self.id, taken.sessions))
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
        for socket, waiting in self._taken.acknowledgements.items():
            for done in waiting:
                self._send(socket, done)

    def untake(self) -> None:
        """What was taken last was perhaps not written."""
        self._unwritten.put_back(self._taken)
        self._written_state = None
        for session in self._taken.sessions:
            self._written_offers.pop(session, None)

    def close(self, status: int) -> None:
        """Lets go of the sockets; the state machine is not used any more."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for outlet in self._sockets.values():
            outlet.close(status)
        self._sockets.clear()
        self.refuse_answers()

    def refuse_answers(self) -> None:
        """Whoever waits for the SFU here, or will, is told to try again."""
        self._answering = False
        for future in self._answers.values():
            if not future.done():
                future.set_exception(Refusal(503, "unavailable", "try again", retry_after=1))

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
            case Acknowledge(socket, done):
                self._unwritten.acknowledge(socket, done)
            case Spread(message, without):
                data = client.encode(message)
                for socket, outlet in self._sockets.items():
                    if socket not in without:
                        outlet.send(data)
            case Close(socket, status):
                outlet_gone = self._let_go(socket)
                if outlet_gone is not None:
                    outlet_gone.close(status)
            case SessionTouched(session):
                self._unwritten.sessions.add(session)
            case Keep(record, value):
                self._unwritten.records[record] = value
            case Arrived():
                self._arrived(effect)
            case Departed(session):
                self._unwritten.visits.append(attendance.departed(session, self._clock.wall()))
            case EndAsked():
                self._surroundings.end_asked(self, effect)
            case Answered():
                future = self._answers.get(effect.session)
                if future is not None and not future.done():
                    future.set_result(effect)
            case Resized():
                self._sizing = True
                self._surroundings.resized(self)
            case Over():
                pass  # Seen by `engine.over`.

    def _let_go(self, socket: int) -> Outlet | None:
        for part in (self._unwritten, self._taken):
            part.acknowledgements.pop(socket, None)
        return self._sockets.pop(socket, None)

    def _arrived(self, effect: Arrived) -> None:
        visit = Visit(
            session=effect.session,
            lesson=self.id,
            number=effect.number,
            name=effect.name,
            role=effect.role,
            arrived=self._clock.wall(),
        )
        self._unwritten.visits.append(attendance.arrived(visit))

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
        if deadline is not None and not (self.lost or self.closed):
            self._due_at = deadline
            self._timer = asyncio.get_running_loop().call_at(deadline, self._due)

    def _due(self) -> None:
        self._timer = None
        self.run(self.engine.advance(self._clock.steady()))
