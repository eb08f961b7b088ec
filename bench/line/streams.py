"""TCP through a line: its segments share the bottleneck with the datagrams beside them.

Each connection ends here and another one leads on; what goes between the two travels in segments
through the models, and what they drop is sent again after a round trip, later each time. So loss,
as it is with TCP, is felt as delay, and whoever sends much yields to what others send.
"""

import asyncio

from .datagrams import Address
from .line import DOWN, UP
from .rival import Window
from .wire import Wire

SEGMENT = 1448
HEADERS = 52
"""Bytes of IPv4 and TCP with time stamps."""
WINDOW = 256
"""Most segments under way."""
LEAST_TIMEOUT, LONGEST_TIMEOUT = 0.2, 3.0
"""Seconds until a segment is sent again."""


class StreamRelay:
    """To be started, and closed."""

    def __init__(self, wire: Wire, service: Address) -> None:
        self._wire = wire
        self._service = service
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, listen: Address) -> None:
        """Raises OSError."""
        self._server = await asyncio.start_server(self._accept, *listen)

    @property
    def address(self) -> Address:
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def close(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def break_connections(self) -> None:
        """As when a router restarts."""
        for connection in self._connections:
            connection.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        writers = [writer]
        try:
            # The handshake takes a round trip.
            await asyncio.sleep(self._round_trip)
            there, onward = await asyncio.open_connection(*self._service)
            writers.append(onward)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._half(UP, reader, onward).run())
                both.create_task(self._half(DOWN, there, writer).run())
        except (OSError, ExceptionGroup):
            pass  # One end is gone, and so the other goes.
        except asyncio.CancelledError:
            pass  # We close, or break it.
        finally:
            self._connections.discard(task)
            for each in writers:
                each.transport.abort()

    def _half(
        self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> "_Half":
        return _Half(self._wire, direction, reader, writer, self._round_trip)

    @property
    def _round_trip(self) -> float:
        preset = self._wire.preset
        return preset.up.delay + preset.down.delay


class _Half:
    """One direction of one connection."""

    def __init__(
        self,
        wire: Wire,
        direction: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        round_trip: float,
    ) -> None:
        self._wire = wire
        self._direction = direction
        self._reader = reader
        self._writer = writer
        self._round_trip = round_trip
        self._window = Window(WINDOW)
        self._under_way = 0
        self._room = asyncio.Event()
        self._arrived: dict[int, bytes] = {}
        self._next = 0
        """The number of the segment that is to be written next."""

    async def run(self) -> None:
        """Until the sender has ended and all has been delivered. Raises OSError."""
        number = 0
        while data := await self._reader.read(SEGMENT):
            while self._under_way >= int(self._window.segments):
                self._room.clear()
                await self._room.wait()
            await self._writer.drain()
            self._under_way += 1
            self._send(number, data, LEAST_TIMEOUT)
            number += 1
        while self._under_way:
            self._room.clear()
            await self._room.wait()
        self._writer.write_eof()

    def _send(self, number: int, data: bytes, timeout: float) -> None:
        if self._writer.is_closing():
            return
        loop = asyncio.get_running_loop()

        def arrive() -> None:
            self._deliver(number, data)
            # Until the sender hears of it.
            loop.call_later(self._round_trip / 2, self._acknowledge)

        def dropped(at: float) -> None:
            self._window.hear(False, self._under_way)
            wait = at - self._wire.now + max(timeout, self._round_trip)
            later = min(2 * timeout, LONGEST_TIMEOUT)
            loop.call_later(wait, self._send, number, data, later)

        self._wire.send(self._direction, len(data) + HEADERS, arrive, dropped)

    def _deliver(self, number: int, data: bytes) -> None:
        self._arrived[number] = data
        while self._next in self._arrived and not self._writer.is_closing():
            self._writer.write(self._arrived.pop(self._next))
            self._next += 1

    def _acknowledge(self) -> None:
        self._under_way -= 1
        self._window.hear(True, self._under_way)
        self._room.set()
