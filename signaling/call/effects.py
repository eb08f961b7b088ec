"""What a call asks the world to do; adapters carry it out in order."""

from dataclasses import dataclass
from typing import Any

from zvonok.wire.client import Done, ServerMessage
from zvonok.wire.errors import ErrorBody


@dataclass(frozen=True)
class Send:
    """One message to one socket."""

    socket: int
    message: ServerMessage


@dataclass(frozen=True)
class Spread:
    """The same bytes to every socket of the call."""

    message: ServerMessage
    without: frozenset[int] = frozenset()
    """Sockets that get something of their own instead."""


@dataclass(frozen=True)
class Acknowledge:
    """To be sent as soon as all that `Keep` said until now is stored, and not before."""

    socket: int
    message: Done


@dataclass(frozen=True)
class Close:
    """Nothing more will be said to this socket."""

    socket: int
    status: int
    """In HTTP's meaning; 200: as it should be."""


@dataclass(frozen=True)
class Keep:
    """This record is to be kept for whoever takes the call over; `value` None: it is gone.

    `value` never changes afterwards, so it may be written later.
    """

    record: str
    value: Any


@dataclass(frozen=True)
class SessionTouched:
    """`Call.wanted(session)` changed; None there means that the session is to be closed."""

    session: str


@dataclass(frozen=True)
class Arrived:
    """Somebody took a seat."""

    session: str
    number: int
    name: str
    role: str


@dataclass(frozen=True)
class Departed:
    """A seat was given up."""

    session: str


@dataclass(frozen=True)
class Answered:
    """The SFU's word on a session that has no socket (WHIP, WHEP): an answer or an error."""

    session: str
    answer: str | None
    error: ErrorBody | None


@dataclass(frozen=True)
class Resized:
    """The lesson is for so many people from now on, in its later calls too: for SQL."""

    size: int


@dataclass(frozen=True)
class EndAsked:
    """Store that the lesson is over, then say `Call.end`; or `Call.refuse`, if that failed."""

    socket: int
    command: str | None


@dataclass(frozen=True)
class Over:
    """The call is over: forget it."""

    reason: str


Effect = (
    Send
    | Spread
    | Acknowledge
    | Close
    | Keep
    | SessionTouched
    | Arrived
    | Departed
    | Resized
    | Answered
    | EndAsked
    | Over
)
