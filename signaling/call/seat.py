"""A seat in a call: one person with a browser, one WHIP publisher or one WHEP viewer."""

from dataclasses import dataclass

import msgspec

from zvonok.wire.bus import SessionKind
from zvonok.wire.client import Role

from ..names import Called, folded
from ..permissions import MODERATORS

HOLD_SECONDS = 90.0
"""How long a seat is held for somebody who is away."""


class Seat(msgspec.Struct, kw_only=True, frozen=True):
    """Who sits there. Kept in Redis for whoever takes the call over."""

    number: int
    given: str = ""
    """The name that was asked for; `name` and `guest_mark` tell it apart from others."""
    name: str
    guest_mark: bool = False
    """The name looks like a moderator's."""
    role: Role
    kind: SessionKind
    grant: str
    """Id of the grant or media token: one holds one seat."""
    session: str
    """Id of the session of media."""
    resume: str
    """The secret that takes the seat back."""

    @property
    def called(self) -> Called:
        return Called(self.name, self.guest_mark)

    @property
    def moderator(self) -> bool:
        return self.role in MODERATORS

    @property
    def shown(self) -> bool:
        """Whether others may know of this seat."""
        return self.kind != "viewer"


@dataclass(kw_only=True)
class Presence:
    """What is known of a seat only while this process runs."""

    folded: str
    """The name, as it is searched."""
    socket: int | None = None
    page: str | None = None
    """Which page of the browser sat there last, by its own word."""
    hidden: bool = False
    """Others do not know of it now: its page was closed, or its media was not accepted yet."""
    present: bool = True
    """False: others see that the connection is lost."""
    leaves_at: float | None = None
    """When the seat is given up, if nothing happens before."""
    revision: int = 0
    """Of what the SFU is to make of the seat; grows with each change."""
    applied: int = 0
    """The revision that the SFU has said to be in force."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Whoever asks for a seat; identity and role were checked by the caller."""

    grant: str
    """Id of the grant; whoever has it has the seat it was used for."""
    name: str
    role: Role
    session: str
    """A fresh id, used if a new seat is given."""
    resume: str
    """A fresh secret, used if a new seat is given."""
    kind: SessionKind = "browser"
    invitation: str | None = None
    """Token of a link that a moderator may pass on."""


def presence_of(seat: Seat) -> Presence:
    return Presence(folded=folded(seat.name))
