import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from tests.patience import PATIENCE
from tests.ports import free_port
from zvonok.service import bus
from zvonok.service.bus import (
    KEEPALIVE,
    Announcement,
    Runs,
    Subscribed,
    Subscription,
    connect,
    run_of,
)

Item = Subscribed | Announcement


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def subscription(redis_url: str) -> AsyncIterator[Subscription]:
    async with Subscription(redis_url) as subscription:
        yield subscription


async def following(items: AsyncIterator[Item]) -> Item:
    async with asyncio.timeout(PATIENCE):
        return await anext(items)


async def test_values_are_bytes(redis: Redis) -> None:
    await redis.set("key", b"\xff\x00")
    assert await redis.get("key") == b"\xff\x00"


async def test_a_run_of_the_server_has_a_name_unless_it_may_not_be_asked(
    redis: Redis, redis_url: str
) -> None:
    assert await run_of(redis) == await run_of(redis) != ""
    await redis.acl_setuser(
        "asks", enabled=True, passwords=["+a"], categories=["+@all"], commands=["-info"]
    )
    async with connect(redis_url) as asks:
        asks.connection_pool.connection_kwargs |= {"username": "asks", "password": "a"}
        assert await run_of(asks) == ""
    await redis.acl_deluser("asks")


class Server:
    """One that is started anew whenever `run` is changed."""

    run = "first"

    async def info(self, _section: str) -> dict[str, str]:
        return {"run_id": self.run}


async def test_another_run_is_known_when_all_was_done_that_it_asks_for() -> None:
    server = Server()
    runs = Runs(cast("Redis", server))

    async def another() -> bool:
        async with runs.another() as another:
            return another

    assert [await another() for _ in range(2)] == [False, False]
    server.run = "second"
    with suppress(ConnectionError):
        async with runs.another():
            raise ConnectionError
    assert [await another() for _ in range(2)] == [True, False]


async def test_a_channel_says_when_to_look_and_then_what_comes(
    redis: Redis, subscription: Subscription
) -> None:
    await subscription.add("a")
    items = aiter(subscription)
    assert await following(items) == Subscribed("a")
    await redis.publish("a", b"\x01")
    assert await following(items) == Announcement("a", b"\x01")


async def test_channels_come_and_go_while_listening(
    redis: Redis, subscription: Subscription
) -> None:
    await subscription.add("a")
    items = aiter(subscription)
    assert await following(items) == Subscribed("a")
    await subscription.add("b")
    assert await following(items) == Subscribed("b")
    await subscription.remove("a")
    waiting = asyncio.ensure_future(anext(items))
    async with asyncio.timeout(PATIENCE):
        while await redis.publish("a", b"unheard"):
            pass  # Until the server knows.
    await redis.publish("b", b"heard")
    seen = [await waiting]
    while seen[-1] != Announcement("b", b"heard"):
        seen.append(await following(items))


async def test_after_a_cut_every_channel_says_to_look_again(
    redis: Redis, subscription: Subscription
) -> None:
    await subscription.add("a")
    items = aiter(subscription)
    assert await following(items) == Subscribed("a")
    await subscription.add("b")
    assert await following(items) == Subscribed("b")
    assert subscription.connected
    await redis.client_kill_filter(_type="pubsub")
    assert {await following(items), await following(items)} == {Subscribed("a"), Subscribed("b")}
    await redis.publish("b", b"2")
    assert await following(items) == Announcement("b", b"2")


async def test_channels_added_during_a_cut_are_not_forgotten(
    redis: Redis, subscription: Subscription
) -> None:
    await subscription.add("0")
    items = aiter(subscription)
    assert await following(items) == Subscribed("0")
    for number in itertools.count(1):
        await redis.client_kill_filter(_type="pubsub")
        await subscription.add(str(number))
        wanted = {Subscribed(str(n)) for n in range(number + 1)}
        while wanted:
            wanted.discard(await following(items))
        if number == 5:
            break


async def test_a_cut_while_channels_come_and_go_does_not_make_us_deaf(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever adds or removes one may find the connection in any state of being lost."""
    monkeypatch.setattr(bus, "FIRST_PAUSE", 0.001)

    async def after(turns: int, tell: Callable[[str], Awaitable[None]], channel: str) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await tell(channel)

    async with Subscription(redis_url) as subscription:
        await subscription.add("0")
        items = aiter(subscription)
        assert await following(items) == Subscribed("0")
        for adds, removes in itertools.product(range(16), range(16)):
            waiting = asyncio.ensure_future(anext(items))
            await asyncio.sleep(0)
            pubsub: Any = subscription._pubsub
            pubsub.connection._writer.transport.abort()
            telling = asyncio.gather(
                after(adds, subscription.add, "1"), after(removes, subscription.remove, "2")
            )
            async with asyncio.timeout(PATIENCE):
                heard = {await waiting}
                while heard != {Subscribed("0"), Subscribed("1")}:
                    heard.add(await anext(items))
                await telling
                await subscription.remove("1")


async def test_the_first_channel_may_come_after_the_listening(
    redis: Redis, subscription: Subscription
) -> None:
    waiting = asyncio.ensure_future(anext(aiter(subscription)))
    await asyncio.sleep(0)
    assert subscription.connected  # Nothing is wanted, so nothing is missed.
    await subscription.add("a")
    async with asyncio.timeout(PATIENCE):
        assert await waiting == Subscribed("a")


async def test_nobody_answers(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("none")
    async with Subscription(f"unix://{folder}/none.sock") as subscription:
        await subscription.add("a")
        waiting = asyncio.ensure_future(anext(aiter(subscription)))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        assert not subscription.connected
        waiting.cancel()
        await asyncio.wait({waiting})


async def test_a_server_on_a_machine_that_goes_away_is_given_up_in_time(redis: Redis) -> None:
    """Also while a command is under way, when the system sends no probes."""
    port = free_port(socket.SOCK_STREAM)
    await redis.config_set("port", port)
    try:
        async with connect(f"redis://127.0.0.1:{port}") as pool, pool.client() as client:
            await client.ping()
            connection: Any = client.connection
            opened = connection._writer.get_extra_info("socket")
            found = [opened.getsockopt(socket.IPPROTO_TCP, option) for option in KEEPALIVE]
    finally:
        await redis.config_set("port", 0)
    assert found == list(KEEPALIVE.values())
    assert KEEPALIVE[socket.TCP_USER_TIMEOUT] == 25_000


async def test_a_cancelled_command_is_cancelled(redis: Redis) -> None:
    asked = 0

    async def ask_forever() -> None:
        nonlocal asked
        while True:
            await redis.ping()
            asked += 1

    await redis.ping()
    for turns in range(100):
        asking = asyncio.ensure_future(ask_forever())
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        asked = 0
        while not asking.done() and asked < 5:
            await asyncio.sleep(0)
        went_on = asked
        while not asking.done():
            asking.cancel()
            await asyncio.sleep(0.01)
        assert went_on == 0, f"after {turns} turns of the loop the cancellation was lost"
