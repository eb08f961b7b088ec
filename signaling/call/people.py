"""The seats of a call, every way to find one, and how long each is held."""

import heapq

from zvonok.wire.client import ParticipantNumber

from ..names import Called, distinct, looks
from .seat import Presence, Seat, presence_of


class People:
    """Keeps seats and their indexes in step; changes only by its methods."""

    def __init__(self) -> None:
        self.seats: dict[ParticipantNumber, Seat] = {}
        self.presence: dict[ParticipantNumber, Presence] = {}
        self.by_session: dict[str, int] = {}
        self.by_grant: dict[str, int] = {}
        self.moderators = 0
        self._by_resume: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        """By all that a name looks like."""
        self._viewers = 0
        self._hidden = 0
        self._leaving: list[tuple[float, int]] = []
        """A heap; an entry counts only while `Presence.leaves_at` says the same."""

    @property
    def total(self) -> int:
        """Those whom others may know of."""
        return len(self.seats) - self._viewers - self._hidden

    def visible(self, number: int) -> bool:
        """Whether others may know of this number now."""
        seat = self.seats.get(number)
        return seat is not None and seat.shown and not self.presence[number].hidden

    def of_session(self, session: str) -> Seat | None:
        number = self.by_session.get(session)
        return None if number is None else self.seats[number]

    def held(self, resume: str | None, grant: str) -> int | None:
        """The seat that this secret, or else this grant, has."""
        number = self._by_resume.get(resume) if resume is not None else None
        return self.by_grant.get(grant) if number is None else number

    def distinct_name(self, name: str, *, moderator: bool) -> Called:
        """`name`, with a mark if somebody has it."""
        owners = [self._by_name[form] for form in looks(name) if form in self._by_name]
        protected = not moderator and any(self.seats[owner].moderator for owner in owners)
        return distinct(name, self._by_name.keys(), protected=protected)

    def place(self, seat: Seat) -> None:
        presence = presence_of(seat)
        self.seats[seat.number] = seat
        self.presence[seat.number] = presence
        self.by_session[seat.session] = seat.number
        self._by_resume[seat.resume] = seat.number
        self.by_grant[seat.grant] = seat.number
        self.moderators += seat.moderator
        self._viewers += not seat.shown
        if seat.shown:
            self._by_name |= dict.fromkeys(looks(seat.called.read), seat.number)

    def remove(self, number: int) -> Seat:
        seat, presence = self.seats.pop(number), self.presence.pop(number)
        del self.by_session[seat.session], self._by_resume[seat.resume]
        names = [(self._by_name, form) for form in looks(seat.called.read)]
        for index, key in ((self.by_grant, seat.grant), *names):
            if index.get(key) == number:
                del index[key]
        self.moderators -= seat.moderator
        self._viewers -= not seat.shown
        self._hidden -= presence.hidden
        return seat

    # ── holding a seat ──

    def hold(self, number: int, until: float, *, present: bool = False) -> None:
        """The seat is given up then, unless it is held anew or taken."""
        presence = self.presence[number]
        presence.leaves_at, presence.present = until, present
        heapq.heappush(self._leaving, (until, number))

    def take(self, number: int, socket: int | None, page: str | None = None) -> None:
        """Somebody, or media alone, is there: the seat is not given up by itself."""
        presence = self.presence[number]
        self._hidden -= presence.hidden
        presence.socket, presence.page, presence.hidden = socket, page, False
        presence.leaves_at, presence.present = None, True

    def hide(self, number: int) -> None:
        """Others do not see the seat until it is taken again."""
        presence = self.presence[number]
        self._hidden += not presence.hidden
        presence.hidden = True

    def next_leaving(self) -> float | None:
        """No seat is given up before this time."""
        return self._leaving[0][0] if self._leaving else None

    def leaving(self, now: float) -> list[int]:
        """Seats that were held until `now`; each is said once."""
        numbers = []
        while self._leaving and self._leaving[0][0] <= now:
            until, number = heapq.heappop(self._leaving)
            presence = self.presence.get(number)
            if presence is not None and presence.leaves_at == until:
                presence.leaves_at = None
                numbers.append(number)
        return numbers
