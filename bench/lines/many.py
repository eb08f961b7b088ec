"""Four hundred viewers of whom a tenth is on a line of 300 kbit/s, in virtual time: what the others
notice of them, and what is sent into the weak lines. The kernel is the real one; what it sends goes
through models of lines to receivers that answer as a browser does."""

from dataclasses import dataclass

import numpy as np

from tests.kernel.viewer import Bottleneck, Scene, Viewer, steady

from .sockets import Felt, feel
from .verdict import Finding

NAME = "many"
VIEWERS = 400
WEAK = 40
NARROW, WIDE = 300e3, 10e6
WARMING, SECONDS = 6.0, 10.0
OVER = 1.1
NOTICED = 1.1
"""The others' figures may be worse by so much than where nobody is on a weak line."""
FEW = 0.001
ROUNDS = 2
"""With real sockets; the better one counts, for what else the machine does only makes it worse."""
LIMIT_MS = 20.0
"""A delay that nobody hears, on a machine that does other things meanwhile."""


@dataclass(frozen=True)
class Others:
    """Of those on good lines."""

    delay_p99_ms: float
    """In the queue before their lines."""
    lost: float
    """Share of bytes."""
    pictures: float
    """Per second, of the one who sees the fewest."""
    sound: float
    """Packets per second, of the one who hears the fewest."""


@dataclass(frozen=True)
class Crowd:
    others: Others
    quiet: Others
    """The same people while nobody is on a weak line."""
    sent: float
    """Into a weak line, of what it bears, on average."""
    sent_most: float
    """Into that which is sent the most."""
    weak_pictures: float
    """Per second, on average."""
    felt: list[Felt]
    """With real sockets: without and with weak lines, in turn."""

    def findings(self) -> list[Finding]:
        others, quiet = self.others, self.quiet
        return [
            _finding("others' p99 delay, to that without weak lines",
                     others.delay_p99_ms / quiet.delay_p99_ms, NOTICED),
            _finding("others' loss", others.lost, quiet.lost + FEW),
            _finding("pictures that others miss, a second",
                     quiet.pictures - others.pictures, 0.5),
            _finding("sound that others miss, packets a second", quiet.sound - others.sound, 0.1),
            _finding("sent into the weakest line, of what it bears", self.sent_most, OVER),
            *self._felt(),
        ]  # fmt: skip

    def _felt(self) -> list[Finding]:
        quiet, weak = self.felt[::2], self.felt[1::2]
        before = min(it.sound_p99_ms for it in quiet)
        return [
            _finding("real sockets: others' p99 delay of sound, ms",
                     min(it.sound_p99_ms for it in weak), max(LIMIT_MS, 2 * before)),
            _finding("real sockets: others' loss", min(it.lost for it in weak),
                     min(it.lost for it in quiet) + FEW),
            _finding("real sockets: sent into the weakest line, of what it bears",
                     max(it.sent_most for it in weak), OVER),
        ]  # fmt: skip


def _finding(what: str, value: float, limit: float) -> Finding:
    return Finding(NAME, f"{what} ≤ {limit:.3g}", round(value, 3), value <= limit)


def measure() -> Crowd:
    weak, others = _play(WEAK)
    _, quiet = _play(0)
    sent = [(stretch.offered * 8 / SECONDS) / NARROW for stretch in weak]
    pictures = [stretch.pictures for stretch in weak]
    return Crowd(
        _summary(others),
        _summary(quiet),
        round(sum(sent) / len(sent), 3),
        round(max(sent), 3),
        round(sum(pictures) / len(pictures) / SECONDS, 1),
        [feel(number, VIEWERS, NARROW) for number in (0, WEAK) * ROUNDS],
    )


class _Stretch:
    """What has happened on one's line since it was made."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._before = self._counts()

    def _counts(self) -> tuple[int, int, int, int, int]:
        it = self._viewer
        pictures = len(it.frames.get(0, []))
        return it.line.offered, it.line.carried, len(it.line.delays), pictures, len(it.sound)

    def end(self) -> None:
        grown = [after - b for after, b in zip(self._counts(), self._before, strict=True)]
        self.offered, self.carried, delays, self.pictures, self.sound = grown
        self.delays = self._viewer.line.delays[-delays:] if delays else []


def _play(weak: int) -> tuple[list[_Stretch], list[_Stretch]]:
    """Of the weak ones, and of those who are never weak."""
    lines = [
        Bottleneck(steady(NARROW if number < weak else WIDE), seed=number)
        for number in range(VIEWERS)
    ]
    scene = Scene(*lines)
    try:
        scene.run(WARMING)
        stretches = [_Stretch(viewer) for viewer in scene.viewers]
        scene.run(SECONDS)
        for stretch in stretches:
            stretch.end()
    finally:
        scene.stage.kernel.close()
    return stretches[:weak], stretches[WEAK:]


def _summary(stretches: list[_Stretch]) -> Others:
    delays = np.concatenate([np.array(stretch.delays) for stretch in stretches])
    offered = sum(stretch.offered for stretch in stretches)
    carried = sum(stretch.carried for stretch in stretches)
    return Others(
        round(float(np.percentile(delays, 99)) / 1000, 2),
        round(1 - carried / offered, 5),
        min(stretch.pictures for stretch in stretches) / SECONDS,
        min(stretch.sound for stretch in stretches) / SECONDS,
    )
