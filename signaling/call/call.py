"""A call: its seats, its time, and who of its parts is told what. See docs/call.md.

Drive it so: call a method, carry out the effects it returned in order, call `advance(now)` no
later than `deadline()`. `now` never goes back; its zero means nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from zvonok.wire.bus import ActualSession, Description, SessionLine, WantedSession
from zvonok.wire.client import (
    ClientMessage,
    Command,
    End,
    Ended,
    Failed,
    Join,
    Leave,
    Offer,
    Participant,
    Ping,
    Pong,
    Search,
    Welcome,
)
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import SEATS
from zvonok.wire.rest import HeldSeat

from ..permissions import may, require
from .effects import Answered, Arrived, Close, Departed, Effect, EndAsked, Over, Send
from .kept import record_of
from .part import Handles, Part
from .parts import kinds_of_parts
from .parts.closed import ClosedPart
from .parts.commands import CommandsPart
from .parts.line import LinePart
from .parts.roster import RosterPart
from .parts.session import SessionPart
from .parts.size import SizePart
from .parts.sources import SourcesPart
from .people import People
from .seat import HOLD_SECONDS, Newcomer, Seat
from .turn import Turn

CONNECT_SECONDS = 30.0
"""Within which a session without a socket must have begun to flow."""
EMPTY_SECONDS = 300.0
NUMBERS_SKIPPED = 256
"""By a takeover: numbers that may have been given out without being written down."""

_decode_seat = msgspec.msgpack.Decoder(Seat).decode


class Call:
    """A call, from the first seat until `Over` is among the effects."""

    def __init__(self, title: str, now: float, *, size: int = SEATS, seats: int = SEATS) -> None:
        """`size`: how many people it is for beside moderators; `seats`: how many it can hold."""
        self.title = title
        self.people = People()
        self.next_number = 1
        self.over = False
        self.sources = SourcesPart(self.people)
        self.session = SessionPart(self.people, self.sources)
        self.roster = RosterPart(self.people, self.sources, self.face)
        self.commands = CommandsPart(self.people)
        self.size = SizePart(self.people, size, seats)
        self.pages = ClosedPart(self.people)
        self.line = LinePart(self.people)
        known = (
            self.commands,
            self.sources,
            self.session,
            self.pages,
            self.size,
            self.roster,
            self.line,
        )
        rest = [kind for kind in kinds_of_parts() if kind not in map(type, known)]
        self.parts: tuple[Part, ...] = (*known, *(kind(self.people) for kind in rest))
        self._handlers = {handles.message: handles for handles in self.handlers()}
        self._by_socket: dict[int, int] = {}
        self._empty_at: float | None = now + EMPTY_SECONDS

    # ── what is so ──

    @property
    def seats(self) -> dict[int, Seat]:
        """By number; to be read only."""
        return self.people.seats

    def handlers(self) -> list[Handles]:
        """Who does what with each message: the call's own and those of its parts."""
        return [
            Handles(Leave, self._leave),
            Handles(End, self._end, may="end_call", done=False),
            Handles(Ping, self._ping),
            Handles(Join, self._join_again),
            *(handles for part in self.parts for handles in part.handlers()),
        ]

    def face(self, number: int) -> Participant:
        """The seat as everybody sees it."""
        seat = self.people.seats[number]
        fields: dict[str, Any] = {}
        for part in self.parts:
            fields |= part.face(seat)
        return Participant(
            number=number,
            name=seat.name,
            guest_mark=seat.guest_mark,
            role=seat.role,
            present=self.people.presence[number].present,
            **fields,
        )

    def wanted(self, session: str) -> WantedSession | None:
        """What the SFU is to make of this session; None: it is to be closed."""
        seat = self.people.of_session(session)
        return None if seat is None else self.session.wanted(seat)

    def offer(self, session: str) -> Description | None:
        """The newest offer of this session, if this process took it."""
        seat = self.people.of_session(session)
        return None if seat is None else self.session.offer(seat)

    def number_of(self, session: str) -> int | None:
        return self.people.by_session.get(session)

    def holds(self, resume: str | None, grant: str) -> bool:
        """Whether a `join` with these would take back a seat that is held."""
        return self.people.held(resume, grant) is not None

    def look(self, resume: str | None, grant: str) -> HeldSeat | None:
        """The seat that these would take back; None: it is not held any more."""
        number = self.people.held(resume, grant)
        if number is None:
            return None
        taken = self.people.presence[number].socket is not None
        return HeldSeat(held=True, taken=taken, name=self.seats[number].name)

    # ── taking and leaving a seat ──

    def join(self, socket: int, message: Join, newcomer: Newcomer, now: float) -> list[Effect]:
        """Gives a seat, or the held one back, to a new socket.

        Raises Refusal `call_full`; nothing has changed then, but moderators will hear of it.
        """
        turn = Turn(now, self.people)
        number = self.people.held(message.resume, newcomer.grant)
        resumed = number is not None
        if number is None:
            number = self._seat(turn, newcomer)
        else:
            self._replace(turn, number)
            self._settle(turn, number)
        self.people.take(number, socket, message.page)
        seat = self.seats[number]
        self._by_socket[socket] = number
        turn.show(number)
        anew = message.resume is not None and not resumed
        corrections = self.sources.wish(turn, seat, message.media, anew=anew)
        welcome = Welcome(
            you=number,
            role=seat.role,
            title=self.title,
            resume=seat.resume,
            resumed=resumed,
            roster=self.roster.snapshot(seat),
            invitation=newcomer.invitation if may(seat.role, "pass_on_links") else None,
        )
        for told in (welcome, *corrections):
            turn.tell(number, told)
        for part in self.parts:
            part.welcomed(turn, seat)
        return self._finish(turn)

    def begin_session(self, newcomer: Newcomer, offer: str, now: float) -> list[Effect]:
        """A seat without a socket: WHIP or WHEP. Raises Refusal `call_full`.

        A publisher's token holds one seat: the seat it had is given up as soon as the SFU accepts
        the new offer, and at once if it was not accepted itself.
        """
        turn = Turn(now, self.people)
        earlier = self.people.of_grant(newcomer.grant)
        seat = self.seats[self._seat(turn, newcomer)]
        for number in earlier:
            if not self.session.accepted(number):
                error = ErrorBody("session_replaced", "a newer session took its place")
                turn.do(Answered(self.seats[number].session, None, error))
                self._vacate(turn, number)
        self.session.begin(turn, seat, offer)
        self.people.hold(seat.number, now + CONNECT_SECONDS, present=True)
        return self._finish(turn)

    def end_session(self, session: str, now: float) -> list[Effect]:
        """Gives up the seat of a session, if there is one."""
        turn = Turn(now, self.people)
        number = self.people.by_session.get(session)
        if number is not None:
            self._vacate(turn, number)
        return self._finish(turn)

    def disconnected(self, socket: int, now: float, *, closed: bool = False) -> list[Effect]:
        """The socket is gone; the seat is held for `HOLD_SECONDS`.

        `closed`: because its page was closed or loaded anew.
        """
        turn = Turn(now, self.people)
        number = self._by_socket.get(socket)
        if number is not None:
            self._away(turn, number, closed=closed)
        return self._finish(turn)

    def closed(
        self, resume: str | None, grant: str, page: str | None, now: float, *, left: bool = False
    ) -> list[Effect]:
        """This page says that it is closing; its word may overtake the end of its socket.

        It may also come late, when the next page has taken the seat: then it changes nothing.
        `left`: the person leaves, and his seat is not held.
        """
        turn = Turn(now, self.people)
        number = self.people.held(resume, grant)
        if number is not None:
            presence = self.people.presence[number]
            unknown = presence.page is None and presence.socket is None  # After a takeover.
            if presence.page == page or unknown:
                if presence.socket is not None:
                    turn.do(Close(presence.socket, 200))
                self._away(turn, number, closed=True)
                if left:
                    self._vacate(turn, number)
        return self._finish(turn)

    def end(self, now: float) -> list[Effect]:
        """Ends the call for all."""
        turn = Turn(now, self.people)
        self._end_for_all(turn, "ended")
        return self._finish(turn)

    # ── what is said ──

    def receive(self, socket: int, message: ClientMessage, now: float) -> list[Effect]:
        """A message from a socket that has a seat. What is refused becomes an `error` message."""
        number = self._by_socket.get(socket)
        if number is None:
            return []
        turn, seat = Turn(now, self.people), self.seats[number]
        handles = self._handlers[type(message)]
        try:
            if not self.commands.again(turn, seat, message):
                if handles.may is not None:
                    require(seat.role, handles.may)
                handles.by(turn, seat, message)
                if handles.done:
                    self.commands.did(turn, seat, message)
        except Refusal as refusal:
            asked = message.id if isinstance(message, Offer | Search) else None
            command = message.command if isinstance(message, Command) else None
            turn.do(Send(socket, Failed(error=refusal.body, id=asked, command=command)))
        return self._finish(turn)

    def refuse(self, socket: int, command: str | None, error: ErrorBody) -> list[Effect]:
        """What was asked for by an effect could not be done."""
        if socket not in self._by_socket:
            return []
        return [Send(socket, Failed(error=error, command=command))]

    def actual(self, actual: ActualSession, now: float, answer: str | None = None) -> list[Effect]:
        """The SFU's word on a session of media; `answer`: if `SessionPart.lacks_answer`."""
        turn = Turn(now, self.people)
        number = self.people.by_session.get(actual.session)
        seen = number is not None and self.people.visible(number)
        for unneeded in self.session.actual(turn, actual, answer):
            self._vacate(turn, unneeded)
        if number is not None and not seen and self.people.visible(number):
            self._settle(turn, number)
        return self._finish(turn)

    def speakers(self, participants: list[int], now: float) -> list[Effect]:
        """The SFU's word on who is heard."""
        turn = Turn(now, self.people)
        self.roster.heard(turn, participants)
        return self._finish(turn)

    def lines(self, lines: list[SessionLine], now: float) -> list[Effect]:
        """The SFU's word on how lines are."""
        turn = Turn(now, self.people)
        self.line.heard(turn, lines)
        return self._finish(turn)

    # ── time ──

    def deadline(self) -> float | None:
        """When `advance` has something to do; None: not by itself."""
        if self.over:
            return None
        times = [self._empty_at, self.people.next_leaving()]
        times += [part.deadline() for part in self.parts]
        return min((time for time in times if time is not None), default=None)

    def advance(self, now: float) -> list[Effect]:
        """Does what was due until `now`."""
        turn = Turn(now, self.people)
        if self.over:
            return turn.effects
        for number in self.people.leaving(now):
            self._vacate(turn, number)
        self.roster.show(turn)
        for part in self.parts:
            part.advance(turn)
        if self._empty_at is not None and self._empty_at <= now:
            self._end_for_all(turn, "empty")
        return self._finish(turn)

    # ── outliving the process ──

    def records(self) -> Iterator[tuple[str, Any]]:
        """All that `Keep` ever said and that still holds."""
        for number, seat in self.seats.items():
            yield record_of("seat", number), seat
        for part in self.parts:
            for home in part.kept:
                yield from home.records()

    def restore(
        self,
        records: Mapping[str, bytes],
        wanted: Mapping[str, WantedSession],
        next_number: int,
        now: float,
    ) -> list[str]:
        """Takes the call over from a process that is gone: every seat is held from now on.

        Returns the names of records that cannot be read; the call goes on without them.
        """
        unread = self._restore_records(records)
        for number in self.seats:
            self.people.hold(number, now + HOLD_SECONDS)
        self.session.take_back(wanted)
        for part in self.parts:
            part.restored(now)
        for number in self.seats:
            if self.people.visible(number):
                self.people.settle(number)
        self.next_number = max([next_number, *(number + 1 for number in self.seats)])
        self.next_number += NUMBERS_SKIPPED
        self._empty_at = None if self.seats else now + EMPTY_SECONDS
        return unread

    def _restore_records(self, records: Mapping[str, bytes]) -> list[str]:
        homes = {home.name: home for part in self.parts for home in part.kept}
        unread, later = [], []
        for record, data in records.items():
            name, _, number = record.partition(":")
            if name != "seat":
                later.append((record, name, number, data))
                continue
            try:
                self.people.place(_decode_seat(data))
            except msgspec.DecodeError:
                unread.append(record)
        for record, name, number, data in later:
            try:
                home, of = homes[name], int(number) if number else None
                if of is not None and of not in self.seats:
                    raise KeyError(of)
                home.restore(of, data)
            except (KeyError, ValueError, msgspec.DecodeError):
                unread.append(record)
        return unread

    # ── inside ──

    def _seat(self, turn: Turn, newcomer: Newcomer) -> int:
        if self.over:
            raise Refusal(503, "unavailable", "the call has just ended; try again", retry_after=1)
        self._make_room(turn, newcomer)
        number, self.next_number = self.next_number, self.next_number + 1
        seat = Seat(
            number=number,
            given=newcomer.name,
            name=newcomer.name,
            role=newcomer.role,
            kind=newcomer.kind,
            grant=newcomer.grant,
            session=newcomer.session,
            resume=newcomer.resume,
        )
        self.people.place(seat)
        if newcomer.kind == "publisher":
            self.people.hide(number)  # Others come to know of it when it is accepted.
        else:
            self._settle(turn, number)
            seat = self.seats[number]
        self._empty_at = None
        turn.do(Arrived(seat.session, number, seat.name, seat.role))
        turn.keep(record_of("seat", number), seat)
        turn.show(number)
        return number

    def _make_room(self, turn: Turn, newcomer: Newcomer) -> None:
        """Whoever closed his page and has not come back makes way, if the call is full.

        Raises Refusal `call_full`.
        """
        missing = self.size.missing(newcomer)
        if missing <= 0:
            return
        away = self.pages.to_be_given_up()
        if len(away) < missing:
            raise self.size.full(newcomer, turn.now)
        for number in away[:missing]:
            self._vacate(turn, number)

    def _settle(self, turn: Turn, number: int) -> None:
        """The seat gets a name of its own; whoever is called anew by that is shown so."""
        for renamed in self.people.settle(number):
            turn.keep(record_of("seat", renamed), self.seats[renamed])
            turn.show(renamed)

    def _vacate(self, turn: Turn, number: int) -> None:
        seat = self.people.remove(number)
        if not self.seats:
            self._empty_at = turn.now + EMPTY_SECONDS
        turn.do(Departed(seat.session))
        turn.keep(record_of("seat", number), None)
        turn.show(number)
        for part in self.parts:
            part.left(turn, seat)
            for home in part.kept:
                home.drop(turn, number)

    def _away(self, turn: Turn, number: int, *, closed: bool) -> None:
        """Nobody sits there now; the seat is held from the moment that this became so."""
        presence = self.people.presence[number]
        if presence.socket is not None:
            del self._by_socket[presence.socket]
            presence.socket = None
            self.people.hold(number, turn.now + HOLD_SECONDS)
            turn.show(number)
        if closed:
            self.pages.closed(turn, self.seats[number])

    def _replace(self, turn: Turn, number: int) -> None:
        """Whoever sits there on another socket has to go."""
        socket = self.people.presence[number].socket
        if socket is not None:
            del self._by_socket[socket]
            turn.do(Send(socket, Ended("replaced")), Close(socket, 409))

    def _leave(self, turn: Turn, seat: Seat, _message: Leave) -> None:
        socket = self.people.presence[seat.number].socket
        assert socket is not None, "said by nobody"
        turn.do(Send(socket, Ended("left")), Close(socket, 200))
        del self._by_socket[socket]
        self._vacate(turn, seat.number)

    def _end(self, turn: Turn, seat: Seat, message: End) -> None:
        socket = self.people.presence[seat.number].socket
        assert socket is not None, "said by nobody"
        turn.do(EndAsked(socket, message.command))

    def _ping(self, turn: Turn, seat: Seat, _message: Ping) -> None:
        turn.tell(seat.number, Pong())

    def _join_again(self, _turn: Turn, _seat: Seat, _message: Join) -> None:
        raise Refusal(409, "already_joined", "this socket has a seat already")

    def _end_for_all(self, turn: Turn, reason: str) -> None:
        if self.over:
            return
        turn.tell_all(Ended("ended"))
        turn.do(*(Close(socket, 200) for socket in self._by_socket))
        self._by_socket.clear()
        for number in list(self.seats):
            self._vacate(turn, number)
        self.over = True
        turn.do(Over(reason))

    def _finish(self, turn: Turn) -> list[Effect]:
        self.roster.show(turn)
        return turn.effects
