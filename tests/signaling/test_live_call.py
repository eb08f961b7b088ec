"""What a call writes to Redis: all of what changed, and no more than that."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from signaling import attendance, live
from signaling.clock import Clock
from signaling.live import CallState, Command, Kept
from signaling.live_call import RECORDS_AT_ONCE, SESSIONS_AT_ONCE, LiveCall, Outlet, Surroundings
from tests.patience import PATIENCE
from tests.signaling.stage import Stage
from zvonok.wire import bus, client
from zvonok.wire.bus import WantedSession
from zvonok.wire.client import (
    COMMANDS_REMEMBERED,
    Done,
    Offer,
    OwnMedia,
    SetMedia,
    SetQuality,
    Tile,
    View,
)
from zvonok.wire.errors import Refusal

SDP = "v=0" + 78_000 * "x"
WRITTEN = ("Acknowledge", "Arrived", "Keep", "SessionTouched")


class Quiet:
    def touched(self, call: LiveCall) -> None: ...


class Ear:
    def __init__(self, heard: list[bytes]) -> None:
        self.send = heard.append


class Written(Stage):
    """A call on a worker, whose effects end in a `LiveCall`."""

    def __init__(self) -> None:
        super().__init__()
        surroundings = cast("Surroundings", Quiet())
        self.live = LiveCall("c", self.call, surroundings, Clock(steady=lambda: self.now), "worker")

    def carry_out(self) -> None:
        self.live.run([e for e in self.effects if type(e).__name__ in WRITTEN])
        self.effects.clear()

    def take(self) -> list[Command]:
        self.carry_out()
        return self.live.take_writes()


@pytest.fixture
def written() -> Written:
    return Written()


def keys(commands: list[Command]) -> list[str]:
    return [str(command[1]) for command in commands]


def size(commands: list[Command]) -> int:
    return sum(len(word) for command in commands for word in command)


def offers_in(commands: list[Command]) -> int:
    return keys(commands).count(bus.offers_key("c"))


async def test_an_offer_is_written_once(written: Written) -> None:
    socket = written.join()
    written.say(socket, Offer(0, SDP))
    first = written.take()
    assert offers_in(first) == 1
    tiles = [Tile(slot=n, participant=900 + n, kind="camera", height=1080) for n in range(9)]
    written.say(socket, View(tiles))
    view = written.take()
    assert keys(view) == [bus.wanted_key("c"), bus.worker_key("worker")]
    assert size(view) < 512
    written.say(socket, SetMedia(OwnMedia(microphone=True)))
    assert size(written.take()) < 512
    written.say(socket, Offer(1, SDP))
    assert offers_in(written.take()) == 1


async def test_what_could_not_be_written_is_written_whole(written: Written) -> None:
    socket = written.join()
    written.say(socket, Offer(0, SDP))
    first = written.take()
    written.live.untake()
    written.say(socket, View([]))
    assert {tuple(map(bytes_of, c)) for c in written.take()} == {
        tuple(map(bytes_of, c)) for c in first
    }


def bytes_of(word: str | bytes) -> bytes:
    return word.encode() if isinstance(word, str) else word


async def test_a_media_server_that_was_left_is_left_although_redis_was_away(
    written: Written,
) -> None:
    written.say(written.join(), Offer(0, "v=0"))
    written.take()
    written.live.leave_worker()
    left = live.drop("worker", "c")
    assert left in written.live.take_writes()
    written.live.untake()
    assert left in written.live.take_writes()
    assert not written.live.unwritten


async def test_everything_is_written_again_for_a_redis_that_forgot(written: Written) -> None:
    socket = written.join()
    written.say(socket, Offer(0, SDP))
    first = written.take()
    written.live.touch_everything()
    again = written.take()
    assert set(keys(again)) == set(keys(first))
    kept = {command[2] for command in first if command[1] == live.state_key("c")}
    assert {command[2] for command in again if command[1] == live.state_key("c")} >= kept
    assert f"seat:{written.seat(socket)}" in kept


def kept_by(worker: str) -> Kept:
    state = CallState(title="Lesson", next_number=2, sequence=0, worker=worker)
    return Kept(state, records={}, wanted={})


@pytest.mark.parametrize("kept", [kept_by("worker"), kept_by("worker-2")])
async def test_a_redis_that_forgot_a_move_is_told_whom_the_call_has_left(
    written: Written, kept: Kept
) -> None:
    """Else two media servers would carry one call. By the time it is asked what it has, it may
    have been told where the call is, and by no more than that."""
    written.say(written.join(), Offer(0, "v=0"))
    written.take()
    written.live.leave_worker()
    written.live.move_to("worker-2")
    written.take()
    written.live.touch_everything(kept)
    again = written.take()
    assert live.drop("worker", "c") in again
    assert live.carry("worker-2", "c") in again
    assert live.drop("worker-2", "c") not in again


async def test_a_redis_that_forgot_who_left_is_told_that_he_left(written: Written) -> None:
    """Else he would be there for ever by the list of who was in the lesson."""
    socket = written.join()
    written.say(socket, Offer(0, SDP))
    written.take()
    here, gone = written.session(socket), "gone"
    wanted = {
        session: WantedSession(session=session, participant=7, kind="browser", offer_id=0)
        for session in (here, gone)
    }
    written.live.touch_everything(replace(kept_by("worker"), wanted=wanted))
    told = {command[2] for command in written.take() if command[1] == attendance.KEY}
    assert told == {here, gone + attendance.LEFT}


async def test_a_session_that_went_takes_its_offer_along(written: Written) -> None:
    socket = written.join()
    written.say(socket, Offer(0, SDP))
    written.take()
    session = written.session(socket)
    written.do(written.call.end_session(session, written.now))
    removals = [c for c in written.take() if c[0] == "HDEL" and c[2] == session]
    assert {c[1] for c in removals} == {bus.wanted_key("c"), bus.offers_key("c")}


async def test_a_full_call_is_written_in_parts(written: Written) -> None:
    sockets = [written.join() for _ in range(SESSIONS_AT_ONCE + 1)]
    for socket in sockets:
        written.say(socket, Offer(0, "v=0"))
    assert offers_in(written.take()) == SESSIONS_AT_ONCE
    assert written.live.unwritten
    assert offers_in(written.live.take_writes()) == 1
    assert not written.live.unwritten


async def test_what_waits_for_much_is_told_when_all_of_it_is_written(written: Written) -> None:
    heard: list[bytes] = []
    for _ in range(RECORDS_AT_ONCE + 1):
        written.join()
    socket = written.join()
    written.say(socket, SetMedia(OwnMedia(microphone=True), command="m"))
    written.live.attach(socket, cast("Outlet", Ear(heard)))
    for take in (written.take, written.live.take_writes):
        part = take()
        assert heard == []
        assert sum(c[0] == "HSET" and c[1] == "zv:state:c" for c in part) <= RECORDS_AT_ONCE + 1
        written.live.written()
    assert not written.live.unwritten
    assert heard == [client.encode(Done("m"))]


async def test_while_nothing_is_written_a_socket_waits_for_few_answers(written: Written) -> None:
    """Though it says its commands over and over, and whatever could not be written."""
    heard: list[bytes] = []
    socket = written.join()
    written.live.attach(socket, cast("Outlet", Ear(heard)))
    for _ in range(3):
        for number in range(2 * COMMANDS_REMEMBERED):
            for _ in range(2):
                written.say(socket, SetQuality("poor", command=str(number)))
        written.take()
        written.live.untake()
    written.take()
    written.live.written()
    last = range(COMMANDS_REMEMBERED, 2 * COMMANDS_REMEMBERED)
    assert heard == [client.encode(Done(str(number))) for number in last]


@pytest.mark.parametrize("cut", ["before it is taken", "while it is written"])
async def test_nobody_waits_for_the_answers_of_a_socket_that_is_gone(
    written: Written, cut: str
) -> None:
    heard: list[bytes] = []
    socket = written.join()
    written.live.attach(socket, cast("Outlet", Ear(heard)))
    written.say(socket, SetQuality("poor", command="a"))
    written.carry_out()
    if cut == "while it is written":
        written.live.take_writes()
    written.live.detach(socket)
    written.live.untake()
    written.live.attach(socket, cast("Outlet", Ear(heard)))
    written.take()
    written.live.written()
    assert heard == []


async def test_a_call_is_forgotten_with_its_last_session(written: Written) -> None:
    for _ in range(SESSIONS_AT_ONCE + 1):
        written.say(written.join(), Offer(0, "v=0"))
    written.take()
    written.live.take_writes()
    written.do(written.call.end(written.now))
    first = written.take()
    assert "zv:live" not in keys(first)
    last = written.live.take_writes()
    assert ("SREM", "zv:live") in {(c[0], c[1]) for c in last}
    assert ("SREM", bus.calls_key("worker")) in {(c[0], c[1]) for c in last}


async def test_who_waits_for_the_media_server_is_told_when_the_call_is_let_go(
    written: Written,
) -> None:
    waiting = written.live.answer("a")
    forgotten = written.live.answer("b")
    written.live.forget_answer("b")
    written.live.close(503)
    for answer in (waiting, written.live.answer("c")):
        with pytest.raises(Refusal) as refused:
            await asyncio.wait_for(answer, PATIENCE)
        assert refused.value.body.code == "unavailable"
        assert refused.value.body.details["retry_after"] > 0
    assert not forgotten.done()
