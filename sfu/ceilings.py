"""How many bits per second the middle layer of a camera may have, by what its viewers' lines bear.

By itself it ends at 500 kbit/s, and the largest needs 1800: whose line bears the one and not the
other has up to half of it left over. So it becomes richer where all who are given it bear more, and
never leaner than it is by itself: nobody is shown less than he would be otherwise. The sizes are
those of our client, which alone is told. Pure: no clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

KBIT = 1000
MIDDLE = 1
"""The layer that this is about."""
PLAIN = 500 * KBIT
MOST = 800 * KBIT
"""With more of it an estimate grows until half the pictures of the largest are tried, which do not
fit."""
STEP = 50 * KBIT
LAYERS = (150 * KBIT, PLAIN, 1800 * KBIT)
"""What all have by themselves."""
ROOM = 1.12
"""Parts of what the layer may have that a line must bear: headers of its packets are a tenth, and
a line that is all but full is full now and then."""
COULD = 440 * KBIT
"""What a line must bear of who could have the plain layer, at least half its pictures."""
UPLINK_ROOM = 1.1
"""Parts of what all layers may have that a publisher's line must bear."""
MOST_AT_ONCE = 1.4
"""A step up: of what a line bears beyond what is used little is known."""
SURE = 2
"""Rounds in a row that must say that more is borne: estimates waver."""
PACE = 2.0
"""Seconds between two changes before a step up."""
LASTED = 20.0
"""Seconds after which a step up has been none too far."""
FIRST_WAIT = 15.0
LONGEST_WAIT = 240.0
"""Seconds until more is tried after a step that was too far; twice as long each time. So a viewer
whose line seems to bear it and does not, or who says so, costs the others little."""


class Look(NamedTuple):
    """One viewer's slot that wants the middle layer of the camera, or the largest."""

    wanted: int
    given: int
    """−1: nothing."""
    whole: bool
    """With all the pictures that are wanted."""
    limited: bool
    """His line keeps him from more."""
    room: float
    """Bits per second that the slot could take on his line, as that was seen to bear."""


@dataclass(slots=True)
class Round:
    """What one look at each viewer says."""

    wanted: int = 0
    """Slots that have the layer, or have less because of their lines."""
    given: int = 0
    gaining: int = 0
    """Slots that have it and want the largest, and bear more of this one."""
    bears: float = float("inf")
    """What it may have for who bears least of those who have it, or could."""


class Ceiling:
    """Of one camera with three layers."""

    def __init__(self) -> None:
        self.now = PLAIN
        self._round = Round()
        self._forget()

    def _forget(self) -> None:
        self.now = PLAIN
        self._agreed = 0
        """Rounds in a row that wanted more."""
        self._sought = PLAIN
        """What the last of them wanted."""
        self._raised_at: float | None = None
        """None: the last step up has lasted, or was taken back."""
        self._next = 0.0
        self._wait = FIRST_WAIT

    @property
    def idle(self) -> bool:
        """There is nothing to settle before somebody looks again."""
        return not self._round.wanted and not self._next and not self._agreed

    def hear(self, look: Look) -> None:
        wanted, given, whole, limited, room = look
        if wanted < MIDDLE or given > MIDDLE or (given < MIDDLE and not limited):
            return
        seen = self._round
        # Whom a step too far has cost the layer wants it still: that it was too far is kept.
        seen.wanted += 1
        bears = 0.0
        if given == MIDDLE:
            seen.given += 1
            if whole:
                # He bears what there is. Who does not is to have all pictures again, and soon.
                bears = max(self.now, room / ROOM)
            seen.gaining += limited and wanted > MIDDLE and bears > PLAIN
        elif room < COULD:
            return
        if bears < seen.bears:
            seen.bears = bears

    def settle(self, now: float, *, asked: Collection[int], uplink: float, largest: int) -> bool:
        """A round is over. `asked`: layers that the publisher sends; `uplink`: bits per second that
        his line bears of all together, of which the largest layer may have `largest`. Whether
        `self.now` has changed."""
        before, seen = self.now, self._round
        self._round = Round()
        if not seen.wanted:
            self._forget()
            return before != PLAIN
        rates = (LAYERS[0], 0, largest)
        others = sum(rates[layer] for layer in asked)
        target = self._target(seen, uplink / UPLINK_ROOM - others)
        if self._raised_at is not None and now - self._raised_at >= LASTED:
            self._raised_at, self._wait = None, FIRST_WAIT
        if target > self.now:
            self._raise(target, now)
        else:
            self._agreed = 0
            if target < self.now:
                self._lower(target, now)
        return self.now != before

    def _target(self, seen: Round, uplink: float) -> int:
        if not seen.given or 2 * seen.gaining < seen.given:
            return PLAIN
        return max(PLAIN, _steps(min(seen.bears, uplink, MOST)))

    def _lower(self, target: int, now: float) -> None:
        self.now, self._next = target, max(self._next, now + PACE)
        if self._raised_at is not None:
            # The last step was too far.
            self._next = now + self._wait
            self._wait = min(LONGEST_WAIT, 2 * self._wait)
            self._raised_at = None

    def _raise(self, target: int, now: float) -> None:
        wanted = min(target, self._sought) if self._agreed else target
        self._agreed, self._sought = self._agreed + 1, target
        if self._agreed < SURE or now < self._next:
            return
        self.now = min(wanted, _steps(self.now * MOST_AT_ONCE))
        self._raised_at, self._next = now, now + PACE


def _steps(bitrate: float) -> int:
    return int(bitrate) // STEP * STEP
