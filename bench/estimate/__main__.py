"""What a viewer's estimator makes of lines, over many seeds.

`python -m bench.estimate [SCENARIO …] [--seeds N] [--first SEED] [--json FILE]`. For each figure
the table has the median and the worst of the seeds, and the limits; the exit status says whether
all but `--tolerance` of the runs kept to them. `--cost` measures instead what a packet and a
feedback cost.
"""

import argparse
import json
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from sfu.kernel.estimate import Estimator
from tests.kernel.feedback import write_feedback

from .scenarios import SCENARIOS, Figures


def one(name: str, seed: int) -> Figures:
    return SCENARIOS[name].run(seed)


def worst(values: list[float], least: float) -> float:
    """Whichever end is nearer to its limit is the one of interest."""
    return min(values) if least > 0 else max(values)


def report(name: str, results: list[Figures], first: int) -> float:
    """Prints a scenario's rows; returns which share of its runs missed a limit."""
    scenario = SCENARIOS[name]
    missed = {
        first + number: misses
        for number, figures in enumerate(results)
        if (misses := scenario.misses(figures))
    }
    print(f"{name}: {scenario.what}; {len(results)} seeds, {len(missed)} missed")
    for figure in results[0]:
        values = sorted(figures[figure] for figures in results)
        limits = scenario.limits.get(figure)
        edge = len(values) // 20
        print(
            f"  {figure:10} median {statistics.median(values):10.4g}  5 % {values[edge]:10.4g}"
            f"  95 % {values[-1 - edge]:10.4g}"
            f"  worst {worst(values, limits[0] if limits else 0):10.4g}"
            + (f"  limits {limits[0]:g}–{limits[1]:g}" if limits else "")
        )
    for seed, misses in list(missed.items())[:5]:
        print(f"    seed {seed}: {', '.join(misses)}")
    return len(missed) / len(results)


def cost() -> None:
    """Through Python, whose own part is measured with a call that does nothing."""
    packets, rounds = 15, 20_000
    estimator = Estimator(1_000_000, 1_000_000)
    bodies = []
    for turn in range(rounds):
        arrivals: list[int | None] = [10_000 * packets * turn + 640 * k for k in range(packets)]
        bodies.append(write_feedback(1 + packets * turn, arrivals, turn)[4:])
    sending = telling = idle = 0.0
    clock = time.perf_counter
    now = 1_000_000
    for body in bodies:
        begin = clock()
        for _ in range(packets):
            estimator.sent(now, 1200)
        middle = clock()
        assert estimator.feedback(now + 50_000, body)
        end = clock()
        for _ in range(packets):
            estimator.pace  # noqa: B018
        sending, telling, idle = (
            sending + middle - begin, telling + end - middle, idle + clock() - end
        )  # fmt: skip
        now += 150_000
    per = 1e6 / rounds
    print(
        f"a packet {(sending - idle) * per / packets:.3f} µs"
        f" (a call by itself {idle * per / packets:.3f})"
    )
    print(f"a feedback of {packets} packets {telling * per:.2f} µs")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.estimate", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], help="all unless named")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=0.02, help="share of runs that may miss")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--cost", action="store_true")
    arguments = parser.parse_args()
    if arguments.cost:
        cost()
        return 0
    everything = {}
    fine = True
    with ProcessPoolExecutor(arguments.processes) as pool:
        for name in arguments.scenario or SCENARIOS:
            seeds = range(arguments.first, arguments.first + arguments.seeds)
            results = list(pool.map(partial(one, name), seeds, chunksize=8))
            share = report(name, results, arguments.first)
            fine = fine and share <= arguments.tolerance
            everything[name] = {"missed": share, "runs": results}
    if arguments.json:
        arguments.json.write_text(json.dumps(everything))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
