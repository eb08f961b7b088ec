"""Who was in which lesson from when to when: by way of Redis into SQL.

| key | type | content |
|---|---|---|
| `zv:attendance` | hash | session → `Visit`; session + `:left` → when, seconds since 1970 |

Whoever gives or takes a seat writes this together with the seat itself. It stays until SQL has it,
so neither a slow database nor a process that dies loses anybody. Told again, to a Redis that may
have forgotten it, it changes nothing of what is there: the first word has the right time.
"""

import asyncio
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from .live import Command
from .store import Store, Visit

FLUSH_SECONDS = 1.0
KEY = "zv:attendance"
LEFT = ":left"
log = structlog.get_logger()

_encode = msgspec.msgpack.Encoder().encode
_decode_visit = msgspec.msgpack.Decoder(Visit).decode
_decode_time = msgspec.msgpack.Decoder(float).decode

_FORGET = """
for at = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then
    redis.call('HDEL', KEYS[1], ARGV[at])
  end
end
"""
FORGET_AT_ONCE = 1000


def arrived(visit: Visit) -> Command:
    return ["HSETNX", KEY, visit.session, _encode(visit)]


def departed(session: str, time: float) -> Command:
    return ["HSETNX", KEY, session + LEFT, _encode(time)]


class Attendance:
    """Moves what has come together into SQL; several processes may do so at once."""

    def __init__(self, redis: Redis, store: Store) -> None:
        self._redis = redis
        self._store = store
        self._forget = redis.register_script(_FORGET)
        self.failing = False
        """The last attempt failed; for health."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.try_flush()

    async def try_flush(self) -> None:
        """Like `flush`, but what fails is left for the next time."""
        try:
            await self.flush()
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("attendance delayed", error=str(error))
            self.failing = True
        except Exception:
            # The next attempt may succeed, and calls go on meanwhile; health says so.
            log.exception("attendance failed")
            self.failing = True
        else:
            self.failing = False

    async def flush(self) -> None:
        """Raises SQLAlchemyError, RedisError or OSError; nothing is lost then."""
        if self._store.failing:
            # Perhaps nothing is to be written here for long, and health is asked meanwhile.
            await self._store.try_writing()
        found = await cast("Any", self._redis.hgetall(KEY))
        entries: list[tuple[bytes, bytes]] = list(found.items())
        visits: list[Visit] = []
        departures: dict[str, float] = {}
        for field, value in entries:
            session = field.decode(errors="replace")
            try:
                if session.endswith(LEFT):
                    departures[session.removesuffix(LEFT)] = _decode_time(value)
                else:
                    visits.append(_decode_visit(value))
            except msgspec.DecodeError:
                log.warning("attendance not understood", session=session)
        # One visit that SQL cannot take must not keep out all that come after it.
        for visit in await self._store.arrived(visits) if visits else ():
            log.warning("visit of an unknown lesson", session=visit.session, lesson=visit.lesson)
        if departures:
            await self._store.departed(departures)
        # Only now, and only what is still as it was read: what came meanwhile stays.
        for at in range(0, len(entries), FORGET_AT_ONCE):
            page = entries[at : at + FORGET_AT_ONCE]
            await self._forget(keys=[KEY], args=[word for entry in page for word in entry])
