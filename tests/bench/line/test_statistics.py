"""What is told at the end."""

import pytest

from bench.line.bottleneck import QUEUE
from bench.line.capacity import Steps, Wander, steady
from bench.line.direction import DELIVERED, LOSS
from bench.line.line import DOWN, UP, Preset
from bench.line.statistics import Record
from bench.line.table import table
from bench.line.traits import PLAIN, Queue, Traits

NARROW = Traits(capacity=Steps(((0, 8000.0), (2, 4000.0))))


def record() -> Record:
    """Two seconds of 8 kbit/s, and two of 4; a packet of 100 bytes each half second."""
    found = Record()
    found.epoch(0.0, NARROW, "1")
    fates = [DELIVERED, DELIVERED, LOSS, QUEUE, DELIVERED, DELIVERED, DELIVERED, LOSS]
    for number, fate in enumerate(fates):
        came = number / 2
        found.add(fate, came, number / 100, came + 0.6, 100)
    return found


def test_everything_is_counted() -> None:
    all_ = record().summary(0, 4)
    assert (all_["packets"], all_["bytes"]) == (8, 800)
    assert (all_["delivered"], all_["delivered_bytes"]) == (5, 500)
    assert all_["dropped"] == {"loss": 2, "queue": 1}
    assert all_["dropped_share"] == 3 / 8
    assert all_["sent_kbit_s"] == 1.6
    assert all_["capacity_kbit_s"] == 6.0
    # What never left the queue has not used the line.
    assert all_["share_of_line"] == pytest.approx(700 * 8 / 24_000, abs=1e-4)
    assert all_["queue_ms"] == {"p50": 40.0, "p95": 67.0, "max": 70.0}


def test_a_part_of_the_time_is_counted_for_itself() -> None:
    late = record().summary(2, 4)
    assert (late["packets"], late["dropped"]) == (4, {"loss": 1})
    assert late["capacity_kbit_s"] == 4.0


def test_of_nothing_nothing_is_told() -> None:
    nothing = record().summary(10, 11)
    assert nothing["packets"] == 0
    assert nothing["queue_ms"] == {"p50": None, "p95": None, "max": None}
    assert nothing["dropped_share"] == 0


def test_a_time_without_a_bottleneck_has_no_capacity() -> None:
    found = record()
    found.epoch(4.0, PLAIN, "2")
    found.epoch(6.0, Traits(capacity=steady(1000.0)), "3")
    assert found.could_carry([0, 2, 4, 5, 6.5, 7.5, 8]) == [16000, 8000, None, None, 1000, 500]
    assert found.summary(3, 5)["share_of_line"] is None


def test_random_capacity_is_counted_as_it_was() -> None:
    found = Record()
    traits = Traits(capacity=Wander(1e6, 1.0), queue=Queue(bytes=10**9))
    found.epoch(5.0, traits, "7")
    once = found.could_carry([5, 25])[0]
    parts = found.could_carry([5 + number / 4 for number in range(81)])
    assert once == pytest.approx(sum(part for part in parts if part is not None))


def test_a_series_adds_up_to_the_whole() -> None:
    rows = record().series(5)
    assert [row["t"] for row in rows[:3]] == [0.0, 0.5, 1.0]
    assert [row["dropped"] for row in rows] == [0, 0, 1, 1, 0, 0, 0, 1, 0, 0]
    assert sum(row["sent_kbit_s"] for row in rows) / 2 == pytest.approx(6.4)
    assert sum(row["received_kbit_s"] for row in rows) / 2 == pytest.approx(4.0)
    assert rows[0]["capacity_kbit_s"] == 8.0
    assert rows[7]["queue_ms_max"] == 70.0


def test_what_is_too_much_is_forgotten_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.line.statistics.MOST", 5)
    found = record()
    assert found.forgotten == 3
    assert found.summary(0, 10)["packets"] == 5


def test_the_marks_of_a_preset_are_known_beforehand() -> None:
    steps = Traits(capacity=Steps(((0, 2e6), (20, 300e3))))
    preset = Preset("x", "", steps, Traits(outages=((5, 6),)), changes=(7,))
    assert preset.marks() == [
        (5, f"{DOWN}: outage"),
        (6, f"{DOWN}: outage over"),
        (7, "another address"),
        (20, f"{UP}: 300 kbit/s"),
    ]


def test_the_table_has_a_line_for_each_direction_and_phase() -> None:
    both = {UP: record().summary(0, 4), DOWN: record().summary(10, 11)}
    phases = [{"begin": 0.0, "end": 2.0, "what": "good", **both}]
    one = table({**both, "phases": phases}).splitlines()
    assert len(one) == 3, "one phase is all there is"
    assert one[1].split()[:5] == ["all", "up", "8", "2", "6"]
    assert "loss 2" in one[1]
    more = table({**both, "phases": phases * 2}).splitlines()
    assert len(more) == 7
    assert more[3].startswith("0–2 s good")
