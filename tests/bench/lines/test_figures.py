"""What a run comes to, from samples that are made up: two of ten pictures a second each."""

from dataclasses import replace
from typing import Any

import pytest

from bench.lines.cases import CASES, Case
from bench.lines.figures import Figures, Run
from bench.lines.samples import Row, Samples
from bench.lines.scene import WORDS
from bench.lines.speech import ROUNDS, Heard, edits
from bench.lines.verdict import compare, judge

ENTERED = 1000.0
SUMMARY: dict[str, Any] = {
    "packets": 1000,
    "dropped": {"queue": 15, "loss": 100},
    "capacity_kbit_s": 1000.0,
    "sent_kbit_s": 900.0,
    "share_of_line": 0.88,
    "queue_ms": {"p50": 5.0, "p95": 40.0, "max": 90.0},
}


def sampled(seconds: float, still: tuple[tuple[float, float], ...] = ()) -> Samples:
    """At `still` times, from the beginning, neither pictures nor sound come."""
    rows: list[Row] = []
    row: Row = dict.fromkeys(
        ("frames", "samples", "concealed", "held", "emitted", "video", "audio"), 0
    )
    for number in range(round(seconds * 5) + 1):
        at = number / 5
        stands = any(begin < at <= end for begin, end in still)
        row = {name: row[name] for name in row}
        row |= {"at": ENTERED + at, "height": 0 if stands else 360}
        row["samples"] += 9600
        row["concealed"] += 9600 if stands else 0
        row["frames"] += 0 if stands else 4
        row["video"] += 0 if stands else 20_000
        rows.append(row)
    return Samples(rows)


def figures(case: Case, samples: Samples, sent: float = 900.0) -> Figures:
    series = [{"t": number / 2, "sent_kbit_s": sent} for number in range(200)]
    return Run(case, samples, ENTERED - 0.5, ENTERED, SUMMARY, series).figures(None)


def test_a_steady_call() -> None:
    found = figures(CASES["1mbit"], sampled(40))
    assert (found.fps, found.lines, found.picture_kbit_s) == (20.0, 360, 800)
    assert (found.freezes, found.frozen_s, found.concealed) == (0, 0.0, 0.0)
    assert (found.line_share, found.sent_share, found.queue_p95_ms) == (0.88, 0.9, 40.0)
    assert found.queue_dropped == 0.015, "loss behind the bottleneck is none of its"
    assert found.first_picture_s == 0.5


def test_a_freeze_counts_though_it_never_ends() -> None:
    found = figures(CASES["1mbit"], sampled(40, ((20.0, 99.0),)))
    assert found.freezes == 1
    assert found.frozen_s == pytest.approx(12, abs=0.3)
    assert found.concealed == pytest.approx(0.6, abs=0.02)


def test_no_sound_at_all_is_all_concealed() -> None:
    rows = [{**row, "samples": 0, "concealed": 0} for row in sampled(40).rows]
    assert figures(CASES["1mbit"], Samples(rows)).concealed == 1.0


def test_adapted_is_who_is_well_and_sends_no_more_than_the_line_bears() -> None:
    case = CASES["step"]
    samples = sampled(60, ((20.0, 22.4), (40.0, 44.0)))
    found = figures(case, samples, sent=300.0)
    assert found.adapted_s == pytest.approx(2.4, abs=0.3)
    assert found.back_up_s == pytest.approx(4.0, abs=0.3)
    assert figures(case, samples, sent=400.0).adapted_s is None


def test_recovered_from_an_outage() -> None:
    found = figures(CASES["outage"], sampled(40, ((20.0, 26.2),)))
    assert found.recovered_s == pytest.approx(1.2, abs=0.3)
    # Sound is whole, and a second without pictures does not make the window bad.
    late = sampled(40, ((20.0, 25.0),)).rows
    still = next(row["frames"] for row in late if row["at"] >= ENTERED + 25)
    for row in late:
        if ENTERED + 25 <= row["at"] < ENTERED + 25.7:
            row["frames"] = still
    assert figures(CASES["outage"], Samples(late)).recovered_s == pytest.approx(0.6, abs=0.2)
    assert figures(CASES["outage"], sampled(40, ((20.0, 99.0),))).recovered_s is None


def test_every_aim_has_its_case_and_is_missed_by_who_gives_nothing() -> None:
    dead = figures(CASES["1mbit"], sampled(40, ((-1.0, 99.0),)), sent=9000.0)
    dead = replace(dead, line_share=0.0, sent_share=9.0, queue_dropped=0.9, queue_p95_ms=300.0)
    findings = judge(dict.fromkeys(CASES, dead), {})
    assert len(findings) >= 18
    assert not any(finding.met for finding in findings)


def test_sound_counts_more_than_pictures() -> None:
    one = figures(CASES["1mbit"], sampled(40))
    assert compare(one, one)[0] == 0
    assert compare(replace(one, fps=10.0), one)[0] == -1
    assert compare(replace(one, fps=10.0), replace(one, concealed=0.05))[0] == 1


def test_words_are_compared_wherever_it_began() -> None:
    spoken = WORDS * (ROUNDS + 1)
    heard = tuple(spoken[5 : 5 + ROUNDS * len(WORDS)])
    assert Heard(heard).word_error == 0
    assert Heard(heard[:7] + heard[8:]).word_error == pytest.approx(1 / (ROUNDS * len(WORDS)), 1)
    assert Heard(()).word_error == 1
    assert edits("доска", "оскал") == 2
