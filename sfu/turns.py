"""What waits to be done, by turns of those it is done for."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

Party = TypeVar("Party", bound=Hashable)
Item = TypeVar("Item", bound=Hashable)


class Turns(Generic[Party, Item]):
    """Each party that has something waiting gets one item done, then the next party.

    So a party that asks for much waits for itself and not the others for it. What is added twice
    before its turn is there once.
    """

    def __init__(self, limit: int | None = None) -> None:
        """`limit`: items of one party that may wait."""
        self._limit = limit
        self._waiting: OrderedDict[Party, OrderedDict[Item, None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, party: Party, item: Item) -> bool:
        """False: too many items of this party wait already."""
        waiting = self._waiting.get(party, OrderedDict())
        if self._limit is not None and len(waiting) >= self._limit and item not in waiting:
            return False
        self._waiting.setdefault(party, OrderedDict())[item] = None
        return True

    def take(self) -> tuple[Party, Item]:
        """The next item and whose it is. Raises KeyError when nothing waits."""
        party, waiting = self._waiting.popitem(last=False)
        item, _ = waiting.popitem(last=False)
        if waiting:
            self._waiting[party] = waiting
        return party, item

    def put_back(self, taken: Sequence[tuple[Party, Item]]) -> None:
        """What was taken last and not done is next again: who came meanwhile does not pass it."""
        for party, item in reversed(taken):
            waiting = self._waiting.setdefault(party, OrderedDict())
            waiting[item] = None
            waiting.move_to_end(item, last=False)
            self._waiting.move_to_end(party, last=False)
