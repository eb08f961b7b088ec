"""How the SFU finds each one's line, told to him alone: why he sees what he sees."""

from collections.abc import Iterable

from zvonok.wire.bus import SessionLine
from zvonok.wire.client import Line, LineTile

from ..part import Part
from ..people import People
from ..seat import Seat
from ..turn import Turn


class LinePart(Part):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self._lines: dict[int, Line] = {}
        """By seat, only here: the SFU tells anew what changes."""

    def heard(self, turn: Turn, lines: Iterable[SessionLine]) -> None:
        """May come late, or of a session that is gone."""
        for told in lines:
            seat = self.people.of_session(told.session)
            if seat is None:
                continue
            line = self._lines[seat.number] = _line_of(told)
            turn.tell(seat.number, line)

    def welcomed(self, turn: Turn, seat: Seat) -> None:
        line = self._lines.get(seat.number)
        if line is not None:
            turn.tell(seat.number, line)

    def left(self, turn: Turn, seat: Seat) -> None:
        self._lines.pop(seat.number, None)


def _line_of(told: SessionLine) -> Line:
    return Line(
        estimate=told.estimate,
        rtt_ms=told.rtt_ms,
        loss=told.loss,
        tiles=[
            LineTile(slot=tile.slot, layer=tile.layer, temporal=tile.temporal, reason=tile.reason)
            for tile in told.tiles
        ],
    )
