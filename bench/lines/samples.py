"""What a page has counted, five times a second, and what follows from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

FROZEN_AFTER = 0.5
"""Seconds without a decoded picture from which on it is a freeze. Chromium counts one only when it
is over."""
STRIDE = 0.2
"""Seconds between two samples."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Freezes:
    count: int
    seconds: float


class Samples:
    """Rows of one page, in order; times are seconds of the wall clock."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def between(self, begin: float, end: float) -> "Samples":
        return Samples([row for row in self.rows if begin <= row["at"] <= end])

    def grown(self, *names: str) -> float:
        """How much these counters have grown together; one that begins anew has not shrunk."""
        return sum(
            max(0.0, float(after[name]) - float(before[name]))
            for before, after in pairwise(self.rows)
            for name in names
        )

    @property
    def began(self) -> float:
        return float(self.rows[0]["at"])

    @property
    def seconds(self) -> float:
        return float(self.rows[-1]["at"] - self.rows[0]["at"]) if self.rows else 0.0

    def rate(self, *names: str) -> float:
        """Per second."""
        return self.grown(*names) / self.seconds if self.seconds else 0.0

    @property
    def concealed(self) -> float:
        """The share of sound that was made up; where none came at all it is all of it."""
        samples = self.grown("samples")
        return self.grown("concealed") / samples if samples else 1.0

    @property
    def height(self) -> int:
        """Lines of the picture most of the time, while pictures came."""
        heights = [row["height"] for row in self.rows if row["height"]]
        return round(median(heights)) if heights else 0

    @property
    def delay(self) -> float:
        """Seconds for which sound was held back before it was played, on average."""
        emitted = self.grown("emitted")
        return self.grown("held") / emitted if emitted else 0.0

    def freezes(self) -> Freezes:
        """A gap is as long as from one sample in which pictures had come to the next such one."""
        if not self.rows:
            return Freezes(0, 0.0)
        moved = [self.rows[0]["at"]]
        moved += [b["at"] for a, b in pairwise(self.rows) if b["frames"] > a["frames"]]
        moved.append(self.rows[-1]["at"])
        # A sample says only that a picture came since the one before.
        gaps = [gap for a, b in pairwise(moved) if (gap := b - a - STRIDE) > FROZEN_AFTER]
        return Freezes(len(gaps), sum(gaps))

    def first(self, name: str) -> float | None:
        """When this counter was above 0 for the first time."""
        return next((row["at"] for row in self.rows if row[name] > 0), None)

    def windows(self, begin: float, seconds: float) -> Iterator["Samples"]:
        """From each sample after `begin` on, as far as there are samples."""
        last = self.rows[-1]["at"] if self.rows else 0.0
        for row in self.rows:
            if row["at"] >= begin and row["at"] + seconds <= last:
                yield self.between(row["at"], row["at"] + seconds + STRIDE / 2)
