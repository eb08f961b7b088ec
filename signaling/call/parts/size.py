"""How many people the lesson is for: one link that gets about does not fill it with strangers."""

from collections.abc import Sequence

from zvonok.wire.client import SetSize, Size
from zvonok.wire.errors import Refusal

from ...permissions import may
from ..effects import Resized
from ..part import Handles, Part
from ..people import People
from ..seat import Newcomer, Seat
from ..turn import Turn

RESERVED_SEATS = 5
"""Of all seats, those that only moderators may take."""
TELL_SECONDS = 1.0
"""Whoever was turned away within it is told of together."""
COUNTED = 2000
"""Of those turned away; more are not told apart."""


class SizePart(Part):
    """The size is the lesson's, in SQL; a call begins with it and has changes written there.

    Until they are, they are kept with the call.
    """

    def __init__(self, people: People, size: int, seats: int) -> None:
        super().__init__(people)
        self._size = self.keep("size", int, size)
        self.seats = seats
        """Of the whole call, moderators included."""
        self._turned_away: set[str] = set()
        self._tell_at: float | None = None

    @property
    def size(self) -> int:
        return self._size.value

    def handlers(self) -> Sequence[Handles]:
        return [Handles(SetSize, self._set_size, may="set_size")]

    def missing(self, newcomer: Newcomer) -> int:
        """How many have to leave before this one can be admitted; ≤ 0: there is room.

        Moderators do not count, and as long as there is any seat they get one. Nor do the seats
        that the newcomer's grant has already: they go.
        """
        taken = len(self.people.seats) - len(self.people.of_grant(newcomer.grant))
        if may(newcomer.role, "take_reserved_seat"):
            return taken + 1 - self.seats
        reserved = max(0, RESERVED_SEATS - self.people.moderators)
        people = taken - self.people.moderators
        return max(taken + reserved + 1 - self.seats, people + 1 - self.size)

    def full(self, newcomer: Newcomer, now: float) -> Refusal:
        """`call_full`, to be raised; moderators will hear of it."""
        if newcomer.kind == "browser" and len(self._turned_away) < COUNTED:
            self._turned_away.add(newcomer.grant)
            if self._tell_at is None and self.people.moderators:
                self._tell_at = now + TELL_SECONDS
        return Refusal(
            503,
            "call_full",
            "all seats of this call are taken",
            limit=min(self.size, self.seats),
            most=self.seats,
        )

    def welcomed(self, turn: Turn, seat: Seat) -> None:
        if may(seat.role, "set_size"):
            turn.tell(seat.number, self._told())
        self._turned_away.discard(seat.grant)

    def deadline(self) -> float | None:
        return self._tell_at

    def advance(self, turn: Turn) -> None:
        if self._tell_at is not None and self._tell_at <= turn.now:
            self._tell(turn)

    def _set_size(self, turn: Turn, _seat: Seat, message: SetSize) -> None:
        if message.size == self.size:
            return
        self._size.set(turn, message.size)
        self._turned_away.clear()
        turn.do(Resized(message.size))
        self._tell(turn)

    def _tell(self, turn: Turn) -> None:
        self._tell_at = None
        for seat in self.people.seats.values():
            if may(seat.role, "set_size"):
                turn.tell(seat.number, self._told())

    def _told(self) -> Size:
        return Size(size=self.size, turned_away=len(self._turned_away))
