"""With how few bits per second a camera's largest layer makes do, where nobody bears all of it.

By itself it has 1800 kbit/s, which with sound and headers fills a line of 2 Mbit/s to the brim: who
is on such a one is given half of its pictures. Where it is so for all who are given it, it becomes
leaner, and they have all of its pictures again. As soon as one of them bears all of it, it is as it
was: nobody on a good line sees less for somebody else. Pure: no clock.
"""

from .ceilings import KBIT, LAYERS, Look

LARGEST = 2
"""The layer that this is about."""
WHOLE = LAYERS[LARGEST]
"""What it has by itself."""
LEAST = 1200 * KBIT
"""With less of it the middle one is as good."""
STEP = 100 * KBIT
ROOM = 1.1
"""Parts of what it may have that a line must bear: headers of its packets are a tenth."""
MORE = 1.12
"""And parts of that for all pictures to be tried again: what they cost is taken at its most, and
another tenth must be free."""
SURE = 2
"""Rounds in a row in which nobody has all of its pictures: a keyframe leaves some out, too."""
LASTS = 5
"""Rounds in which somebody had all of them before which one without is enough: who has just come to
a line that does not bear it tries it, and waits for them long enough."""
STILL = 4
"""The same after it became leaner: then it was not enough, whatever the lines were seen to bear.
Where even the leanest does not fit it helps nobody, and is not tried again soon."""
FIRST_WAIT = 30.0
LONGEST_WAIT = 480.0
"""Seconds for which it is lean until all of it is tried again, for a line that has become wider
tells nothing of that while all fits; twice as long each time that it was in vain."""
LASTED = 60.0
"""Seconds after which all of it has not been in vain, and what nobody was given is forgotten."""


class Leaning:
    """Of one camera with three layers."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.now = WHOLE
        self._agreed = 0
        self._wait = FIRST_WAIT
        self._lean_after, self._lean_wait = 0.0, FIRST_WAIT
        """Before that it was of no use to be leaner."""
        self._unseen_since: float | None = None
        """Nobody has been given it since."""
        self._seen_borne = 0
        """Rounds in which somebody bore all of it, since it was lean or began."""
        self._changed_at: float | None = None
        """None: it has never been lean, or that was long ago."""
        self._begin_round()

    def _begin_round(self) -> None:
        self._given = self._thinned = self._borne = False
        """To somebody; somebody misses pictures of it; somebody bears all of it."""
        self._bears = float("inf")
        """What it may have for who bears least of those who miss pictures of it."""

    @property
    def idle(self) -> bool:
        return not self._given and self._unseen_since is None

    def hear(self, look: Look) -> None:
        if look.given != LARGEST:
            return
        self._given = True
        if not look.whole:
            self._thinned = True
            self._bears = min(self._bears, look.room / ROOM)
        elif self.now == WHOLE or look.room >= WHOLE * ROOM:
            self._borne = True

    def settle(self, now: float) -> bool:
        """A round is over. Whether `self.now` has changed."""
        before = self.now
        if not self._given:
            self._forget(now)
        elif self.now < WHOLE:
            self._lean(now)
        else:
            self._whole(now)
        if self._given:
            self._unseen_since = now
        self._begin_round()
        return self.now != before

    def _forget(self, now: float) -> None:
        # Whom it was too much for falls to less for a moment: what was found out is kept.
        if self._unseen_since is not None and now - self._unseen_since >= LASTED:
            self._start()

    def _whole(self, now: float) -> None:
        if self._borne and self._changed_at is not None and now - self._changed_at >= LASTED:
            self._changed_at, self._wait = None, FIRST_WAIT
        self._agreed = 0 if self._borne else self._agreed + 1
        self._seen_borne += self._borne
        sure = self._agreed >= (SURE if self._seen_borne >= LASTS else 1)
        if not sure or not LEAST <= self._bears < WHOLE or now < self._lean_after:
            return
        if self._changed_at is not None:
            self._wait = min(LONGEST_WAIT, 2 * self._wait)
        self.now, self._changed_at = max(LEAST, _steps(self._bears / MORE)), now
        self._agreed = self._seen_borne = 0

    def _lean(self, now: float) -> None:
        assert self._changed_at is not None
        self._agreed = self._agreed + 1 if self._thinned and not self._borne else 0
        if not self._thinned:
            self._lean_wait = FIRST_WAIT
        target = max(LEAST, min(self.now, _steps(self._bears / MORE)))
        if self._agreed >= STILL and target == self.now > LEAST:
            target = self.now - STEP
        elif self._agreed >= STILL and self.now == LEAST:
            target = WHOLE
            self._lean_after = now + self._lean_wait
            self._lean_wait = min(LONGEST_WAIT, 2 * self._lean_wait)
        if self._borne or now - self._changed_at >= self._wait:
            target = WHOLE
        if target > self.now or (target < self.now and self._agreed >= SURE):
            self.now, self._changed_at, self._agreed = target, now, 0


def _steps(bitrate: float) -> int:
    return int(min(bitrate, WHOLE)) // STEP * STEP
