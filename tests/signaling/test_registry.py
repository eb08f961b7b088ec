"""The calls that run here: who works for each, and how it is let go."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from signaling.call.call import Call
from signaling.clock import Clock
from signaling.errand import Errand
from signaling.leases import Leases
from signaling.live import Live
from signaling.live_call import LiveCall
from signaling.registry import GONE, RESTARTING, Registry
from signaling.store import Lesson, Store
from signaling.workers import Workers
from tests.patience import PATIENCE
from zvonok.service.bus import Subscription
from zvonok.service.tasks import Tasks
from zvonok.wire import bus

LESSON = Lesson(id="lesson", title="Algebra", created=0.0, ended=None, size=60)


@dataclass
class Around:
    """What the registry needs, as far as a call is only begun and let go."""

    ours: bool = True
    lesson_in_sql: Lesson | None = LESSON
    begun: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def begin(self, _work: object, *, name: str) -> None:
        self.begun.append(name)

    async def remove(self, channel: str) -> None:
        self.removed.append(channel)

    async def regain(self, _call: LiveCall) -> bool:
        return self.ours

    async def lesson(self, _lesson: str) -> Lesson | None:
        return self.lesson_in_sql


class Socket:
    def __init__(self) -> None:
        self.closed: list[int] = []

    def send(self, data: bytes) -> None: ...

    def close(self, status: int) -> None:
        self.closed.append(status)


@pytest.fixture
def around() -> Around:
    return Around()


@pytest.fixture
async def registry(around: Around) -> AsyncIterator[Registry]:
    registry = Registry(
        cast("Live", around),
        cast("Leases", around),
        cast("Workers", around),
        cast("Store", around),
        cast("Subscription", around),
        cast("Tasks", around),
        Clock(wall=lambda: 0.0, steady=lambda: 0.0),
    )
    yield registry
    for running in registry.all():
        running.call.close(RESTARTING)


def begun(registry: Registry) -> tuple[LiveCall, Socket]:
    call, socket = registry.add("lesson", Call("Algebra", 0.0), None), Socket()
    call.attach(1, socket)
    return call, socket


def asked(registry: Registry) -> list[str]:
    """The work that is to be done for the call."""
    running = registry.find("lesson")
    assert running is not None
    return [errand._name for errand in running.errands if errand._asked.is_set()]


async def ended(errand: Errand) -> None:
    async with asyncio.timeout(PATIENCE):
        await errand.run()


async def test_each_kind_of_work_is_asked_for_by_itself(registry: Registry) -> None:
    call, _ = begun(registry)
    assert asked(registry) == []
    registry.resized(call)
    assert asked(registry) == ["write the size"]
    registry.touched(call)
    assert asked(registry) == ["write call", "write the size"]


async def test_nothing_is_left_of_a_call_that_was_let_go(
    registry: Registry, around: Around
) -> None:
    call, socket = begun(registry)
    running = registry.find("lesson")
    assert running is not None
    assert around.begun == ["errand of lesson"] * len(running.errands)
    await registry.finished(call)
    assert socket.closed == [GONE]
    assert registry.find("lesson") is None
    assert registry.all() == []
    assert around.removed == [bus.call_channel("lesson")]
    for errand in running.errands:
        await ended(errand)
    # Sockets that go later still tell their call.
    registry.touched(call)
    registry.resized(call)
    await registry.finished(call)
    assert around.removed == [bus.call_channel("lesson")]


async def test_a_call_from_before_does_no_harm_to_the_one_that_runs(
    registry: Registry, around: Around
) -> None:
    """Somebody came to the lesson again while the last of its old call was written."""
    earlier, _ = begun(registry)
    now, socket = begun(registry)
    registry.touched(earlier)
    registry.resized(earlier)
    assert asked(registry) == []
    await registry.finished(earlier)
    assert earlier.closed
    assert (now.closed, socket.closed) == (False, [])
    running = registry.find("lesson")
    assert running is not None
    assert running.call is now
    assert around.removed == []


async def test_a_call_that_another_process_has_is_let_go(
    registry: Registry, around: Around
) -> None:
    around.ours = False
    call, socket = begun(registry)
    await registry.taken(call)
    assert call.lost
    assert socket.closed == [RESTARTING]
    assert registry.find("lesson") is None


@pytest.mark.parametrize(
    ("lesson", "over"),
    [(LESSON, False), (None, False), (Lesson("lesson", "Algebra", 0.0, 5.0, 60), True)],
)
async def test_a_call_whose_lease_is_ours_again_goes_on_unless_its_lesson_has_ended(
    registry: Registry, around: Around, lesson: Lesson | None, over: bool
) -> None:
    around.lesson_in_sql = lesson
    call, socket = begun(registry)
    await registry.taken(call)
    assert not call.lost
    assert socket.closed == []
    assert asked(registry) == ["look for the end"]
    running = registry.find("lesson")
    assert running is not None
    attempt = asyncio.create_task(running.ending.run())
    async with asyncio.timeout(PATIENCE):
        while "look for the end" in asked(registry):
            await asyncio.sleep(0)
    running.ending.end()
    await attempt
    assert call.engine.over is over
    assert ("write call" in asked(registry)) is over
