"""One viewer for some seconds."""

from bisect import bisect_left
from dataclasses import dataclass, field
from random import Random
from typing import Any

from bench.line.direction import DELIVERED, Direction, could_carry
from bench.line.traits import Traits
from sfu.kernel.estimate import Estimator

from .media import PACKET, Encoder, Media
from .receiver import FEEDBACK_SIZE, Receiver

STEP = 0.005
"""Seconds between two looks of the sender."""
TICK = 0.05
START = 1_000_000
"""The sender's clock at the begin, µs."""
PADDING = 255 + 68

__all__ = ["PACKET", "Run", "Simulation"]


@dataclass
class Run:
    """What happened; times in s, rates in bit/s."""

    traits: Traits
    seed: int
    fates: list[tuple[float, int, str, float, bool]] = field(default_factory=list)
    """When it was sent, bytes, what became of it, how long it waited in the line's queue, whether
    it was sent for a probe only."""
    targets: list[tuple[float, float]] = field(default_factory=list)
    stalls: int = 0
    refused: int = 0
    """Feedback that was not taken."""

    def between(self, begin: float, end: float) -> "Stretch":
        return Stretch(self, begin, end)

    def reached(self, rate: float, begin: float) -> float:
        """Seconds from `begin` until the target is so high; infinite if it never was."""
        return next(
            (at - begin for at, t in self.targets if at >= begin and t >= rate), float("inf")
        )

    def lowered(self, rate: float, begin: float) -> float:
        return next(
            (at - begin for at, t in self.targets if at >= begin and t <= rate), float("inf")
        )


class Stretch:
    def __init__(self, run: Run, begin: float, end: float) -> None:
        at = [fate[0] for fate in run.fates]
        fates = run.fates[bisect_left(at, begin) : bisect_left(at, end)]
        seconds = end - begin
        self.sent = sum(fate[1] for fate in fates) * 8 / seconds
        self.arrived = sum(fate[1] for fate in fates if fate[2] == DELIVERED) * 8 / seconds
        self.padding = sum(fate[1] for fate in fates if fate[4]) * 8 / seconds
        self.lost = sum(fate[2] != DELIVERED for fate in fates) / max(1, len(fates))
        waits = sorted(fate[3] for fate in fates if fate[2] == DELIVERED) or [0.0]
        self.queue = waits[int(0.95 * (len(waits) - 1))]
        self.usual_queue = waits[len(waits) // 2]
        targets = [t for when, t in run.targets if begin <= when < end]
        self.target = sum(targets) / max(1, len(targets))
        self.lowest = min(targets, default=0.0)
        self.highest = max(targets, default=0.0)
        could = could_carry(run.traits, run.seed, [begin, end])[0]
        self.line = could / seconds if could is not None else float("inf")

    @property
    def used(self) -> float:
        return self.arrived / self.line if self.line else 1.0


class Simulation:
    def __init__(
        self, traits: Traits, media: Media, seed: int, *, back: Traits | None = None,
        drift: float = 0.0, start: int = 300_000, every: float = 0.06,
    ) -> None:  # fmt: skip
        dice = Random(f"{seed} sender")
        self.run_ = Run(traits, seed)
        self.media = media
        self.estimator = Estimator(START, start)
        self.now = 0.0
        self._line = Direction(traits, seed, self._watch)
        self._back = Direction(back or Traits(delay=traits.delay), f"{seed} back")
        self._encoder = Encoder(media, dice)
        self._receiver = Receiver(dice, drift=drift, every=every)
        self._tokens = 0.0
        self._ticked = 0.0
        self._steps = 0
        self._number = 0

    def _watch(
        self, fate: str, came: float, waited: float, at: float, size: int, payload: Any
    ) -> None:
        self.run_.fates.append((came, size, fate, waited, payload[1]))

    @property
    def _micros(self) -> int:
        return START + int(self.now * 1e6)

    def run(self, seconds: float) -> Run:
        for _ in range(round(seconds / STEP)):
            self._steps += 1
            self.now = self._steps * STEP
            self._hear()
            self._send()
        # With a queue that is managed, fates are known in another order.
        self.run_.fates.sort(key=lambda fate: fate[0])
        return self.run_

    def _hear(self) -> None:
        for at, (number, _) in self._line.pop(self.now):
            self._receiver.arrived(at, number)
        body = self._receiver.answer(self.now)
        if body is not None:
            self._back.push(self.now, FEEDBACK_SIZE, body)
        for _, told in self._back.pop(self.now):
            self.run_.refused += not self.estimator.feedback(self._micros, told)

    def _send(self) -> None:
        micros, estimator = self._micros, self.estimator
        if self.now - self._ticked >= TICK:
            self._ticked = self.now
            estimator.tick(micros)
        state = estimator.state
        target = state["target"]
        self.run_.targets.append((self.now, target))
        self.run_.stalls += state["stalled"]
        sound = self._encoder.advance(self.now, target)
        if sound:
            self._leave(sound)
            self._tokens -= sound
        encoder = self._encoder
        if encoder.pictures:
            # What waits may be the probe.
            estimator.probe(micros, int(self.media.wanted))
        pace = estimator.pace
        self._tokens = min(self._tokens + pace * STEP / 8, max(3200.0, pace * STEP / 8))
        while encoder.pictures and self._tokens > 0:
            size = encoder.take()
            self._leave(size)
            self._tokens -= size
        if not encoder.pictures:
            self._probe(micros)

    def _probe(self, micros: int) -> None:
        if self.estimator.state["stalled"]:
            if self._steps % round(0.1 / STEP) == 0:
                self._leave(PADDING, probe=True)
            return
        due = self.estimator.probe(micros, int(self.media.wanted))
        while due > 0:
            size = min(PACKET, max(PADDING, due))
            self._leave(size, probe=True)
            due -= size

    def _leave(self, size: int, *, probe: bool = False) -> None:
        self._number += 1
        number = self.estimator.sent(self._micros, size)
        assert number == self._number & 0xFFFF
        self._line.push(self.now, size, (self._number, probe))
