"""What is said to Janus' VideoRoom over its WebSocket."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

PATIENCE = 10.0
KEEPALIVE = 20.0
"""Janus ends a session from which it has not heard for 60 s."""


class VideoRoom:
    """One session; each participant has a handle in it."""

    def __init__(self, socket_: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket_
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session = 0

    async def make_room(self) -> int:
        """With what it is by default; one codec, as everybody here sends that."""
        handle = await self._attach()
        body = {"request": "create", "videocodec": "vp8", "audiocodec": "opus", "publishers": 2}
        created = await self._message(handle, body)
        return int(created["plugindata"]["data"]["room"])

    async def publish(self, room: int, offer: str) -> tuple[int, str]:
        """The publisher's id, and the answer."""
        handle = await self._attach()
        joined = await self._message(
            handle, {"request": "join", "ptype": "publisher", "room": room}
        )
        done = await self._message(
            handle, {"request": "publish"}, {"type": "offer", "sdp": offer, "rid_order": "lmh"}
        )
        return int(joined["plugindata"]["data"]["id"]), str(done["jsep"]["sdp"])

    async def subscribe(self, room: int, feed: int) -> tuple[int, str]:
        """The viewer's handle, and the offer to him."""
        handle = await self._attach()
        body = {"request": "join", "ptype": "subscriber", "room": room, "streams": [{"feed": feed}]}
        attached = await self._message(handle, body)
        return handle, str(attached["jsep"]["sdp"])

    async def start(self, handle: int, answer: str) -> None:
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    async def open(self) -> None:
        self._session = int((await self._ask({"janus": "create"}))["data"]["id"])

    async def listen(self) -> None:
        """Until the socket ends. An acknowledgement is no reply yet."""
        async for message in self._socket:
            told = message.json()
            waiting = self._waiting.get(told.get("transaction", ""))
            if told["janus"] != "ack" and waiting is not None and not waiting.done():
                waiting.set_result(told)

    async def stay(self) -> None:
        while True:
            await asyncio.sleep(KEEPALIVE)
            await self._socket.send_json(
                {"janus": "keepalive", "session_id": self._session, "transaction": "keepalive"}
            )

    async def _attach(self) -> int:
        told = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(told["data"]["id"])

    async def _message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> dict[str, Any]:
        message = {"janus": "message", "handle_id": handle, "body": body}
        return await self._ask(message if jsep is None else {**message, "jsep": jsep})

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Raises RuntimeError when Janus refuses, TimeoutError when it does not answer."""
        transaction = secrets.token_hex(8)
        waiting = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        try:
            session = {"session_id": self._session} if self._session else {}
            await self._socket.send_json({**message, **session, "transaction": transaction})
            told: dict[str, Any] = await asyncio.wait_for(waiting, PATIENCE)
        finally:
            del self._waiting[transaction]
        refused = told.get("error") or told.get("plugindata", {}).get("data", {}).get("error")
        if refused:
            raise RuntimeError(f"Janus refuses {message}: {refused}")
        return told


@asynccontextmanager
async def videoroom(port: int) -> AsyncIterator[VideoRoom]:
    """Of the Janus that listens there. Raises aiohttp.ClientError."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{port}", protocols=("janus-protocol",)) as socket_,
    ):
        room = VideoRoom(socket_)
        tasks = [asyncio.ensure_future(room.listen()), asyncio.ensure_future(room.stay())]
        try:
            await room.open()
            yield room
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
