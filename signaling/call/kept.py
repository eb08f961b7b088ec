"""State of a call that outlives the process: written to Redis, read back by a takeover.

A part gets one of these from `Part.keep` or `Part.keep_by_seat` and changes it only by `set`.
Values are never changed in place; they are whatever msgspec can encode.
"""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from .turn import Turn

Value = TypeVar("Value")


def record_of(name: str, number: int) -> str:
    """`media:7` for one seat; what is of the whole call has a name alone."""
    return f"{name}:{number}"


class CallValue(Generic[Value]):
    """One value for the whole call."""

    def __init__(self, name: str, kind: Any, value: Value) -> None:
        self.name = name
        self.value = value
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def set(self, turn: Turn, value: Value) -> None:
        if value != self.value:
            self.value = value
            turn.keep(self.name, value)

    def records(self) -> Iterator[tuple[str, Any]]:
        yield self.name, self.value

    def restore(self, number: int | None, data: bytes) -> None:
        """Raises msgspec.DecodeError."""
        self.value = self._decode(data)

    def drop(self, turn: Turn, number: int) -> None:
        """The seat is gone: nothing to do here, the part's `left` decides."""


class SeatValues(Generic[Value]):
    """One value for each seat; `default` until it is set. Goes with the seat."""

    def __init__(self, name: str, kind: Any, default: Value) -> None:
        self.name = name
        self.default = default
        self._values: dict[int, Value] = {}
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def __getitem__(self, number: int) -> Value:
        return self._values.get(number, self.default)

    def items(self) -> Iterator[tuple[int, Value]]:
        """Of the seats where it was ever set."""
        yield from self._values.items()

    def set(self, turn: Turn, number: int, value: Value) -> None:
        if value != self[number]:
            self._values[number] = value
            turn.keep(record_of(self.name, number), value)

    def records(self) -> Iterator[tuple[str, Any]]:
        for number, value in self._values.items():
            yield record_of(self.name, number), value

    def restore(self, number: int | None, data: bytes) -> None:
        """Raises msgspec.DecodeError."""
        if number is not None:
            self._values[number] = self._decode(data)

    def drop(self, turn: Turn, number: int) -> None:
        if self._values.pop(number, None) is not None:
            turn.keep(record_of(self.name, number), None)
