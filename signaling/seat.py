"""A seat in a call: one person with a browser, one WHIP publisher or one WHEP viewer."""

from typing import Literal

import msgspec

from zvonok.wire.bus import WantedSession
from zvonok.wire.client import Answer, Failed, Media, Participant, Quality, Role, Tile
from zvonok.wire.ids import KINDS

from .names import folded

SeatKind = Literal["browser", "publisher", "viewer"]
MODERATORS = frozenset[Role]({"host", "co_admin"})


class Seat(msgspec.Struct, kw_only=True):
    """What a seat is. Kept in Redis for whoever takes the call over."""

    number: int
    name: str
    role: Role
    kind: SeatKind
    grant: str
    """Id of the grant or media token: one holds one seat."""
    session: str
    resume: str
    media: Media
    quality: Quality = "good"
    offer_id: int = -1
    answered: str | None = None
    """Digest of the last answer to `offer_id` that was passed on."""
    on_since: int = 0
    """When a source was first on, counted in such events; decides who is shown."""

    @property
    def moderator(self) -> bool:
        return self.role in MODERATORS

    @property
    def shown(self) -> bool:
        """Whether others may know of this seat."""
        return self.kind != "viewer"


class Presence(msgspec.Struct, kw_only=True):
    """What is known of a seat only while this process runs, or can be read elsewhere."""

    folded: str
    socket: int | None = None
    away_until: float | None = None
    """When the seat is given up, if nobody comes back to it."""
    connected: bool = False
    """Whether the media of a seat without a socket ever flowed."""
    offer: str | None = None
    view: list[Tile] | None = None
    camera_layers: list[Literal["q", "h", "f"]] | None = None
    screen_shown: bool = False
    undelivered: Answer | Failed | None = None
    """The answer to an offer that came while nobody was there to take it."""


def presence_of(seat: Seat) -> Presence:
    return Presence(
        folded=folded(seat.name),
        view=None if seat.kind == "viewer" else [],
    )


def face(seat: Seat, presence: Presence) -> Participant:
    """The seat as everybody sees it."""
    return Participant(
        number=seat.number,
        name=seat.name,
        role=seat.role,
        media=seat.media,
        quality=seat.quality,
        present=presence.away_until is None,
    )


def wanted_session(seat: Seat, presence: Presence) -> WantedSession | None:
    """What the SFU is to make of the seat; None before the first offer."""
    if presence.offer is None:
        return None
    return WantedSession(
        session=seat.session,
        participant=seat.number,
        offer_id=seat.offer_id,
        offer=presence.offer,
        open=[kind for kind in KINDS if getattr(seat.media, kind)],
        view=presence.view,
        moderator=seat.moderator,
    )
