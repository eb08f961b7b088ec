"""Lines and what an estimator has to make of them. Each scenario is varied by its seed."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench.line.capacity import Stalls, Steps, steady
from bench.line.loss import Loss
from bench.line.rival import Greedy
from bench.line.traits import Queue, Traits

from .media import LAYERS, Elastic, Layered
from .simulation import Run, Simulation

MBIT = 1e6
MOST = 20 * MBIT
WARM = 10.0
"""Seconds in which a line is found out."""

Limits = dict[str, tuple[float, float]]
"""Figure: least, most."""
Figures = dict[str, float]


@dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    run: Callable[[int], Figures]
    limits: Limits

    def misses(self, figures: Figures) -> list[str]:
        """Figures that are outside of their limits."""
        return [
            f"{name} {figures[name]:.3g}"
            for name, (least, most) in self.limits.items()
            if not least <= figures[name] <= most
        ]


def _line(dice: Random, **more: object) -> Traits:
    traits = {"queue": Queue(seconds=dice.uniform(0.2, 0.6)), "delay": dice.uniform(0.005, 0.08)}
    return Traits(**(traits | more))  # type: ignore[arg-type]


def _figures(run: Run, begin: float, end: float) -> Figures:
    stretch = run.between(begin, end)
    return {
        "used": stretch.used,
        "sent": stretch.sent / stretch.line,
        "queue": stretch.queue,
        "lost": stretch.lost,
        "target": stretch.target,
        "lowest": stretch.lowest,
        "padding": stretch.padding / max(1.0, stretch.sent),
    }


def _steady(low: float, high: float) -> Callable[[int], Figures]:
    def run(seed: int) -> Figures:
        dice = Random(f"{seed} steady")
        rate = math.exp(dice.uniform(math.log(low), math.log(high)))
        drift = dice.uniform(-1e-4, 1e-4)
        line = _line(dice, capacity=steady(rate))
        simulation = Simulation(line, Elastic(MOST), seed, drift=drift)
        return _figures(simulation.run(25), WARM, 25)

    return run


def _layers(seed: int) -> Figures:
    """A camera's layers: the largest that fits is taken, and nothing is lost by trying more."""
    dice = Random(f"{seed} layers")
    rate = math.exp(dice.uniform(math.log(300e3), math.log(10e6)))
    media = Layered()
    line = _line(dice, capacity=steady(rate))
    run = Simulation(line, media, seed).run(30)
    fits = sum(each * 1.3 + media.sound <= rate for each in LAYERS) - 1
    return _figures(run, WARM, 30) | {"missing": max(0, fits - media.chosen)}


def _random_loss(seed: int) -> Figures:
    dice = Random(f"{seed} loss")
    loss = Loss(dice.uniform(0.01, 0.1), dice.choice([None, None, 2.0, 3.0]))
    rate = dice.uniform(1, 10) * MBIT
    line = _line(dice, capacity=steady(rate), loss=loss)
    figures = _figures(Simulation(line, Elastic(MOST), seed).run(30), WARM, 30)
    return figures | {"kept": figures["used"] / (1 - loss.share)}


def _jitter(seed: int) -> Figures:
    dice = Random(f"{seed} jitter")
    jitter = dice.uniform(0.002, 0.015)
    line = _line(dice, capacity=steady(dice.uniform(1, 5) * MBIT), jitter=jitter, reorder=True)
    return _figures(Simulation(line, Elastic(MOST), seed).run(30), WARM, 30)


def _jitter_and_loss(seed: int) -> Figures:
    """What is lost is hard to tell from what a queue does not take."""
    dice = Random(f"{seed} jitter and loss")
    loss = Loss(dice.uniform(0.03, 0.06))
    jitter = dice.uniform(0.01, 0.02)
    line = _line(dice, capacity=steady(5 * MBIT), jitter=jitter, reorder=True, loss=loss)
    return _figures(Simulation(line, Elastic(MOST), seed).run(30), WARM, 30)


def _wifi(seed: int) -> Figures:
    """The channel is others' for 20–60 ms, thrice a second, and what waited comes at once."""
    dice = Random(f"{seed} wifi")
    rate = dice.uniform(2, 8) * MBIT
    capacity = Stalls(steady(rate), every=0.3, length=dice.uniform(0.02, 0.06), least=0.02)
    line = _line(dice, capacity=capacity)
    return _figures(Simulation(line, Elastic(MOST), seed).run(30), WARM, 30)


def _step(seed: int) -> Figures:
    dice = Random(f"{seed} step")
    queue = Queue(seconds=dice.choice([0.3, 0.5, 1.0]))
    rates = ((0.0, 2 * MBIT), (15.0, 0.3 * MBIT), (30.0, 2 * MBIT))
    line = _line(dice, capacity=Steps(rates), queue=queue)
    run = Simulation(line, Elastic(MOST), seed).run(45)
    narrow = run.between(19, 30)
    return {
        "adapted": run.lowered(1.1 * 0.3 * MBIT, 15),
        "drained": run.between(18, 19).queue,
        "used": narrow.used,
        "queue": narrow.queue,
        "back": run.reached(1.6 * MBIT, 30),
    }


def _step_layers(seed: int) -> Figures:
    """The same with a camera's layers, which go up by probes alone."""
    dice = Random(f"{seed} layers")
    rates = ((0.0, 3 * MBIT), (15.0, 0.3 * MBIT), (30.0, 3 * MBIT))
    line = _line(dice, capacity=Steps(rates), queue=Queue(seconds=dice.choice([0.3, 1.0])))
    media = Layered()
    run = Simulation(line, media, seed).run(45)
    top = len(LAYERS) - 1
    back = min((at - 30 for at, layer in media.steps if at > 30 and layer == top), default=math.inf)
    return {"adapted": run.lowered(1.1 * 0.3 * MBIT, 15), "back": back}


def _outage(seed: int) -> Figures:
    dice = Random(f"{seed} outage")
    length = dice.uniform(1, 6)
    line = _line(dice, capacity=steady(2 * MBIT), outages=((15.0, 15.0 + length),))
    run = Simulation(line, Elastic(MOST), seed).run(15 + length + 6)
    over = 15 + length
    return {
        "back": run.reached(1.2 * MBIT, over),
        "soon": run.between(over + 1, over + 2).used,
        "sent": run.between(16.5, over).sent if length > 2 else 0.0,
        "lowest": run.between(over, over + 5).lowest,
    }


def _rival(seed: int) -> Figures:
    dice = Random(f"{seed} rival")
    rival = Greedy(rtt=dice.uniform(0.02, 0.1), begin=15.0)
    queue = Queue(seconds=dice.choice([0.1, 0.2, 0.5]))
    line = _line(dice, capacity=steady(2 * MBIT), rival=rival, queue=queue)
    run = Simulation(line, Elastic(MOST), seed).run(60)
    return _figures(run, 20, 60)


def _idle(seed: int) -> Figures:
    """Who uses little does not let his estimate grow beyond what that proves."""
    dice = Random(f"{seed} idle")
    sends = dice.uniform(0.2, 1.0) * MBIT
    media = Elastic(sends)
    run = Simulation(_line(dice, capacity=steady(10 * MBIT)), media, seed).run(40)
    stretch = run.between(20, 40)
    return {
        "beyond": stretch.highest / sends,
        "lost": stretch.lost,
        "below": stretch.target / sends,
    }


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "steady", "300 kbit/s to 10 Mbit/s", _steady(300e3, 10e6),
            {"used": (0.8, 1.01), "queue": (0, 0.1), "lost": (0, 0.01), "sent": (0, 1.1)},
        ),
        Scenario(
            "narrow", "100 to 300 kbit/s, 96 to 32 ms a packet", _steady(100e3, 300e3),
            {"used": (0.8, 1.01), "queue": (0, 0.2), "lost": (0, 0.01), "sent": (0, 1.1)},
        ),
        Scenario(
            "layers", "a camera's three layers on 300 kbit/s to 10 Mbit/s", _layers,
            {"missing": (0, 0), "queue": (0, 0.1), "lost": (0, 0.01), "padding": (0, 0.1)},
        ),
        Scenario(
            "loss", "1 to 10 % of the packets, also in bursts, on 1 to 10 Mbit/s", _random_loss,
            {"kept": (0.75, 1.01), "queue": (0, 0.12)},
        ),
        Scenario(
            "jitter", "2 to 15 ms with reordering on 1 to 5 Mbit/s", _jitter,
            {"used": (0.6, 1.01), "queue": (0, 0.15)},
        ),
        Scenario(
            "jitter-loss", "10 to 20 ms of jitter and 3 to 6 % lost on 5 Mbit/s", _jitter_and_loss,
            {"used": (0.5, 1.01)},
        ),
        Scenario(
            "wifi", "stands still 20 to 60 ms thrice a second", _wifi,
            {"used": (0.4, 1.01), "queue": (0, 0.25), "lost": (0, 0.02)},
        ),
        Scenario(
            "step", "2 Mbit/s, 300 kbit/s, 2 Mbit/s; queues of 0.3 to 1 s", _step,
            {"adapted": (0, 1.5), "used": (0.8, 1.01), "back": (0, 10)},
        ),
        Scenario(
            "step-layers", "3 Mbit/s, 300 kbit/s, 3 Mbit/s with a camera's layers", _step_layers,
            {"adapted": (0, 1.5), "back": (0, 10)},
        ),
        Scenario(
            "outage", "nothing gets through for 1 to 6 s", _outage,
            {"back": (0, 1), "soon": (0.6, 1.5), "sent": (0, 1e6)},
        ),
        Scenario(
            "rival", "a greedy TCP in the same queue of 0.1 to 0.5 s on 2 Mbit/s", _rival,
            {"used": (0.02, 0.95)},
        ),
        Scenario(
            "idle", "sends 0.2 to 1 Mbit/s on a line of 10", _idle,
            {"beyond": (1.0, 2.0), "lost": (0, 0), "below": (1.0, 2.0)},
        ),
    )
}  # fmt: skip
