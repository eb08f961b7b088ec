"""Sessions of media: what is wanted of the SFU, and what it says to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from zvonok.wire import bus
from zvonok.wire.bus import SESSION_CLOSED, ActualSession, Description, WantedSession
from zvonok.wire.client import Answer, Failed, Media, Offer, Publish, SetUplink, Tile, View
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import KINDS

from ...limits import Bucket, Rate
from ..effects import Answered, SessionTouched
from ..part import Handles, Part
from ..people import People
from ..seat import HOLD_SECONDS, Seat
from ..turn import Turn
from .sources import SourcesPart

OFFERS = Rate(burst=5, per_second=1)
"""Of one seat. Each costs the SFU some milliseconds, which all calls share."""
UPLINKS = Rate(burst=5, per_second=1)
"""Of one seat. Each is a look of the SFU's."""
REVISIONS_SKIPPED = 1024
"""By a takeover: revisions that the SFU may have seen although Redis has lost them since."""


class Negotiation(msgspec.Struct, frozen=True):
    """How far a seat is with its connection."""

    offer_id: int = -1
    answered: str | None = None
    """Digest of the last answer to `offer_id` that was passed on, or the code of an error."""


@dataclass(kw_only=True)
class Session:
    """What is known of a seat's session only here, or can be read elsewhere."""

    offer: Description | None = None
    """Kept to be written again; None after a takeover: Redis has it."""
    view: list[Tile] | None = None
    uplink: int = 0
    publish: Publish | None = None
    """As it was told last."""
    connected: bool = False
    """Whether the media of a seat without a socket flows."""
    undelivered: tuple[str, Answer | Failed] | None = None
    """The answer to an offer that came while nobody was there to take it, and what it will be
    known by in `Negotiation.answered`. Not before: another process has to read it again."""


class SessionPart(Part):
    def __init__(self, people: People, sources: SourcesPart) -> None:
        super().__init__(people)
        self._sources = sources
        self._negotiations = self.keep_by_seat("negotiation", Negotiation, Negotiation())
        self._sessions: dict[int, Session] = {}
        self._offers: dict[int, Bucket] = {}
        """By seat, not by socket: a new socket gives no new offers."""
        self._uplinks: dict[int, Bucket] = {}

    def handlers(self) -> Sequence[Handles]:
        return [
            Handles(Offer, self._offer),
            Handles(View, self._view),
            Handles(SetUplink, self._uplink),
        ]

    def wanted(self, seat: Seat) -> WantedSession | None:
        """What the SFU is to make of the seat; None before the first offer."""
        offer_id = self._negotiations[seat.number].offer_id
        if offer_id < 0:
            return None
        on, session = self._sources[seat.number].on, self._session(seat)
        view = session.view
        return WantedSession(
            session=seat.session,
            participant=seat.number,
            kind=seat.kind,
            revision=self.people.presence[seat.number].revision,
            offer_id=offer_id,
            open=[kind for kind in KINDS if getattr(on, kind)],
            view=None if view is None else [_bus_tile(tile) for tile in view],
            moderator=seat.moderator,
            uplink=session.uplink,
        )

    def offer(self, seat: Seat) -> Description | None:
        """The newest offer, if this process took it."""
        return self._session(seat).offer

    def accepted(self, number: int) -> bool:
        """Whether the SFU has answered the seat's newest offer, as far as we have passed it on."""
        return self._negotiations[number].answered is not None

    def in_force(self, number: int) -> bool:
        """Whether the SFU has done all that it was to do for this seat so far."""
        presence = self.people.presence[number]
        return presence.applied >= presence.revision

    def lacks_answer(self, actual: ActualSession) -> bool:
        """Whether `actual` has news of an answer whose text is still to be passed on."""
        seat = self.people.of_session(actual.session)
        if seat is None or actual.answer is None:
            return False
        return self._negotiations[seat.number] == Negotiation(actual.offer_id)

    def offered(self) -> Iterable[str]:
        """Ids of the sessions that should be."""
        return (
            self.people.seats[number].session
            for number, negotiation in self._negotiations.items()
            if negotiation.offer_id >= 0
        )

    def begin(self, turn: Turn, seat: Seat, offer: str) -> None:
        """The one offer of a seat without a socket."""
        self._negotiations.set(turn, seat.number, Negotiation(offer_id=0))
        self._session(seat).offer = Description(0, offer)
        turn.change_session(seat.number)

    def take_back(self, wanted: Mapping[str, WantedSession]) -> None:
        """After a takeover: views and uplinks as the process before us wrote them for the SFU."""
        for seat in self.people.seats.values():
            before = wanted.get(seat.session)
            if before is not None:
                self._session(seat).view = _view_of(before)
                self._session(seat).uplink = before.uplink
                revision = before.revision + REVISIONS_SKIPPED
                self.people.presence[seat.number].revision = revision

    def untold(self, wanted: Mapping[str, WantedSession]) -> set[str]:
        """After a takeover: sessions of which the SFU does not know what is so.

        A large call is written in parts: the process before us may have died between what was
        said and what the SFU is to make of it, or before it had its seat's session closed.
        """
        of_seats = (self.wanted(seat) for seat in self.people.seats.values())
        ours = {session.session: session for session in of_seats if session is not None}

        def same(now: WantedSession, told: WantedSession | None) -> bool:
            return told is not None and msgspec.structs.replace(told, revision=now.revision) == now

        changed = {name for name, now in ours.items() if not same(now, wanted.get(name))}
        return changed | (wanted.keys() - ours.keys())

    def welcomed(self, turn: Turn, seat: Seat) -> None:
        """What was said while nobody listened, and moments that still hold."""
        session = self._session(seat)
        if session.undelivered is not None:
            self._deliver(turn, seat, *session.undelivered)
        if session.publish is not None:
            turn.tell(seat.number, session.publish)

    def restored(self, now: float) -> None:
        for seat in self.people.seats.values():
            if seat.kind == "publisher" and not self.accepted(seat.number):
                self.people.hide(seat.number)

    def left(self, turn: Turn, seat: Seat) -> None:
        self._sessions.pop(seat.number, None)
        self._offers.pop(seat.number, None)
        self._uplinks.pop(seat.number, None)
        turn.do(SessionTouched(seat.session))

    # ── what the browser says ──

    def _offer(self, turn: Turn, seat: Seat, message: Offer) -> None:
        last = self._negotiations[seat.number].offer_id
        if message.id <= last:
            raise Refusal(409, "stale_offer", "the id of an offer must grow", last=last)
        offers = self._offers.setdefault(seat.number, Bucket(OFFERS, turn.now))
        wait = offers.take(turn.now)
        if wait > 0:
            raise Refusal(429, "rate_limited", "too many offers", retry_after=wait)
        self._negotiations.set(turn, seat.number, Negotiation(message.id))
        session = self._session(seat)
        session.offer, session.undelivered = Description(message.id, message.sdp), None
        turn.change_session(seat.number)

    def _view(self, turn: Turn, seat: Seat, message: View) -> None:
        slots = [tile.slot for tile in message.tiles]
        if len(set(slots)) < len(slots):
            raise Refusal(422, "invalid_message", "a slot is named twice", field="tiles")
        session = self._session(seat)
        if session.view != message.tiles:
            session.view = message.tiles
            turn.change_session(seat.number)

    def _uplink(self, turn: Turn, seat: Seat, message: SetUplink) -> None:
        uplinks = self._uplinks.setdefault(seat.number, Bucket(UPLINKS, turn.now))
        wait = uplinks.take(turn.now)
        if wait > 0:
            raise Refusal(429, "rate_limited", "too many estimates", retry_after=wait)
        session = self._session(seat)
        if session.uplink != message.estimate:
            session.uplink = message.estimate
            turn.change_session(seat.number)

    # ── what the SFU says ──

    def actual(self, turn: Turn, actual: ActualSession, answer: str | None) -> Sequence[int]:
        """What a session is now; may come late, twice or about one that is gone.

        `answer` is the text of its answer, if it `lacks_answer` and if there is one. Returns the
        seats that nobody needs any more: what they were there for is over, or done by another.
        """
        seat = self.people.of_session(actual.session)
        if seat is None:
            return ()
        presence = self.people.presence[seat.number]
        presence.applied = max(presence.applied, actual.revision)
        if actual.offer_id != self._negotiations[seat.number].offer_id:
            return ()
        closed = actual.error is not None and actual.error.code == SESSION_CLOSED
        if seat.kind != "browser":
            replaced = self._begun(turn, seat, actual, answer)
            if self.accepted(seat.number):
                self._flowing(turn, seat, connected=actual.connected)
            return [*replaced, seat.number] if closed else replaced
        if actual.error is not None:
            # Who closed his connection himself need not be told.
            if not closed and self._negotiations[seat.number].answered != actual.error.code:
                refused = Failed(error=actual.error, id=actual.offer_id)
                self._deliver(turn, seat, actual.error.code, refused)
        elif actual.answer is not None:
            self._answered(turn, seat, actual.answer, answer)
            answered = self._negotiations[seat.number].answered is not None
            if answered or self._session(seat).undelivered is not None:
                self._publish(turn, seat, actual)
        return ()

    def _answered(self, turn: Turn, seat: Seat, digest: str, answer: str | None) -> None:
        negotiation = self._negotiations[seat.number]
        if digest == negotiation.answered:
            return
        if negotiation.answered is None:
            if answer is None:
                return
            message: Answer | Failed = Answer(negotiation.offer_id, answer)
        else:
            error = ErrorBody("media_lost", "the media server was replaced: connect anew")
            message = Failed(error=error, id=negotiation.offer_id)
        self._deliver(turn, seat, digest, message)

    def _deliver(self, turn: Turn, seat: Seat, known: str, message: Answer | Failed) -> None:
        session = self._session(seat)
        if not turn.tell(seat.number, message):
            session.undelivered = known, message
            return
        session.undelivered = None
        offer_id = self._negotiations[seat.number].offer_id
        self._negotiations.set(turn, seat.number, Negotiation(offer_id, known))

    def _publish(self, turn: Turn, seat: Seat, actual: ActualSession) -> None:
        session = self._session(seat)
        publish = Publish(
            camera=actual.camera_layers,
            screen=actual.screen_shown,
            limited=actual.limited,
            ceilings=actual.camera_ceilings,
        )
        if publish != session.publish:
            session.publish = publish
            turn.tell(seat.number, publish)

    def _begun(
        self, turn: Turn, seat: Seat, actual: ActualSession, answer: str | None
    ) -> Sequence[int]:
        """A publisher's sources are on from the start: those that the answer accepted.

        Returns the seats that it replaces: of its own token, from before.
        """
        if actual.error is not None or answer is not None:
            turn.do(Answered(seat.session, answer, actual.error))
        if answer is None or self.accepted(seat.number):
            return ()
        answered = Negotiation(actual.offer_id, actual.answer)
        self._negotiations.set(turn, seat.number, answered)
        self._sources.wish(turn, seat, Media(**dict.fromkeys(actual.sources, True)))
        self.people.unhide(seat.number)
        turn.show(seat.number)
        return [number for number in self.people.of_grant(seat.grant) if number < seat.number]

    def _flowing(self, turn: Turn, seat: Seat, *, connected: bool) -> None:
        """A seat without a socket lives by its media."""
        session = self._session(seat)
        if session.connected == connected:
            return
        session.connected = connected
        if connected:
            self.people.take(seat.number, socket=None)
        else:
            self.people.hold(seat.number, turn.now + HOLD_SECONDS)
        turn.show(seat.number)

    def _session(self, seat: Seat) -> Session:
        if seat.number not in self._sessions:
            self._sessions[seat.number] = Session(view=None if seat.kind == "viewer" else [])
        return self._sessions[seat.number]


def _bus_tile(tile: Tile) -> bus.Tile:
    return bus.Tile(tile.slot, tile.participant, tile.kind, tile.height, tile.frames)


def _view_of(wanted: WantedSession) -> list[Tile] | None:
    if wanted.view is None:
        return None
    return [
        Tile(
            slot=tile.slot,
            participant=tile.participant,
            kind=tile.kind,
            height=tile.height,
            frames=tile.frames,
        )
        for tile in wanted.view
    ]
