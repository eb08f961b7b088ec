"""Who is called what in a call, so that nobody is taken for somebody else."""

from collections import ChainMap

from ..names import Called, distinct, looks
from .seat import Seat


class Naming:
    """Each seat that others know of has a name that looks like no other's.

    A moderator is never marked because of a guest: the guest is, whoever came first.
    """

    def __init__(self) -> None:
        self._moderators: dict[str, int] = {}
        self._guests: dict[str, int] = {}
        """Both by all that a name looks like."""
        self._looks: dict[int, frozenset[str]] = {}
        """What each seat holds of them."""
        self._away: dict[int, frozenset[str]] = {}
        """Of moderators who are away: other moderators may be called so, guests may not."""

    def claim(self, seat: Seat) -> Called:
        """What the seat is called from now on: as before, if nobody else is."""
        self.release(seat.number)
        called = seat.called
        taken = self._taken_for(moderator=seat.moderator)
        if any(form in taken for form in looks(called.read)):
            called = self.told_apart(seat.given or seat.name, moderator=seat.moderator)
        forms = self._looks[seat.number] = looks(called.read)
        owners = self._moderators if seat.moderator else self._guests
        owners |= dict.fromkeys(forms, seat.number)
        return called

    def told_apart(self, name: str, *, moderator: bool) -> Called:
        """`name`, with a mark if it looks like one that is taken."""
        forms = looks(name)
        protected = not moderator and (
            not forms.isdisjoint(self._moderators)
            or any(not forms.isdisjoint(away) for away in self._away.values())
        )
        return distinct(name, self._taken_for(moderator=moderator), protected=protected)

    def guests_like(self, called: Called) -> list[int]:
        """Guests who hold something of what this looks like."""
        found = {self._guests.get(form) for form in looks(called.read)}
        return sorted(number for number in found if number is not None)

    def set_aside(self, seat: Seat) -> None:
        """He is away: others may be called so, but guests not as a moderator."""
        self.release(seat.number)
        if seat.moderator:
            self._away[seat.number] = looks(seat.called.read)

    def release(self, number: int) -> None:
        """The seat holds no name any more."""
        self._away.pop(number, None)
        for form in self._looks.pop(number, ()):
            for owners in (self._moderators, self._guests):
                if owners.get(form) == number:
                    del owners[form]

    def _taken_for(self, *, moderator: bool) -> ChainMap[str, int]:
        """The names that a newcomer may not have."""
        if moderator:
            return ChainMap(self._moderators)
        away = (dict.fromkeys(forms, number) for number, forms in self._away.items())
        return ChainMap(self._guests, self._moderators, *away)
