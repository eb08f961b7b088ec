"""The sending half of a WebSocket: a bounded queue, so that a slow reader harms only itself."""

import asyncio
import struct
from collections import deque
from collections.abc import Callable

import structlog
from aiohttp import WSMsgType, web

from zvonok.wire.deflate import LEAST, deflated

log = structlog.get_logger()
QUEUE_BYTES = 1 << 20
QUEUE_MESSAGES = 1000
"""Beyond either, the socket is cut off; its seat is held and may be taken back."""
NORMAL_CLOSE = 1000
FIRST_OWN_CLOSE = 4000
"""Close codes are this plus the HTTP status of the same meaning (RFC 6455 §7.4.2)."""


class SocketOutlet:
    """Queues; `run` sends. Bytes given to several sockets are shared, not copied."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        cut: Callable[[], None],
        sent: Callable[[int], None],
        hang_up: Callable[[], None],
    ) -> None:
        """`cut` ends the connection at once, `hang_up` after what was written to it."""
        self._socket = socket
        self._cut = cut
        self._sent = sent
        self._hang_up = hang_up
        self.deflating = False
        """What is large goes deflated."""
        self._queue: deque[tuple[bytes, WSMsgType]] = deque()
        self._bytes = 0
        self._some = asyncio.Event()
        self._status: int | None = None

    def send(self, data: bytes) -> None:
        if self._status is not None:
            return
        kind = WSMsgType.TEXT
        if self.deflating and len(data) >= LEAST:
            data, kind = deflated(data), WSMsgType.BINARY
        self._queue.append((data, kind))
        self._bytes += len(data)
        self._some.set()
        if self._bytes > QUEUE_BYTES or len(self._queue) > QUEUE_MESSAGES:
            self._queue.clear()
            self.close(429)
            self._cut()

    def close(self, status: int) -> None:
        if self._status is None:
            self._status = status
            self._some.set()

    async def run(self) -> None:
        """Returns when closed, from either side."""
        try:
            while await self._next():
                while self._queue:
                    data, kind = self._queue.popleft()
                    self._bytes -= len(data)
                    await self._socket.send_frame(data, kind)
                    self._sent(len(data))
            code = struct.pack("!H", _close_code(self._status or 200))
            await self._socket.send_frame(code, WSMsgType.CLOSE)
            # The peer's own close is not waited for: `close` would read all that it has sent until
            # then in one go, and while it sends, nobody else would have his turn.
            self._hang_up()
        except (ConnectionError, RuntimeError):
            self._status = self._status or 200  # The peer is gone; the reader sees it too.
        except Exception:
            # It would stay open with nobody to send: its browser comes back by another one.
            log.exception("sending failed")
            self.close(500)
            self._cut()

    async def _next(self) -> bool:
        if not self._queue and self._status is None:
            self._some.clear()
            await self._some.wait()
        return bool(self._queue)


def _close_code(status: int) -> int:
    return NORMAL_CLOSE if status == 200 else FIRST_OWN_CLOSE + status
