"""How a person looks and sounds: files for the browser's fake camera and microphone."""

import colorsys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE = 48000
Colour = tuple[int, int, int]
"""Red, green, blue, 0–255."""

RED: Colour = (210, 40, 40)
GREEN: Colour = (40, 170, 60)
BLUE: Colour = (50, 70, 210)
CLOSE = 60.0
"""Distance between two colours up to which they are the same in spite of compression."""


@dataclass(frozen=True)
class Look:
    """A camera that shows one colour, with a moving bar below, and a microphone that beeps."""

    colour: Colour
    tone: float = 500.0
    """Hz."""
    width: int = 640
    height: int = 360
    rate: int = 15
    noise: int = 0
    """How strongly each pixel flickers, so that the picture costs bits as a real one does."""

    def camera(self, folder: Path) -> Path:
        path = folder / f"{self._name()}.y4m"
        if not path.exists():
            _write_y4m(path, self)
        return path

    def microphone(self, folder: Path) -> Path:
        path = folder / f"{self.tone:g}.wav"
        if not path.exists():
            _write_wav(path, self.tone)
        return path

    def _name(self) -> str:
        colour = "".join(f"{part:02x}" for part in self.colour)
        return f"{colour}-{self.width}x{self.height}-{self.rate}-{self.noise}"


def hues(count: int) -> list[Colour]:
    """Colours as different as they can be."""
    found = [colorsys.hsv_to_rgb(i / count, 0.85, 0.85) for i in range(count)]
    return [(round(255 * r), round(255 * g), round(255 * b)) for r, g, b in found]


def distance(a: Sequence[float], b: Sequence[float]) -> float:
    return float(np.linalg.norm(np.subtract(a[:3], b[:3])))


def is_colour(seen: Sequence[float] | None, wanted: Colour) -> bool:
    return seen is not None and distance(seen, wanted) < CLOSE


def yuv(colour: Colour) -> tuple[int, int, int]:
    """BT.601, studio range, as browsers read y4m."""
    r, g, b = (part / 255 for part in colour)
    y = 16 + 65.481 * r + 128.553 * g + 24.966 * b
    u = 128 - 37.797 * r - 74.203 * g + 112.0 * b
    v = 128 + 112.0 * r - 93.786 * g - 18.214 * b
    return round(y), round(u), round(v)


def _write_y4m(path: Path, look: Look) -> None:
    y, u, v = yuv(look.colour)
    random = np.random.default_rng(1)
    bar = look.width // 8
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{look.width} H{look.height} F{look.rate}:1 Ip A1:1 C420\n".encode())
        for frame in range(look.rate):
            luma = np.full((look.height, look.width), y, np.int16)
            left = frame * (look.width - bar) // look.rate
            luma[look.height * 9 // 10 :, left : left + bar] = 235
            if look.noise:
                luma += random.integers(-look.noise, look.noise + 1, luma.shape, np.int16)
            chroma = np.empty((2, look.height // 2, look.width // 2), np.uint8)
            chroma[0], chroma[1] = u, v
            file.write(b"FRAME\n" + luma.clip(16, 235).astype(np.uint8).tobytes())
            file.write(chroma.tobytes())


def _write_wav(path: Path, tone: float) -> None:
    """0.5 s of tone and 0.3 s of silence, so that no noise suppression takes it for a hum."""
    time = np.arange(round(RATE * 0.5)) / RATE
    envelope = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
    beep = 0.5 * envelope * np.sin(2 * np.pi * tone * time)
    sound = np.concatenate([beep, np.zeros(round(RATE * 0.3))] * 5)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
