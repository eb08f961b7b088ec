"""How well somebody sees one other and hears all, over some time."""

import asyncio
from dataclasses import dataclass

from tests.e2e.person import Person


@dataclass(frozen=True)
class Reception:
    """Rates and shares between two readings."""

    fps: float
    """Decoded pictures per second, which a freeze that still lasts cannot hide in."""
    height: int
    """Lines of the last picture."""
    frozen: float
    """Seconds of freezes that have ended."""
    freezes: int
    concealed: float
    """The share of all sound that was made up, or left out; somebody in the midst of a pause that
    his browser does not send (DTX) counts, too."""
    silent: float
    """The part of it in which there was silence instead."""
    lost: float
    """The share of packets of sound that never came."""
    kbit_s: float
    """What was received, without headers."""

    def __str__(self) -> str:
        return (
            f"{self.fps:.1f} fps at {self.height} lines, {self.concealed:.1%} of sound concealed "
            f"({self.silent:.1%} silent), {self.lost:.1%} of its packets lost, "
            f"{self.kbit_s:.0f} kbit/s, {self.freezes} freezes of {self.frozen:.1f} s"
        )


async def receive(viewer: Person, name: str, seconds: float, *, kind: str = "camera") -> Reception:
    """What `viewer` gets of `name` from now on."""
    first = await _read(viewer, name, kind)
    await asyncio.sleep(seconds)
    last = await _read(viewer, name, kind)
    # Another slot counts from the beginning; nothing is less than none.
    grown = {key: max(0.0, value - first[key]) for key, value in last.items()}
    return Reception(
        fps=grown["decoded"] / grown["at"],
        height=int(last["height"]),
        frozen=grown["frozen"],
        freezes=int(grown["freezes"]),
        concealed=_share(grown["concealed"], grown["samples"]),
        silent=_share(grown["silent"], grown["samples"]),
        lost=_share(grown["lost"], grown["packets"] + grown["lost"]),
        kbit_s=grown["bytes"] * 8 / grown["at"] / 1000,
    )


async def _read(viewer: Person, name: str, kind: str) -> dict[str, float]:
    found: dict[str, float] = await viewer.page.evaluate(
        "([name, kind]) => window.probe.reception(name, kind)", [name, kind]
    )
    return found


def _share(part: float, whole: float) -> float:
    """Of nothing, all is missing."""
    return part / whole if whole else 1.0
