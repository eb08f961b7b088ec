"""Work that is done whenever it is asked for, until it succeeds."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from signaling.errand import Errand
from tests.patience import PATIENCE


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.errand.FIRST_PAUSE", 0.0)


async def done(errand: Errand) -> None:
    """Runs it until it has ended itself."""
    async with asyncio.timeout(PATIENCE):
        await errand.run()


async def test_what_is_asked_twice_is_done_once() -> None:
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        asyncio.get_running_loop().call_soon(errand.end)

    errand = Errand("test", work)
    errand.ask()
    errand.ask()
    await done(errand)
    assert times == 1


async def test_what_is_asked_during_the_work_is_done_after_it() -> None:
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 1:
            await asyncio.sleep(0)
            errand.ask()
        else:
            errand.end()

    errand = Errand("test", work)
    errand.ask()
    await done(errand)
    assert times == 2


@pytest.mark.parametrize("error", [RedisConnectionError("away"), OSError(), KeyError("a fault")])
async def test_what_fails_is_tried_again(error: Exception) -> None:
    failing: list[bool] = []

    async def work() -> None:
        failing.append(errand.failing)
        if len(failing) == 1:
            raise error
        errand.end()

    errand = Errand("test", work)
    errand.ask()
    await done(errand)
    assert failing == [False, True]
    assert not errand.failing


async def test_pauses_grow_until_it_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    fails = [True, True, True, True, True, True, True, False, True, False]
    sleep = asyncio.sleep

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    async def work() -> None:
        failed = fails.pop(0)
        errand.ask()
        if not fails:
            errand.end()
        if failed:
            raise OSError

    monkeypatch.setattr("signaling.errand.FIRST_PAUSE", 0.1)
    monkeypatch.setattr(asyncio, "sleep", pause)
    errand = Errand("test", work)
    errand.ask()
    await done(errand)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 0.1]


async def test_an_errand_that_fails_does_not_hold_up_another() -> None:
    finished = asyncio.Event()

    async def hang() -> None:
        await asyncio.Event().wait()

    async def work() -> None:
        finished.set()

    errands = [Errand("hangs", hang), Errand("works", work)]
    for errand in errands:
        errand.ask()
    tasks = [asyncio.create_task(errand.run()) for errand in errands]
    async with asyncio.timeout(PATIENCE):
        await finished.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_ended_errand_does_nothing_more() -> None:
    async def work() -> None:
        raise AssertionError

    errand = Errand("test", work)
    errand.ask()
    errand.end()
    await done(errand)
