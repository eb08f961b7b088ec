"""Which media server gets the next call."""

from typing import cast

import pytest

from signaling.live import Live
from signaling.workers import CALL_LOAD, SETTLING_SECONDS, Workers
from zvonok.wire.bus import WorkerState


class Said:
    """What the workers say of themselves, and the time."""

    def __init__(self) -> None:
        self.states: list[WorkerState] = []
        self.now = 100.0

    def say(self, worker: str, load: float = 0.0, sessions: int = 0) -> None:
        self.states = [state for state in self.states if state.worker != worker]
        self.states.append(
            WorkerState(worker=worker, addresses=[], port=1, sessions=sessions, load=load)
        )

    async def workers(self) -> list[WorkerState]:
        return self.states


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def workers(said: Said) -> Workers:
    return Workers(cast("Live", said), lambda: said.now)


async def test_without_any_there_is_none(said: Said, workers: Workers) -> None:
    assert await workers.choose() is None
    said.say("a")
    assert await workers.choose() == "a"
    assert workers.alive == {"a"}


async def test_who_has_least_to_do_gets_it(said: Said, workers: Workers) -> None:
    said.say("a", load=0.5)
    said.say("b", load=0.2, sessions=9)
    said.say("c", load=0.2, sessions=3)
    assert await workers.choose() == "c"


async def test_what_was_given_counts_until_it_is_seen(said: Said, workers: Workers) -> None:
    said.say("a")
    said.say("b", load=1.5 * CALL_LOAD)
    assert [await workers.choose() for _ in range(4)] == ["a", "a", "b", "a"]
    said.now += SETTLING_SECONDS - 0.1
    assert await workers.choose() == "b"
    said.now += 0.1  # The first four are seen now in what the workers say, if they cost anything.
    assert [await workers.choose() for _ in range(3)] == ["a", "a", "a"]
