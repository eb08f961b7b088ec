"""Sockets that are open and have not said yet who they are: anybody may open some."""

from collections import OrderedDict

from .limits import network

PER_ADDRESS = 2500
"""A whole school behind one address opens its sockets before the first is read."""
IN_ALL = 5000
SHARE = 4
"""Of all descriptors of the process, one in so many."""


class Doorstep:
    """Bounded by address and in all. When it is full the one that waited longest leaves.

    Who means it says `join` at once, so it is not him.
    """

    def __init__(self, descriptors: int) -> None:
        self._in_all = max(1, min(IN_ALL, descriptors // SHARE))
        self._per_address = min(PER_ADDRESS, self._in_all)
        self._waiting: OrderedDict[int, str] = OrderedDict()
        self._by_address: dict[str, OrderedDict[int, None]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, socket: int, address: str) -> int | None:
        """Returns the socket that has to leave for this one, if any does."""
        origin = network(address)
        leaving = None
        if len(self._by_address.get(origin, ())) >= self._per_address:
            leaving = next(iter(self._by_address[origin]))
        elif len(self._waiting) >= self._in_all:
            leaving = next(iter(self._waiting))
        if leaving is not None:
            self.leave(leaving)
        self._waiting[socket] = origin
        self._by_address.setdefault(origin, OrderedDict())[socket] = None
        return leaving

    def leave(self, socket: int) -> None:
        """It has said who it is, or is gone."""
        origin = self._waiting.pop(socket, None)
        if origin is not None:
            del self._by_address[origin][socket]
            if not self._by_address[origin]:
                del self._by_address[origin]
