"""What was measured can be kept, and is the same when it is read again."""

from pathlib import Path

from bench.lines.cases import CASES
from bench.lines.figures import Figures
from bench.lines.many import Crowd, Others
from bench.lines.plot import draw
from bench.lines.report import Measured, read
from bench.lines.running import Result
from bench.lines.sockets import Felt

FIGURES = Figures(24.0, 360, 1, 0.7, 0.01, 80, 500, 1.2, 0.8, 0.9, 40.0, 0.0, word_error=0.03)
LINE = {"t": 0.5, "capacity_kbit_s": 1000.0, "sent_kbit_s": 900.0, "queue_ms_max": 12.0}
ROWS = [{"at": 1000.0 + n, "frames": 20 * n} for n in range(10)]
OTHERS = Others(3.0, 0.0, 20.0, 50.0)


def test_a_file_holds_everything(tmp_path: Path) -> None:
    runs = [
        Result(column, "1mbit", FIGURES, 1000.0, ROWS, [], [LINE]) for column in ("Zvonok", "Janus")
    ]
    before = Measured(runs, Crowd(OTHERS, OTHERS, 0.8, 0.9, 20.0, [Felt(1.0, 0.0, 0.9)] * 2))
    findings = before.findings(["1mbit", "3g"])
    before.write(tmp_path / "figures.json", findings)
    after = read([tmp_path / "figures.json"])
    assert after == before
    assert after.findings(["1mbit", "3g"]) == findings
    assert "MISSED 3g: there are figures" in after.text(findings)
    assert "| 1mbit | Janus | 80% | 90% | 40 |" in after.markdown(findings)
    picture = draw(tmp_path, CASES["1mbit"], after.results)
    assert picture.read_text().count("<polyline") == 8


def test_the_median_of_several_runs_counts() -> None:
    runs = [
        Result("Zvonok", "1mbit", FIGURES, 1000.0, [], [], []),
        Result("Zvonok", "1mbit", FIGURES, 1000.0, [], [], []),
        Result("Zvonok", "1mbit", Figures(**FIGURES.as_json() | {"fps": 3.0}), 0.0, [], [], []),
    ]
    assert Measured(runs, None).figures["Zvonok"]["1mbit"].fps == 24.0
