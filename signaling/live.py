"""Live state of calls in Redis: who owns a call, its seats, and the bus to the SFU workers.

| key | type | content |
|---|---|---|
| `zv:live` | set | ids of calls that run |
| `zv:owner:{call}` | string, expires | the signaling process that runs the call |
| `zv:state:{call}` | hash | `call` → `CallState`; the rest: what `Call.records` says |
| `zv:alive:{process}` | string, expires in 5 s | by it we see whether what was written holds |

The rest is described in `zvonok.wire.bus`. Whatever belongs to a call is written by one script
that first checks the lease, so a process that lost it without noticing changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import msgspec
import structlog
from redis.asyncio import Redis

from zvonok.service.bus import Runs
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, Description, Look, WantedSession, WorkerState

LIVE_KEY = "zv:live"
LEASE_MILLISECONDS = 6000
RENEW_SECONDS = 2.0
LEFT_SECONDS = 3600
"""For what the media server said of a call that is over."""
ALIVE_MILLISECONDS = 5000
"""Shorter than the 10 s of a media server that renews its word every 3 s: while ours holds, that of
each that lives does."""

Command = Sequence[str | bytes]
Value = TypeVar("Value")
log = structlog.get_logger()

_FENCED = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local at = 2
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + words + 1
end
return 1
"""
_RENEW = """
local ours = {}
for at, key in ipairs(KEYS) do
  ours[at] = 0
  if redis.call('GET', key) == ARGV[1] then ours[at] = redis.call('PEXPIRE', key, ARGV[2]) end
end
return ours
"""


class CallState(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a call beside its records."""

    title: str
    next_number: int
    sequence: int
    worker: str | None


@dataclass(frozen=True)
class Kept:
    """A call as the process before us left it."""

    state: CallState
    records: dict[str, bytes]
    wanted: dict[str, WantedSession]


_encode = msgspec.msgpack.Encoder().encode
_decode_state = msgspec.msgpack.Decoder(CallState).decode


def owner_key(call: str) -> str:
    return f"zv:owner:{call}"


def state_key(call: str) -> str:
    return f"zv:state:{call}"


def keep_state(call: str, state: CallState) -> Command:
    return ["HSET", state_key(call), "call", _encode(state)]


def keep_record(call: str, record: str, value: Any) -> Command:
    if value is None:
        return ["HDEL", state_key(call), record]
    return ["HSET", state_key(call), record, _encode(value)]


def want(call: str, session: str, wanted: WantedSession | None) -> Command:
    if wanted is None:
        return ["HDEL", bus.wanted_key(call), session]
    return ["HSET", bus.wanted_key(call), session, bus.encode(wanted)]


def offer(call: str, session: str, description: Description | None) -> Command:
    if description is None:
        return ["HDEL", bus.offers_key(call), session]
    return ["HSET", bus.offers_key(call), session, bus.encode(description)]


def announce(worker: str, call: str, sessions: Iterable[str]) -> Command:
    look = Look(call=call, sessions=list(sessions))
    return ["PUBLISH", bus.worker_key(worker), bus.encode(look)]


def carry(worker: str, call: str) -> Command:
    return ["SADD", bus.calls_key(worker), call]


def drop(worker: str, call: str) -> Command:
    return ["SREM", bus.calls_key(worker), call]


def enlist(call: str) -> Command:
    return ["SADD", LIVE_KEY, call]


def begin(call: str) -> list[Command]:
    """Nothing of an earlier call of the same lesson is left behind."""
    return [
        enlist(call),
        ["DEL", state_key(call), bus.wanted_key(call), bus.offers_key(call)],
        ["DEL", bus.actual_key(call), bus.answers_key(call)],
    ]


def forget(call: str) -> list[Command]:
    """The call is over; the lease goes last.

    What the media server has written is for it to remove, but it may have died just now.
    """
    left: list[Command] = [
        ["EXPIRE", key, str(LEFT_SECONDS)] for key in (bus.actual_key(call), bus.answers_key(call))
    ]
    return [
        *left,
        ["SREM", LIVE_KEY, call],
        ["DEL", state_key(call), bus.wanted_key(call), bus.offers_key(call), owner_key(call)],
    ]


class Live:
    """Raises RedisError or OSError from every method while Redis is away."""

    def __init__(self, redis: Redis, me: str) -> None:
        self._redis = redis
        self._me = me
        self._fenced = redis.register_script(_FENCED)
        self._renew = redis.register_script(_RENEW)

    def runs(self) -> Runs:
        """For one who has to know when Redis is another one."""
        return Runs(self._redis)

    async def say_alive(self) -> bool:
        """Whether what we said the last time still holds: the clock of Redis may have jumped, or
        for a while nothing could be written. Raises while nothing can, though reading goes well.
        """
        key = f"zv:alive:{self._me}"
        return await self._redis.set(key, b"1", px=ALIVE_MILLISECONDS, get=True) is not None

    async def acquire(self, call: str) -> bool:
        """Whether the call is ours now; the lease lasts `LEASE_MILLISECONDS`."""
        key = owner_key(call)
        if await self._redis.set(key, self._me, nx=True, px=LEASE_MILLISECONDS):
            return True
        return bool(await self.renew([call]))

    async def renew(self, calls: Sequence[str]) -> set[str]:
        """Those that are ours still; of the others another process has the lease, or nobody.

        All at once: one after the other they would outlast their leases while Redis is slow.
        """
        if not calls:
            return set()
        args: list[str | int] = [self._me, LEASE_MILLISECONDS]
        ours = await self._renew(keys=[owner_key(call) for call in calls], args=args)
        return {call for call, renewed in zip(calls, ours, strict=True) if renewed}

    async def release(self, call: str) -> None:
        await self.write(call, [["DEL", owner_key(call)]])

    async def write(self, call: str, commands: Sequence[Command]) -> bool:
        """All of `commands` or, when the call is not ours, none of them: False."""
        words = [word for command in commands for word in (len(command), *command)]
        return bool(await self._fenced(keys=[owner_key(call)], args=[self._me, *words]))

    async def load(self, call: str) -> Kept | None:
        """None: no such call runs, or none that this version can read."""
        fields = await _hash(self._redis, state_key(call))
        state = _readable({call: fields.pop(b"call", None)}, _decode_state).get(call)
        if state is None:
            return None
        wanted = await _hash(self._redis, bus.wanted_key(call))
        return Kept(
            state,
            {record.decode(): value for record, value in fields.items()},
            _readable({name.decode(): it for name, it in wanted.items()}, bus.decode_wanted),
        )

    async def running(self) -> set[str]:
        """Ids of calls that run, whoever owns them."""
        members = await cast("Any", self._redis.smembers(LIVE_KEY))
        return {member.decode() for member in members}

    async def actual(self, call: str, sessions: Iterable[str] | None) -> list[ActualSession]:
        """What the SFU says of these sessions, or of all."""
        key = bus.actual_key(call)
        if sessions is None:
            found = {name.decode(): it for name, it in (await _hash(self._redis, key)).items()}
        else:
            names = list(sessions)
            values = await cast("Any", self._redis.hmget(key, names))
            found = dict(zip(names, values, strict=True))
        return list(_readable(found, bus.decode_actual).values())

    async def answers(self, call: str, sessions: Sequence[str]) -> dict[str, Description]:
        """The newest answers to these sessions, as far as there are any."""
        if not sessions:
            return {}
        values = await cast("Any", self._redis.hmget(bus.answers_key(call), sessions))
        return _readable(dict(zip(sessions, values, strict=True)), bus.decode_description)

    async def workers(self) -> list[WorkerState]:
        """Workers that are alive, the least loaded first."""
        members = await cast("Any", self._redis.smembers(bus.WORKERS_KEY))
        if not members:
            return []
        keys = [bus.worker_key(member.decode()) for member in members]
        values = await cast("Any", self._redis.mget(keys))
        found = dict(zip((key.rpartition(":")[2] for key in keys), values, strict=True))
        alive = _readable(found, bus.decode_worker).values()
        return sorted(alive, key=lambda worker: (worker.load, worker.sessions, worker.worker))


async def _hash(redis: Redis, key: str) -> dict[bytes, bytes]:
    return cast("dict[bytes, bytes]", await cast("Any", redis.hgetall(key)))


def _readable(
    values: Mapping[str, bytes | None], decode: Callable[[bytes], Value]
) -> dict[str, Value]:
    """What there is, decoded. What another version wrote and this one cannot read is left out:
    one such value must not keep a whole call from being taken over."""
    found = {}
    for name, value in values.items():
        if value is None:
            continue
        try:
            found[name] = decode(value)
        except msgspec.MsgspecError as error:
            log.warning("left out what cannot be read", name=name, error=str(error))
    return found
