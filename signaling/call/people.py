"""The seats of a call, every way to find one, and how long each is held."""

import heapq

import msgspec

from zvonok.wire.client import ParticipantNumber

from ..names import folded
from .naming import Naming
from .seat import Presence, Seat, presence_of


class People:
    """Keeps seats and their indexes in step; changes only by its methods."""

    def __init__(self) -> None:
        self.seats: dict[ParticipantNumber, Seat] = {}
        self.presence: dict[ParticipantNumber, Presence] = {}
        self.by_session: dict[str, int] = {}
        self.naming = Naming()
        self.moderators = 0
        self._by_resume: dict[str, int] = {}
        self._by_grant: dict[str, list[int]] = {}
        """The newest last; a publisher that comes again has two until one is accepted."""
        self._viewers = 0
        self._hidden = 0
        self._leaving: list[tuple[float, int]] = []
        """A heap; an entry counts only while `Presence.leaves_at` says the same."""
        self._arranged: list[int] | None = None

    @property
    def total(self) -> int:
        """Those whom others may know of."""
        return len(self.seats) - self._viewers - self._hidden

    def visible(self, number: int) -> bool:
        """Whether others may know of this number now."""
        seat = self.seats.get(number)
        return seat is not None and seat.shown and not self.presence[number].hidden

    def arranged(self) -> list[int]:
        """Those whom others may know of, moderators first, then by name; to be read only."""
        if self._arranged is None:
            keys = [
                (not self.seats[number].moderator, presence.folded, number)
                for number, presence in self.presence.items()
                if self.visible(number)
            ]
            self._arranged = [number for _, _, number in sorted(keys)]
        return self._arranged

    def of_session(self, session: str) -> Seat | None:
        number = self.by_session.get(session)
        return None if number is None else self.seats[number]

    def held(self, resume: str | None, grant: str) -> int | None:
        """The seat that this secret, or else this grant, has."""
        number = self._by_resume.get(resume) if resume is not None else None
        if number is None and grant in self._by_grant:
            number = self._by_grant[grant][-1]
        return number

    def of_grant(self, grant: str) -> tuple[int, ...]:
        """The oldest first."""
        return tuple(self._by_grant.get(grant, ()))

    def place(self, seat: Seat) -> None:
        """A new seat; say `settle` when others come to know of it."""
        presence = presence_of(seat)
        self._arranged = None
        self.seats[seat.number] = seat
        self.presence[seat.number] = presence
        self.by_session[seat.session] = seat.number
        self._by_resume[seat.resume] = seat.number
        self._by_grant.setdefault(seat.grant, []).append(seat.number)
        self.moderators += seat.moderator
        self._viewers += not seat.shown

    def remove(self, number: int) -> Seat:
        seat, presence = self.seats.pop(number), self.presence.pop(number)
        self._arranged = None
        del self.by_session[seat.session], self._by_resume[seat.resume]
        self._by_grant[seat.grant].remove(number)
        if not self._by_grant[seat.grant]:
            del self._by_grant[seat.grant]
        self.naming.release(number)
        self.moderators -= seat.moderator
        self._viewers -= not seat.shown
        self._hidden -= presence.hidden
        return seat

    def settle(self, number: int) -> list[int]:
        """Gives the seat a name that is nobody else's; returns who is called anew by that.

        That may be guests who have been called like a moderator.
        """
        seat = self.seats[number]
        if not seat.shown:
            return []
        renamed = self._call(seat)
        if seat.moderator:
            for guest in self.naming.guests_like(self.seats[number].called):
                renamed += self._call(self.seats[guest])
        return renamed

    def _call(self, seat: Seat) -> list[int]:
        called = self.naming.claim(seat)
        if called == seat.called:
            return []
        named = msgspec.structs.replace(seat, name=called.name, guest_mark=called.guest)
        self.seats[seat.number] = named
        self.presence[seat.number].folded = folded(called.name)
        self._arranged = None
        return [seat.number]

    # ── holding a seat ──

    def hold(self, number: int, until: float, *, present: bool = False) -> None:
        """The seat is given up then, unless it is held anew or taken."""
        presence = self.presence[number]
        presence.leaves_at, presence.present = until, present
        heapq.heappush(self._leaving, (until, number))

    def take(self, number: int, socket: int | None, page: str | None = None) -> None:
        """Somebody, or media alone, is there: the seat is not given up by itself."""
        presence = self.presence[number]
        self.unhide(number)
        presence.socket, presence.page = socket, page
        presence.leaves_at, presence.present = None, True

    def hide(self, number: int) -> None:
        """Others do not see the seat until it is taken again, or shown."""
        presence = self.presence[number]
        if not presence.hidden:
            presence.hidden, self._arranged = True, None
            self._hidden += 1

    def unhide(self, number: int) -> None:
        presence = self.presence[number]
        if presence.hidden:
            presence.hidden, self._arranged = False, None
            self._hidden -= 1

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
