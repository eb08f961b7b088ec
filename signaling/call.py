"""The state machine of one call: commands and `now` in, effects out. No clock, no I/O.

Drive it so: call a method, carry out the effects it returned in order, call `advance(now)` no
later than `deadline()`. `now` never goes back; its zero means nothing.
"""

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from zvonok.wire.bus import ActualSession, WantedSession
from zvonok.wire.client import (
    Answer,
    ClientMessage,
    Corrected,
    End,
    Ended,
    Failed,
    Join,
    Leave,
    Media,
    Offer,
    Ping,
    Pong,
    Publish,
    Role,
    Search,
    ServerMessage,
    SetMedia,
    SetQuality,
    Speakers,
    View,
    Welcome,
)
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import SEATS

from .effects import (
    Answered,
    Arrived,
    Close,
    Departed,
    Effect,
    Over,
    SeatTouched,
    Send,
    SessionTouched,
    Spread,
)
from .people import People
from .roster import Roster
from .seat import Presence, Seat, SeatKind, face, presence_of, wanted_session
from .sources import allowed

RESERVED_SEATS = 5
"""Of all seats, those that only moderators may take."""
HOLD_SECONDS = 90.0
CONNECT_SECONDS = 30.0
"""Within which a session without a socket must have begun to flow."""
EMPTY_SECONDS = 300.0
NUMBERS_SKIPPED = 256
"""By a takeover: numbers that may have been given out without being written down."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Whoever asks for a seat; identity and role were checked by the caller."""

    grant: str
    """Id of the grant; whoever has it has the seat it was used for."""
    name: str
    role: Role
    session: str
    """A fresh id, used if a new seat is given."""
    resume: str
    """A fresh secret, used if a new seat is given."""
    kind: SeatKind = "browser"
    media: Media = Media()
    """Of a session without a socket; a browser says it itself."""
    invitation: str | None = None
    """Token of a link that a moderator may pass on."""


class Call:
    """A call, from the first seat until `Over` is among the effects."""

    def __init__(self, title: str, now: float, *, seats: int = SEATS) -> None:
        self.title = title
        self.capacity = seats
        self.people = People()
        self.next_number = 1
        self.over_because: str | None = None
        self.roster = Roster()
        self._by_socket: dict[int, int] = {}
        self._away: list[tuple[float, int]] = []
        self._touched: set[int] = set()
        self._speakers: list[int] = []
        self._sources_counted = 0
        self._sharer = 0
        self._tick_at: float | None = None
        self._empty_at: float | None = now + EMPTY_SECONDS

    # ── what is so ──

    @property
    def over(self) -> bool:
        return self.over_because is not None

    @property
    def seats(self) -> dict[int, Seat]:
        """By number; to be read only."""
        return self.people.seats

    @property
    def sockets(self) -> Iterable[int]:
        return self._by_socket.keys()

    def wanted(self, session: str) -> WantedSession | None:
        """What the SFU is to make of this session; None: it is to be closed."""
        number = self.people.by_session.get(session)
        if number is None:
            return None
        return wanted_session(self.seats[number], self.people.presence[number])

    def number_of(self, session: str) -> int | None:
        return self.people.by_session.get(session)

    def holds(self, resume: str | None, grant: str) -> bool:
        """Whether a `join` with these would take back a seat that is held."""
        return self.people.held(resume, grant) is not None

    def deadline(self) -> float | None:
        """When `advance` has something to do; None: not by itself."""
        times = [self._tick_at, self._empty_at, self._away[0][0] if self._away else None]
        return min((time for time in times if time is not None), default=None)

    # ── taking and leaving a seat ──

    def join(self, socket: int, message: Join, newcomer: Newcomer, now: float) -> list[Effect]:
        """Gives a seat, or the held one back, to a new socket.

        Raises Refusal `call_full`; nothing has changed then.
        """
        number = self.people.held(message.resume, newcomer.grant)
        effects: list[Effect] = []
        resumed = number is not None
        if number is None:
            number = self._seat(newcomer, effects, now)
        else:
            effects += self._replaced(number)
        seat, presence = self.seats[number], self.people.presence[number]
        presence.socket, presence.away_until = socket, None
        self._by_socket[socket] = number
        self._touch(number, effects, now)
        corrections = self._change_media(number, message.media, effects, now)
        effects.append(
            Send(
                socket,
                Welcome(
                    you=number,
                    role=seat.role,
                    title=self.title,
                    resume=seat.resume,
                    resumed=resumed,
                    roster=self.roster.snapshot(face(seat, presence), self.people.total),
                    invitation=newcomer.invitation if seat.moderator else None,
                ),
            )
        )
        effects += [Send(socket, message) for message in corrections]
        effects += self._missed(socket, seat, presence)
        return effects

    def begin_session(self, newcomer: Newcomer, offer: str, now: float) -> list[Effect]:
        """A seat without a socket: WHIP or WHEP. Raises Refusal `call_full`.

        A publisher's token holds one seat: the seat it had is given up.
        """
        effects: list[Effect] = []
        held = self.people.by_grant.get(newcomer.grant)
        if held is not None and newcomer.kind == "publisher":
            effects += self._vacate(held, now)
        number = self._seat(newcomer, effects, now)
        presence = self.people.presence[number]
        presence.offer, self.seats[number].offer_id = offer, 0
        self._hold(number, now + CONNECT_SECONDS)
        presence.away_until = None
        self._change_media(number, newcomer.media, effects, now)
        effects.append(SessionTouched(newcomer.session))
        return effects

    def end_session(self, session: str, now: float) -> list[Effect]:
        """Gives up the seat of a session, if there is one."""
        number = self.people.by_session.get(session)
        return [] if number is None else self._vacate(number, now)

    def disconnected(self, socket: int, now: float) -> list[Effect]:
        """The socket is gone; the seat is held for `HOLD_SECONDS`."""
        number = self._by_socket.pop(socket, None)
        if number is None:
            return []
        self.people.presence[number].socket = None
        effects: list[Effect] = []
        self._hold(number, now + HOLD_SECONDS)
        self._touch(number, effects, now)
        return effects

    def end(self, reason: str, now: float) -> list[Effect]:
        """Ends the call for all: `ended` or `empty`."""
        if self.over:
            return []
        effects: list[Effect] = [
            Spread(Ended("empty" if reason == "empty" else "ended")),
            *(Close(socket, 200) for socket in self._by_socket),
        ]
        self._by_socket.clear()
        for number in list(self.seats):
            effects += self._vacate(number, now)
        self.over_because = reason
        self._tick_at = self._empty_at = None
        effects.append(Over(reason))
        return effects

    # ── messages ──

    def receive(self, socket: int, message: ClientMessage, now: float) -> list[Effect]:
        """A message from a socket that has a seat. What is refused becomes an `error` message."""
        number = self._by_socket.get(socket)
        if number is None:
            return []
        effects: list[Effect] = []
        try:
            match message:
                case Offer():
                    self._offer(number, message, effects)
                case View():
                    self._view(number, message, effects)
                case SetMedia():
                    corrections = self._change_media(number, message.media, effects, now)
                    effects += [Send(socket, correction) for correction in corrections]
                case SetQuality():
                    self._set_quality(number, message, effects, now)
                case Search():
                    effects.append(Send(socket, self.people.found(message)))
                case Leave():
                    effects += [Send(socket, Ended("left")), Close(socket, 200)]
                    del self._by_socket[socket]
                    effects += self._vacate(number, now)
                case End():
                    if not self.seats[number].moderator:
                        raise Refusal(403, "forbidden", "only a moderator may end the call")
                    effects += self.end("ended", now)
                case Ping():
                    effects.append(Send(socket, Pong()))
                case Join():
                    raise Refusal(409, "already_joined", "this socket has a seat already")
        except Refusal as refusal:
            asked = message.id if isinstance(message, Offer | Search) else None
            effects.append(Send(socket, Failed(error=refusal.body, id=asked)))
        return effects

    # ── the SFU's word ──

    def actual(self, actual: ActualSession, now: float) -> list[Effect]:
        """What a session of media is now; may come late, twice or about one that is gone."""
        number = self.people.by_session.get(actual.session)
        if number is None or actual.offer_id != self.seats[number].offer_id:
            return []
        seat, presence = self.seats[number], self.people.presence[number]
        effects: list[Effect] = []
        if seat.kind != "browser":
            self._flowing(number, actual.connected, effects, now)
            return [*effects, Answered(actual)]
        if actual.error is not None:
            if seat.answered != actual.error.code:
                refused = Failed(error=actual.error, id=seat.offer_id)
                self._deliver(seat, presence, actual.error.code, refused, effects)
        elif actual.answer is not None:
            self._answered(seat, presence, actual.answer, effects)
            self._publish(seat, presence, actual, effects)
        return effects

    def speakers(self, participants: list[int], now: float) -> list[Effect]:
        """Who is forwarded as speaker now."""
        numbers = [n for n in participants if n in self.seats and self.seats[n].shown]
        self.roster.spoke(numbers)
        if numbers == self._speakers:
            return []
        self._speakers = numbers
        if not self.roster.told.keys() >= set(numbers):
            self._tick_soon(now)
        return [Spread(Speakers(numbers))]

    # ── time ──

    def advance(self, now: float) -> list[Effect]:
        """Does what was due until `now`."""
        effects: list[Effect] = []
        while self._away and self._away[0][0] <= now:
            until, number = heapq.heappop(self._away)
            presence = self.people.presence.get(number)
            if presence is None or presence.socket is not None or presence.connected:
                continue
            if presence.away_until is None or presence.away_until == until:
                effects += self._vacate(number, now)
        if self._tick_at is not None and self._tick_at <= now:
            effects += self._tick()
        if self._empty_at is not None and self._empty_at <= now:
            effects += self.end("empty", now)
        return effects

    def restore(
        self, seats: Iterable[Seat], wanted: dict[str, WantedSession], next_number: int, now: float
    ) -> None:
        """Takes the call over from a process that is gone: every seat is held from now on."""
        for seat in seats:
            presence = presence_of(seat)
            if seat.session in wanted:
                presence.offer = wanted[seat.session].offer
                presence.view = wanted[seat.session].view
            self.people.place(seat, presence)
            if seat.media.screen:
                self._sharer = seat.number
            self._hold(seat.number, now + HOLD_SECONDS)
            self._sources_counted = max(self._sources_counted, seat.on_since)
        self.next_number = max([next_number, *(number + 1 for number in self.seats)])
        self.next_number += NUMBERS_SKIPPED
        self._empty_at = None if self.seats else now + EMPTY_SECONDS
        self._tick_at = now

    # ── inside ──

    def _seat(self, newcomer: Newcomer, effects: list[Effect], now: float) -> int:
        moderator = newcomer.role in ("host", "co_admin")
        reserved = 0 if moderator else max(0, RESERVED_SEATS - self.people.moderators)
        if self.over or len(self.seats) + reserved >= self.capacity:
            raise Refusal(503, "call_full", "all seats of this call are taken", limit=self.capacity)
        number, self.next_number = self.next_number, self.next_number + 1
        name = newcomer.name
        if newcomer.kind != "viewer":
            name = self.people.distinct_name(name, moderator=moderator)
        seat = Seat(
            number=number,
            name=name,
            role=newcomer.role,
            kind=newcomer.kind,
            grant=newcomer.grant,
            session=newcomer.session,
            resume=newcomer.resume,
            media=Media(),
        )
        self.people.place(seat, presence_of(seat))
        self._empty_at = None
        effects.append(Arrived(seat.session, number, seat.name, seat.role))
        self._touch(number, effects, now)
        return number

    def _vacate(self, number: int, now: float) -> list[Effect]:
        seat = self.people.remove(number)
        if not self.seats:
            self._empty_at = now + EMPTY_SECONDS
        effects: list[Effect] = [SessionTouched(seat.session), Departed(seat.session)]
        self._touch(number, effects, now)
        return effects

    def _replaced(self, number: int) -> list[Effect]:
        socket = self.people.presence[number].socket
        if socket is None:
            return []
        del self._by_socket[socket]
        return [Send(socket, Ended("replaced")), Close(socket, 409)]

    def _missed(self, socket: int, seat: Seat, presence: Presence) -> list[Effect]:
        """What was said while nobody listened, and moments that still hold."""
        messages: list[ServerMessage] = []
        if presence.undelivered is not None:
            messages.append(presence.undelivered)
            presence.undelivered = None
        if presence.camera_layers is not None:
            messages.append(Publish(camera=presence.camera_layers, screen=presence.screen_shown))
        if self._speakers:
            messages.append(Speakers(self._speakers))
        return [Send(socket, message) for message in messages]

    def _hold(self, number: int, until: float) -> None:
        self.people.presence[number].away_until = until
        heapq.heappush(self._away, (until, number))

    def _touch(self, number: int, effects: list[Effect], now: float) -> None:
        effects.append(SeatTouched(number))
        self._touched.add(number)
        self._tick_soon(now)

    def _tick_soon(self, now: float) -> None:
        if self._tick_at is None:
            self._tick_at = now + self.roster.interval(len(self.seats))

    def _tick(self) -> list[Effect]:
        self._tick_at = None
        tick = self.roster.tick(self.people.candidates(), self.people.face, self._touched)
        self._touched = set()
        if tick is None:
            return []
        personal = {
            socket: change
            for number, change in tick.personal.items()
            if (socket := self.people.presence[number].socket) is not None
        }
        return [
            Spread(tick.spread, frozenset(personal)),
            *(Send(socket, change) for socket, change in personal.items()),
        ]

    def _offer(self, number: int, message: Offer, effects: list[Effect]) -> None:
        seat, presence = self.seats[number], self.people.presence[number]
        if message.id <= seat.offer_id:
            raise Refusal(409, "stale_offer", "the id of an offer must grow", last=seat.offer_id)
        seat.offer_id, seat.answered = message.id, None
        presence.offer, presence.undelivered = message.sdp, None
        effects += [SeatTouched(number), SessionTouched(seat.session)]

    def _view(self, number: int, message: View, effects: list[Effect]) -> None:
        slots = [tile.slot for tile in message.tiles]
        if len(set(slots)) < len(slots):
            raise Refusal(422, "invalid_message", "a slot is named twice", field="tiles")
        presence = self.people.presence[number]
        if presence.view != message.tiles:
            presence.view = message.tiles
            effects.append(SessionTouched(self.seats[number].session))

    def _change_media(
        self, number: int, wish: Media, effects: list[Effect], now: float
    ) -> list[ServerMessage]:
        """Grants what may be granted; returns what the one who wished must be told."""
        seat = self.seats[number]
        sharer = None if self._sharer == number else self.seats.get(self._sharer)
        media, displaced, refusal = allowed(seat, wish, sharer)
        if displaced is not None:
            self._set_media(
                displaced,
                Media(microphone=displaced.media.microphone, camera=displaced.media.camera),
                effects,
                now,
            )
            socket = self.people.presence[displaced.number].socket
            if socket is not None:
                effects.append(Send(socket, Corrected(displaced.media)))
        self._set_media(seat, media, effects, now)
        told: list[ServerMessage] = [] if media == wish else [Corrected(media)]
        if refusal is not None:
            told.append(Failed(error=refusal))
        return told

    def _set_media(self, seat: Seat, media: Media, effects: list[Effect], now: float) -> None:
        if seat.media == media:
            return
        if seat.media == Media():
            self._sources_counted += 1
            seat.on_since = self._sources_counted
        seat.media = media
        if media.screen:
            self._sharer = seat.number
        elif self._sharer == seat.number:
            self._sharer = 0
        effects.append(SessionTouched(seat.session))
        self._touch(seat.number, effects, now)

    def _set_quality(
        self, number: int, message: SetQuality, effects: list[Effect], now: float
    ) -> None:
        if self.seats[number].quality != message.quality:
            self.seats[number].quality = message.quality
            self._touch(number, effects, now)

    def _answered(self, seat: Seat, presence: Presence, answer: str, effects: list[Effect]) -> None:
        digest = hashlib.sha256(answer.encode()).hexdigest()[:16]
        if digest == seat.answered:
            return
        if seat.answered is None:
            message: Answer | Failed = Answer(seat.offer_id, answer)
        else:
            error = ErrorBody("media_lost", "the media server was replaced: connect anew")
            message = Failed(error=error, id=seat.offer_id)
        self._deliver(seat, presence, digest, message, effects)

    def _deliver(
        self,
        seat: Seat,
        presence: Presence,
        digest: str,
        message: Answer | Failed,
        effects: list[Effect],
    ) -> None:
        seat.answered = digest
        effects.append(SeatTouched(seat.number))
        if presence.socket is None:
            presence.undelivered = message
        else:
            effects.append(Send(presence.socket, message))

    def _publish(
        self, seat: Seat, presence: Presence, actual: ActualSession, effects: list[Effect]
    ) -> None:
        shown = (actual.camera_layers, actual.screen_shown)
        if shown == (presence.camera_layers, presence.screen_shown):
            return
        presence.camera_layers, presence.screen_shown = shown
        if presence.socket is not None:
            message = Publish(camera=actual.camera_layers, screen=actual.screen_shown)
            effects.append(Send(presence.socket, message))

    def _flowing(self, number: int, connected: bool, effects: list[Effect], now: float) -> None:
        presence = self.people.presence[number]
        if presence.connected == connected:
            return
        presence.connected = connected
        if connected:
            presence.away_until = None
        else:
            self._hold(number, now + HOLD_SECONDS)
        self._touch(number, effects, now)
