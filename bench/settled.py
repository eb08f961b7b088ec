"""What many viewers with room to spare cost: `python -m bench.settled [--json FILE]`.

Each sees one picture of 180 lines and hears one voice through a line that bears far more. In
virtual time the real kernel answers them; told is its processor time per second while estimates
still rise and each viewer tells of every packet, and afterwards, when they only tell REMB. What the
media themselves cost (the publisher's packets and their copies) is told beside it and not counted;
sockets are not part of it. Verdict: settled, LIMIT_CORE for 2000 (in proportion for others).
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfu.kernel.core import SteppedKernel
from tests.kernel.peer import Address
from tests.kernel.viewer import Bottleneck, Scene, steady

VIEWERS = 2000
LIMIT_CORE = 0.15
LINE = 50e6
RISING_S = 8
SETTLING_S = 14
MEASURED_S = 4
OF_ONE_SETTLED = 8
"""Packets a second at most of who tells REMB and reports; who tells of packets sends 17."""


@dataclass
class Timed:
    """The kernel, and what it has used for ticks, for viewers and for the publisher."""

    kernel: SteppedKernel
    publisher: Address
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    heard: int = 0
    """Packets from viewers."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kernel, name)

    def begin(self) -> None:
        self.seconds.clear()
        self.heard = 0

    def tick(self, now: int) -> None:
        began = time.thread_time()
        self.kernel.tick(now)
        self.seconds["ticks"] += time.thread_time() - began

    def receive(self, data: bytes, address: Address, now: int) -> None:
        began = time.thread_time()
        self.kernel.receive(data, address, now)
        spent = time.thread_time() - began
        if address == self.publisher:
            self.seconds["media"] += spent
        else:
            self.seconds["feedback"] += spent
            self.heard += 1


def measured(scene: Scene, timed: Timed) -> dict[str, float]:
    """Of a core."""
    timed.begin()
    scene.run(MEASURED_S)
    return {name: spent / MEASURED_S for name, spent in timed.seconds.items()}


def figures_of(viewers: int) -> tuple[dict[str, dict[str, float]], bool]:
    """Rising and settled, and whether they had settled at all."""
    lines = [Bottleneck(steady(LINE), seed=seed) for seed in range(viewers)]
    scene = Scene(*lines, height=180, layer=0)
    timed = Timed(scene.stage.kernel, scene.publisher.address)
    scene.stage.kernel = timed  # type: ignore[assignment]
    scene.run(RISING_S - MEASURED_S)
    figures = {"rising": measured(scene, timed)}
    scene.run(SETTLING_S - RISING_S)
    figures["settled"] = measured(scene, timed)
    timed.close()
    return figures, timed.heard <= OF_ONE_SETTLED * viewers * MEASURED_S


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.settled", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures, settled = figures_of(arguments.viewers)
    for name, shares in figures.items():
        print(f"{name:8}", *(f"{what} {share:.3f}" for what, share in shares.items()), "of a core")
    cost = figures["settled"]["ticks"] + figures["settled"]["feedback"]
    limit = LIMIT_CORE * arguments.viewers / VIEWERS
    if not settled:
        print("they have not settled")
    print(f"{arguments.viewers} settled viewers: {cost:.3f} of a core, limit {limit:.3f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({**figures, "cost": cost, "limit": limit}))
    return 0 if settled and cost <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
