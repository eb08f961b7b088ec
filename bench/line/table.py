"""What a relay's statistics are for people."""

from collections.abc import Iterable
from typing import Any

from .line import DOWN, UP

COLUMNS = (
    "", "", "packets", "kbit/s", "line kbit/s", "line used", "dropped", "why",
    "queue ms p50", "p95", "max",
)  # fmt: skip


def table(statistics: dict[str, Any]) -> str:
    """Both directions, over all and between the marks."""
    rows: list[Iterable[str]] = [COLUMNS, *_both("all", statistics)]
    if len(statistics["phases"]) > 1:
        for phase in statistics["phases"]:
            rows += _both(f"{phase['begin']:.0f}–{phase['end']:.0f} s {phase['what']}", phase)
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = [
            cell.ljust(width) if number in (0, 1, 7) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _both(what: str, statistics: dict[str, Any]) -> list[list[str]]:
    return [
        _row(what, UP, statistics[UP]),
        _row("", DOWN, statistics[DOWN]),
    ]


def _row(what: str, name: str, one: dict[str, Any]) -> list[str]:
    queue = one["queue_ms"]
    share = one["share_of_line"]
    return [
        what,
        name,
        str(one["packets"]),
        f"{one['sent_kbit_s']:.0f}",
        _number(one["capacity_kbit_s"]),
        "–" if share is None else f"{share:.0%}",
        f"{one['dropped_share']:.1%}",
        ", ".join(f"{why} {count}" for why, count in one["dropped"].items()),
        *(_number(queue[name]) for name in ("p50", "p95", "max")),
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
