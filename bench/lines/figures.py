"""What one run of one case comes to."""

from dataclasses import asdict, dataclass
from typing import Any

from .cases import Case
from .samples import Samples
from .speech import Heard

STEADY = 2.0
"""Seconds for which a call has to be well to have adapted."""
WELL_FPS = 10.0
WELL_CONCEALED = 0.03
OVER = 1.1
"""How much more than the line bears may be sent, of what it bears."""
SAME_AGAIN = 0.7
"""The share of the rate before a step at which one is back up."""


@dataclass(frozen=True)
class Figures:
    """None: it does not apply, or never happened."""

    fps: float
    lines: int
    freezes: int
    frozen_s: float
    concealed: float
    sound_delay_ms: float
    picture_kbit_s: float
    first_picture_s: float | None
    line_share: float | None
    """Of what the bottleneck could carry."""
    sent_share: float | None
    """What was sent into it, of what it could carry."""
    queue_p95_ms: float | None
    queue_dropped: float
    """Share of packets for which the bottleneck had no room."""
    adapted_s: float | None = None
    back_up_s: float | None = None
    recovered_s: float | None = None
    word_error: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Run:
    """What was seen: `viewer`'s samples; on their clock when he entered, and when the line became
    the case's, which may be a moment later; the line's summary, and its series of half seconds,
    which counts from then."""

    def __init__(
        self,
        case: Case,
        viewer: Samples,
        entered: float,
        began: float,
        summary: dict[str, Any],
        series: list[dict[str, Any]],
    ) -> None:
        self.case, self.viewer = case, viewer
        self.entered, self.began = entered, began
        self.summary, self.series = summary, series

    def figures(self, heard: Heard | None) -> Figures:
        case = self.case
        steady = self.viewer.between(self.began + case.settle, self.began + case.seconds)
        first = self.viewer.first("frames")
        freezes = steady.freezes()
        dropped = self.summary["dropped"]
        bottleneck = dropped.get("queue", 0) + dropped.get("codel", 0)
        capacity = self.summary["capacity_kbit_s"]
        return Figures(
            fps=round(steady.rate("frames"), 1),
            lines=steady.height,
            freezes=freezes.count,
            frozen_s=round(freezes.seconds, 1),
            concealed=round(steady.concealed, 4),
            sound_delay_ms=round(steady.delay * 1000),
            picture_kbit_s=round(steady.rate("video") * 8 / 1000),
            first_picture_s=None if first is None else round(first - self.entered, 2),
            line_share=self.summary["share_of_line"],
            sent_share=round(self.summary["sent_kbit_s"] / capacity, 3) if capacity else None,
            queue_p95_ms=self.summary["queue_ms"]["p95"],
            queue_dropped=round(bottleneck / max(1, self.summary["packets"]), 4),
            adapted_s=self._adapted(),
            back_up_s=self._back_up(),
            recovered_s=self._recovered(),
            word_error=None if heard is None else round(heard.word_error, 3),
        )

    def _adapted(self) -> float | None:
        """From the step down until all is well and no more is sent than the line bears."""
        if len(self.case.steps) < 2:
            return None
        at, rate = self.case.steps[1]
        until = self.case.steps[2][0] if len(self.case.steps) > 2 else self.case.seconds
        down = self.viewer.between(self.began, self.began + until)
        for window in down.windows(self.began + at, STEADY):
            begin = window.began - self.began
            if _well(window) and self._sent(begin, begin + STEADY) <= rate * OVER:
                return round(begin - at, 1)
        return None

    def _back_up(self) -> float | None:
        """From the step up until as much picture comes as before."""
        if len(self.case.steps) < 3:
            return None
        down_at, up_at = self.case.steps[1][0], self.case.steps[2][0]
        before = self.viewer.between(self.began + self.case.settle, self.began + down_at)
        wanted = before.rate("video") * SAME_AGAIN
        for window in self.viewer.windows(self.began + up_at, STEADY):
            if _well(window) and window.rate("video") >= wanted:
                return round(window.began - self.began - up_at, 1)
        return None

    def _recovered(self) -> float | None:
        """From the end of the outage until pictures and sound come."""
        if self.case.outage is None:
            return None
        over = self.case.outage[1]
        for window in self.viewer.windows(self.began + over, STEADY):
            # All of it may be well though nothing has come yet at its beginning.
            if _well(window) and _well(Samples(window.rows[:3])):
                return round(window.began - self.began - over, 1)
        return None

    def _sent(self, begin: float, end: float) -> float:
        """bit/s, on average of the half seconds that begin between two times."""
        rates = [row["sent_kbit_s"] for row in self.series if begin <= row["t"] < end]
        return sum(rates) * 1000 / len(rates) if rates else 0.0


def _well(window: Samples) -> bool:
    """Pictures that move, and sound; both are looked at more closely in the steady figures."""
    return window.rate("frames") >= WELL_FPS and window.concealed <= WELL_CONCEALED
