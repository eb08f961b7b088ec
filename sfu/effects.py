"""What the engine asks its adapter to do."""

from dataclasses import dataclass

from zvonok.wire.bus import ActualSession, Description, SessionLine, SpeakersNotice


@dataclass(frozen=True, slots=True)
class WriteActual:
    """Store the state of a session, and its answer if that is new; announce it."""

    call: str
    actual: ActualSession
    answer: Description | None = None


@dataclass(frozen=True, slots=True)
class DropActual:
    """Remove the state and the answer of a session that is gone, and announce it."""

    call: str
    session: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Announce a moment."""

    call: str
    notice: SpeakersNotice


@dataclass(frozen=True, slots=True)
class PublishLine:
    """Announce how the line of a session is."""

    call: str
    line: SessionLine


Effect = WriteActual | DropActual | Publish | PublishLine
