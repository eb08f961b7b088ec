"""How the SFU finds each one's line is told to him alone."""

import msgspec
import pytest

from tests.signaling.stage import Stage
from zvonok.wire import bus
from zvonok.wire.bus import SessionLine
from zvonok.wire.client import Leave, Line, LineTile, decode_client, encode


def hear(stage: Stage, *lines: SessionLine) -> None:
    stage.do(stage.call.lines(list(lines), stage.now))


def test_it_is_told_to_whose_it_is_and_to_nobody_else() -> None:
    stage = Stage()
    sockets = [stage.join() for _ in range(3)]
    tiles = [bus.LineTile(0, "h", 1, "line"), bus.LineTile(1, None, 0, "publisher")]
    hear(
        stage,
        SessionLine(session=stage.session(sockets[1]), estimate=7, rtt_ms=3, tiles=tiles),
        SessionLine(session="of nobody", estimate=8),
        SessionLine(session=stage.session(sockets[2]), estimate=9, loss=0.5),
    )
    assert [stage.viewers[socket].got(Line) for socket in sockets] == [
        [],
        [
            Line(
                estimate=7,
                rtt_ms=3,
                tiles=[
                    LineTile(slot=0, layer="h", temporal=1, reason="line"),
                    LineTile(slot=1, layer=None, temporal=0, reason="publisher"),
                ],
            )
        ],
        [Line(estimate=9, loss=0.5)],
    ]


def test_it_is_told_again_to_who_comes_back_as_it_is_then() -> None:
    stage = Stage()
    socket = stage.join()
    session = stage.session(socket)
    hear(stage, SessionLine(session=session, estimate=1))
    stage.drop(socket)
    hear(stage, SessionLine(session=session, estimate=2))
    viewer = stage.viewers[socket]
    back = stage.join(grant=viewer.grant, resume=viewer.resume)
    assert stage.viewers[back].got(Line) == [Line(estimate=2)]


def test_who_takes_another_seat_hears_nothing_of_the_one_before() -> None:
    stage = Stage()
    socket = stage.join()
    session = stage.session(socket)
    hear(stage, SessionLine(session=session, estimate=1))
    stage.say(socket, Leave())
    hear(stage, SessionLine(session=session, estimate=2))
    again = stage.join()
    assert stage.viewers[again].got(Line) == []
    assert vars(stage.call.line)["_lines"] == {}, "nothing is kept of who has left"


def test_it_is_no_word_of_a_client() -> None:
    """Nobody says how another's line is, and not of his own what the server does not find."""
    with pytest.raises(msgspec.ValidationError):
        decode_client(encode(Line(estimate=1)))
