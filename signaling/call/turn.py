"""One turn of the state machine: something came in, and this is what it leads to."""

from dataclasses import dataclass, field

from zvonok.wire.client import ServerMessage

from .effects import Effect, Keep, Send, SessionTouched, Spread
from .people import People


@dataclass
class Turn:
    """Handed to every part that has a say in it; collects the effects in order."""

    now: float
    people: People
    effects: list[Effect] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)
    """People who look different to others now; they are told with the next tick."""
    news: dict[type[ServerMessage], ServerMessage] = field(default_factory=dict)
    """What all are told with the next tick."""

    def do(self, *effects: Effect) -> None:
        self.effects += effects

    def tell(self, number: int, message: ServerMessage) -> bool:
        """Tells one person; False: nobody listens there now."""
        presence = self.people.presence.get(number)
        if presence is None or presence.socket is None:
            return False
        self.effects.append(Send(presence.socket, message))
        return True

    def tell_all(self, message: ServerMessage) -> None:
        """At once, however many there are."""
        self.effects.append(Spread(message))

    def tell_all_soon(self, message: ServerMessage) -> None:
        """With the next tick, of each type only the last: for what many may change at once."""
        self.news[type(message)] = message

    def show(self, number: int) -> None:
        """Others are to see this person as he is now."""
        self.changed.add(number)

    def change_session(self, number: int) -> None:
        """The SFU is to make something else of this person's session of media."""
        self.people.presence[number].revision += 1
        self.effects.append(SessionTouched(self.people.seats[number].session))

    def keep(self, record: str, value: object) -> None:
        self.effects.append(Keep(record, value))
