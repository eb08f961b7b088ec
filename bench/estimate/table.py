"""What a viewer's estimator makes of the ways down of the presets: medians over seeds.

`python -m bench.estimate.table [PRESET …] [--seeds N]`. Of a camera's layers: how
much of the line was used, how long packets waited in its queue, for what part of the time the
largest layer was shown (`top`), or one of the two larger (`two`), how often a minute it was made
smaller, and when it was the largest for the first time. The last two columns are of pictures of
any bitrate.
"""

import argparse
import math
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

from bench.line.presets import PRESETS

from .media import LAYERS, Elastic, Layered
from .scenarios import MOST, WARM
from .simulation import Run, Simulation

SECONDS = 60.0
COLUMNS = (
    "used", "p50 ms", "p95 ms", "lost %", "top %", "two %", "downs/min", "first s",
    "all used", "p95 ms",
)  # fmt: skip


def _layers(media: Layered, run: Run) -> list[float]:
    steps = [*media.steps, (SECONDS, media.chosen)]
    spent = [0.0] * (len(LAYERS) + 1)
    for (begin, layer), (end, _) in zip(steps, steps[1:], strict=False):
        spent[layer] += max(0.0, end - max(begin, WARM))
    downs = sum(
        after < before and at >= WARM
        for (_, before), (at, after) in zip(media.steps, media.steps[1:], strict=False)
    )
    top = len(LAYERS) - 1
    first = next((at for at, layer in media.steps if layer == top), math.inf)
    seconds = SECONDS - WARM
    return [
        100 * spent[top] / seconds, 100 * (spent[top] + spent[top - 1]) / seconds,
        downs * 60 / seconds, first,
    ]  # fmt: skip


def one(name: str, seed: int) -> list[float]:
    """A value for each column."""
    preset = PRESETS[name]
    line, back = preset.down, replace(preset.up, rival=None)
    media = Layered()
    run = Simulation(line, media, seed, back=back).run(SECONDS)
    stretch = run.between(WARM, SECONDS)
    everything = Simulation(line, Elastic(MOST), seed, back=back).run(SECONDS)
    full = everything.between(WARM, SECONDS)
    return [
        stretch.used, 1000 * stretch.usual_queue, 1000 * stretch.queue, 100 * stretch.lost,
        *_layers(media, run), full.used, 1000 * full.queue,
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.estimate.table", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("preset", nargs="*", choices=[[], *PRESETS], help="all unless named")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    print(f"{'':12}" + "".join(f"{column:>10}" for column in COLUMNS))
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    with ProcessPoolExecutor(arguments.processes) as pool:
        for name in arguments.preset or PRESETS:
            rows = list(pool.map(partial(one, name), seeds))
            medians = [statistics.median(column) for column in zip(*rows, strict=True)]
            print(f"{name:12}" + "".join(f"{each:10.3g}" for each in medians), flush=True)


if __name__ == "__main__":
    main()
