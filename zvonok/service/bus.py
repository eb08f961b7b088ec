"""Redis: state in keys, announcements over pub/sub."""

import asyncio
import math
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

KEEPALIVE = {
    socket.TCP_KEEPIDLE: 10,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 3,
    # While something is under way there are no probes.
    socket.TCP_USER_TIMEOUT: 25_000,
}
"""A server whose machine went away is noticed within 25 s."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0

log = structlog.get_logger()


def connect(url: str) -> Redis:
    """A pool of connections to `unix://path`, `redis://host:port` or `rediss://…`.

    Nothing is opened before the first command. `aclose()` it. Values are bytes.
    """
    return Redis.from_url(url, health_check_interval=15, **_options(url))


async def run_of(redis: Redis) -> str:
    """Names this run of the server: another one may have come back with less than was stored.

    Always the same where the server does not tell. Raises RedisError or OSError.
    """
    try:
        told = await redis.info("server")
    except ResponseError:
        # INFO may be forbidden to us.
        return ""
    return str(told.get("run_id", ""))


class Runs:
    """Knows one run of the server from the next."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._known: str | None = None

    @asynccontextmanager
    async def another(self) -> AsyncIterator[bool]:
        """Whether another run answers than before; the first is none.

        It is known from the end of the block on: what was cut short there is done again. Raises
        RedisError or OSError.
        """
        run = await run_of(self._redis)
        yield self._known not in (None, run)
        self._known = run


def _options(url: str) -> dict[str, Any]:
    # With a timeout the library writes under asyncio.wait_for, which before Python 3.12 loses a
    # cancellation that comes as the write ends: the task would go on for ever.
    options: dict[str, Any] = {"socket_timeout": None}
    if not url.startswith("unix:"):
        options["socket_keepalive"] = True
        options["socket_keepalive_options"] = KEEPALIVE
    return options


@dataclass(frozen=True)
class Subscribed:
    """Announcements of this channel arrive from now on: look at the state it speaks of.

    Comes after every `add`, and again for each channel whenever the connection was lost.
    """

    channel: str


@dataclass(frozen=True)
class Announcement:
    channel: str
    data: bytes


class Subscription:
    """Announcements of some channels, over as many connections as it takes.

        async with Subscription(settings.redis_url) as subscription:
            await subscription.add("zv:call:…")
            async for item in subscription: …

    Only one task may iterate; any may `add` and `remove`.
    """

    def __init__(self, url: str) -> None:
        # Without the library's own retries: it would come back without the channel whose
        # SUBSCRIBE was under way.
        self._redis = Redis.from_url(url, retry=Retry(NoBackoff(), 0), **_options(url))
        self._channels: set[str] = set()
        self._wanted = asyncio.Event()
        self._pubsub: PubSub | None = None
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether announcements arrive; for health."""
        return self._connected or not self._channels

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._drop()
        await self._redis.aclose()

    async def add(self, channel: str) -> None:
        """Starts to listen; returns before the server confirmed: wait for `Subscribed`."""
        self._channels.add(channel)
        self._wanted.set()
        await self._tell("SUBSCRIBE", channel)

    async def remove(self, channel: str) -> None:
        """Stops to listen; what is already on its way may still arrive."""
        self._channels.discard(channel)
        if not self._channels:
            self._wanted.clear()
        await self._tell("UNSUBSCRIBE", channel)

    async def __aiter__(self) -> AsyncIterator[Subscribed | Announcement]:
        pause = FIRST_PAUSE
        while True:
            await self._wanted.wait()
            try:
                async for item in self._listen():
                    pause = FIRST_PAUSE
                    yield item
            except (RedisError, OSError) as error:
                log.warning("bus lost", error=str(error), retry_in=pause)
            await self._drop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _listen(self) -> AsyncIterator[Subscribed | Announcement]:
        """One connection's worth of items; ends or raises when the connection is lost."""
        pubsub = self._redis.pubsub()
        asked = set(self._channels)
        try:
            await pubsub.subscribe(*asked)
        except BaseException:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
            raise
        self._pubsub = pubsub
        late = self._channels - asked
        if late:
            await self._tell("SUBSCRIBE", *late)
        connection: Any = pubsub.connection
        while self._pubsub is pubsub:
            kind, name, data = await connection.read_response(
                timeout=math.inf, disconnect_on_error=False, push_request=True
            )
            channel = bytes(name).decode()
            if kind == b"message":
                yield Announcement(channel, data)
            elif kind == b"subscribe" and channel in self._channels:
                self._connected = True
                yield Subscribed(channel)

    async def _tell(self, command: str, *channels: str) -> None:
        """By the connection itself, like the reading: the library's `subscribe` would connect anew
        when it is cut, and so would whoever reads. Two at it take each other's replies, and from
        then on nothing is heard by a connection that looks well."""
        connection: Any = None if self._pubsub is None else self._pubsub.connection
        if connection is None or not connection.is_connected:
            return  # The next connection subscribes to all that is wanted then.
        try:
            await connection.send_command(command, *channels, check_health=False)
        except (RedisError, OSError, RuntimeError):
            # RuntimeError is what uvloop says of a closed connection.
            await self._drop()

    async def _drop(self) -> None:
        self._connected = False
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
