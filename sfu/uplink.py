"""Which layers of a camera its publisher's line bears, by what his browser thinks it can send.

A browser that is asked for more than its line bears starves the largest layer, or the only one,
and one that has too little for any sends all the same, at the cost of its own sound. So it is asked
for less. The sizes are those of our client, which alone tells its estimate. Pure: no clock.
"""

import math
from collections.abc import Set
from dataclasses import dataclass

KBIT = 1000
BESIDE_SCREEN = 3
"""The screen has twice the camera's priority."""
GRACE = 6.0
"""Seconds for which more is tried: its first keyframe fills a narrow line, and then the browser has
to find out anew what that bears."""
BRIEF = 4.0
"""The same of the smallest layer, for it is the sound that it may cost."""
FIRST_WAIT = 5.0
REST = 10.0
"""Seconds after which, at the soonest, a camera that rests is tried: too much costs sound."""
LONGEST_WAIT = 120.0
"""Seconds until more is tried again than was too much; twice as long each time that it was tried in
vain."""
LASTED = 30.0
"""Seconds after which what was tried has been no failure."""


@dataclass(frozen=True)
class Band:
    """Layers that may be asked for, and how many bits per second for pictures that takes."""

    layers: frozenset[int]
    keep: int
    enter: int
    """More than `keep`, so that an estimate that wavers does not switch to and fro. Less where it
    cannot grow before there is more to send: that is tried."""


BANDS = (
    Band(frozenset(), 0, 0),
    # Chromium sends no less of a picture.
    Band(frozenset({0}), 40 * KBIT, 0),
    # Alone any layer is sent with as little as there is, few pictures of it. Beside smaller ones,
    # which have up to 150 and 500 kbit/s first, Chromium sends nothing of the middle one below 150,
    # of the largest 600.
    Band(frozenset({1}), 160 * KBIT, 150 * KBIT),
    Band(frozenset({0, 1}), 300 * KBIT, 360 * KBIT),
    Band(frozenset({2}), 500 * KBIT, 420 * KBIT),
    Band(frozenset({0, 2}), 750 * KBIT, 900 * KBIT),
    Band(frozenset({0, 1, 2}), 1250 * KBIT, 1300 * KBIT),
)
SMALLEST = 1
ALL = len(BANDS) - 1
NOT_SAID = math.inf
"""Who takes back what he said is tried with more as anybody: no sooner for saying so."""


class Uplink:
    """Of one publisher's camera with three layers. `before`: what he had said when his connection
    was made, so of an earlier one. It is believed, but no camera rests for it."""

    def __init__(self, before: int = 0) -> None:
        self._told_before = before
        self._budget = NOT_SAID
        """Bits per second for the camera."""
        self._band = ALL
        self._trying_since: float | None = None
        """None: what was tried last has lasted, or was given up."""
        self._next_try = 0.0
        self._wait = FIRST_WAIT
        self._before: int | None = None
        """Packets of what is tried that had come before it was."""
        self._heard = False

    @property
    def layers(self) -> Set[int]:
        """What may be asked for."""
        return BANDS[self._band].layers

    @property
    def bears(self) -> float:
        """Bits per second for all layers together, as far as that is said."""
        return 0.0 if self._budget == NOT_SAID else self._budget

    @property
    def tried(self) -> Set[int]:
        """Layers that are tried, while nothing of them has come; none: `saw` need not be told."""
        waits = self._trying_since is not None and not self._heard
        return self.layers if waits else frozenset()

    def saw(self, packets: int) -> None:
        """How many of `tried` have come in all. Whose browser never heard of it, as his socket was
        away, has tried nothing in vain."""
        if self._before is None:
            self._before = packets
        self._heard = packets > self._before

    @property
    def limited(self) -> bool:
        return self._band < ALL

    def hear(self, estimate: int, *, screen: bool, now: float) -> bool:
        """What the browser thinks that it can send of pictures, 0: it does not say, and whether
        that is for a screen, too. Whether `layers` has changed."""
        budget = estimate // BESIDE_SCREEN if screen else estimate
        if estimate == self._told_before:
            budget = max(budget, BANDS[SMALLEST].keep)
        else:
            self._told_before = 0
        self._budget = budget if estimate else NOT_SAID
        return self.settle(now)

    def settle(self, now: float) -> bool:
        """Time has passed in which somebody wanted to see the camera. Whether `layers` has
        changed."""
        before, budget = self._band, self._budget
        trying = now - self._trying_since if self._trying_since is not None else None
        if budget < BANDS[before].keep:
            if trying is None or trying >= (BRIEF if before == SMALLEST else GRACE):
                self._lower(budget, now)
        elif now >= self._next_try:
            self._raise(budget, now)
        if trying is not None and trying >= LASTED:
            self._trying_since, self._wait = None, FIRST_WAIT
        return self._band != before

    def _lower(self, budget: float, now: float) -> None:
        self._band = max(at for at, band in enumerate(BANDS) if band.keep <= budget)
        if not self.layers:
            self._wait = max(REST, self._wait)
        self._next_try = now + self._wait
        # That a picture costs the sound is found out by having it cost the sound.
        unheard = self._trying_since is not None and not self._heard and self._before is not None
        if not unheard and (self._trying_since is not None or not self.layers):
            self._wait = min(LONGEST_WAIT, self._wait * 2)
        self._trying_since = None

    def _raise(self, budget: float, now: float) -> None:
        fits = max(at for at, band in enumerate(BANDS) if band.enter <= budget)
        if fits > self._band:
            self._band, self._trying_since = fits, now
            self._before, self._heard = None, False
