"""Messages between signaling and the SFU workers over Redis, MessagePack.

State lives in keys; a change is announced on a channel and the announcement only says where to
look again. Moments (who is speaking) are published and forgotten.

What changes often is small; what is large, the session descriptions, has hashes of its own that
are written once for each offer.

| key or channel | type | content |
|---|---|---|
| `zv:worker:{worker}` | string, expires in 10 s | `WorkerState`, renewed every 3 s by the worker |
| `zv:workers` | set | ids of workers |
| `zv:calls:{worker}` | set | ids of the calls that this worker carries (written by signaling) |
| `zv:wanted:{call}` | hash | session id → `WantedSession` (written by signaling) |
| `zv:offers:{call}` | hash | session id → `Description`, the newest offer (written by signaling) |
| `zv:actual:{call}` | hash | session id → `ActualSession` (written by the SFU) |
| `zv:answers:{call}` | hash | session id → `Description`, the newest answer (written by the SFU) |
| channel `zv:worker:{worker}` | | `Look`: wanted sessions changed, appeared or went |
| channel `zv:call:{call}` | | `CallNotice` from the SFU: look again, or a moment |

A description is written no later than the session that names its `offer_id`. Whoever finds a newer
one there has read an old session: a new announcement is on its way.
"""

import hashlib
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from zvonok.wire.errors import ErrorBody
from zvonok.wire.ids import Kind, Layer, Reason

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


class Tile(Struct, frozen=True, array_like=True):
    """`zvonok.wire.client.Tile` in a quarter of its bytes."""

    slot: int
    participant: int
    kind: Literal["camera", "screen"]
    height: int
    frames: Literal["all", "few"] = "all"


class WantedSession(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a session of media should be. Removing the field from the hash closes the session."""

    session: str
    participant: int
    kind: SessionKind = "browser"
    revision: int = 0
    """Grows with each change; `ActualSession.revision` says which one is in force."""
    offer_id: int
    open: list[Kind] = []
    """Sources that are forwarded; the rest is received and dropped in the kernel."""
    view: list[Tile] | None = []
    """None: the SFU chooses by itself (WHEP): the shared screen, else the loudest camera."""
    moderator: bool = False
    uplink: int = 0
    """Bits per second that the peer's browser thinks it can send; 0: it has not said."""


class Description(Struct, frozen=True, array_like=True):
    """An offer or the answer to it.

    Offers of a browser are full ones; WHIP: the sending half; WHEP: the receiving half.
    """

    offer_id: int
    sdp: str


class ActualSession(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a session of media is."""

    session: str
    revision: int = 0
    """Of the wanted session that is in force: the kernel has taken all that follows from it."""
    offer_id: int
    answer: str | None = None
    """`digest` of the answer in `zv:answers:{call}`; None: there is none."""
    peer: str | None = None
    """Who was answered: `digest` of the fingerprints of that PeerConnection."""
    error: ErrorBody | None = None
    """Why the offer was refused; `answer` is then None."""
    sources: list[Kind] = []
    """What the peer may send, as it was answered."""
    connected: bool = False
    camera_layers: list[Literal["q", "h", "f"]] = []
    """Layers of this session's camera that anybody shows."""
    camera_ceilings: dict[Layer, int] = {}
    """Bits per second that layers may have, of those that may have others than by themselves."""
    screen_shown: bool = False
    limited: bool = False
    """More of the camera is wanted than the peer's line bears: none if `camera_layers` is empty."""


class Look(Struct, frozen=True, kw_only=True):
    """Look at these wanted sessions again."""

    call: str
    sessions: list[str]


class SessionsNotice(Struct, frozen=True, kw_only=True, tag="sessions"):
    """Look at these actual sessions again."""

    sessions: list[str]


class SpeakersNotice(Struct, frozen=True, kw_only=True, tag="speakers"):
    """A moment: who is forwarded as speaker now (participant numbers, the loudest first)."""

    participants: list[int]


class LineTile(Struct, frozen=True, array_like=True):
    """`zvonok.wire.client.LineTile` in a quarter of its bytes."""

    slot: int
    layer: Layer | None
    temporal: int
    reason: Reason


class SessionLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the line of a session's peer is, as far as the SFU knows; see
    `zvonok.wire.client.Line`."""

    session: str
    estimate: int = 0
    rtt_ms: int | None = None
    loss: float | None = None
    tiles: list[LineTile] = []


class LinesNotice(Struct, frozen=True, kw_only=True, tag="lines"):
    """A moment: lines that have changed notably. Of each session the whole, at most once a
    second."""

    lines: list[SessionLine]


CallNotice = SessionsNotice | SpeakersNotice | LinesNotice

encode = msgspec.msgpack.Encoder().encode
decode_wanted = msgspec.msgpack.Decoder(WantedSession).decode
decode_actual = msgspec.msgpack.Decoder(ActualSession).decode
decode_description = msgspec.msgpack.Decoder(Description).decode
decode_worker = msgspec.msgpack.Decoder(WorkerState).decode
decode_look = msgspec.msgpack.Decoder(Look).decode
decode_notice = msgspec.msgpack.Decoder(CallNotice).decode


def digest(parts: Sequence[bytes]) -> str:
    """Names what these bytes say, in 16 characters."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def worker_key(worker: str) -> str:
    return f"zv:worker:{worker}"


def calls_key(worker: str) -> str:
    return f"zv:calls:{worker}"


def wanted_key(call: str) -> str:
    return f"zv:wanted:{call}"


def offers_key(call: str) -> str:
    return f"zv:offers:{call}"


def actual_key(call: str) -> str:
    return f"zv:actual:{call}"


def answers_key(call: str) -> str:
    return f"zv:answers:{call}"


def call_channel(call: str) -> str:
    return f"{_CALL_CHANNEL}{call}"


def call_of(channel: str) -> str:
    """The call of a `call_channel`."""
    return channel.removeprefix(_CALL_CHANNEL)


_CALL_CHANNEL = "zv:call:"
WORKERS_KEY = "zv:workers"
SESSION_CLOSED = "session_closed"
"""Code of the error of a session whose peer has closed its connection (DTLS close_notify)."""
