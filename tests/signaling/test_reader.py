"""What was announced is read, whatever happens to Redis meanwhile."""

import asyncio
from collections.abc import Iterable
from typing import cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from signaling.call.call import Call
from signaling.call.effects import Effect
from signaling.clock import Clock
from signaling.live import Live
from signaling.live_call import LiveCall, Surroundings
from signaling.reader import AT_ONCE, Reader
from zvonok.wire.bus import ActualSession, Description

FAULTY = "faulty"


class Fails:
    """Redis, away for the first reading; `meanwhile` is what is announced during it."""

    def __init__(self) -> None:
        self.asked: list[set[str] | None] = []
        self.reader: Reader | None = None
        self.meanwhile: list[str] | None = []

    async def actual(self, _call: str, sessions: Iterable[str] | None) -> list[ActualSession]:
        self.asked.append(None if sessions is None else set(sessions))
        if len(self.asked) > 1:
            return []
        assert self.reader is not None
        if self.meanwhile is None:
            self.reader.missed()
        elif self.meanwhile:
            self.reader.news(self.meanwhile)
        raise RedisConnectionError("away")

    async def answers(self, _call: str, _sessions: object) -> dict[str, object]:
        return {}


@pytest.fixture
def live() -> Fails:
    live = Fails()
    call = LiveCall("c", Call("Algebra", 0.0), cast("Surroundings", None), Clock())
    live.reader = Reader(call, cast("Live", live), lambda: 0.0)
    return live


async def read_twice(live: Fails) -> None:
    assert live.reader is not None
    with pytest.raises(RedisConnectionError):
        await live.reader.read()
    await live.reader.read()
    await live.reader.read()


async def test_what_could_not_be_read_is_read_again_with_what_came_since(live: Fails) -> None:
    assert live.reader is not None
    live.reader.news(["a", "b"])
    live.meanwhile = ["c"]
    await read_twice(live)
    assert live.asked == [{"a", "b"}, {"a", "b", "c"}]


async def test_all_that_could_not_be_read_is_all_again(live: Fails) -> None:
    assert live.reader is not None
    live.reader.missed()
    live.meanwhile = ["c"]
    await read_twice(live)
    assert live.asked == [None, None]


async def test_what_was_missed_meanwhile_is_not_forgotten(live: Fails) -> None:
    assert live.reader is not None
    live.reader.news(["a"])
    live.meanwhile = None
    await read_twice(live)
    assert live.asked == [{"a"}, None]


async def test_news_after_something_was_missed_is_read_with_all(live: Fails) -> None:
    assert live.reader is not None
    live.reader.missed()
    live.reader.news(["a"])
    await read_twice(live)
    assert live.asked == [None, None]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Sessions that the call is told of, with their answers; it is at fault with one of them."""
    told: list[tuple[str, str | None]] = []

    def actual(_call: Call, actual: ActualSession, _now: float, answer: str | None) -> list[Effect]:
        if actual.session == FAULTY:
            raise KeyError(FAULTY)
        told.append((actual.session, answer))
        return []

    monkeypatch.setattr(Call, "actual", actual)
    monkeypatch.setattr(Call, "deadline", lambda _call: None)
    return told


def found(live: Fails, monkeypatch: pytest.MonkeyPatch, *names: str) -> Reader:
    """Redis is there and has these sessions."""

    async def actual(_call: str, _sessions: object) -> list[ActualSession]:
        return [ActualSession(session=name, offer_id=0) for name in names]

    monkeypatch.setattr(live, "actual", actual)
    assert live.reader is not None
    live.reader.missed()
    return live.reader


@pytest.mark.parametrize(("answered", "text"), [(0, "sdp"), (1, None)])
async def test_an_answer_to_another_offer_is_not_told_as_this_ones(
    live: Fails,
    told: list[tuple[str, str | None]],
    monkeypatch: pytest.MonkeyPatch,
    answered: int,
    text: str | None,
) -> None:
    """The newer one's own announcement is on its way."""

    async def answers(_call: str, _sessions: object) -> dict[str, Description]:
        return {"a": Description(answered, "sdp")}

    monkeypatch.setattr(live, "answers", answers)
    await found(live, monkeypatch, "a").read()
    assert told == [("a", text)]


async def test_one_session_at_fault_costs_no_other_its_news(
    live: Fails, told: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await found(live, monkeypatch, FAULTY, "b").read()
    assert told == [("b", None)]


async def test_many_sessions_leave_others_their_turn(
    live: Fails, told: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = found(live, monkeypatch, *map(str, range(10 * AT_ONCE)))
    reading = asyncio.ensure_future(reader.read())
    seen = set()
    while not reading.done():
        seen.add(len(told))
        await asyncio.sleep(0)
    assert len(told) == 10 * AT_ONCE
    assert len(seen) >= 10
