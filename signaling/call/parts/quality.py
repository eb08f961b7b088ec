"""How each finds his own connection, for the others to see."""

from collections.abc import Sequence
from typing import Any

from zvonok.wire.client import Quality, SetQuality

from ..part import Handles, Part
from ..people import People
from ..seat import Seat
from ..turn import Turn


class QualityPart(Part):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self._quality = self.keep_by_seat("quality", Quality, "good")

    def handlers(self) -> Sequence[Handles]:
        return [Handles(SetQuality, self._set)]

    def face(self, seat: Seat) -> dict[str, Any]:
        return {"quality": self._quality[seat.number]}

    def _set(self, turn: Turn, seat: Seat, message: SetQuality) -> None:
        if self._quality[seat.number] != message.quality:
            self._quality.set(turn, seat.number, message.quality)
            turn.show(seat.number)
