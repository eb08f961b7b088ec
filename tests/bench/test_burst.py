"""The bench itself, small: everybody comes in, through nginx and all processes."""

import asyncio

import pytest
from aiohttp import WSMessage, WSMsgType

from bench.burst import MOST, Installation, burst, outcome
from zvonok.wire.deflate import deflated

WELCOME = b'{"type": "welcome"}'


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (WSMsgType.TEXT, WELCOME.decode(), "joined"),
        (WSMsgType.BINARY, deflated(WELCOME), "joined"),
        (WSMsgType.TEXT, '{"type": "error", "error": {"code": "call_full"}}', "call_full"),
        (WSMsgType.BINARY, b"\xff", "ValueError"),
        (WSMsgType.BINARY, deflated(bytes(MOST + 1)), "Inflated"),
        (WSMsgType.TEXT, "not JSON", "JSONDecodeError"),
        (WSMsgType.TEXT, "[]", "TypeError"),
        (WSMsgType.TEXT, "{}", "KeyError"),
        (WSMsgType.CLOSE, 4503, "CLOSE: 4503"),
    ],
)
def test_whatever_comes_first_is_an_outcome(kind: WSMsgType, data: object, expected: str) -> None:
    assert outcome(WSMessage(kind, data, None)).startswith(expected)


def test_a_class_comes_at_once() -> None:
    with Installation() as origin:
        measured = asyncio.run(burst(origin, 40))
    assert (measured["joined"], measured["refused"]) == (40, {})
