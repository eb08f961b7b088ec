"""One call on its way to Redis: whole, under its lease, and somebody learns what became of it."""

import asyncio
from typing import cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from signaling.live import Command, Live
from signaling.live_call import SESSIONS_AT_ONCE
from signaling.workers import Workers
from signaling.writer import Writer
from tests.patience import PATIENCE
from tests.signaling.test_live_call import Written, offers_in
from zvonok.wire.client import Offer


class Redis:
    """Takes what is written while the lease is `ours`."""

    def __init__(self) -> None:
        self.ours = True
        self.away = False
        self.stored: list[list[Command]] = []

    async def write(self, _call: str, commands: list[Command]) -> bool:
        await asyncio.sleep(0)
        if self.away:
            raise RedisConnectionError("away")
        if self.ours:
            self.stored.append(commands)
        return self.ours


class Servers:
    def __init__(self) -> None:
        self.worker: str | None = None

    async def choose(self) -> str | None:
        return self.worker


class Scene(Written):
    def __init__(self) -> None:
        super().__init__()
        self.redis, self.servers = Redis(), Servers()
        self.heard: list[str] = []
        live, workers = cast("Live", self.redis), cast("Workers", self.servers)
        self.writer = Writer(self.live, live, workers, self)

    async def finished(self, call: object) -> None:
        assert call is self.live
        self.heard.append("finished")

    async def taken(self, call: object) -> None:
        assert call is self.live
        self.heard.append("taken")

    def offer(self, count: int = 1) -> None:
        for _ in range(count):
            self.say(self.join(), Offer(0, "v=0"))
        self.carry_out()


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_what_redis_did_not_take_is_still_to_be_written(scene: Scene) -> None:
    scene.offer()
    scene.redis.away = True
    with pytest.raises(RedisConnectionError):
        await scene.writer.write()
    scene.redis.away = False
    await scene.writer.write()
    await scene.writer.write_all()
    (commands, *nothing) = scene.redis.stored
    assert offers_in(commands) == 1
    assert nothing == [[]]
    assert scene.heard == []


async def test_the_rest_of_a_full_call_is_written_unasked(scene: Scene) -> None:
    scene.offer(SESSIONS_AT_ONCE + 1)
    running = asyncio.create_task(scene.writer.errand.run())
    scene.writer.errand.ask()
    async with asyncio.timeout(PATIENCE):
        while len(scene.redis.stored) < 2:
            await asyncio.sleep(0)
    assert [offers_in(commands) for commands in scene.redis.stored] == [SESSIONS_AT_ONCE, 1]
    scene.writer.errand.end()
    await running


async def test_a_lease_that_is_not_ours_is_told_and_costs_nothing(scene: Scene) -> None:
    scene.offer()
    scene.redis.ours = False
    await scene.writer.write()
    assert scene.heard == ["taken"]
    assert scene.live.unwritten


async def test_an_end_is_told_when_all_of_it_is_written(scene: Scene) -> None:
    scene.offer(SESSIONS_AT_ONCE + 1)
    await scene.writer.write_all()
    scene.do(scene.call.end(scene.now))
    scene.carry_out()
    await scene.writer.write()
    assert scene.heard == []
    await scene.writer.write()
    assert scene.heard == ["finished"]


async def test_an_end_that_is_not_ours_to_write_is_no_end(scene: Scene) -> None:
    scene.do(scene.call.end(scene.now))
    scene.redis.ours = False
    await scene.writer.write()
    assert scene.heard == ["taken"]


@pytest.mark.parametrize("state", ["lost", "closed"])
async def test_a_call_that_is_no_more_is_not_written(scene: Scene, state: str) -> None:
    scene.offer()
    setattr(scene.live, state, True)
    await scene.writer.write_all()
    assert scene.redis.stored == []


async def test_a_call_without_a_media_server_gets_one_when_it_is_written(scene: Scene) -> None:
    scene.live.worker = None
    carried: list[str | None] = []
    for offers, server in ((0, "b"), (1, None), (0, "b"), (1, "c")):
        scene.offer(offers)
        scene.servers.worker = server
        await scene.writer.write()
        carried.append(scene.live.worker)
    assert carried == [None, None, "b", "b"]
