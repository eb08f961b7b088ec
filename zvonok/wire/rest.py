"""Bodies of the HTTP requests and replies under `/api`: JSON, times in RFC 3339 with a zone."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from zvonok.wire.client import GrantToken, LessonSize, Name, PageId, Resume, Role

LinkRole = Literal["host", "participant"]
"""What a link makes of the one who enters by it: `participant` means a guest by name for now."""
MediaRole = Literal["publish", "subscribe"]

HOUR = 3600
YEAR = 365 * 24 * HOUR
LINK_SECONDS = 7 * 24 * HOUR
MEDIA_TOKEN_SECONDS = 24 * HOUR

USUAL_SIZE = 60
"""Two classes: enough for a lesson, too few for a stranger's four hundred seats."""
Title = Annotated[str, Meta(min_length=1, max_length=200)]
LinkSeconds = Annotated[int, Meta(ge=HOUR, le=YEAR)]
EntryKey = Annotated[str, Meta(min_length=16, max_length=64)]
Uses = Annotated[int, Meta(ge=1, le=1_000_000)]


class NewLesson(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/lessons`."""

    title: Title
    size: LessonSize = USUAL_SIZE
    """How many people it is for, beside moderators; who comes above it finds the call full."""


class Lesson(Struct, frozen=True, kw_only=True):
    """A lesson: what links lead to. It stays until a moderator ends it."""

    id: str
    title: str
    state: Literal["open", "ended"]
    created: datetime
    ended: datetime | None
    size: int
    """How many people it is for, beside moderators."""
    participants: int
    """People in the call now."""


class LessonCreated(Struct, frozen=True, kw_only=True):
    """A new lesson and the tokens of its two first links."""

    lesson: Lesson
    host_link: str
    participant_link: str


class NewLink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/lessons/{id}/links`."""

    role: LinkRole = "participant"
    seconds: LinkSeconds | None = LINK_SECONDS
    """How long it can be used; null: as long as the lesson is open."""
    uses: Uses | None = None
    """How many may enter by it; null: any number."""


class Link(Struct, frozen=True, kw_only=True):
    """An invitation link, as moderators see it."""

    token: str
    role: LinkRole
    created: datetime
    expires: datetime | None
    max_uses: int | None
    uses: int
    revoked: bool


class Links(Struct, frozen=True):
    """All links of a lesson, the oldest first."""

    links: list[Link]


class LinkInfo(Struct, frozen=True, kw_only=True):
    """What anybody who has a link may know before entering."""

    title: str
    role: LinkRole
    state: Literal["waiting", "running"]
    """`waiting`: nobody is in the call yet."""
    participants: int
    """People in the call now."""
    media: Annotated[list[str], Meta(max_length=8)]
    """`host:port` over UDP of the media servers, IPv6 in brackets. Each answers plain STUN binding
    requests (RFC 8489), so that one can find out before entering whether UDP gets through."""


class Enter(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `POST /api/links/{token}/enter`."""

    name: Name
    key: EntryKey | None = None
    """A random secret. The same one within 10 minutes gives the same grant and uses the link no
    second time: for whoever did not get the reply."""


class Entered(Struct, frozen=True, kw_only=True):
    """The grant that takes a seat on the WebSocket at `path`."""

    grant: str
    path: str
    lesson: str
    """Its id, under which moderators find its links."""
    role: Role
    name: str
    """The name as it was understood: trimmed, without repeated spaces."""


class Renewed(Struct, frozen=True):
    """A grant that lasts longer than the one it was asked with, and else is the same."""

    grant: str


class OwnSeat(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/seat`: the secrets of a seat, those that `join` takes."""

    grant: GrantToken
    resume: Resume | None = None


class ClosedPage(OwnSeat, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/seat/closed`; in the body, because a beacon has no headers."""

    page: PageId | None = None
    """The one that `join` named."""
    left: bool = False
    """The person leaves: the seat is given up at once, not held."""


class HeldSeat(Struct, frozen=True, kw_only=True):
    """What became of one's own seat."""

    held: bool
    """`join` with these secrets takes it back."""
    taken: bool = False
    """Somebody sits there now, in another tab or on another device: `join` sends him away."""
    name: str | None = None


class NewMediaToken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/lessons/{id}/media-tokens`."""

    role: MediaRole
    name: Name = ""
    """Under which a publisher appears in the call."""
    seconds: LinkSeconds = MEDIA_TOKEN_SECONDS


class MediaToken(Struct, frozen=True, kw_only=True):
    """A bearer token for the WHIP (`publish`) or WHEP (`subscribe`) endpoint at `path`."""

    token: str
    role: MediaRole
    path: str
    expires: datetime


class FrontDoor(Struct, frozen=True, kw_only=True):
    """Where other machines find this installation."""

    origin: str | None
    """`https://host:port`; null when the machine has no address but its own loopback."""
