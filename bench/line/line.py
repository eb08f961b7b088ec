"""Both directions of a line, as pure as they are."""

from dataclasses import dataclass, replace

from .capacity import Steps
from .direction import Direction, Watch
from .traits import PLAIN, Traits

UP = "up"
DOWN = "down"


@dataclass(frozen=True)
class Preset:
    """A kind of line: `up` is from the client to the service, `down` from it to the client."""

    name: str
    what: str
    """In one line, for people."""
    up: Traits
    down: Traits
    changes: tuple[float, ...] = ()
    """When the client gets another address, s: only a relay can show that."""

    def only(self, direction: str) -> "Preset":
        """Of the other direction nothing is felt. Raises ValueError."""
        if direction not in (UP, DOWN):
            raise ValueError(f"{direction!r}: a direction is {UP} or {DOWN}")
        return replace(self, down=PLAIN) if direction == UP else replace(self, up=PLAIN)

    def marks(self) -> list[tuple[float, str]]:
        """When something known beforehand happens, and what."""
        found = [(at, "another address") for at in self.changes]
        for name, traits in ((UP, self.up), (DOWN, self.down)):
            if isinstance(traits.capacity, Steps) and traits.capacity.period is None:
                for at, rate in traits.capacity.steps[1:]:
                    found.append((at, f"{name}: {rate / 1000:g} kbit/s"))
            for begin, end in traits.outages:
                found += [(begin, f"{name}: outage"), (end, f"{name}: outage over")]
        return sorted(found)


class Line:
    """`line.up`, `line.down`; both have dice of their own by the seed."""

    def __init__(
        self,
        preset: Preset,
        seed: int,
        watch_up: Watch | None = None,
        watch_down: Watch | None = None,
    ) -> None:
        self.preset = preset
        self.up = Direction(preset.up, f"{seed} {UP}", watch_up)
        self.down = Direction(preset.down, f"{seed} {DOWN}", watch_down)

    @property
    def next(self) -> float:
        return min(self.up.next, self.down.next)
