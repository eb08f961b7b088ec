"""Messages between signaling and the SFU workers over Redis, MessagePack.

State lives in keys; a change is announced on a channel and the announcement only says where to
look again. Moments (who is speaking) are published and forgotten.

| key or channel | type | content |
|---|---|---|
| `zv:worker:{worker}` | string, expires in 10 s | `WorkerState`, renewed every 3 s by the worker |
| `zv:workers` | set | ids of workers |
| `zv:calls:{worker}` | set | ids of the calls that this worker carries (written by signaling) |
| `zv:wanted:{call}` | hash | session id → `WantedSession` (written by signaling) |
| `zv:actual:{call}` | hash | session id → `ActualSession` (written by the SFU) |
| channel `zv:worker:{worker}` | | `Look`: a wanted session changed, appeared or went |
| channel `zv:call:{call}` | | `CallNotice` from the SFU: look again, or a moment |
"""

from typing import Literal

import msgspec
from msgspec import Struct

from zvonok.wire.client import Tile
from zvonok.wire.errors import ErrorBody
from zvonok.wire.ids import Kind

SessionKind = Literal["browser", "publisher", "viewer"]
"""A publisher (WHIP) only sends and a viewer (WHEP) only receives, whatever they offer."""


class WorkerState(Struct, frozen=True, kw_only=True):
    """What a worker tells of itself."""

    worker: str
    addresses: list[str]
    port: int
    sessions: int
    load: float
    """Share of one core in use, 0.0–1.0."""


class WantedSession(Struct, frozen=True, kw_only=True):
    """What a session of media should be. Removing the field from the hash closes the session."""

    session: str
    participant: int
    kind: SessionKind = "browser"
    offer_id: int
    offer: str
    """Browser: a full offer. WHIP: the sending half. WHEP: the receiving half."""
    open: list[Kind] = []
    """Sources that are forwarded; the rest is received and dropped in the kernel."""
    view: list[Tile] | None = []
    """None: the SFU chooses by itself (WHEP): the shared screen, else the loudest camera."""
    moderator: bool = False


class ActualSession(Struct, frozen=True, kw_only=True):
    """What a session of media is."""

    session: str
    offer_id: int
    answer: str | None = None
    error: ErrorBody | None = None
    """Why the offer was refused; `answer` is then None."""
    sources: list[Kind] = []
    """What the peer may send, as it was answered."""
    connected: bool = False
    camera_layers: list[Literal["q", "h", "f"]] = []
    """Layers of this session's camera that anybody shows."""
    screen_shown: bool = False


class Look(Struct, frozen=True, kw_only=True):
    """Look at this wanted session again."""

    call: str
    session: str


class SessionNotice(Struct, frozen=True, kw_only=True, tag="session"):
    """Look at this actual session again."""

    session: str


class SpeakersNotice(Struct, frozen=True, kw_only=True, tag="speakers"):
    """A moment: who is forwarded as speaker now (participant numbers, the loudest first)."""

    participants: list[int]


CallNotice = SessionNotice | SpeakersNotice

encode = msgspec.msgpack.Encoder().encode
decode_wanted = msgspec.msgpack.Decoder(WantedSession).decode
decode_actual = msgspec.msgpack.Decoder(ActualSession).decode
decode_worker = msgspec.msgpack.Decoder(WorkerState).decode
decode_look = msgspec.msgpack.Decoder(Look).decode
decode_notice = msgspec.msgpack.Decoder(CallNotice).decode


def worker_key(worker: str) -> str:
    return f"zv:worker:{worker}"


def calls_key(worker: str) -> str:
    return f"zv:calls:{worker}"


def wanted_key(call: str) -> str:
    return f"zv:wanted:{call}"


def actual_key(call: str) -> str:
    return f"zv:actual:{call}"


def call_channel(call: str) -> str:
    return f"zv:call:{call}"


WORKERS_KEY = "zv:workers"
