"""A part of a call: one thing that people can do in it, whole in one module. See docs/call.md."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..permissions import Permission
from .kept import CallValue, SeatValues
from .people import People
from .seat import Seat
from .turn import Turn

Value = TypeVar("Value")


@dataclass(frozen=True)
class Handles:
    """Which message is handled by what, and who may send it."""

    message: type
    by: Callable[[Turn, Seat, Any], None]
    """Raises Refusal: the sender is told, and nothing may have changed by then."""
    may: Permission | None = None
    """None: everybody who has a seat."""
    done: bool = True
    """False: it is only begun here; whoever finishes it answers the command."""


class Part:
    """What a part may have. Each override is called by `Call`, in the order of `Call.parts`."""

    def __init__(self, people: People) -> None:
        """A part that asks for more than the people is made by `Call.__init__`."""
        self.people = people
        self.kept: list[CallValue[Any] | SeatValues[Any]] = []

    # ── state that outlives the process ──

    def keep(self, name: str, kind: type[Value], value: Value) -> CallValue[Value]:
        """State of the whole call under this name. Restored before `restored` is called."""
        home = CallValue(name, kind, value)
        self.kept.append(home)
        return home

    def keep_by_seat(self, name: str, kind: Any, default: Value) -> SeatValues[Value]:
        """State of each seat. Restored before `restored` is called, dropped after `left`."""
        home = SeatValues(name, kind, default)
        self.kept.append(home)
        return home

    # ── what happens ──

    def handlers(self) -> Sequence[Handles]:
        return ()

    def welcomed(self, turn: Turn, seat: Seat) -> None:
        """Somebody came or came back and has got `welcome`: tell him what else he must know."""

    def left(self, turn: Turn, seat: Seat) -> None:
        """The seat was given up; it is not among the people any more."""

    def restored(self, now: float) -> None:
        """The call was taken over: make of the kept state what is not kept."""

    def face(self, seat: Seat) -> dict[str, Any]:
        """This part's fields of `Participant`. After a change call `Turn.show`."""
        return {}

    # ── time ──

    def deadline(self) -> float | None:
        """When `advance` has something to do; None: not by itself."""
        return None

    def advance(self, turn: Turn) -> None:
        """Does what was due until `turn.now`."""
