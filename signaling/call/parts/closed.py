"""Whose page was closed: others do not see him any more, though his seat is held for him."""

from ..part import Part
from ..people import People
from ..seat import Seat
from ..turn import Turn

CLOSED_SECONDS = 2.0
"""From the page's last word until others see the person leave. A browser does not tell closing
from loading anew; whoever does the latter is mostly back by then and never left for the others."""


class ClosedPart(Part):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self._closed = self.keep_by_seat("closed", bool, False)
        self._hide_at: dict[int, float] = {}
        """The earliest first."""

    def closed(self, turn: Turn, seat: Seat) -> None:
        """The page said so, and its socket is gone."""
        if not self._closed[seat.number]:
            self._closed.set(turn, seat.number, True)
            self.people.naming.set_aside(seat)
            self._hide_at[seat.number] = turn.now + CLOSED_SECONDS

    def to_be_given_up(self) -> list[int]:
        """Guests whom nobody sees, the longest away first: others may need the room."""
        presence = self.people.presence
        away = [
            (presence[number].leaves_at or 0.0, number)
            for number, closed in self._closed.items()
            if closed and presence[number].hidden and not self.people.seats[number].moderator
        ]
        return [number for _, number in sorted(away)]

    def welcomed(self, turn: Turn, seat: Seat) -> None:
        self._closed.set(turn, seat.number, False)
        self._hide_at.pop(seat.number, None)

    def left(self, turn: Turn, seat: Seat) -> None:
        self._hide_at.pop(seat.number, None)

    def restored(self, now: float) -> None:
        for number, closed in self._closed.items():
            if closed:
                self.people.hide(number)
                self.people.naming.set_aside(self.people.seats[number])

    def deadline(self) -> float | None:
        return next(iter(self._hide_at.values()), None)

    def advance(self, turn: Turn) -> None:
        for number in [n for n, at in self._hide_at.items() if at <= turn.now]:
            del self._hide_at[number]
            self.people.hide(number)
            turn.show(number)
