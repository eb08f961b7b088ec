"""Tells everybody who is there: at the start, by changes, when asked; and who is heard."""

from collections.abc import Callable, Sequence

from zvonok.wire import client
from zvonok.wire.client import Found, Participant, Search, ServerMessage, Speakers

from ...names import folded
from ..effects import Send, Spread
from ..part import Handles, Part
from ..people import People
from ..seat import Seat
from ..told import Candidate, Told
from ..turn import Turn
from .sources import NOTHING, SourcesPart

FOUND_PAGE = 50


class RosterPart(Part):
    """`face` says how others see a seat, with the fields of all parts."""

    def __init__(
        self, people: People, sources: SourcesPart, face: Callable[[int], Participant]
    ) -> None:
        super().__init__(people)
        self.told = Told()
        self._sources = sources
        self._face = face
        self._changed: set[int] = set()
        self._news: dict[type[ServerMessage], ServerMessage] = {}
        self._tick_at: float | None = None
        self._speakers: list[int] = []

    def handlers(self) -> Sequence[Handles]:
        return [Handles(Search, self._search)]

    @property
    def settled(self) -> bool:
        """Everybody knows what is so."""
        return not self._changed and not self._news

    def snapshot(self, seat: Seat) -> client.Roster:
        """For a newcomer: what all know, and himself."""
        return self.told.welcome(self._face(seat.number), self.people.total)

    def welcomed(self, turn: Turn, seat: Seat) -> None:
        if self._speakers:
            turn.tell(seat.number, Speakers(self._speakers))

    def restored(self, now: float) -> None:
        self._tick_at = now

    def heard(self, turn: Turn, participants: list[int]) -> None:
        """Who is forwarded as speaker now."""
        numbers = [n for n in participants if self.people.visible(n)]
        self.told.spoke(numbers)
        if numbers == self._speakers:
            return
        self._speakers = numbers
        if not self.told.people.keys() >= set(numbers):
            self._tick_soon(turn.now)
        turn.tell_all(Speakers(numbers))

    def show(self, turn: Turn) -> None:
        """Takes note of what the turn changed for others; they are told with the next tick."""
        if turn.changed or turn.news:
            self._changed |= turn.changed
            self._news |= turn.news
            turn.changed.clear()
            turn.news.clear()
            self._tick_soon(turn.now)

    def deadline(self) -> float | None:
        return self._tick_at

    def advance(self, turn: Turn) -> None:
        if self._tick_at is not None and self._tick_at <= turn.now:
            self._tick(turn)

    def _tick_soon(self, now: float) -> None:
        if self._tick_at is None:
            self._tick_at = now + self.told.interval(len(self.people.seats))

    def _tick(self, turn: Turn) -> None:
        self._tick_at = None
        changed, self._changed = self._changed, set()
        news, self._news = self._news, {}
        self._tell_of_people(turn, changed)
        # After the people of whom it may speak.
        turn.do(*(Spread(message) for message in news.values()))

    def _tell_of_people(self, turn: Turn, changed: set[int]) -> None:
        tick = self.told.tick(self._candidates(), self._face, changed)
        if tick is None:
            return
        personal = {
            socket: change
            for number, change in tick.personal.items()
            if (socket := self.people.presence[number].socket) is not None
        }
        turn.do(Spread(tick.spread, frozenset(personal)))
        turn.do(*(Send(socket, change) for socket, change in personal.items()))

    def _candidates(self) -> dict[int, Candidate]:
        """Everybody who may be told about."""
        candidates = {}
        for seat in self.people.seats.values():
            if self.people.visible(seat.number):
                sources = self._sources[seat.number]
                candidates[seat.number] = Candidate(
                    number=seat.number,
                    moderator=seat.moderator,
                    source_on=sources.on != NOTHING,
                    screen=sources.on.screen,
                    on_since=sources.since,
                )
        return candidates

    def _search(self, turn: Turn, seat: Seat, message: Search) -> None:
        turn.tell(seat.number, self._found(message))

    def _found(self, search: Search) -> Found:
        """By numbers if there are any, else a page by name: moderators first."""
        if search.numbers:
            known = [n for n in dict.fromkeys(search.numbers) if self.people.visible(n)]
            people = [self._face(n) for n in known]
            return Found(id=search.id, total=len(people), participants=people)
        query, presence = folded(search.query.strip()), self.people.presence
        matches = [n for n in self.people.arranged() if query in presence[n].folded]
        page = matches[search.offset : search.offset + FOUND_PAGE]
        people = [self._face(number) for number in page]
        return Found(id=search.id, total=len(matches), participants=people)
