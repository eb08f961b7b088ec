"""The tasks of a process end with it, and one that dies is seen."""

import asyncio
from contextlib import suppress

import pytest

from tests.patience import PATIENCE
from zvonok.service.tasks import Tasks


async def forever() -> None:
    await asyncio.Event().wait()


async def fails() -> None:
    raise KeyError("a fault")


async def returns() -> None:
    pass


@pytest.mark.parametrize(("work", "error"), [(fails, KeyError), (returns, RuntimeError)])
async def test_what_was_to_go_on_and_ends_ends_the_block(
    work: object, error: type[Exception]
) -> None:
    tasks = Tasks()

    async def live() -> None:
        async with asyncio.timeout(PATIENCE), tasks:
            tasks.begin(forever, name="other", forever=True)
            assert tasks.alive
            tasks.begin(work, name="work", forever=True)  # type: ignore[arg-type]
            await forever()

    with pytest.raises(ExceptionGroup) as caught:
        await live()
    assert [type(found) for found in caught.value.exceptions] == [error]
    assert not tasks.alive


async def test_what_was_to_be_done_once_ends_nothing() -> None:
    async with Tasks() as tasks:
        tasks.begin(returns, name="once")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert tasks.alive


async def test_who_swallows_a_cancellation_is_told_again() -> None:
    begun = asyncio.Event()
    told = 0

    async def deaf() -> None:
        nonlocal told
        begun.set()
        while told < 2:
            with suppress(asyncio.CancelledError):
                await forever()
            told += 1

    async with asyncio.timeout(PATIENCE), Tasks() as tasks:
        tasks.begin(deaf, name="deaf")
        await begun.wait()
    assert told == 2
