"""What a sender has to send: sound, and pictures of a bitrate that follows the estimate."""

from collections import deque
from dataclasses import dataclass, field
from random import Random

PACKET = 1200
"""Bytes of a full packet on the wire."""
SOUND = (0.02, 158)
"""Every so many seconds a packet of so many bytes: 63 kbit/s."""
LAYERS = (150e3, 500e3, 1.8e6)
"""Of a camera, bit/s."""
RAISE_INTERVAL = 1.0
"""Seconds between two upward steps."""


@dataclass
class Elastic:
    """Pictures of any bitrate up to `most`."""

    most: float
    sound: float = 0.0

    def choose(self, now: float, target: float) -> float:
        """bit/s of pictures."""
        return max(0.0, min(target, self.most) - self.sound)

    @property
    def wanted(self) -> float:
        return self.most


@dataclass
class Layered:
    """As the budget of a viewer with one tile: the largest layer that fits."""

    layers: tuple[float, ...] = LAYERS
    sound: float = 63e3
    chosen: int = -1
    raised_at: float = -RAISE_INTERVAL
    steps: list[tuple[float, int]] = field(default_factory=list)

    def choose(self, now: float, target: float) -> float:
        left = target * 62 / 64 - self.sound
        fits = sum(rate <= left for rate in self.layers) - 1
        better = sum(rate * 64 / 56 <= left for rate in self.layers) - 1
        chosen = self.chosen
        if fits < chosen:
            chosen = fits
        elif better > chosen and now - self.raised_at >= RAISE_INTERVAL:
            chosen += 1
            self.raised_at = now
        if chosen != self.chosen:
            self.chosen = chosen
            self.steps.append((now, chosen))
        return self.layers[chosen] if chosen >= 0 else 0.0

    @property
    def wanted(self) -> float:
        """What the next layer would need; 0: there is none."""
        if self.chosen + 1 >= len(self.layers):
            return 0.0
        return (self.layers[self.chosen + 1] * 64 / 56 + self.sound) * 64 / 62


Media = Elastic | Layered


class Encoder:
    """Pictures of uneven sizes, cut into packets; a keyframe when the layer changes."""

    def __init__(self, media: Media, dice: Random, fps: float = 20.0) -> None:
        self._media = media
        self._dice = dice
        self._gap = 1 / fps
        self._next = dice.random() * self._gap
        self._next_sound = 0.0
        self._rate = 0.0
        self.pictures: deque[tuple[float, int]] = deque()
        """What waits: since when, bytes."""
        self.waits = 0

    def advance(self, now: float, target: float) -> int:
        """Bytes of sound that leave now."""
        sound = 0
        while self._media.sound and self._next_sound <= now:
            self._next_sound += SOUND[0]
            sound += SOUND[1]
        while self._next <= now:
            self._next += self._gap
            self._picture(now, target)
        return sound

    def _picture(self, now: float, target: float) -> None:
        rate = self._media.choose(now, target)
        factor = self._dice.uniform(0.7, 1.3)
        if isinstance(self._media, Layered):
            if rate != self._rate:
                # Pictures of the other layer are no use to anybody.
                self.clear()
                factor = 4.0
            elif self.pictures and now - self.pictures[0][0] > 0.5:
                self.clear()
        self._rate = rate
        size = int(rate * self._gap / 8 * factor)
        if isinstance(self._media, Elastic) and self.waits > target / 8 * 0.3:
            return
        self.waits += size
        while size > 0:
            self.pictures.append((now, min(size, PACKET)))
            size -= PACKET

    def clear(self) -> None:
        self.pictures.clear()
        self.waits = 0

    def take(self) -> int:
        size = self.pictures.popleft()[1]
        self.waits -= size
        return size
