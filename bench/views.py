"""What it costs when everybody turns a page at once: `python -m bench.views [--json FILE]`.

1990 people are in one call, each with an offer of 78 KB; then each shows a page of 25 others. The
call is signaling's own, Redis writes all it is told to its disk, the media server is a process.

Told are the bytes that Redis has appended for it, and for how long at most signaling's loop and the
media server's stood still: a short sleep, and the media server's health over its own socket.
Verdict: at most 1 KB a view (LIMIT_BYTES); signaling's loop stands still for at most 0.1 s longer
than on this machine without any work, and the health, which takes several turns of the media
server's loop, at most 0.5 s longer (LIMITS_MS).
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
from redis.asyncio import Redis

from signaling import live
from signaling.call.call import Call
from signaling.call.seat import Newcomer
from signaling.clock import Clock
from signaling.live import Live
from signaling.live_call import LiveCall, Surroundings
from zvonok.wire import bus
from zvonok.wire.client import Join, Offer, Tile, View
from zvonok.wire.ids import VIDEO_SLOTS

from .offers import offer
from .worker import WORKER, worker

LIMIT_BYTES = 1024
LIMITS_MS = {"signaling_ms": 100.0, "sfu_ms": 500.0}
PEOPLE = 1990
CANDIDATE = (
    "a=candidate:2403066213 1 udp 2122194687 192.0.2.1 44999 typ host generation 0 network-id 1"
)
SDP = offer(17, each=[CANDIDATE] * 45)


class Nobody:
    """The writer's queue is not this bench's subject."""

    def touched(self, call: LiveCall) -> None: ...


class Lesson:
    """A call with everybody in it, and how it is written."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.live = Live(redis, "bench")
        self.call = Call("Algebra", 0.0)
        surroundings = cast("Surroundings", Nobody())
        self.running = LiveCall("call", self.call, surroundings, Clock(), WORKER)

    async def begin(self) -> None:
        await self.live.acquire("call")
        await self.live.write("call", live.begin("call"))
        for number in range(1, PEOPLE + 1):
            name = f"person {number}"
            newcomer = Newcomer(
                grant=name, name=name, role="guest", session=f"session-{number:014}", resume=name
            )
            self.running.run(self.call.join(number, Join(grant=name), newcomer, 0.0))
            self.running.run(self.call.receive(number, Offer(0, SDP), 0.0))
            await asyncio.sleep(0)
        await self.write()

    async def turn_page(self) -> None:
        """As signaling does it: a message from each, then as many writes as it takes."""
        for number in range(1, PEOPLE + 1):
            others = [1 + (number + other) % PEOPLE for other in range(1, VIDEO_SLOTS + 1)]
            tiles = [
                Tile(slot=slot, participant=one, kind="camera", height=180)
                for slot, one in enumerate(others)
            ]
            self.running.run(self.call.receive(number, View(tiles), 0.0))
            # Each comes in a message of its own.
            await asyncio.sleep(0)
        await self.write()

    async def write(self) -> None:
        while True:
            assert await self.live.write("call", self.running.take_writes())
            self.running.written()
            if not self.running.unwritten:
                return
            await self.live.renew(["call"])

    async def applied(self) -> None:
        """Returns once the media server has said that all of it is in force."""
        for number in range(1, PEOPLE + 1):
            session = self.call.seats[number].session
            wanted = self.call.wanted(session)
            assert wanted is not None
            while True:
                value = await cast("Any", self.redis.hget(bus.actual_key("call"), session))
                if value and bus.decode_actual(value).revision >= wanted.revision:
                    break
                await self.live.renew(["call"])
                await asyncio.sleep(0.02)


@asynccontextmanager
async def standstill(probe: Callable[[], Awaitable[object]]) -> AsyncIterator[list[float]]:
    """How many ms `probe` took in all the times that it was asked while the block ran, the last one
    included: it is the one that stood still."""
    taken: list[float] = []
    over = False

    async def watch() -> None:
        while not over:
            began = time.monotonic()
            await probe()
            taken.append((time.monotonic() - began) * 1000)

    watching = asyncio.create_task(watch())
    try:
        yield taken
    finally:
        over = True
        await watching


async def run() -> dict[str, Any]:
    async with worker() as (redis, folder):
        lesson = Lesson(redis)
        await lesson.begin()
        await lesson.applied()
        connector = aiohttp.UnixConnector(str(folder / "run" / "sfu-private.sock"))
        async with aiohttp.ClientSession(connector=connector) as http:

            async def health() -> None:
                async with http.get("http://sfu/healthz") as reply:
                    await reply.read()

            async def moment() -> None:
                await asyncio.sleep(0.001)

            async def measure(work: Awaitable[None]) -> dict[str, float]:
                async with standstill(moment) as ours, standstill(health) as theirs:
                    await work
                return {"signaling_ms": round(max(ours), 1), "sfu_ms": round(max(theirs), 1)}

            idle = await measure(asyncio.sleep(2.0))
            before = await appended(redis)
            began = time.monotonic()
            busy = await measure(lesson.turn_page())
            told = await measure(lesson.applied())
            seconds = time.monotonic() - began
            bytes_ = await appended(redis) - before
    return {
        "people": PEOPLE,
        "offer_bytes": len(SDP),
        "bytes": bytes_,
        "bytes_a_view": round(bytes_ / PEOPLE),
        "seconds": round(seconds, 2),
        "idle": idle,
        "busy": {name: max(value, told[name]) for name, value in busy.items()},
    }


async def appended(redis: Redis) -> int:
    return int((await redis.info("persistence"))["aof_current_size"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    target = parser.parse_args().json
    result = asyncio.run(run())
    print(json.dumps(result, indent=1))
    if target is not None:
        target.write_text(json.dumps(result, indent=1))
    calm = all(result["busy"][n] - result["idle"][n] <= most for n, most in LIMITS_MS.items())
    return 0 if result["bytes_a_view"] <= LIMIT_BYTES and calm else 1


if __name__ == "__main__":
    sys.exit(main())
