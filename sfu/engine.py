"""Wanted sessions and events of the kernel in; commands to the kernel and effects out.

No clock, no Redis, no socket. Commands to the kernel are queued there and do not block, so they
are given at once; everything else is collected and handed over by `take_effects`:

    **after every call into the engine, carry out `take_effects()`**
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from zvonok.wire.bus import (
    SESSION_CLOSED,
    ActualSession,
    Description,
    SpeakersNotice,
    WantedSession,
)
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import KINDS

from .dtls import DtlsError, DtlsServer, begins
from .effects import DropActual, Effect, Publish, PublishLine, WriteActual
from .handshakes import Address, Handshakes
from .lines import Lines
from .room import Room
from .sdp import Candidate, Identity, make_plan, parse_offer
from .session import SESSION_LOST, Environment, Session

if TYPE_CHECKING:
    from .kernel.core import Kernel

TIMER_INTERVAL = 0.1
"""Seconds between two calls of `handle_timer`."""
SILENT_TICKS = 50
"""Calls of `handle_timer` for which the kernel may owe the word that it has taken its commands."""

log = structlog.get_logger()


class Engine:
    """All calls of one worker."""

    def __init__(self, kernel: "Kernel", identity: Identity, dtls: DtlsServer) -> None:
        self._environment = Environment(kernel, identity, dtls)
        self._rooms: dict[str, Room] = {}
        self._calls: dict[int, str] = {}
        """Calls by the kernel's number of their room."""
        self._last_room = 0
        self._by_handle: dict[int, Session] = {}
        self._shaking = Handshakes()
        self._kept: set[Session] = set()
        """Sessions whose last flight may still have to be repeated."""
        self._applying: dict[Session, int] = {}
        """Revisions whose commands the kernel was given."""
        self._marked: dict[Session, int] = {}
        """Those of them that it has taken once it tells of the mark that followed."""
        self._ticks_owed = 0
        self._lines = Lines(kernel)
        self._effects: list[Effect] = []
        self.handshakes_deferred = 0

    def advertise(self, candidates: tuple[Candidate, ...]) -> None:
        """From now on answers name these addresses."""
        identity = self._environment.identity
        self._environment.identity = replace(identity, candidates=candidates)

    # ── what is wanted ──

    def calls(self) -> set[str]:
        return set(self._rooms)

    def sessions(self, call: str) -> set[str]:
        room = self._rooms.get(call)
        return set(room.sessions) if room else set()

    @property
    def session_count(self) -> int:
        """Sessions that are open in the kernel."""
        return len(self._by_handle)

    def knows(self, call: str, session: str) -> bool:
        room = self._rooms.get(call)
        return room is not None and session in room.sessions

    def needs_offer(self, call: str, wanted: WantedSession, previous: ActualSession | None) -> bool:
        """Whether `want` has to be given the offer."""
        if self.knows(call, wanted.session):
            return self._rooms[call].sessions[wanted.session].offer_id != wanted.offer_id
        return previous is None or previous.offer_id != wanted.offer_id

    def want(
        self,
        call: str,
        wanted: WantedSession,
        offer: Description | None,
        previous: ActualSession | None,
        now: float,
    ) -> None:
        """The session is to be like this. `offer`: if it `needs_offer` and there is one.
        `previous` is what was last stored of it; it matters for a session that this process does
        not know."""
        room = self._room(call)
        session = room.sessions.get(wanted.session)
        if session is None:
            session = room.sessions[wanted.session] = Session(call, wanted, self._environment)
            if previous is not None:
                self._succeed(session, previous)
        session.wanted = wanted
        if session.offer_id != wanted.offer_id:
            self._negotiate(room, session, offer, now)
        self._set_moderator(session)
        room.reconcile(session, now)
        self._applying[session] = wanted.revision
        self._write(room)

    def unwant(self, call: str, session_id: str, now: float) -> None:
        """The session is to be no more, nor what an earlier process stored of it."""
        self._effects.append(DropActual(call, session_id))
        self.abandon(call, session_id, now)

    def abandon(self, call: str, session_id: str, now: float) -> None:
        """The session is no more for us; what is stored of it is for whoever has it next."""
        room = self._rooms.get(call)
        session = room.sessions.pop(session_id, None) if room else None
        if room is None or session is None:
            return
        self._close(room, session, now)
        self._write(room)
        if not room.sessions:
            del self._rooms[call], self._calls[room.number]

    def write_again(self, call: str) -> None:
        """All that is stored of the call's sessions may be lost."""
        room = self._rooms.get(call)
        if room is None:
            return
        for session in room.sessions.values():
            session.written = None
            room.dirty.add(session)
        self._write(room)

    def close(self, now: float) -> None:
        """Closes all connections and leaves their stored state, by which the next process knows
        which sessions were lost."""
        for room in self._rooms.values():
            for session in room.sessions.values():
                self._close(room, session, now)
        self._rooms.clear()
        self._calls.clear()

    def _room(self, call: str) -> Room:
        room = self._rooms.get(call)
        if room is None:
            self._last_room += 1
            room = self._rooms[call] = Room(self._last_room, self._environment.kernel)
            self._calls[room.number] = call
        return room

    def _succeed(self, session: Session, previous: ActualSession) -> None:
        """The session was that of a process that is gone: its keys and SSRCs went with it."""
        session.peer = previous.peer
        if previous.offer_id == session.wanted.offer_id:
            session.offer_id = previous.offer_id
            lost = previous.answer is not None or previous.connected
            session.error = SESSION_LOST if lost else previous.error

    def _negotiate(
        self, room: Room, session: Session, description: Description | None, now: float
    ) -> None:
        session.offer_id = session.wanted.offer_id
        if description is None:
            log.warning("offer is missing", call=session.call, session=session.id)
            session.refuse(SESSION_LOST)
            return
        try:
            offer = parse_offer(description.sdp)
            plan = make_plan(offer, session.wanted.kind)
            if not session.continues(offer):
                self._close(room, session, now)
                session.open(room.number, offer, plan)
                self._by_handle[session.handle] = session
            elif session.connection is not None:
                session.renegotiate(offer, plan)
            else:
                # It restarts ICE of a connection that is no more. A new one would not do: the
                # peer names its layers (MID and RID) only in the first packets of a connection.
                session.refuse(SESSION_LOST)
        except Refusal as refusal:
            session.refuse(refusal.body)

    def _close(self, room: Room, session: Session, now: float) -> None:
        room.withdraw(session, now)
        self._shaking.remove(session)
        self._kept.discard(session)
        if session.connection is not None:
            del self._by_handle[session.handle]
        session.close()

    def _set_moderator(self, session: Session) -> None:
        connection = session.connection
        if connection is not None and connection.moderator != session.wanted.moderator:
            connection.moderator = session.wanted.moderator
            self._environment.kernel.set_moderator(connection.handle, connection.moderator)

    # ── what the kernel tells ──

    @property
    def kernel_silent(self) -> bool:
        """Whether the kernel does not take commands any more; for health."""
        return self._ticks_owed >= SILENT_TICKS

    def session_of(self, handle: int) -> Session | None:
        """Whose the kernel's handle is now."""
        return self._by_handle.get(handle)

    def receive_dtls(
        self, handle: int, datagram: bytes, now: float, address: Address = (0, 0)
    ) -> None:
        session = self._by_handle.get(handle)
        if session is None:
            return
        if session.keyless and session not in self._shaking:
            if not begins(datagram):
                return
            leaving = self._shaking.admit(session, address, now)
            if leaving is None:
                # Its sender repeats it.
                self.handshakes_deferred += 1
                return
            for slow in leaving:
                self._fail(slow, SESSION_LOST, now)
        self._shake(session, datagram, now)

    def handle_mark(self) -> None:
        """The kernel has taken every command up to the mark that `take_effects` set."""
        self._ticks_owed = 0
        marked, self._marked = self._marked, {}
        for session, revision in marked.items():
            session.applied = revision
            room = self._rooms.get(session.call)
            if room is not None:
                self._tell(room, session)

    def set_reachable(self, handle: int, reachable: bool, now: float) -> None:
        """Checks of the peer began to arrive, or have stopped."""
        session = self._by_handle.get(handle)
        if session is not None and session.connection is not None:
            session.connection.reachable = reachable
            self._rooms[session.call].set_lost(session, not reachable, now)
            self._changed(session)

    def set_height(self, handle: int, kind: int, layer: int, height: int, now: float) -> None:
        """Pictures of a layer have this many lines from now on."""
        session = self._by_handle.get(handle)
        if session is not None and session.learn_height(KINDS[kind], layer, height):
            room = self._rooms[session.call]
            room.resize(session, KINDS[kind], now)
            self._write(room)

    def set_given(self, handle: int, slot: int, layer: int, now: float) -> None:
        """What a video slot gets of what it shows, −1: nothing."""
        session = self._by_handle.get(handle)
        if session is not None and not session.lost:
            room = self._rooms[session.call]
            room.give(session, slot, layer, now)
            self._write(room)

    def set_speakers(self, number: int, handles: list[int], now: float) -> None:
        """Whom the kernel forwards in a room, the loudest first."""
        call = self._calls.get(number)
        if call is None:
            return
        found = (self._by_handle.get(handle) for handle in handles)
        participants = [session.participant for session in found if session]
        room = self._rooms[call]
        room.set_speakers(tuple(participants), now)
        self._effects.append(Publish(call, SpeakersNotice(participants=participants)))
        self._write(room)

    def handle_timer(self, now: float) -> None:
        """To be called every `TIMER_INTERVAL`."""
        self._ticks_owed += bool(self._marked)
        for session in [*self._shaking.sessions(), *self._kept]:
            self._shake(session, None, now)
        for room in self._rooms.values():
            room.handle_timer(now)
            self._write(room)
        for session, line in self._lines.look(self._by_handle, now, TIMER_INTERVAL):
            self._effects.append(PublishLine(session.call, line))
        for session in self._lines.cameras.take_changed():
            self._changed(session)

    def _shake(self, session: Session, datagram: bytes | None, now: float) -> None:
        """One step of a handshake: by a datagram, or by the clock."""
        try:
            if datagram is not None:
                session.receive_dtls(datagram, now)
            watched = session.handle_timer(now)
        except DtlsError as error:
            self._fail(session, _reason(error), now)
            return
        connection = session.connection
        if connection is not None and connection.keyed and session in self._shaking:
            self._shaking.remove(session)
            self._kept.add(session)
            self._changed(session)
        if not watched:
            self._kept.discard(session)

    def _fail(self, session: Session, error: ErrorBody, now: float) -> None:
        room = self._rooms[session.call]
        self._close(room, session, now)
        session.refuse(error)
        self._changed(session)

    # ── effects ──

    def take_effects(self) -> list[Effect]:
        if self._applying and not self._marked:
            self._marked, self._applying = self._applying, {}
            self._environment.kernel.mark()
        effects, self._effects = self._effects, []
        return effects

    def _changed(self, session: Session) -> None:
        room = self._rooms[session.call]
        room.dirty.add(session)
        self._write(room)

    def _write(self, room: Room) -> None:
        for session in room.dirty:
            # Those will be told of at the mark, with their revision.
            if session not in self._applying and session not in self._marked:
                self._tell(room, session)
        room.dirty.clear()

    def _tell(self, room: Room, session: Session) -> None:
        actual, before = session.actual(), session.written
        if room.sessions.get(session.id) is not session or actual == before:
            return
        session.written = actual
        fresh = actual.answer and (before is None or before.answer != actual.answer)
        answer = session.answer if fresh else None
        self._effects.append(WriteActual(session.call, actual, answer))


def _reason(error: DtlsError) -> ErrorBody:
    if error.code == "dtls_timeout":
        # The line's fault, so a new attempt may succeed.
        return SESSION_LOST
    if error.code == SESSION_CLOSED:
        return ErrorBody(SESSION_CLOSED, "The peer has closed the connection.")
    return ErrorBody(error.code, "The encrypted connection failed.")
