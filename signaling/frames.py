"""The receiving half of a WebSocket: what a peer sends, decoded and counted."""

import asyncio
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from zvonok.wire import client
from zvonok.wire.client import ClientMessage
from zvonok.wire.deflate import Inflated, inflated
from zvonok.wire.errors import Refusal

from .clock import Clock
from .limits import Bucket, Rate

MESSAGES = Rate(burst=100, per_second=30)
CONTROL = (WSMsgType.PING, WSMsgType.PONG)


class Closed(Exception):
    """The socket is closed."""


class Frames:
    """What a peer sends."""

    def __init__(self, socket: web.WebSocketResponse, clock: Clock) -> None:
        self._socket = socket
        self._clock = clock
        self._bucket = Bucket(MESSAGES, clock.steady())

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code

    async def message(self) -> ClientMessage:
        """The next one; say `admit` before it is done.

        Raises Closed, or Refusal: it is none of ours, or too many pings came before it.
        """
        while True:
            # `receive` gives way only when nothing waits; others have their turn all the same.
            await asyncio.sleep(0)
            frame = await self._socket.receive()
            if frame.type not in CONTROL:
                return _decoded(frame.type, frame.data)
            self.admit()
            if frame.type is WSMsgType.PING:
                await self._pong(frame.data)

    def admit(self) -> None:
        """Raises Refusal when more comes than `MESSAGES` allows."""
        wait = self._bucket.take(self._clock.steady())
        if wait > 0:
            raise Refusal(429, "rate_limited", "too many messages", retry_after=wait)

    async def _pong(self, data: bytes) -> None:
        try:
            await self._socket.pong(data)
        except ConnectionError as error:
            raise Closed from error


def _decoded(kind: WSMsgType, data: Any) -> ClientMessage:
    """Raises Closed, or Refusal when it is no message of ours."""
    if kind not in (WSMsgType.TEXT, WSMsgType.BINARY):
        raise Closed
    try:
        if len(data) > client.MAX_MESSAGE:
            raise Inflated
        if kind is WSMsgType.BINARY:
            data = inflated(data, client.MAX_MESSAGE)
    except Inflated as error:
        limit = client.MAX_MESSAGE
        raise Refusal(413, "too_large", "the message is too large", limit=limit) from error
    except ValueError as error:
        raise Refusal(400, "bad_json", "what is binary must be deflated") from error
    try:
        decoded: ClientMessage = client.decode_client(data)
    except msgspec.ValidationError as error:
        raise Refusal(422, "invalid_message", "not a known message", reason=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "bad_json", "the message is not JSON") from error
    return decoded
