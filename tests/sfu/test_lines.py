"""Each one's line: told to signaling when it has changed notably, and seldom."""

from typing import Any

import pytest

from sfu.engine import TIMER_INTERVAL
from sfu.lines import EVERY, notable
from tests.sfu import offers
from tests.sfu.dtls_client import DtlsClient
from tests.sfu.stage import Stage, tile
from zvonok.wire.bus import LineTile, SessionLine

KNOWN: dict[str, Any] = {"estimate": 500_000, "rtt": 48_000, "loss": 0.0123}


def joined(stage: Stage, participant: int, **wanted: Any) -> int:
    """His handle: he is connected and shows or sends what is wanted."""
    client = DtlsClient()
    fingerprint = client.fingerprint.digest.hex(":").upper()
    stage.kernel.log.clear()
    stage.want(participant, offer=offers.browser(fingerprint=fingerprint), **wanted)
    [(_, handle, *_)] = stage.kernel.take("open_session")
    stage.connect(handle, client)
    return int(handle)


def told(stage: Stage, seconds: float = EVERY) -> list[SessionLine]:
    """What is said while this passes."""
    stage.lines.clear()
    for _ in range(round(seconds / TIMER_INTERVAL)):
        stage.pass_time(TIMER_INTERVAL)
    return list(stage.lines)


def slot(number: int, given: int, shown: int | None = None, **traits: Any) -> dict[str, Any]:
    return {
        "slot": number,
        "given": given,
        "temporal": 2,
        "shown": given if shown is None else shown,
        "limited": False,
        "cost": 0,
        **traits,
    }


def short_of_all(layer: int, proven: int = 1900) -> dict[str, Any]:
    """Of a viewer on 2 Mbit/s who is given half the pictures of the largest layer in slot 0."""
    slots = [slot(0, layer, limited=True, temporal=1, cost=1_150_000)]
    return {"estimate": 1_950_000, "proven": proven * 1000, "spare": 700_000, "slots": slots}


def test_it_is_told_once_and_again_when_it_has_changed() -> None:
    stage = Stage()
    handle = joined(stage, 1)
    stage.kernel.stats[handle] = KNOWN
    assert told(stage) == [SessionLine(session="s1", estimate=500_000, rtt_ms=48, loss=0.012)]
    assert told(stage, 20) == []
    stage.kernel.stats[handle] = KNOWN | {"estimate": 590_000}
    assert told(stage, 20) == []
    stage.kernel.stats[handle] = KNOWN | {"estimate": 620_000}
    assert [line.estimate for line in told(stage, 2 * EVERY)] == [620_000]


def test_it_is_told_at_most_once_a_second_whatever_changes() -> None:
    stage = Stage()
    handle = joined(stage, 1)
    times = []
    for tick in range(200):
        stage.kernel.stats[handle] = KNOWN | {"estimate": 100_000 << tick % 8}
        stage.lines.clear()
        stage.pass_time(TIMER_INTERVAL)
        times += [stage.now] * len(stage.lines)
    assert len(times) > 5
    assert min(b - a for a, b in zip(times, times[1:], strict=False)) >= 1.0


def test_all_are_looked_at_in_turn() -> None:
    stage = Stage()
    handles = [joined(stage, number) for number in range(1, 31)]
    told(stage)
    stage.kernel.stats = dict.fromkeys(handles, KNOWN)
    stage.lines.clear()
    most = 0
    for _ in range(round(2 * EVERY / TIMER_INTERVAL)):
        before = len(stage.lines)
        stage.pass_time(TIMER_INTERVAL)
        most = max(most, len(stage.lines) - before)
    assert sorted(line.session for line in stage.lines) == sorted(f"s{n}" for n in range(1, 31))
    assert most <= 3, "a few with each tick"


def test_who_is_not_connected_or_has_no_page_is_told_nothing() -> None:
    stage = Stage()
    stage.want(1)
    stage.want(2, kind="viewer", view=None, offer=offers.whep())
    stage.kernel.stats = {0: KNOWN, 1: KNOWN}
    assert told(stage, 10) == []


def test_a_new_connection_is_told_of_as_if_for_the_first_time() -> None:
    stage = Stage()
    handle = joined(stage, 1)
    stage.kernel.stats[handle] = KNOWN
    assert len(told(stage)) == 1
    session = stage.engine.session_of(handle)
    assert session is not None
    assert session.line is not None
    another = ":".join(["CD"] * 32)
    stage.want(1, offer=offers.browser(fingerprint=another))
    assert session.line is None


def test_a_session_that_has_left_is_passed_over() -> None:
    stage = Stage()
    for number in (1, 2):
        joined(stage, number)
    stage.pass_time(TIMER_INTERVAL)
    stage.leave(2)
    assert "s2" not in [line.session for line in told(stage, 10)]


@pytest.mark.parametrize(
    ("stats", "expected"),
    [
        (slot(0, 0), LineTile(0, "q", 2, "tile")),
        (slot(0, 2, temporal=1), LineTile(0, "f", 1, "tile")),
        (slot(0, 1, limited=True), LineTile(0, "h", 2, "line")),
        (slot(0, -1, limited=True), LineTile(0, None, 2, "line")),
        (slot(0, 2, 0), LineTile(0, "q", 2, "publisher")),
        (slot(0, 2, -1), LineTile(0, None, 2, "publisher")),
        (slot(8, 0), LineTile(8, "f", 2, "tile")),
        (slot(0, -2), None),
        (slot(3, 0), None),
    ],
)
def test_what_a_tile_is_given_and_why(stats: dict[str, Any], expected: LineTile | None) -> None:
    stage = Stage()
    joined(stage, 1, open=["camera", "screen"])
    viewer = joined(stage, 2, view=[tile(0, 1, 720), tile(8, 1, 1080, "screen")])
    stage.kernel.stats[viewer] = {"slots": [stats]}
    [line] = [line for line in told(stage) if line.session == "s2"]
    assert line.tiles == ([expected] if expected else [])


def test_less_than_a_tile_could_show_is_never_said_to_be_enough_for_it() -> None:
    stage = Stage()
    joined(stage, 1, open=["camera"])
    viewer = joined(stage, 2, view=[tile(0, 1, 720), tile(1, 1, 360)])
    stage.want(1, open=["camera"], uplink=250_000)
    stage.kernel.stats[viewer] = {"slots": [slot(0, 1), slot(1, 1)]}
    [line] = [line for line in told(stage) if line.session == "s2"]
    assert [each.reason for each in line.tiles] == ["publisher", "tile"]


def test_a_server_at_its_end_is_named_until_it_has_rested() -> None:
    stage = Stage()
    joined(stage, 1, open=["camera"])
    viewer = joined(stage, 2, view=[tile(0, 1, 720)])
    stage.kernel.stats[viewer] = {"slots": [slot(0, 1, limited=True)]}

    def reasons(rounds: int, lost: int) -> list[str]:
        found: list[str] = []
        for _ in range(rounds):
            held = stage.kernel.counted.get("dropped_held", 0)
            stage.kernel.counted["dropped_held"] = held + lost
            lines = [line for line in told(stage) if line.session == "s2"]
            found += [each.reason for line in lines for each in line.tiles]
        return found

    assert reasons(3, 0) == ["line"]
    assert reasons(1, 7) == [], "a burst says nothing"
    assert reasons(8, 0) == []
    assert reasons(4, 7) == ["server"]
    assert reasons(2, 0) == []
    assert reasons(5, 0) == ["line"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"estimate": 0}, True),
        ({"rtt_ms": 65}, False),
        ({"rtt_ms": 75}, True),
        ({"rtt_ms": None}, True),
        ({"loss": 0.025}, False),
        ({"loss": 0.035}, True),
        ({"loss": None}, False),
        ({"tiles": [LineTile(0, "q", 2, "line")]}, True),
    ],
)
def test_what_is_notable(changes: dict[str, Any], expected: bool) -> None:
    before: dict[str, Any] = {"session": "s", "estimate": 500_000, "rtt_ms": 50, "loss": 0.01}
    now = SessionLine(**(before | changes))
    assert notable(SessionLine(**before), now) is expected


def test_a_camera_that_its_publishers_line_does_not_bear_is_told_of() -> None:
    """Or its viewers would take themselves for cut off."""
    stage = Stage()
    stage.now = 1000.0
    joined(stage, 1, open=["camera"])
    joined(stage, 2, view=[tile(3, 1)])
    told(stage)
    stage.want(1, uplink=30_000)
    (line,) = [line for line in told(stage, 2 * EVERY) if line.session == "s2"]
    assert line.tiles == [LineTile(3, None, 0, "publisher")]
    stage.want(2, view=[])
    (line,) = [line for line in told(stage, 2 * EVERY) if line.session == "s2"]
    assert line.tiles == []
