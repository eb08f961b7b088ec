"""One commit for many: nobody is told anything that is not so, whatever happens to the others."""

import asyncio

from signaling.group_commit import GroupCommit
from tests.patience import PATIENCE


class Disk:
    """Stores a group each time it is let; the groups it was given."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.broken = False
        self._may = asyncio.Semaphore(0)
        self._begun = asyncio.Semaphore(0)

    async def commit(self, items: list[int]) -> list[str]:
        self.groups.append(items)
        self._begun.release()
        await self._may.acquire()
        if self.broken:
            raise OSError("the disk is full")
        return [f"stored {item}" for item in items]

    def let(self) -> None:
        self._may.release()

    async def begun(self) -> None:
        """The next group has begun to be written."""
        async with asyncio.timeout(PATIENCE):
            await self._begun.acquire()


async def crowd(disk: Disk) -> tuple[GroupCommit[int, str], list[asyncio.Task[str]]]:
    """The first has been written, the second group of four is being written."""
    group = GroupCommit(disk.commit)
    tasks = [asyncio.create_task(group.submit(number)) for number in range(5)]
    await disk.begun()
    disk.let()
    await disk.begun()
    return group, tasks


async def test_each_gets_its_own_outcome_and_all_share_a_commit() -> None:
    disk = Disk()
    group, tasks = await crowd(disk)
    tasks += [asyncio.create_task(group.submit(number)) for number in (5, 6)]
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [True] + [False] * 6
    disk.let()
    disk.let()
    assert await asyncio.gather(*tasks) == [f"stored {number}" for number in range(7)]
    assert disk.groups == [[0], [1, 2, 3, 4], [5, 6]]


async def test_all_of_a_group_hear_that_it_failed_and_the_next_goes_on() -> None:
    disk = Disk()
    group, tasks = await crowd(disk)
    disk.broken = True
    disk.let()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] + [OSError] * 4
    disk.broken = False
    disk.let()
    assert await group.submit(7) == "stored 7"


async def test_who_gives_up_before_its_turn_is_not_stored() -> None:
    disk = Disk()
    group, tasks = await crowd(disk)
    tasks += [asyncio.create_task(group.submit(number)) for number in (5, 6)]
    await asyncio.sleep(0)
    tasks[5].cancel()
    disk.let()
    disk.let()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert disk.groups[2] == [6]
    assert isinstance(outcomes[5], asyncio.CancelledError)
    assert outcomes[6] == "stored 6"


async def test_a_commit_cut_short_leaves_nobody_waiting() -> None:
    disk = Disk()
    group, tasks = await crowd(disk)
    tasks[1].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[2:]] == [ConnectionError] * 3
    disk.let()
    assert await group.submit(5) == "stored 5"
