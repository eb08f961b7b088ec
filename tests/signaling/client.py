"""A client of signaling: HTTP and WebSocket over the process's unix socket."""

import asyncio
import zlib
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import msgspec
from msgspec.structs import asdict

from tests.patience import PATIENCE
from zvonok.wire import rest
from zvonok.wire.client import (
    Change,
    ClientMessage,
    Failed,
    Join,
    Leave,
    Media,
    OwnMedia,
    Participant,
    Ping,
    Pong,
    ServerMessage,
    Welcome,
)

_decode = msgspec.json.Decoder(ServerMessage).decode
_encode = msgspec.json.Encoder().encode
Message = TypeVar("Message")


class Reply:
    """A reply that was read to its end."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def code(self) -> str:
        """The error's; fails when the reply is none in the one shape."""
        assert self.status >= 400, self.body
        assert set(self.json) == {"error"}
        assert set(self.json["error"]) == {"code", "message", "details"}
        return str(self.json["error"]["code"])


class Browser:
    """One WebSocket; `people` follows the call by snapshot and changes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.welcome: Welcome | None = None
        self.people: dict[int, Participant] = {}
        self.total = 0
        self.sequence = 0
        self.heard: list[ServerMessage] = []
        """Everything so far."""
        self.deflated: list[ServerMessage] = []
        """What of it came deflated."""

    @property
    def you(self) -> int:
        assert self.welcome is not None
        return self.welcome.you

    async def send(self, message: ClientMessage) -> None:
        await self.socket.send_str(_encode(message).decode())

    async def leave(self) -> None:
        await self.send(Leave())

    async def read(self) -> ServerMessage:
        message = await self.socket.receive(PATIENCE)
        data = message.data
        deflated = message.type is aiohttp.WSMsgType.BINARY
        if deflated:
            data = zlib.decompress(data, wbits=-zlib.MAX_WBITS)
        else:
            assert message.type is aiohttp.WSMsgType.TEXT, (message.type, data)
        decoded: ServerMessage = _decode(data)
        if deflated:
            self.deflated.append(decoded)
        self._follow(decoded)
        return decoded

    async def until(self, kind: type[Message]) -> Message:
        """Reads until a message of this kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.read()
                if isinstance(message, kind):
                    return message

    async def until_answered(self) -> None:
        """Reads until all that was said before has been dealt with."""
        await self.send(Ping())
        await self.until(Pong)

    async def until_people(self, count: int) -> dict[int, Participant]:
        """Reads until there are that many."""
        async with asyncio.timeout(PATIENCE):
            while len(self.people) != count or self.total != count:
                await self.read()
        return self.people

    async def until_person(self, number: int, **fields: object) -> Participant:
        """Reads until this person has these fields."""
        async with asyncio.timeout(PATIENCE):
            while number not in self.people or any(
                getattr(self.people[number], name) != value for name, value in fields.items()
            ):
                await self.read()
        return self.people[number]

    async def until_closed(self) -> int | None:
        """Reads on; the close code."""
        async with asyncio.timeout(PATIENCE):
            while not self.socket.closed:
                message = await self.socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._follow(_decode(message.data))
                elif message.type is aiohttp.WSMsgType.CLOSE:
                    return int(message.data)
        return self.socket.close_code

    def cut(self) -> None:
        """Pulls the cable."""
        response = self.socket._response
        assert response.connection is not None
        transport = response.connection.transport
        assert transport is not None
        transport.abort()

    def _follow(self, message: ServerMessage) -> None:
        self.heard.append(message)
        match message:
            case Welcome(roster=roster):
                self.welcome = message
                self.people = {person.number: person for person in roster.participants}
                self.total, self.sequence = roster.total, roster.sequence
            case Change():
                assert message.sequence == self.sequence + 1
                self.sequence, self.total = message.sequence, message.total
                self.people |= {p.number: p for p in [*message.joined, *message.changed]}
                for number in message.left:
                    self.people.pop(number, None)


class Client:
    """Opens as many sockets as asked; closes them all at the end."""

    def __init__(self, path: Path, school_key: str) -> None:
        self._path = path
        self._key = school_key
        self._sockets: list[aiohttp.ClientWebSocketResponse] = []

    async def __aenter__(self) -> Self:
        connector = aiohttp.UnixConnector(str(self._path), limit=0)
        self.session = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for socket in self._sockets:
            with suppress(ConnectionError):
                await socket.close()
        await self.session.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        bearer: str | None = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """`body` goes as JSON, `data` as it is."""
        all_headers = dict(headers or {})
        if bearer is not None:
            all_headers["Authorization"] = f"Bearer {bearer}"
        if body is not None:
            data = _encode(body)
            all_headers.setdefault("Content-Type", "application/json")
        url = f"http://signaling{path}"
        async with self.session.request(method, url, data=data, headers=all_headers) as reply:
            return Reply(reply.status, reply.headers, await reply.read())

    async def lesson(
        self, title: str = "Physics, 9б", size: int = rest.USUAL_SIZE
    ) -> rest.LessonCreated:
        body = rest.NewLesson(title, size)
        reply = await self.ask("POST", "/api/lessons", body, bearer=self._key)
        assert reply.status == 201, reply.body
        return msgspec.json.decode(reply.body, type=rest.LessonCreated)

    async def enter(self, link: str, name: str) -> str:
        """A grant."""
        reply = await self.ask("POST", f"/api/links/{link}/enter", rest.Enter(name))
        assert reply.status == 200, reply.body
        return msgspec.json.decode(reply.body, type=rest.Entered).grant

    async def media_token(
        self, lesson: str, role: rest.MediaRole, name: str = "", bearer: str | None = None
    ) -> str:
        """`bearer`: a moderator's grant; the key of the school else."""
        path = f"/api/lessons/{lesson}/media-tokens"
        body = rest.NewMediaToken(role=role, name=name)
        reply = await self.ask("POST", path, body, bearer=bearer or self._key)
        assert reply.status == 201, reply.body
        made = msgspec.json.decode(reply.body, type=rest.MediaToken)
        assert made.path == ("/api/whip" if role == "publish" else "/api/whep")
        return made.token

    async def connect(self, headers: dict[str, str] | None = None) -> Browser:
        socket = await self.session.ws_connect("http://signaling/api/call", headers=headers)
        self._sockets.append(socket)
        return Browser(socket)

    async def join(
        self,
        grant: str,
        resume: str | None = None,
        media: Media | None = None,
        headers: dict[str, str] | None = None,
    ) -> Browser:
        browser = await self.connect(headers)
        await browser.send(Join(grant, resume, OwnMedia(**asdict(media or Media()))))
        await browser.until(Welcome)
        return browser

    async def knock(self, grant: str, resume: str | None = None) -> Failed:
        """Tries to join; the refusal."""
        browser = await self.connect()
        await browser.send(Join(grant, resume))
        failed = await browser.read()
        assert isinstance(failed, Failed), failed
        code = await browser.until_closed()
        assert code is not None
        assert 4400 <= code < 4600
        return failed

    async def come(self, link: str, name: str, media: Media | None = None) -> Browser:
        """Follows a link into the call."""
        return await self.join(await self.enter(link, name), media=media)
