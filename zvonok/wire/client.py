"""Messages between the browser and signaling: JSON on the WebSocket, tagged by `type`.

The TypeScript types of the client are generated from these structs. What a browser says has no
unknown fields at any depth; what it is told, and what is kept, may get more (`docs/protocol.md`).
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from zvonok.wire.errors import ErrorBody
from zvonok.wire.ids import SEATS, VIDEO_SLOTS, Layer, Reason

Role = Literal["host", "co_admin", "participant", "guest"]
Quality = Literal["good", "medium", "poor", "lost"]
Frames = Literal["all", "few"]
"""`few`: only the pictures of the smallest temporal layer, each as sharp as ever."""
ParticipantNumber = Annotated[int, Meta(ge=1, le=(1 << 30) - 1)]
Name = Annotated[str, Meta(max_length=256)]
GrantToken = Annotated[str, Meta(max_length=4096)]
Resume = Annotated[str, Meta(max_length=64)]
LessonSize = Annotated[int, Meta(ge=1, le=SEATS)]
PageId = Annotated[str, Meta(max_length=64)]
Sdp = Annotated[str, Meta(max_length=131072)]
CommandId = Annotated[str, Meta(min_length=1, max_length=16)]
UPLINK_MOST = 100_000_000
COMMANDS_REMEMBERED = 32
"""Of each seat: that many of its last commands are known when they come again."""


class Media(Struct, frozen=True, kw_only=True):
    """Which sources of a person are on."""

    microphone: bool = False
    camera: bool = False
    screen: bool = False
    screen_audio: bool = False


class OwnMedia(Media, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same as the person says it. It is equal to no `Media`."""


class Participant(Struct, frozen=True, kw_only=True):
    """One person in the call, as everybody sees them."""

    number: ParticipantNumber
    name: str
    role: Role
    media: Media
    quality: Quality = "good"
    present: bool = True
    """False while the connection is lost and the seat is held."""
    guest_mark: bool = False
    """The name looks like a moderator's: to be shown with “(guest)” in the reader's language."""


class Tile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the viewer wants in one of his video slots."""

    slot: Annotated[int, Meta(ge=0, lt=VIDEO_SLOTS)]
    participant: ParticipantNumber
    kind: Literal["camera", "screen"]
    height: Annotated[int, Meta(ge=1, le=4320)]
    """Height of the tile in device pixels; the server picks the layer from it."""
    frames: Frames = "all"


# ── browser to server ──


class Join(Struct, frozen=True, tag="join", forbid_unknown_fields=True):
    """First message on the socket: the grant from `POST /api/links/{token}/enter`."""

    grant: GrantToken
    resume: Resume | None = None
    """The secret from an earlier `welcome`: takes the held seat back within 90 s."""
    media: OwnMedia = OwnMedia()
    page: PageId | None = None
    """A random word of this page, for `POST /api/seat/closed`."""
    deflate: bool = False
    """What is large may come deflated, in binary frames: see `zvonok/wire/deflate.py`."""


class Offer(Struct, frozen=True, tag="offer", forbid_unknown_fields=True):
    """An SDP offer. `id` grows with each; a new one with new ICE credentials restarts ICE."""

    id: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    sdp: Sdp


class View(Struct, frozen=True, tag="view", forbid_unknown_fields=True):
    """The whole of what the viewer shows now; a slot that is not named carries nothing."""

    tiles: Annotated[list[Tile], Meta(max_length=VIDEO_SLOTS)]


class Command(Struct, frozen=True, kw_only=True):
    """What changes the call. With a `command`, an id that its sender has not used before, it is
    answered by `done` or `error` with the same one. Until then it may be said again, also on
    another socket of the same seat: it is done once."""

    command: CommandId | None = None


class SetMedia(Command, frozen=True, tag="media", forbid_unknown_fields=True):
    """Which of one's own sources are on now."""

    media: OwnMedia


class SetQuality(Command, frozen=True, tag="quality", forbid_unknown_fields=True):
    """How the client finds its own connection."""

    quality: Quality


class SetUplink(Struct, frozen=True, tag="uplink", forbid_unknown_fields=True):
    """What the client's browser thinks it can send of pictures: bits per second."""

    estimate: Annotated[int, Meta(ge=0, le=UPLINK_MOST)]
    """0: not known."""


class Search(Struct, frozen=True, tag="search", forbid_unknown_fields=True):
    """Look for people by a part of the name, or fetch people by their numbers."""

    id: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    query: Annotated[str, Meta(max_length=256)] = ""
    numbers: Annotated[list[ParticipantNumber], Meta(max_length=100)] = []
    offset: Annotated[int, Meta(ge=0, le=100000)] = 0


class SetSize(Command, frozen=True, tag="size", forbid_unknown_fields=True):
    """How many people the lesson is for from now on; moderators only. Nobody is sent out."""

    size: LessonSize


class Leave(Struct, frozen=True, tag="leave", forbid_unknown_fields=True):
    """Leave for good: the seat is not held."""


class End(Command, frozen=True, tag="end", forbid_unknown_fields=True):
    """End the call for all; moderators only."""


class Ping(Struct, frozen=True, tag="ping", forbid_unknown_fields=True):
    """Asks for a `pong`, so that a dead socket is noticed."""


ClientMessage = (
    Join | Offer | View | SetMedia | SetQuality | SetUplink | SetSize | Search | Leave | End | Ping
)


# ── server to browser ──


class Roster(Struct, frozen=True, kw_only=True):
    """The call as of `sequence`. In a large call `participants` holds the people that matter
    most (moderators, those with a source on, oneself); `total` counts all."""

    sequence: int
    total: int
    participants: list[Participant]


class IceServer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An external TURN or STUN server, in the form that RTCPeerConnection takes."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class Welcome(Struct, frozen=True, kw_only=True, tag="welcome"):
    """The seat is taken; the state of the call follows from here by `change`."""

    you: ParticipantNumber
    role: Role
    title: str
    resume: str
    resumed: bool = False
    roster: Roster
    ice_servers: list[IceServer] = []
    invitation: str | None = None
    """Token of a link that moderators may pass on."""


class Answer(Struct, frozen=True, tag="answer"):
    """The SDP answer to the offer with the same `id`."""

    id: int
    sdp: str


class Change(Struct, frozen=True, kw_only=True, tag="change", omit_defaults=True):
    """What changed between `sequence` − 1 and `sequence`."""

    sequence: int
    total: int
    joined: list[Participant] = []
    changed: list[Participant] = []
    left: list[ParticipantNumber] = []


class Found(Struct, frozen=True, kw_only=True, tag="found"):
    """The answer to `search`."""

    id: int
    total: int
    participants: list[Participant]


class Speakers(Struct, frozen=True, tag="speakers"):
    """Who is heard now, the loudest first."""

    participants: list[ParticipantNumber]


class LineTile(Struct, frozen=True, kw_only=True):
    """What one video slot is given."""

    slot: int
    layer: Layer | None
    """None: nothing."""
    temporal: int
    """The highest temporal layer, 0 to 2."""
    reason: Reason
    """Why it is not more; `tile`: it is what the tile needs."""


class Line(Struct, frozen=True, kw_only=True, tag="line"):
    """How the server finds the line to this client, at most once a second and when it has changed
    notably."""

    estimate: int
    """Bits per second that it bears towards the client; 0: not known."""
    rtt_ms: int | None = None
    loss: float | None = None
    """Which part of what was sent to the client got lost, 0 to 1."""
    tiles: list[LineTile] = []
    """By slot; slots that are not named carry nothing."""


class Publish(Struct, frozen=True, kw_only=True, tag="publish"):
    """Which of one's own video anybody shows: the other layers are to be paused."""

    camera: list[Literal["q", "h", "f"]]
    screen: bool
    limited: bool = False
    """More of the camera is wanted than one's own line up bears: none if `camera` is empty."""
    ceilings: dict[Layer, int] = {}
    """Bits per second that layers may have; those that are not named have the client's own."""


class Corrected(Struct, frozen=True, tag="media", omit_defaults=True):
    """One's own media state as the server holds it, when it differs from what was asked."""

    media: Media
    replaced_by: ParticipantNumber | None = None
    """Whose screen has taken the place of one's own."""


class Size(Struct, frozen=True, kw_only=True, tag="size"):
    """For moderators: how many people the lesson is for, beside moderators."""

    size: int
    turned_away: int
    """How many found the call full since the size was set, and are not in."""


class Ended(Struct, frozen=True, tag="ended"):
    """The call is over for this client. `reason`: `ended`, `replaced` or `left`."""

    reason: Literal["ended", "replaced", "left"]


class Failed(Struct, frozen=True, kw_only=True, tag="error"):
    """A message was refused. `id` is that of the refused offer or search, `command` that of the
    refused command."""

    error: ErrorBody
    id: int | None = None
    command: CommandId | None = None


class Done(Struct, frozen=True, tag="done"):
    """A command has been carried out and is stored. For `end` the answer is `ended`."""

    command: CommandId


class Pong(Struct, frozen=True, tag="pong"):
    """The answer to `ping`."""


ServerMessage = (
    Welcome
    | Answer
    | Change
    | Found
    | Speakers
    | Line
    | Publish
    | Corrected
    | Size
    | Ended
    | Failed
    | Done
    | Pong
)

MAX_MESSAGE = 160 * 1024
"""Bytes of one WebSocket message; a larger one is refused with `too_large`."""

decode_client = msgspec.json.Decoder(ClientMessage).decode
encode = msgspec.json.Encoder().encode
