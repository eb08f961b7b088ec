"""Group commit: one transaction for all who came while the one before was being written."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class GroupCommit(Generic[Item, Outcome]):
    """A disk syncs some thirty times a second, and a school enters within one.

    Whoever comes first commits for all that have come by then; there is no task of its own.
    """

    def __init__(self, commit: Callable[[list[Item]], Awaitable[list[Outcome]]]) -> None:
        """`commit` stores all of the items or raises; an outcome for each, in their order."""
        self._commit = commit
        self._turn = asyncio.Lock()
        self._waiting: list[tuple[Item, asyncio.Future[Outcome]]] = []

    async def submit(self, item: Item) -> Outcome:
        """Returns when the item is stored. Raises what `commit` raised."""
        mine: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, mine))
        try:
            async with self._turn:
                if not mine.done():
                    await self._commit_waiting()
            return mine.result()
        except asyncio.CancelledError:
            mine.cancel()  # Who gives up before its turn is not stored.
            raise

    async def _commit_waiting(self) -> None:
        # Those who come while this is written find the turn taken and a list of their own.
        group = [entry for entry in self._waiting if not entry[1].done()]
        self._waiting = []
        try:
            outcomes = await self._commit([item for item, _ in group])
        except BaseException as error:
            # Cut short, it may be stored or not: the others hear of it as of a lost connection.
            told = error if isinstance(error, Exception) else ConnectionError("commit cut short")
            for _, future in group:
                if not future.done():
                    future.set_exception(told)
                    future.exception()  # Whoever has given up does not fetch it.
            raise
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
