"""A media server's process with a Redis of its own that writes what it is told to its disk."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from tests.leash import LEASH
from tests.ports import free_port
from zvonok.service.bus import connect
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, Description, Look, WantedSession

ROOT = Path(__file__).resolve().parent.parent
WORKER = "worker-1"
PATIENCE = 60.0


@dataclass
class Told:
    """What the worker has said so far, by session."""

    redis: Redis
    actual: dict[str, ActualSession] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self, calls: Sequence[str]) -> None:
        async with self.redis.pubsub() as pubsub:
            await pubsub.subscribe(*[bus.call_channel(call) for call in calls])
            async for message in pubsub.listen():
                if message["type"] != "message":
                    continue
                notice = bus.decode_notice(message["data"])
                if not isinstance(notice, bus.SessionsNotice):
                    continue
                call = message["channel"].decode().removeprefix("zv:call:")
                key = bus.actual_key(call)
                values = await cast("Any", self.redis.hmget(key, notice.sessions))
                states = [bus.decode_actual(value) for value in values if value]
                async with self.changed:
                    self.actual.update({state.session: state for state in states})
                    self.changed.notify_all()

    async def until(self, session: str, **fields: object) -> ActualSession:
        def holds() -> bool:
            actual = self.actual.get(session)
            return actual is not None and all(getattr(actual, k) == v for k, v in fields.items())

        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(holds)
        return self.actual[session]


@asynccontextmanager
async def worker() -> AsyncIterator[tuple[Redis, Path]]:
    """The Redis that a new media server works with, and the folder of its log."""
    with tempfile.TemporaryDirectory(prefix="zvonok-bench-") as name:
        folder = Path(name)
        path = folder / "redis.sock"
        options = ("--port", "0", "--unixsocket", str(path), "--dir", name, "--save", "")
        # Newer Redis ends where the locale of the environment is not installed.
        locale = {**os.environ, "LC_ALL": "C"}
        server = await _start("redis-server", *options, "--appendonly", "yes", environ=locale)
        environ = {
            "ZVONOK_VAR": name,
            "ZVONOK_REDIS_URL": f"unix://{path}",
            "ZVONOK_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
            "ZVONOK_PUBLIC_ADDRESS": "127.0.0.1",
        }
        while not path.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        sfu = await _start(sys.executable, "-m", "sfu", environ=environ)
        redis = connect(f"unix://{path}")
        try:
            async with asyncio.timeout(PATIENCE):
                while not await redis.exists(bus.worker_key(WORKER)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            yield redis, folder
        finally:
            await redis.aclose()
            for process in (sfu, server):
                with suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()


async def offer(redis: Redis, call: str, number: int, offer_id: int, sdp: str) -> str:
    """As signaling would write it; returns the session."""
    session = f"{call}-{number}"
    wanted = WantedSession(
        session=session, participant=number, offer_id=offer_id, revision=offer_id, open=[]
    )
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.sadd(bus.calls_key(WORKER), call)
        pipeline.hset(bus.offers_key(call), session, bus.encode(Description(offer_id, sdp)))
        pipeline.hset(bus.wanted_key(call), session, bus.encode(wanted))
        look = Look(call=call, sessions=[session])
        pipeline.publish(bus.worker_key(WORKER), bus.encode(look))
        await pipeline.execute()
    return session


async def answer(redis: Redis, call: str, session: str) -> str:
    value = await cast("Any", redis.hget(bus.answers_key(call), session))
    return bus.decode_description(value).sdp


async def _start(
    *command: str, environ: dict[str, str] | None = None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *LEASH,
        *command,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
        env=environ,
    )
