"""What is queued for one socket: sent in order, bounded, and cut off beyond that."""

import asyncio
from typing import cast

import pytest
from aiohttp import WSMsgType, web
from structlog.testing import capture_logs

from signaling.outlet import QUEUE_BYTES, QUEUE_MESSAGES, SocketOutlet
from tests.patience import PATIENCE


class Socket:
    """The browser's end."""

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.code: int | None = None
        self.fault: Exception | None = None

    async def send_frame(self, data: bytes, kind: WSMsgType) -> None:
        if self.fault is not None:
            raise self.fault
        if kind is WSMsgType.CLOSE:
            self.code = int.from_bytes(data)
        else:
            self.read.append(data)


class Ends:
    """Both ends of a socket, and what its server was told of it."""

    def __init__(self) -> None:
        self.socket = Socket()
        self.sent: list[int] = []
        self.cuts = 0
        self.hung_up = 0
        self.outlet = SocketOutlet(
            cast("web.WebSocketResponse", self.socket), self.cut, self.sent.append, self.hang_up
        )

    def cut(self) -> None:
        self.cuts += 1

    def hang_up(self) -> None:
        self.hung_up += 1

    async def run(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.outlet.run()


@pytest.fixture
async def ends() -> Ends:
    return Ends()


@pytest.mark.parametrize(("status", "code"), [(200, 1000), (409, 4409), (503, 4503)])
async def test_what_was_sent_before_is_read_before_the_end(
    ends: Ends, status: int, code: int
) -> None:
    ends.outlet.send(b"one")
    ends.outlet.send(b"three")
    ends.outlet.close(status)
    ends.outlet.close(200)  # The first word counts.
    ends.outlet.send(b"too late")
    await ends.run()
    assert ends.socket.read == [b"one", b"three"]
    assert ends.sent == [3, 5]
    assert ends.socket.code == code
    assert (ends.cuts, ends.hung_up) == (0, 1)


async def test_who_reads_may_be_told_any_amount(ends: Ends) -> None:
    running = asyncio.create_task(ends.run())
    for number in range(5):
        ends.outlet.send(bytes(QUEUE_BYTES // 2))
        async with asyncio.timeout(PATIENCE):
            while len(ends.sent) <= number:
                await asyncio.sleep(0)
    ends.outlet.close(200)
    await running
    assert sum(ends.sent) > 2 * QUEUE_BYTES
    assert ends.cuts == 0


@pytest.mark.parametrize(
    ("messages", "length"), [(QUEUE_MESSAGES, 1), (8, QUEUE_BYTES // 8)], ids=["many", "long"]
)
async def test_who_does_not_read_is_cut_off(ends: Ends, messages: int, length: int) -> None:
    for _ in range(messages):
        ends.outlet.send(bytes(length))
    assert ends.cuts == 0
    ends.outlet.send(b"x")
    ends.outlet.send(b"x")
    assert ends.cuts == 1
    await ends.run()
    assert ends.socket.read == []
    assert ends.socket.code == 4429


async def test_a_peer_that_is_gone_ends_it(ends: Ends) -> None:
    ends.socket.fault = ConnectionResetError()
    ends.outlet.send(b"x")
    await ends.run()
    assert ends.sent == []
    assert ends.socket.code is None
    assert ends.cuts == 0


async def test_a_socket_to_which_nothing_can_be_sent_any_more_is_cut_off(ends: Ends) -> None:
    """Its browser would wait, and comes back at once instead."""
    ends.socket.fault = KeyError("a fault")
    ends.outlet.send(b"x")
    with capture_logs() as logs:
        await ends.run()
    ends.outlet.send(b"x")
    assert ends.cuts == 1
    assert [line["event"] for line in logs] == ["sending failed"]
