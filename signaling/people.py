"""The seats of a call, and every way to find one."""

from collections.abc import Iterable

from zvonok.wire.client import Found, Media, Participant, Search

from .names import distinct, folded
from .roster import Candidate
from .seat import Presence, Seat, face

FOUND_PAGE = 50
NOTHING_ON = Media()


class People:
    """Keeps seats and their indexes in step; changes only by `place` and `remove`."""

    def __init__(self) -> None:
        self.seats: dict[int, Seat] = {}
        self.presence: dict[int, Presence] = {}
        self.by_session: dict[str, int] = {}
        self.by_grant: dict[str, int] = {}
        self.moderators = 0
        self._by_resume: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        self._viewers = 0

    @property
    def total(self) -> int:
        """Those whom others may know of."""
        return len(self.seats) - self._viewers

    @property
    def sessions(self) -> Iterable[str]:
        """Sessions of media that should be."""
        return (
            self.seats[number].session
            for number, presence in self.presence.items()
            if presence.offer is not None
        )

    def held(self, resume: str | None, grant: str) -> int | None:
        """The seat that this secret, or else this grant, has."""
        number = self._by_resume.get(resume) if resume is not None else None
        return self.by_grant.get(grant) if number is None else number

    def place(self, seat: Seat, presence: Presence) -> None:
        self.seats[seat.number] = seat
        self.presence[seat.number] = presence
        self.by_session[seat.session] = seat.number
        self._by_resume[seat.resume] = seat.number
        self.by_grant[seat.grant] = seat.number
        self.moderators += seat.moderator
        self._viewers += not seat.shown
        if seat.shown:
            self._by_name[presence.folded] = seat.number

    def remove(self, number: int) -> Seat:
        seat, presence = self.seats.pop(number), self.presence.pop(number)
        del self.by_session[seat.session], self._by_resume[seat.resume]
        for index, key in ((self.by_grant, seat.grant), (self._by_name, presence.folded)):
            if index.get(key) == number:
                del index[key]
        self.moderators -= seat.moderator
        self._viewers -= not seat.shown
        return seat

    def distinct_name(self, name: str, *, moderator: bool) -> str:
        """`name`, with a mark if somebody has it."""
        owner = self._by_name.get(folded(name))
        protected = owner is not None and self.seats[owner].moderator and not moderator
        return distinct(name, self._by_name.keys(), protected=protected)

    def face(self, number: int) -> Participant:
        return face(self.seats[number], self.presence[number])

    def candidates(self) -> dict[int, Candidate]:
        """Everybody who may be told about."""
        return {
            seat.number: Candidate(
                number=seat.number,
                moderator=seat.moderator,
                source_on=seat.media != NOTHING_ON,
                screen=seat.media.screen,
                on_since=seat.on_since,
            )
            for seat in self.seats.values()
            if seat.shown
        }

    def found(self, search: Search) -> Found:
        """By numbers if there are any, else a page by name: moderators first."""
        if search.numbers:
            known = [n for n in dict.fromkeys(search.numbers) if n in self.seats]
            people = [self.face(n) for n in known if self.seats[n].shown]
            return Found(id=search.id, total=len(people), participants=people)
        query = folded(search.query.strip())
        matches = [
            (not self.seats[number].moderator, presence.folded, number)
            for number, presence in self.presence.items()
            if query in presence.folded and self.seats[number].shown
        ]
        page = sorted(matches)[search.offset : search.offset + FOUND_PAGE]
        people = [self.face(number) for _, _, number in page]
        return Found(id=search.id, total=len(matches), participants=people)
