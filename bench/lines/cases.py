"""Which lines are tried, who is behind them, and how long each is looked at."""

from dataclasses import dataclass, replace

from bench.line.capacity import Capacity, Steps, steady
from bench.line.line import DOWN, UP, Preset
from bench.line.loss import Loss
from bench.line.presets import PRESETS
from bench.line.traits import Traits

VIEWER = "viewer"
PUBLISHER = "publisher"


@dataclass(frozen=True)
class Case:
    """`weak` is behind the line of `preset` in both directions, the other one is not."""

    name: str
    preset: Preset
    weak: str = VIEWER
    seconds: float = 32.0
    """From the moment in which the viewer enters."""
    settle: float = 12.0
    """So much of it is left for estimates to find the line; figures are of what follows."""
    speech: bool = False
    """Whether what the viewer hears is recognised; then `seconds` are chosen to suffice."""

    @property
    def direction(self) -> str:
        """In which media go through the line."""
        return DOWN if self.weak == VIEWER else UP

    @property
    def capacity(self) -> Capacity | None:
        """Of that direction."""
        return (self.preset.down if self.direction == DOWN else self.preset.up).capacity

    @property
    def steps(self) -> tuple[tuple[float, float], ...]:
        """When the capacity changes for good, and to what, bit/s; the first is the beginning."""
        return self.capacity.steps if isinstance(self.capacity, Steps) else ()

    @property
    def outage(self) -> tuple[float, float] | None:
        outages = self.preset.down.outages
        return outages[0] if outages else None


def _barely() -> Preset:
    traits = Traits(
        capacity=steady(100e3), queue=PRESETS["100kbit"].down.queue, loss=Loss(0.1), delay=0.05
    )
    return Preset("100kbit-loss10", "100 kbit/s, 10 % loss, 100 ms round trip", traits, traits)


def _case(name: str, **fields: object) -> Case:
    return replace(Case(name, PRESETS[name]), **fields)  # type: ignore[arg-type]


def _publisher(name: str) -> Case:
    return Case(f"publisher-{name}", PRESETS[name], weak=PUBLISHER)


CASES = {
    case.name: case
    for case in (
        _case("good", speech=True, seconds=50),
        _case("2mbit"),
        _case("1mbit"),
        _case("300kbit"),
        _case("100kbit"),
        _case("loss2"),
        # A minute, by which its aim is counted.
        _case("loss5", seconds=72),
        _case("loss10"),
        Case("100kbit-loss10", _barely(), speech=True, seconds=50),
        _case("step", seconds=60, settle=8),
        _case("outage", settle=8, seconds=40),
        _case("rebinding", settle=8, seconds=34),
        _case("school-wifi"),
        _case("3g"),
        _case("satellite"),
        _case("train", seconds=50),
        _publisher("1mbit"),
        _publisher("300kbit"),
        _publisher("loss5"),
        _publisher("adsl-upload"),
    )
}
