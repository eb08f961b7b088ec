"""A picture for each line: what the line could carry, what was sent into it, how long packets had
to wait, and how many pictures were seen, over time; a panel for each column."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

from .cases import Case
from .running import Result
from .samples import Row

WIDTH, HEIGHT = 300, 120
GAP, LEFT, TOP = 46, 46, 46
CAPACITY, SENT, QUEUE, PICTURES = "#888888", "#1f6fb4", "#c0392b", "#2e8b57"
Point = tuple[float, float]


def draw(folder: Path, case: Case, results: Sequence[Result]) -> Path:
    """One run of each column, the last one."""
    panels = list({it.column: it for it in results}.values())
    width = LEFT + len(panels) * (WIDTH + GAP)
    body = [text(LEFT, 18, f"{case.name}: {case.preset.what}", 14)]
    for number, result in enumerate(panels):
        left = LEFT + number * (WIDTH + GAP)
        body.append(text(left, TOP - 8, result.column, 13))
        body += _panel(case, result, left)
    height = TOP + 3 * (HEIGHT + 34)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{case.name}.svg"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif"><rect width="{width}" height="{height}" fill="white"/>'
        f"{''.join(body)}</svg>\n"
    )
    return path


def _panel(case: Case, result: Result, left: float) -> list[str]:
    line = [row for row in result.line if 0 <= row["t"] < case.seconds]
    capacity = [(row["t"], row["capacity_kbit_s"]) for row in line if row["capacity_kbit_s"]]
    sent = [(row["t"], row["sent_kbit_s"]) for row in line]
    queue = [(row["t"], row["queue_ms_max"]) for row in line]
    most = max([rate for _, rate in capacity] or [2500.0])
    # What is far beyond the line is cut off: how far says the table.
    charts = (
        (
            "kbit/s: sent, and what the line carries",
            most * 1.5,
            ((CAPACITY, capacity), (SENT, sent)),
        ),
        ("queue, ms", 600.0, ((QUEUE, queue),)),
        ("pictures per second", 30.0, ((PICTURES, _pictures(result.viewer, result.began)),)),
    )
    found = []
    for number, (what, top, lines) in enumerate(charts):
        found += _chart(left, TOP + number * (HEIGHT + 34), what, top, case.seconds, lines)
    return found


def _chart(
    left: float,
    top: float,
    what: str,
    most: float,
    seconds: float,
    lines: Sequence[tuple[str, Sequence[Point]]],
) -> list[str]:
    found = [
        f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
        'stroke="#cccccc"/>',
        text(left + 4, top + HEIGHT + 14, f"{what}; 0 to {seconds:g} s", 10),
        text(left - 4, top + 9, f"{most:g}", 10, "end"),
        text(left - 4, top + HEIGHT, "0", 10, "end"),
    ]
    for colour, points in lines:
        shown = " ".join(
            f"{left + t / seconds * WIDTH:.1f},{top + (1 - min(value / most, 1)) * HEIGHT:.1f}"
            for t, value in points
            if 0 <= t <= seconds
        )
        found.append(
            f'<polyline points="{shown}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
    return found


def _pictures(rows: Sequence[Row], began: float) -> list[Point]:
    """Over half a second each."""
    every = [row for number, row in enumerate(rows) if number % 3 == 0]
    return [
        (b["at"] - began, max(0, b["frames"] - a["frames"]) / (b["at"] - a["at"]))
        for a, b in pairwise(every)
    ]


def text(x: float, y: float, what: str, size: int, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="#333333">'
        f"{escape(what)}</text>"
    )
