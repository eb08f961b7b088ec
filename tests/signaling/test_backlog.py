"""Work that is done until it succeeds."""

import asyncio
from contextlib import suppress

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from signaling.backlog import Backlog


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.backlog.FIRST_PAUSE", 0.0)


async def done(backlog: Backlog[str], until: asyncio.Event) -> None:
    task = asyncio.create_task(backlog.run())
    async with asyncio.timeout(5):
        await until.wait()
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_is_added_twice_is_done_once() -> None:
    seen: list[str] = []
    finished = asyncio.Event()

    async def work(item: str) -> None:
        seen.append(item)
        if item == "last":
            finished.set()

    backlog = Backlog("test", work)
    for item in ("a", "b", "a", "last"):
        backlog.add(item)
    await done(backlog, finished)
    assert seen == ["a", "b", "last"]


@pytest.mark.parametrize("error", [RedisConnectionError("away"), OSError(), KeyError("a fault")])
async def test_what_fails_is_tried_again_after_the_others(error: Exception) -> None:
    seen: list[str] = []
    finished = asyncio.Event()

    async def work(item: str) -> None:
        seen.append(item)
        if seen == ["bad"]:
            raise error
        if len(seen) == 3:
            finished.set()

    backlog = Backlog("test", work)
    backlog.add("bad")
    backlog.add("good")
    await done(backlog, finished)
    assert seen == ["bad", "good", "bad"]
    assert not backlog.failing
