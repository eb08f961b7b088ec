"""Work on all calls at once: leases, media servers, and what is handed back at the end."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from signaling.clock import Clock
from signaling.errand import Errand
from signaling.keeping import MEETING_SECONDS, Keeping
from signaling.live import Live
from signaling.registry import RESTARTING, Registry
from signaling.workers import Workers
from zvonok.service.bus import Runs


@dataclass
class Call:
    """One that runs, and what is done with it."""

    id: str
    worker: str | None = "a"
    usable: bool = True
    lost: bool = False
    unproven: bool = False
    heard: list[str] = field(default_factory=list)

    def leave_worker(self) -> None:
        self.heard.append("left")
        self.worker = None

    def needs_worker(self) -> bool:
        return self.worker is None

    def close(self, status: int) -> None:
        self.heard.append(f"closed {status}")


class Running:
    """The call and its writer in one."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.writer = self
        self.errand = Errand("write", self.write_all)
        self.fault: Exception | None = None

    async def write_all(self) -> None:
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        self.call.heard.append("written")


class Scene:
    """Three calls, of which one may be at fault; and the rest of the process."""

    def __init__(self) -> None:
        self.calls = {name: Call(name) for name in ("one", "two", "three")}
        self.running = [Running(call) for call in self.calls.values()]
        self.alive: set[str] = set()
        self.holds = False
        self.renewed: list[list[str]] = []
        self.ours = {"one", "two", "three"}
        self.now = 100.0
        steady = Clock(wall=lambda: 0.0, steady=lambda: self.now)
        registry, workers = cast("Registry", self), cast("Workers", self)
        self.keeping = Keeping(registry, cast("Live", self), workers, steady)

    def all(self) -> list[Running]:
        return self.running

    def runs(self) -> Runs:
        return Runs(cast("Redis", self))

    async def info(self, _section: str) -> dict[str, str]:
        return {"run_id": "redis"}

    async def look(self) -> None: ...

    async def say_alive(self) -> bool:
        held, self.holds = self.holds, True
        return held

    async def renew(self, calls: list[str]) -> set[str]:
        self.renewed.append(calls)
        await asyncio.sleep(0)
        return self.ours & set(calls)

    async def release(self, call: str) -> None:
        self.calls[call].heard.append("released")

    async def taken(self, call: Call) -> None:
        call.heard.append("taken")

    def heard(self) -> dict[str, list[str]]:
        return {name: call.heard for name, call in self.calls.items()}

    def to_be_written(self) -> list[str]:
        return [each.call.id for each in self.running if each.errand._asked.is_set()]


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_only_a_call_whose_lease_is_gone_is_asked_about(scene: Scene) -> None:
    scene.ours = {"one"}
    scene.calls["three"].usable = False
    await scene.keeping.renew_leases()
    assert scene.heard() == {"one": [], "two": ["taken"], "three": []}


async def test_a_call_of_which_only_the_lease_is_known_is_asked_about_again(scene: Scene) -> None:
    scene.calls["two"].unproven = True
    await scene.keeping.renew_leases()
    assert scene.heard() == {"one": [], "two": ["taken"], "three": []}


async def test_all_leases_are_renewed_at_once(scene: Scene) -> None:
    """One after the other would outlast them while Redis is slow, and then all is written again."""
    await scene.keeping.renew_leases()
    assert scene.renewed == [["one", "two", "three"]]


async def test_the_lease_of_a_call_that_ends_meanwhile_is_not_taken_again(scene: Scene) -> None:
    scene.ours = {"one", "three"}
    renewing = asyncio.create_task(scene.keeping.renew_leases())
    await asyncio.sleep(0)
    scene.calls["two"].usable = False
    await renewing
    assert scene.heard() == {"one": [], "two": [], "three": []}


async def test_a_call_leaves_a_media_server_that_is_gone_and_no_other(scene: Scene) -> None:
    scene.calls["two"].worker, scene.calls["three"].worker = "gone", None
    scene.alive = {"a"}
    await scene.keeping.look_after_workers()
    scene.now += MEETING_SECONDS
    await scene.keeping.look_after_workers()
    assert scene.heard() == {"one": [], "two": ["left"], "three": []}
    assert scene.to_be_written() == ["two", "three"]


async def test_a_new_process_gives_each_media_server_time_to_say_that_it_lives(
    scene: Scene,
) -> None:
    """Redis may have come back a moment before it did, with the first of them."""
    scene.now += 2 * MEETING_SECONDS
    scene.alive = {"b"}
    for _ in range(2):
        await scene.keeping.look_after_workers()
        assert scene.heard() == {"one": [], "two": [], "three": []}
        scene.now += MEETING_SECONDS / 2
    scene.alive = {"a", "b"}
    scene.calls["two"].worker = "gone"
    await scene.keeping.look_after_workers()
    assert scene.heard() == {"one": [], "two": ["left"], "three": []}


async def test_when_no_media_server_is_seen_each_call_waits_for_its_own(scene: Scene) -> None:
    """As after a Redis that forgot all: they come back before others are needed."""
    await scene.keeping.look_after_workers()
    scene.now += MEETING_SECONDS
    await scene.keeping.look_after_workers()
    assert scene.heard() == {"one": [], "two": [], "three": []}
    assert scene.to_be_written() == []


async def test_no_call_moves_while_even_our_own_word_does_not_hold(scene: Scene) -> None:
    """When Redis began anew to count who lives, some have not had their turn yet."""
    scene.alive = {"a"}
    await scene.keeping.look_after_workers()
    scene.now += MEETING_SECONDS
    scene.calls["two"].worker, scene.holds = "b", False
    await scene.keeping.look_after_workers()
    assert scene.heard() == {"one": [], "two": [], "three": []}
    scene.now += MEETING_SECONDS
    await scene.keeping.look_after_workers()
    assert scene.heard() == {"one": [], "two": ["left"], "three": []}


async def test_what_is_not_written_is_written_before_a_call_is_handed_back(scene: Scene) -> None:
    await scene.keeping.hand_back()
    whole = ["written", "released", f"closed {RESTARTING}"]
    assert scene.heard() == {"one": whole, "two": whole, "three": whole}
    assert all(call.lost for call in scene.calls.values())


@pytest.mark.parametrize("fault", [KeyError("a fault"), RedisConnectionError("away"), OSError()])
async def test_every_call_is_let_go_of_whatever_fails(scene: Scene, fault: Exception) -> None:
    """A storage that is away is away for all; a fault in one call costs no other its writing."""
    scene.running[1].fault = fault
    await scene.keeping.hand_back()
    closed = f"closed {RESTARTING}"
    assert scene.calls["one"].heard == ["written", "released", closed]
    assert scene.calls["two"].heard == [closed]
    written = ["written", "released"] if isinstance(fault, KeyError) else []
    assert scene.calls["three"].heard == [*written, closed]
    assert all(call.lost for call in scene.calls.values())
