"""A call with people in it, without any I/O: what they see is followed as a browser would."""

from dataclasses import dataclass, field
from typing import TypeVar

from msgspec.structs import asdict

from signaling.call.call import Call
from signaling.call.effects import (
    Acknowledge,
    Close,
    Effect,
    EndAsked,
    Over,
    Send,
    SessionTouched,
    Spread,
)
from signaling.call.seat import Newcomer
from zvonok.wire.client import (
    Change,
    ClientMessage,
    Join,
    Media,
    OwnMedia,
    Participant,
    Role,
    ServerMessage,
    Welcome,
)

Message = TypeVar("Message")


@dataclass
class Viewer:
    """One socket's side of the call."""

    grant: str
    inbox: list[ServerMessage] = field(default_factory=list)
    people: dict[int, Participant] = field(default_factory=dict)
    sequence: int = 0
    total: int = 0
    you: int = 0
    resume: str = ""
    closed: int | None = None

    def take(self, message: ServerMessage) -> None:
        assert self.closed is None
        self.inbox.append(message)
        match message:
            case Welcome(roster=roster):
                self.you, self.resume = message.you, message.resume
                self.people = {person.number: person for person in roster.participants}
                self.sequence, self.total = roster.sequence, roster.total
            case Change():
                assert message.sequence == self.sequence + 1, "a change was missed"
                self.sequence, self.total = message.sequence, message.total
                self.people |= {p.number: p for p in [*message.joined, *message.changed]}
                for number in message.left:
                    del self.people[number]

    def got(self, kind: type[Message]) -> list[Message]:
        """Messages of this kind; they are taken out."""
        found: list[Message] = [m for m in self.inbox if isinstance(m, kind)]
        self.inbox = [message for message in self.inbox if not isinstance(message, kind)]
        return found


class Stage:
    """Drives a call and hands what it says to the viewers."""

    def __init__(self, seats: int = 2000, size: int = 2000) -> None:
        self.now = 0.0
        self.call = Call("Algebra", self.now, size=size, seats=seats)
        self.viewers: dict[int, Viewer] = {}
        self.effects: list[Effect] = []
        self._count = 0
        self._newcomers = 0

    def do(self, effects: list[Effect]) -> list[Effect]:
        self.effects += effects
        for effect in effects:
            match effect:
                case Send(socket, message) | Acknowledge(socket, message):
                    self.viewers[socket].take(message)
                case Spread(message, without):
                    for socket, viewer in self.viewers.items():
                        if viewer.closed is None and viewer.you and socket not in without:
                            viewer.take(message)
                case Close(socket, status):
                    self.viewers[socket].closed = status
                case EndAsked():
                    # It is stored: here there is nothing that could fail.
                    effects = [*effects, *self.do(self.call.end(self.now))]
        return effects

    def join(
        self,
        name: str = "Anna",
        role: Role = "guest",
        *,
        grant: str | None = None,
        resume: str | None = None,
        media: Media | None = None,
        page: str | None = None,
    ) -> int:
        """The new socket. Raises Refusal."""
        self._count += 1
        socket = self._count
        newcomer = self.newcomer(name, role, grant=grant or f"grant {socket}")
        self.viewers[socket] = Viewer(newcomer.grant)
        message = Join("signed", resume, OwnMedia(**asdict(media or Media())), page)
        self.do(self.call.join(socket, message, newcomer, self.now))
        return socket

    def newcomer(
        self,
        name: str = "Anna",
        role: Role = "guest",
        *,
        grant: str,
        kind: str = "browser",
    ) -> Newcomer:
        self._newcomers += 1
        return Newcomer(
            grant=grant,
            name=name,
            role=role,
            session=f"session {self._newcomers}",
            resume=f"resume {self._newcomers}",
            kind=kind,  # type: ignore[arg-type]
            invitation="link",
        )

    def say(self, socket: int, message: ClientMessage) -> list[Effect]:
        return self.do(self.call.receive(socket, message, self.now))

    def drop(self, socket: int, *, closed: bool = False) -> None:
        """The socket dies without a word. `closed`: with the browser's word that the page goes."""
        if self.viewers[socket].closed is None:
            self.viewers[socket].closed = 0
        self.do(self.call.disconnected(socket, self.now, closed=closed))

    def wait(self, seconds: float) -> list[Effect]:
        """Lets time pass, stopping wherever the call has something to do."""
        end, done = self.now + seconds, []
        while True:
            deadline = self.call.deadline()
            if deadline is None or deadline > end:
                break
            self.now = max(self.now, deadline)
            done += self.do(self.call.advance(self.now))
        self.now = end
        return done

    def seat(self, socket: int) -> int:
        return self.viewers[socket].you

    def session(self, socket: int) -> str:
        return self.call.seats[self.seat(socket)].session

    def touched(self, effects: list[Effect]) -> set[str]:
        return {effect.session for effect in effects if isinstance(effect, SessionTouched)}

    def over(self, effects: list[Effect]) -> str | None:
        return next((effect.reason for effect in effects if isinstance(effect, Over)), None)
