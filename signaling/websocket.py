"""The browser's WebSocket at `/api/call`."""

import asyncio
import itertools
import resource
from contextlib import suppress

import structlog
from aiohttp import WSCloseCode, web
from sqlalchemy.exc import SQLAlchemyError

from zvonok.wire import client
from zvonok.wire.client import Command, Failed, Join
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import random_token

from .admission import admitted
from .call.seat import Newcomer
from .calls import Calls
from .clock import Clock
from .doorstep import Doorstep
from .endpoints import address
from .frames import Closed, Frames
from .grants import RENEW_SECONDS, Grants
from .live_call import LiveCall
from .metrics import Metrics
from .outlet import SocketOutlet
from .permissions import may
from .store import Store

log = structlog.get_logger()
JOIN_SECONDS = 10.0
HEARTBEAT_SECONDS = 25.0
HARD_LIMIT = 1 << 20
"""A message longer than this is not even read to its end: the socket is closed with 1009."""
PATIENCE = 300
"""Messages that are refused before the socket is closed."""


class Sockets:
    """Serves sockets until `close`."""

    def __init__(
        self, calls: Calls, store: Store, grants: Grants, clock: Clock, metrics: Metrics
    ) -> None:
        self._calls = calls
        self._store = store
        self._grants = grants
        self._clock = clock
        self._metrics = metrics
        self._ids = itertools.count(1)
        self._open: set[web.WebSocketResponse] = set()
        self._doorstep = Doorstep(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._patience: dict[int, asyncio.Timeout] = {}

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            timeout=2.0,
            heartbeat=HEARTBEAT_SECONDS,
            max_msg_size=HARD_LIMIT,
            # By the extension each socket would keep a window, and each of 2000 who are told the
            # same would have it deflated anew: what is large is deflated by ourselves.
            compress=False,
            decode_text=False,
            # Pings are counted like everything else that a peer sends.
            autoping=False,
        )
        try:
            await socket.prepare(request)
        except ValueError as error:
            # aiohttp takes the key apart, and it may be no text at all.
            raise Refusal(400, "bad_request", "this is no WebSocket handshake") from error
        transport = request.transport

        def cut() -> None:
            self._metrics.cut.inc()
            if transport is not None:
                transport.abort()

        def hang_up() -> None:
            if transport is not None:
                transport.close()

        outlet = SocketOutlet(socket, cut, self._metrics.sent_bytes.inc, hang_up)
        # Ours: it has ended, or is ended, before we return, and cuts the socket where it fails.
        sender = asyncio.create_task(outlet.run())
        self._open.add(socket)
        try:
            await self._converse(Frames(socket, self._clock), outlet, address(request))
        finally:
            self._open.discard(socket)
            outlet.close(200)
            await _finished(sender)
        return socket

    async def close(self) -> None:
        """Tells every browser to come back to the next process."""
        closing = [socket.close(code=WSCloseCode.SERVICE_RESTART) for socket in self._open]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _converse(self, frames: Frames, outlet: SocketOutlet, origin: str) -> None:
        number = next(self._ids)
        try:
            message = await self._first(number, frames, origin)
            call = await self._join(number, message, outlet)
        except Refusal as refusal:
            self._metrics.joins.labels(refusal.body.code).inc()
            self._refuse(outlet, refusal.body)
            outlet.close(refusal.status)
            return
        except Closed:
            return
        except Exception:
            log.exception("join failed")
            self._refuse(outlet, ErrorBody("internal", "something is broken here"))
            outlet.close(500)
            return
        self._metrics.joins.labels("joined").inc()
        try:
            await self._listen(frames, outlet, call, number)
        finally:
            # What a browser says for a page that is closed or loaded anew, and for nothing else.
            call.detach(number, closed=frames.close_code == WSCloseCode.GOING_AWAY)

    async def _first(self, number: int, frames: Frames, origin: str) -> Join:
        try:
            async with asyncio.timeout(JOIN_SECONDS) as patience:
                self._patience[number] = patience
                self._make_room(number, origin)
                message = await frames.message()
        except TimeoutError as error:
            if number not in self._patience:
                raise Refusal(503, "unavailable", "too many wait here", retry_after=1) from error
            raise Refusal(408, "join_expected", "no `join` came in time", retry_after=1) from error
        finally:
            self._doorstep.leave(number)
            self._patience.pop(number, None)
        if not isinstance(message, Join):
            raise Refusal(400, "join_expected", "the first message must be `join`")
        return message

    def _make_room(self, number: int, origin: str) -> None:
        leaving = self._doorstep.enter(number, origin)
        if leaving is not None:
            self._metrics.turned_away.inc()
            patience = self._patience.pop(leaving)
            if not patience.expired():
                patience.reschedule(0.0)

    async def _join(self, number: int, message: Join, outlet: SocketOutlet) -> LiveCall:
        try:
            return await self._seat(number, message, outlet)
        except (SQLAlchemyError, OSError) as error:
            log.warning("storage away", error=str(error))
            raise Refusal(503, "unavailable", "try again", retry_after=1) from error

    async def _seat(self, number: int, message: Join, outlet: SocketOutlet) -> LiveCall:
        now = self._clock.wall()
        grant = self._grants.grant(message.grant, now, late=RENEW_SECONDS)
        call = await self._calls.get(grant.lesson)
        invitation = None
        if may(grant.role, "pass_on_links"):
            invitation = await self._invitation(grant.lesson, now)
        # Last: a seat that is held here is still held when it is taken, since nothing waits.
        if not call.engine.holds(message.resume, grant.id):
            self._grants.grant(message.grant, now)
            await admitted(self._store, grant.link)
            call.require_heard()
        if not call.usable:
            raise Refusal(503, "unavailable", "the call has just ended; try again", retry_after=1)
        outlet.deflating = message.deflate
        call.attach(number, outlet)
        newcomer = Newcomer(
            grant=grant.id,
            name=grant.name,
            role=grant.role,
            session=random_token(),
            resume=random_token(),
            invitation=invitation,
        )
        try:
            call.run(call.engine.join(number, message, newcomer, self._clock.steady()))
        except Refusal:
            call.detach(number)
            raise
        return call

    async def _invitation(self, lesson: str, now: float) -> str | None:
        """None also while the database is away: who has a seat gets it back without."""
        try:
            links = await self._store.links(lesson)
        except (SQLAlchemyError, OSError) as error:
            log.warning("storage away", error=str(error))
            return None
        usable = [k for k in links if k.role == "participant" and k.refusal(now) is None]
        return usable[0].token if usable else None

    async def _listen(
        self, frames: Frames, outlet: SocketOutlet, call: LiveCall, number: int
    ) -> None:
        patience = PATIENCE
        while True:
            command = None
            try:
                message = await frames.message()
                command = message.command if isinstance(message, Command) else None
                frames.admit()
            except Closed:
                return
            except Refusal as refusal:
                patience -= 1
                self._refuse(outlet, refusal.body, command)
                if patience <= 0:
                    outlet.close(429)
                    return
                continue
            if call.closed:
                return  # Another process runs it by now, and would not know of this.
            self._metrics.messages.labels(type(message).__struct_config__.tag).inc()
            call.run(call.engine.receive(number, message, self._clock.steady()))

    def _refuse(self, outlet: SocketOutlet, body: ErrorBody, command: str | None = None) -> None:
        self._metrics.refusals.labels(body.code).inc()
        outlet.send(client.encode(Failed(error=body, command=command)))


async def _finished(sender: "asyncio.Task[None]") -> None:
    done, _ = await asyncio.wait({sender}, timeout=3.0)
    if not done:
        sender.cancel()
        with suppress(asyncio.CancelledError):
            await sender
