"""What a call on a bad line has to come to, and whether it does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .cases import CASES, PUBLISHER
from .figures import Figures

NARROW = ("1mbit", "300kbit", "100kbit")
OURS, THEIRS = "Zvonok", "Janus"
MOST = 0.5
"""In more than this share of the lines we have to be better than Janus."""


@dataclass(frozen=True)
class Aim:
    case: str
    what: str
    """In words, with the limit."""
    met: Callable[[Figures], bool]
    value: Callable[[Figures], float | None]


def _at_least(case: str, name: str, limit: float, what: str) -> Aim:
    value = _value(name)
    return Aim(case, f"{what} ≥ {limit:g}", lambda it: (value(it) or 0.0) >= limit, value)


def _at_most(case: str, name: str, limit: float, what: str) -> Aim:
    value = _value(name)

    def met(it: Figures) -> bool:
        found = value(it)
        return found is not None and found <= limit

    return Aim(case, f"{what} ≤ {limit:g}", met, value)


def _value(name: str) -> Callable[[Figures], float | None]:
    def value(it: Figures) -> float | None:
        found: float | None = getattr(it, name)
        return found

    return value


def _narrow() -> list[Aim]:
    found = []
    for case in NARROW:
        found += [
            _at_most(case, "concealed", 0.01, "share of sound concealed"),
            _at_most(case, "queue_dropped", 0.02, "share dropped by the line"),
            _at_most(case, "sent_share", 1.1, "sent, of what the line bears"),
        ]
    return found


def _freezes_a_minute() -> Aim:
    case = CASES["loss5"]
    minute = 60 / (case.seconds - case.settle)
    return Aim(
        case.name,
        "seconds of freezes a minute < 1",
        lambda it: it.frozen_s * minute < 1,
        lambda it: round(it.frozen_s * minute, 1),
    )


AIMS = (
    _at_least("1mbit", "line_share", 0.8, "share of the line used"),
    _at_most("1mbit", "queue_p95_ms", 100, "queue delay p95, ms,"),
    *_narrow(),
    _at_least("1mbit", "fps", 15, "pictures per second"),
    _at_least("1mbit", "lines", 360, "lines"),
    _at_least("300kbit", "fps", 15, "pictures per second"),
    _at_least("300kbit", "lines", 180, "lines"),
    _at_most("step", "adapted_s", 3, "seconds to adapt"),
    _at_most("step", "back_up_s", 10, "seconds to be back up"),
    _at_least(f"{PUBLISHER}-300kbit", "picture_kbit_s", 170, "kbit/s of picture"),
    _freezes_a_minute(),
)
UNDERSTOOD = ("100kbit-loss10", "good")
"""Where speech has to be understood, and what it is compared with."""
ERROR_RATIO = 1.2
ERROR_STEP = 0.015
"""Of the words: one of them, for where nearly nothing is misunderstood on a good line."""


@dataclass(frozen=True)
class Finding:
    case: str
    what: str
    value: float | None
    met: bool


def judge(ours: Mapping[str, Figures], theirs: Mapping[str, Figures]) -> list[Finding]:
    """By case; of cases that were not tried nothing is said."""
    found = [
        Finding(aim.case, aim.what, aim.value(ours[aim.case]), aim.met(ours[aim.case]))
        for aim in AIMS
        if aim.case in ours
    ]
    found += _understood(ours)
    both = [case for case in ours if case in theirs]
    compared = {case: compare(ours[case], theirs[case]) for case in both}
    for case, (sign, why) in compared.items():
        found.append(Finding(case, f"no worse than Janus ({why})", None, sign >= 0))
    if len(both) > 1:
        better = sum(sign > 0 for sign, _ in compared.values()) / len(both)
        what = f"share of lines on which we are better than Janus > {MOST:g}"
        found.append(Finding("all", what, round(better, 2), better > MOST))
    return found


def _understood(ours: Mapping[str, Figures]) -> list[Finding]:
    bad, good = (ours[case].word_error if case in ours else None for case in UNDERSTOOD)
    if bad is None or good is None:
        return []
    limit = max(good * ERROR_RATIO, good + ERROR_STEP)
    what = f"word error ≤ {limit:.3f} (without loss {good:.3f})"
    return [Finding(UNDERSTOOD[0], what, bad, bad <= limit)]


# In the order in which a call should degrade: the first that differs decides.
QUALITIES: tuple[tuple[str, Callable[[Figures], float], float, bool], ...] = (
    ("sound concealed", lambda it: it.concealed, 0.01, False),
    ("seconds frozen", lambda it: it.frozen_s, 0.7, False),
    ("pictures per second", lambda it: it.fps, 2.0, True),
    ("lines", lambda it: it.lines, 60.0, True),
)


def compare(ours: Figures, theirs: Figures) -> tuple[int, str]:
    """1: ours is better, -1: worse, 0: about the same; and by what."""
    for what, value, close, more in QUALITIES:
        mine, other = value(ours), value(theirs)
        if abs(mine - other) > close:
            return (1 if (mine > other) == more else -1), f"{what} {mine:g} to {other:g}"
    return 0, "about the same"
