"""Which commands of a seat have been done: what is said again after a cut is done once."""

from zvonok.wire.client import COMMANDS_REMEMBERED, Command, Done

from ..effects import Acknowledge
from ..kept import SeatValues
from ..part import Part
from ..people import People
from ..seat import Seat
from ..turn import Turn


class CommandsPart(Part):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self._done: SeatValues[tuple[str, ...]] = self.keep_by_seat("done", tuple[str, ...], ())

    def again(self, turn: Turn, seat: Seat, message: object) -> bool:
        """Whether this was done before; it is then answered once more."""
        if not isinstance(message, Command) or message.command is None:
            return False
        if message.command not in self._done[seat.number]:
            return False
        self._answer(turn, seat, message.command)
        return True

    def did(self, turn: Turn, seat: Seat, message: object) -> None:
        """Remembers and answers a command that has an id. Its seat may be gone by now."""
        if not isinstance(message, Command) or message.command is None:
            return
        if seat.number in self.people.seats:
            done = (*self._done[seat.number], message.command)
            self._done.set(turn, seat.number, done[-COMMANDS_REMEMBERED:])
            self._answer(turn, seat, message.command)

    def _answer(self, turn: Turn, seat: Seat, command: str) -> None:
        socket = self.people.presence[seat.number].socket
        if socket is not None:
            turn.do(Acknowledge(socket, Done(command)))
