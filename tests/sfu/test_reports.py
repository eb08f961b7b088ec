"""What is not written at once is written later, and only its newest state."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from sfu import reports
from sfu.effects import DropActual, Effect, Publish, PublishLine, WriteActual
from sfu.reports import AT_ONCE, EXPIRY, Heartbeat, Reports
from tests.patience import PATIENCE
from zvonok.wire import bus
from zvonok.wire.bus import (
    ActualSession,
    Description,
    LinesNotice,
    SessionLine,
    SpeakersNotice,
)


class FailingRedis:
    """Fails the first `failures` pipelines; keeps the commands of the others."""

    def __init__(self, failures: int, error: type[Exception] = RedisConnectionError) -> None:
        self.failures = failures
        self.error = error
        self.fails: Callable[[], None] = lambda: None
        self.written: list[list[tuple[Any, ...]]] = []
        self.wrote = asyncio.Event()

    def pipeline(self, *, transaction: bool) -> "Pipeline":
        assert not transaction
        return Pipeline(self)

    async def srem(self, *_: object) -> None:
        raise self.error


class Pipeline:
    def __init__(self, redis: FailingRedis) -> None:
        self._redis = redis
        self._commands: list[tuple[Any, ...]] = []

    async def __aenter__(self) -> "Pipeline":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **_: self._commands.append((name, *arguments))

    async def execute(self) -> None:
        if self._redis.failures:
            self._redis.failures -= 1
            self._redis.fails()
            raise self._redis.error
        self._redis.written.append(self._commands)
        self._redis.wrote.set()


def state(offer_id: int) -> WriteActual:
    return WriteActual("c", ActualSession(session="s", offer_id=offer_id))


async def written(
    redis: FailingRedis, *effects: list[Any], report: Reports | None = None
) -> list[tuple[Any, ...]]:
    """The first pipeline that gets through; the effects arrive a turn of the loop apart."""
    report = report or Reports(cast("Redis", redis))
    task = asyncio.ensure_future(report.work())
    for batch in effects:
        report.add(batch)
        await asyncio.sleep(0)
    await asyncio.wait_for(redis.wrote.wait(), PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return redis.written[0]


AWAY = pytest.mark.parametrize("error", [RedisConnectionError, OSError])


@AWAY
async def test_what_could_not_be_written_is_written_later_unasked(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    commands = await written(FailingRedis(failures=2, error=error), [answered(1)])
    assert [c[0] for c in commands] == ["hset", "hset", "publish"]


@AWAY
async def test_the_worker_is_known_again_once_redis_is_back(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    redis = FailingRedis(failures=2, error=error)
    turns, asked = [0], []

    def fails() -> None:
        asked.append(sum(turns))
        asyncio.get_running_loop().call_soon(turns.append, 1)

    redis.fails = fails
    task = asyncio.ensure_future(heart(redis).work())
    await asyncio.wait_for(redis.wrote.wait(), PATIENCE)
    task.cancel()
    assert asked == [0, 1], "others had their turn in between"
    assert [command[:2] for command in redis.written[0]] == [
        ("set", bus.worker_key("w")),
        ("sadd", bus.WORKERS_KEY),
    ]


@AWAY
async def test_a_worker_may_end_while_redis_is_away(error: type[Exception]) -> None:
    """What it said of itself expires."""
    await heart(FailingRedis(failures=1, error=error)).end()


@AWAY
async def test_health_sees_a_redis_that_takes_nothing(error: type[Exception]) -> None:
    """It may answer all that is asked: its memory or its disk is full."""
    clock = [0.0]
    heartbeat = heart(FailingRedis(failures=1, error=error), lambda: clock[0])
    with pytest.raises(error):
        await heartbeat.beat()
    said = [heartbeat.unheard]
    clock[0] = EXPIRY
    said.append(heartbeat.unheard)
    await heartbeat.beat()
    said.append(heartbeat.unheard)
    assert said == [False, True, False]


def heart(redis: FailingRedis, clock: Callable[[], float] = lambda: 0.0) -> Heartbeat:
    state = bus.WorkerState(worker="w", addresses=[], port=1, sessions=0, load=0.0)
    return Heartbeat(cast("Redis", redis), "w", lambda: state, clock)


async def test_newest_state_survives_a_redis_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    redis = FailingRedis(failures=1)
    commands = await written(redis, [state(1)], [state(2)])
    values = [bus.decode_actual(c[3]).offer_id for c in commands if c[0] == "hset"]
    assert values == [2]


async def test_a_dropped_session_is_removed_and_announced() -> None:
    commands = await written(FailingRedis(0), [state(1), DropActual("c", "s")])
    assert [c[0] for c in commands] == ["hdel", "hdel", "publish"]


def heard(call: str, *participants: int) -> Publish:
    return Publish(call, SpeakersNotice(participants=list(participants)))


async def test_moments_do_not_pile_up() -> None:
    commands = await written(FailingRedis(0), [heard("c", n) for n in range(1000)])
    assert len(commands) == 1
    assert bus.decode_notice(commands[0][2]) == SpeakersNotice(participants=[999])


async def test_who_is_heard_is_told_by_a_redis_that_came_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    redis = FailingRedis(failures=1)
    report = Reports(cast("Redis", redis))
    redis.fails = lambda: report.add([heard("c", 3)])
    commands = await written(redis, [heard("c", 1), heard("d", 2)], report=report)
    told = {command[1]: bus.decode_notice(command[2]) for command in commands}
    assert told == {
        bus.call_channel("c"): SpeakersNotice(participants=[3]),
        bus.call_channel("d"): SpeakersNotice(participants=[2]),
    }


def line(session: str, estimate: int, call: str = "c") -> PublishLine:
    return PublishLine(call, SessionLine(session=session, estimate=estimate))


async def test_lines_of_a_call_go_together_and_only_the_newest_of_each() -> None:
    effects = [line("s", n) for n in range(1, 1000)] + [line("t", 5), line("u", 6, "d")]
    commands = await written(FailingRedis(0), effects)
    assert {command[1]: bus.decode_notice(command[2]) for command in commands} == {
        bus.call_channel("c"): LinesNotice(
            lines=[SessionLine(session="s", estimate=999), SessionLine(session="t", estimate=5)]
        ),
        bus.call_channel("d"): LinesNotice(lines=[SessionLine(session="u", estimate=6)]),
    }


async def test_lines_are_told_by_a_redis_that_came_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    redis = FailingRedis(failures=1)
    report = Reports(cast("Redis", redis))
    redis.fails = lambda: report.add([line("s", 2)])
    commands = await written(redis, [line("s", 1), line("t", 1)], report=report)
    [told] = [bus.decode_notice(command[2]) for command in commands]
    assert isinstance(told, LinesNotice)
    assert {each.session: each.estimate for each in told.lines} == {"s": 2, "t": 1}


async def test_an_answer_survives_a_newer_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state that waits is replaced, the answer is not; both are in place before the word."""
    monkeypatch.setattr(reports, "RETRY", 0)
    answered = replace(state(1), answer=Description(1, "v=0"))
    commands = await written(FailingRedis(failures=1), [answered], [state(2)])
    assert [c[0] for c in commands] == ["hset", "hset", "publish"]
    assert commands[0] == ("hset", bus.answers_key("c"), "s", bus.encode(Description(1, "v=0")))


async def test_an_answer_of_a_session_that_went_is_not_written_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    answered = replace(state(1), answer=Description(1, "v=0"))
    commands = await written(FailingRedis(failures=1), [answered], [DropActual("c", "s")])
    assert [c[0] for c in commands] == ["hdel", "hdel", "publish"]


async def test_sessions_of_one_call_are_announced_together_and_in_parts() -> None:
    redis = FailingRedis(0)
    count = AT_ONCE + 1
    states = [WriteActual("c", ActualSession(session=f"s{n}", offer_id=1)) for n in range(count)]
    report = Reports(cast("Redis", redis))
    report.add(states)
    task = asyncio.ensure_future(report.work())
    async with asyncio.timeout(PATIENCE):
        while len(redis.written) < 2:
            await asyncio.sleep(0)
    task.cancel()
    assert [len(commands) for commands in redis.written] == [AT_ONCE + 1, 2]
    notices = [bus.decode_notice(commands[-1][2]) for commands in redis.written]
    told = [n.sessions for n in notices if isinstance(n, bus.SessionsNotice)]
    assert [len(sessions) for sessions in told] == [AT_ONCE, 1]


def answered(offer_id: int) -> WriteActual:
    return replace(state(offer_id), answer=Description(offer_id, "v=0"))


@pytest.mark.parametrize(
    ("newer", "states", "answers"),
    [(answered(2), [2], [2]), (state(2), [2], [1]), (DropActual("c", "s"), [], [])],
)
async def test_what_came_during_a_write_that_failed_is_newer(
    monkeypatch: pytest.MonkeyPatch, newer: Effect, states: list[int], answers: list[int]
) -> None:
    monkeypatch.setattr(reports, "RETRY", 0)
    redis = FailingRedis(failures=1)
    report = Reports(cast("Redis", redis))
    redis.fails = lambda: report.add([newer])
    report.add([answered(1)])
    task = asyncio.ensure_future(report.work())
    await asyncio.wait_for(redis.wrote.wait(), PATIENCE)
    task.cancel()
    (commands,) = redis.written
    stored = [
        bus.decode_actual(c[3]).offer_id
        for c in commands
        if c[1] == bus.actual_key("c") and c[0] == "hset"
    ]
    texts = [
        bus.decode_description(c[3]).offer_id
        for c in commands
        if c[1] == bus.answers_key("c") and c[0] == "hset"
    ]
    assert (stored, texts) == (states, answers)
