"""The adapter: a real Redis, and a kernel that only remembers."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from sfu import inbox, node, reports
from sfu.engine import Engine
from sfu.kernel import core
from sfu.looks import Looks
from tests.patience import PATIENCE
from tests.servers import full
from tests.sfu import offers
from tests.sfu.dtls_client import DtlsClient
from tests.sfu.fake_kernel import FakeKernel
from tests.sfu.signalman import Signalman
from zvonok.service import bus as service_bus
from zvonok.service.settings import Settings, load
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, WantedSession


class EventfulKernel(FakeKernel):
    """A fake whose events a test makes."""

    port = 4321

    def __init__(self) -> None:
        super().__init__()
        self._eventfd = os.eventfd(0, os.EFD_NONBLOCK)
        self._events: list[core.Event] = []

    def fileno(self) -> int:
        return self._eventfd

    def happen(self, kind: int, subject: int, data: bytes = b"") -> None:
        self._events.append((kind, subject, 0, 0, data))
        os.eventfd_write(self._eventfd, 1)

    def events(self) -> "list[core.Event]":
        os.eventfd_read(self._eventfd)
        events, self._events = self._events, []
        return events

    def mark(self) -> None:
        self.happen(core.EVENT_MARK, 0)

    def counters(self) -> dict[str, int]:
        return super().counters() | {"packets_sent": 17}

    def lines(self) -> dict[str, int]:
        return {"viewers_limited": 0}

    def close(self) -> None:
        os.close(self._eventfd)


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    return load({"ZVONOK_VAR": str(tmp_path), "ZVONOK_REDIS_URL": redis_url})


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = service_bus.connect(redis_url)
    yield client
    await client.aclose()


@asynccontextmanager
async def worker(settings: Settings, redis: Redis) -> AsyncIterator[EventfulKernel]:
    kernel = EventfulKernel()
    try:
        async with node.running(settings, kernel.as_kernel(), redis):
            yield kernel
    finally:
        kernel.close()


async def eventually(look: Callable[[], list[Any]]) -> list[Any]:
    """What `look` finds, once it finds something."""
    async with asyncio.timeout(PATIENCE):
        while not (found := look()):
            await asyncio.sleep(0)
    return found


def wanted(number: int = 1, offer_id: int = 1, **changes: Any) -> WantedSession:
    fields: dict[str, Any] = {
        "session": f"s{number}",
        "participant": number,
        "offer_id": offer_id,
    }
    return WantedSession(**{**fields, **changes})


async def test_offer_is_answered_and_session_closed(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis) as kernel:
        await signalman.want(wanted())
        assert (await signalman.answered("s1")).answer is not None
        answer = await signalman.answer("s1")
        assert answer is not None
        assert " 4321 typ host" in answer
        await signalman.unwant("s1")
        await signalman.until("s1", lambda a: a is None)
        assert await signalman.answer("s1") is None
        assert kernel.open == set()


async def test_what_was_wanted_before_the_start_is_found(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    await signalman.want(wanted(), announce=False)
    async with worker(settings, redis):
        assert (await signalman.answered("s1")).answer is not None


async def test_restart_tells_that_sessions_are_lost(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis) as kernel:
        await signalman.want(wanted())
        await signalman.answered("s1")
    assert kernel.open == set()
    async with worker(settings, redis):
        lost = await signalman.until("s1", lambda a: a is not None and a.error is not None)
        assert lost is not None
        assert lost.error is not None
        assert (lost.error.code, lost.offer_id) == ("session_lost", 1)
        await signalman.want(wanted(offer_id=2), offers.browser("ABCD", ":".join(["CD"] * 32)))
        assert (await signalman.answered("s1", 2)).answer is not None


async def test_call_that_went_away_meanwhile(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    stale = ActualSession(session="old", offer_id=1, answer="v=0")
    await redis.hset(bus.actual_key("call"), "old", bus.encode(stale))
    await signalman.want(wanted(), announce=False)
    async with worker(settings, redis):
        await signalman.until("old", lambda a: a is None)


async def test_everything_is_looked_at_after_the_bus_was_away(
    settings: Settings, redis: Redis
) -> None:
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis) as kernel:
        await signalman.want(wanted(1))
        await signalman.want(wanted(2))
        await signalman.answered("s2")
        await redis.hdel(bus.wanted_key("call"), "s1")
        await signalman.want(wanted(3), announce=False)
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
        assert (await signalman.answered("s3")).answer is not None
        await signalman.until("s1", lambda a: a is None)
        assert len(kernel.open) == 2
        await redis.srem(bus.calls_key(settings.worker), "call")
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
        await eventually(lambda: [not kernel.open] if not kernel.open else [])
        # Whoever carries the call now finds what was said of its sessions.
        assert await signalman.actual("s2") is not None


async def test_garbage_on_the_bus_harms_nobody(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis):
        await signalman.want(wanted(1))
        await signalman.answered("s1")
        await redis.publish(bus.worker_key(settings.worker), b"\xc1garbage")
        await redis.hset(bus.wanted_key("call"), "bad", b"\xc1")
        look = bus.encode(bus.Look(call="call", sessions=["bad"]))
        await redis.publish(bus.worker_key(settings.worker), look)
        await signalman.want(wanted(2), "garbage")
        error = (await signalman.answered("s2")).error
        assert error is not None
        assert error.code == "sdp_invalid"
        assert (await signalman.answered("s1")).answer is not None


async def test_events_of_the_kernel(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    client = DtlsClient()
    async with worker(settings, redis) as kernel:
        fingerprint = client.fingerprint.digest.hex(":").upper()
        await signalman.want(wanted(), offers.browser("ABCD", fingerprint))
        await signalman.answered("s1")
        kernel.happen(core.EVENT_CONNECTED, 0)
        kernel.happen(core.EVENT_SOURCE, 0)
        for _ in range(2):
            for datagram in client.send():
                kernel.happen(core.EVENT_DTLS, 0, datagram)
            for _, _, reply in await eventually(lambda: kernel.take("send_dtls")):
                client.receive(reply)
        connected = await signalman.until("s1", lambda a: a is not None and a.connected)
        assert connected is not None
        kernel.happen(core.EVENT_SPEAKERS, 1, struct.pack("<I", 0))
        kernel.happen(core.EVENT_LOST, 0)
        await signalman.until("s1", lambda a: a is not None and not a.connected)
        assert client.done


async def test_an_event_that_fails_costs_no_other(
    settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    signalman = Signalman(redis, settings.worker)
    reached: list[int] = []

    def dispatch(engine: Engine, event: "core.Event", _now: float) -> None:
        if event[0] == core.EVENT_MARK:
            engine.handle_mark()
            return
        reached.append(event[1])
        raise RuntimeError

    monkeypatch.setattr(inbox, "dispatch", dispatch)
    async with worker(settings, redis) as kernel:
        kernel.happen(core.EVENT_CONNECTED, 1)
        kernel.happen(core.EVENT_CONNECTED, 2)
        await signalman.want(wanted())
        assert (await signalman.answered("s1")).answer is not None
    assert reached == [1, 2]


async def test_speakers_are_announced(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis) as kernel, redis.pubsub() as pubsub:
        await signalman.want(wanted(7))
        await signalman.answered("s7")
        await pubsub.subscribe(bus.call_channel("call"))
        kernel.happen(core.EVENT_SPEAKERS, 1, struct.pack("<I", 0))
        async with asyncio.timeout(PATIENCE):
            async for message in pubsub.listen():
                if message["type"] == "message":
                    assert bus.decode_notice(message["data"]) == bus.SpeakersNotice(
                        participants=[7]
                    )
                    break


async def test_worker_is_known_while_it_lives(settings: Settings, redis: Redis) -> None:
    key = bus.worker_key(settings.worker)
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis):
        value = await signalman.got(key)
        state = bus.decode_worker(value)
        assert (state.worker, state.port, state.sessions) == (settings.worker, 4321, 0)
        assert 0.0 <= state.load <= 1.0
        assert 0 < await redis.ttl(key) <= 10
        members = await redis.smembers(bus.WORKERS_KEY)
        assert members == {settings.worker.encode()}
    assert await redis.get(key) is None
    assert await redis.smembers(bus.WORKERS_KEY) == set()


async def test_private_door(settings: Settings, redis: Redis) -> None:
    signalman = Signalman(redis, settings.worker)
    async with worker(settings, redis):
        await signalman.want(wanted())
        await signalman.answered("s1")
        connector = aiohttp.UnixConnector(str(settings.socket("sfu-private")))
        async with aiohttp.ClientSession(connector=connector) as http:
            async with http.get("http://sfu/healthz") as reply:
                assert (reply.status, (await reply.json())["ok"]) == (200, True)
            async with http.get("http://sfu/metrics") as reply:
                text = await reply.text()
    assert "sfu_kernel_packets_sent_total 17.0" in text
    assert "sfu_sessions 1.0" in text
    assert "sfu_lines_viewers_limited 0.0" in text
    assert "sfu_calls 1.0" in text


async def test_health_sees_a_redis_that_is_full(
    settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers all that is asked, and takes nothing."""
    monkeypatch.setattr(reports, "HEARTBEAT", 0.01)
    monkeypatch.setattr(reports, "RETRY", 0.01)
    monkeypatch.setattr(reports, "EXPIRY", 1)
    connector = aiohttp.UnixConnector(str(settings.socket("sfu-private")))
    async with worker(settings, redis), aiohttp.ClientSession(connector=connector) as http:

        async def until(well: bool) -> None:
            async with asyncio.timeout(PATIENCE):
                while True:
                    async with http.get("http://sfu/healthz") as reply:
                        if (await reply.json())["parts"]["redis"] == well:
                            return

        await until(True)
        async with full(redis):
            await until(False)
        await until(True)


async def test_redis_that_is_away_at_first(
    settings: Settings, redis: Redis, redis_server: Path
) -> None:
    """Nothing is lost that could not be read or written at once."""
    signalman = Signalman(redis, settings.worker)
    await signalman.want(wanted())
    path = settings.var / "late.sock"
    settings = replace(settings, redis_url=f"unix://{path}")
    late = service_bus.connect(settings.redis_url)
    with capture_logs() as logs:
        async with worker(settings, late):
            await eventually(lambda: [line for line in logs if "away" in line["event"]])
            assert await redis.get(bus.worker_key(settings.worker)) is None
            path.symlink_to(redis_server)
            assert (await signalman.answered("s1")).answer is not None
            await signalman.got(bus.worker_key(settings.worker))
    await late.aclose()


def test_small_buffers_are_told_with_their_remedy() -> None:
    class Small:
        def buffer_sizes(self) -> tuple[int, int]:
            return 212992, node.BUFFER

    with capture_logs() as logs:
        node.check_buffers(cast("core.Kernel", Small()))
    assert [entry["run"] for entry in logs] == [f"sysctl -w net.core.rmem_max={node.BUFFER}"]


def test_taken_port() -> None:
    with (
        node.open_kernel(0) as kernel,
        pytest.raises(OSError, match="in use"),
        node.open_kernel(kernel.port),
    ):
        pass


@pytest.mark.parametrize(
    "work",
    [
        "looks.Looks.listen",
        "looks.Looks.work",
        "looks.Looks.compare",
        "reports.Reports.work",
        "reports.Heartbeat.work",
        "node._tick",
    ],
)
@pytest.mark.parametrize("fails", [True, False])
async def test_a_task_that_ends_ends_the_worker(
    settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch, work: str, fails: bool
) -> None:
    """Whether by an error or without one: a supervisor starts it again."""

    async def end(*_: object) -> None:
        if fails:
            raise ValueError

    monkeypatch.setattr(f"sfu.{work}", end)
    with pytest.raises(BaseExceptionGroup) as ended:
        async with asyncio.timeout(PATIENCE), worker(settings, redis):
            await asyncio.Event().wait()
    assert ended.value.subgroup(ValueError if fails else RuntimeError) is not None
    assert await redis.smembers(bus.WORKERS_KEY) == set()


async def test_a_task_that_a_library_keeps_from_ending_does_not_keep_the_worker(
    settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """redis-py may swallow a cancellation; whoever stops would wait until it is killed."""
    waiting = asyncio.Event()

    async def deaf(_looks: Looks) -> None:
        with suppress(asyncio.CancelledError):
            waiting.set()
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    monkeypatch.setattr(Looks, "compare", deaf)
    async with asyncio.timeout(PATIENCE), worker(settings, redis):
        await waiting.wait()
