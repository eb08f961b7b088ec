"""The line between one participant and the school: it can be cut, mended, and change its address.

A TCP relay in front of nginx and a UDP relay in front of the media port.
"""

import asyncio
import random
from contextlib import suppress
from typing import Self, cast

from tests.e2e.candidates import only_candidate
from tests.e2e.running import Running

HOST = "127.0.0.1"
OPUS = 111
"""What Chromium always calls it."""
STANDSTILLS = 0.05
"""The share of packets that have to wait; most must be quick, or it would be a longer way."""


class Line:
    """To be used as a context manager.

    `sound_jitter`: now and then sound for the participant stands still for up to so many seconds.
    `host`: the relay's address for media; Firefox does not try a loopback address from another.
    """

    def __init__(self, running: Running, sound_jitter: float = 0.0, *, host: str = HOST) -> None:
        self._running = running
        self._host = host
        self.sound_jitter = sound_jitter
        self.whole = True
        self._media = _Media(self, (HOST, running.media))
        self._pipes: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        self._datagrams, _ = await loop.create_datagram_endpoint(
            lambda: self._media, local_addr=(self._host, 0)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self._server.close()
        self._datagrams.close()
        self._media.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._server.wait_closed()

    def cut(self) -> None:
        """Nothing goes through any more, connections break."""
        self.whole = False
        self.break_connections()

    def break_connections(self) -> None:
        """What TCP carries ends, as when a router restarts; datagrams go on."""
        for writer in self._pipes:
            writer.transport.abort()

    def mend(self) -> None:
        self.whole = True

    def lose_media(self) -> None:
        """To where the participant is now only checks get through, as if a route had changed."""
        self._media.deafen()

    @property
    def lost(self) -> int:
        """Media packets that did not get through."""
        return self._media.lost

    def change_address(self) -> None:
        """The same participant comes from another port, as behind a router that forgot him."""
        self._media.close()

    def address(self, path_of: str) -> str:
        """The same page through this line."""
        return path_of.replace(self._running.origin, f"http://localhost:{self.port}")

    @property
    def script(self) -> str:
        """For the page: the server's candidates are replaced by the relay."""
        return only_candidate(*self._datagrams.get_extra_info("sockname")[:2])

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(HOST, self._running.http)
        except OSError:
            writer.transport.abort()
            return
        self._pipes |= {writer, back}
        both = [
            asyncio.ensure_future(self._pump(reader, back)),
            asyncio.ensure_future(self._pump(there, writer)),
        ]
        self._tasks.update(both)
        for task in both:
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        self._pipes.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class _Media(asyncio.DatagramProtocol):
    """Datagrams of the participant; each of his addresses has a socket towards the server."""

    def __init__(self, line: Line, server: tuple[str, int]) -> None:
        self._line = line
        self._server = server
        self._onward: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._dice = random.Random(7)
        self._last = 0.0
        self._deaf: set[tuple[str, int]] = set()
        self.lost = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # In Python 3.11 asyncio's own is none by class.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if not self._line.whole:
            return
        onward = self._onward.get(address)
        if onward is not None:
            onward.sendto(data)
        elif not self._opening:
            # ICE repeats what is lost meanwhile.
            task = asyncio.ensure_future(self._open(address))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, address: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        onward, _ = await loop.create_datagram_endpoint(
            lambda: _Back(self, address), remote_addr=self._server
        )
        self._onward[address] = onward

    def deafen(self) -> None:
        self._deaf |= self._onward.keys()

    def back(self, data: bytes, address: tuple[str, int]) -> None:
        if address in self._deaf and _is_media(data):
            self.lost += 1
        elif self._line.sound_jitter and _is_sound(data):
            loop = asyncio.get_running_loop()
            late = self._dice.uniform(0, self._line.sound_jitter)
            if self._dice.random() > STANDSTILLS:
                late = 0.0
            # As in a queue, nothing overtakes.
            self._last = max(self._last, loop.time() + late)
            loop.call_at(self._last, self._arrive, data, address)
        else:
            self._arrive(data, address)

    def _arrive(self, data: bytes, address: tuple[str, int]) -> None:
        if self._line.whole and not self._transport.is_closing():
            self._transport.sendto(data, address)

    def close(self) -> None:
        for onward in self._onward.values():
            onward.close()
        self._onward.clear()


class _Back(asyncio.DatagramProtocol):
    def __init__(self, media: _Media, address: tuple[str, int]) -> None:
        self._media = media
        self._address = address

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._media.back(data, self._address)


def _is_media(data: bytes) -> bool:
    """SRTP or SRTCP (RFC 7983 §7)."""
    return len(data) > 0 and 128 <= data[0] < 192


def _is_sound(data: bytes) -> bool:
    return len(data) > 12 and data[0] >> 6 == 2 and data[1] & 0x7F == OPUS
