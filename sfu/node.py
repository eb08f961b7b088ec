"""The adapter: a kernel, an engine, Redis, and the clock between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial

import structlog
from prometheus_client import CollectorRegistry, Gauge
from redis.asyncio import Redis

from zvonok.service import bus as service_bus
from zvonok.service.addresses import reachable_addresses
from zvonok.service.bus import Subscription
from zvonok.service.door import serve_unix
from zvonok.service.health import private_app
from zvonok.service.metrics import CountersOf, GaugesOf, new_registry
from zvonok.service.run import Stop, ready
from zvonok.service.settings import Settings, load
from zvonok.service.tasks import Tasks
from zvonok.wire.bus import WorkerState

from .drops import dropped_in_queues
from .dtls import DtlsServer
from .engine import TIMER_INTERVAL, Engine
from .inbox import Inbox
from .kernel import core
from .load import Load
from .looks import Looks
from .reports import Heartbeat, Reports
from .sdp import Candidate, Identity

BUFFER = 8 << 20
"""Bytes of socket buffer: a keyframe to 2000 viewers is 100 MB, one to a class 1.5 MB."""

log = structlog.get_logger()


async def serve(stop: Stop) -> None:
    """Runs the worker until a stop is asked for."""
    settings = load()
    redis = service_bus.connect(settings.redis_url)
    with open_kernel(settings.media_port) as kernel:
        try:
            async with running(settings, kernel, redis):
                ready()
                await stop.wait()
        finally:
            await redis.aclose()


@contextmanager
def open_kernel(port: int) -> Iterator[core.Kernel]:
    """Binds the media port. Raises OSError when it is taken."""
    kernel = core.Kernel(port=port, receive_buffer=BUFFER, send_buffer=BUFFER)
    try:
        check_buffers(kernel)
        kernel.start()
        yield kernel
    finally:
        kernel.close()


def check_buffers(kernel: core.Kernel) -> None:
    """Says what to run where the system gives less than was asked for."""
    for size, name in zip(kernel.buffer_sizes(), ("rmem_max", "wmem_max"), strict=True):
        if size < BUFFER:
            log.warning(
                "socket buffer too small: packets will be lost in bursts",
                bytes=size,
                run=f"sysctl -w net.core.{name}={BUFFER}",
            )


@asynccontextmanager
async def running(settings: Settings, kernel: core.Kernel, redis: Redis) -> AsyncIterator[Engine]:
    """A worker at work while the block runs. Leaving it closes all sessions."""
    dtls = DtlsServer(datetime.now(UTC))
    addresses = reachable_addresses(settings.public_addresses)
    engine = Engine(kernel, Identity(_candidates(addresses, kernel.port), dtls.fingerprint), dtls)
    reports = Reports(redis)
    now = asyncio.get_running_loop().time

    def settle() -> None:
        reports.add(engine.take_effects())

    tasks = Tasks()
    heartbeat = Heartbeat(redis, settings.worker, _worker_state(settings, kernel, engine), now)
    async with AsyncExitStack() as stack:
        subscription = await stack.enter_async_context(Subscription(settings.redis_url))
        looks = Looks(redis, subscription, engine, settings.worker, now, settle)

        def health() -> dict[str, bool]:
            return {
                "redis": subscription.connected and not heartbeat.unheard,
                "looks": not looks.behind,
                "kernel": not engine.kernel_silent,
                "tasks": tasks.alive,
            }

        app = private_app(_metrics(kernel, engine), health)
        await stack.enter_async_context(serve_unix(app, settings.socket("sfu-private")))
        stack.push_async_callback(heartbeat.end)
        stack.callback(lambda: engine.close(now()))
        stack.enter_context(Inbox(kernel, engine, settle).watched())
        await stack.enter_async_context(tasks)
        for work in (looks.listen, looks.work, looks.compare, reports.work, heartbeat.work):
            tasks.begin(work, name=work.__qualname__, forever=True)
        tasks.begin(partial(_tick, engine, settle), name="tick", forever=True)
        yield engine


def _candidates(addresses: Iterable[str], port: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(address, port) for address in addresses)


def _worker_state(
    settings: Settings, kernel: core.Kernel, engine: Engine
) -> Callable[[], WorkerState]:
    load = Load(time.process_time(), time.monotonic())

    def state() -> WorkerState:
        addresses = reachable_addresses(settings.public_addresses)
        # A laptop changes its network while the server runs.
        engine.advertise(_candidates(addresses, kernel.port))
        return WorkerState(
            worker=settings.worker,
            addresses=list(addresses),
            port=kernel.port,
            sessions=engine.session_count,
            load=load.measure(time.process_time(), time.monotonic()),
        )

    return state


def _metrics(kernel: core.Kernel, engine: Engine) -> CollectorRegistry:
    registry = new_registry()
    registry.register(CountersOf(kernel.counters, "sfu_kernel_"))
    registry.register(
        CountersOf(lambda: {"handshakes_deferred": engine.handshakes_deferred}, "sfu_")
    )
    registry.register(
        CountersOf(lambda: {"datagrams_dropped_in_queues": dropped_in_queues()}, "sfu_")
    )
    registry.register(GaugesOf(kernel.lines, "sfu_lines_"))
    sessions = Gauge("sfu_sessions", "sessions open in the kernel", registry=registry)
    sessions.set_function(lambda: engine.session_count)
    calls = Gauge("sfu_calls", "calls with sessions on this worker", registry=registry)
    calls.set_function(lambda: len(engine.calls()))
    return registry


async def _tick(engine: Engine, settle: Callable[[], None]) -> None:
    now = asyncio.get_running_loop().time
    while True:
        await asyncio.sleep(TIMER_INTERVAL)
        engine.handle_timer(now())
        settle()
