"""The figures for people."""

from collections.abc import Iterable, Sequence

from .figures import Figures
from .verdict import Finding

HEAD = (
    "line", "", "line used", "sent/line", "queue p95 ms", "dropped", "fps", "lines", "freezes",
    "frozen s", "concealed", "first s", "picture kbit/s", "adapted s", "back up s", "recovered s",
    "word error",
)  # fmt: skip


def cells(case: str, column: str, it: Figures) -> list[str]:
    return [
        case,
        column,
        _share(it.line_share),
        _share(it.sent_share),
        _number(it.queue_p95_ms, 0),
        f"{it.queue_dropped:.1%}",
        f"{it.fps:.1f}",
        str(it.lines),
        str(it.freezes),
        f"{it.frozen_s:.1f}",
        f"{it.concealed:.1%}",
        _number(it.first_picture_s, 2),
        str(it.picture_kbit_s),
        _number(it.adapted_s, 1),
        _number(it.back_up_s, 1),
        _number(it.recovered_s, 1),
        _number(it.word_error, 2),
    ]


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """The first two columns to the left, figures to the right."""
    found = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*found, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in found
    ]


def markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def told(finding: Finding) -> str:
    value = "" if finding.value is None else f": {finding.value:g}"
    return f"{'met   ' if finding.met else 'MISSED'} {finding.case}: {finding.what}{value}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
