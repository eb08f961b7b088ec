"""All that was measured: kept in a file, judged, told in tables."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .cases import CASES
from .figures import Figures
from .many import Crowd, Others
from .running import Result, result_of
from .sockets import Felt
from .table import HEAD, aligned, cells, markdown, told
from .tries import medians
from .verdict import OURS, THEIRS, Finding, judge


@dataclass
class Measured:
    results: list[Result]
    crowd: Crowd | None
    """Many viewers, if they were tried."""

    @property
    def figures(self) -> dict[str, dict[str, Figures]]:
        """By column and case, each the median of its runs."""
        names = dict.fromkeys(it.column for it in self.results)
        return {name: medians(self.results, name) for name in names}

    def findings(self, expected: Sequence[str]) -> list[Finding]:
        """`expected`: cases of which there should be figures of ours."""
        figures = self.figures
        done = figures.get(OURS, {})
        found = judge(done, figures.get(THEIRS, {}))
        found += [
            Finding(it, "there are figures", None, False) for it in expected if it not in done
        ]
        return found + (self.crowd.findings() if self.crowd is not None else [])

    def rows(self) -> list[list[str]]:
        figures = self.figures
        return [
            cells(case, name, by_case[case])
            for case in CASES
            for name, by_case in figures.items()
            if case in by_case
        ]

    def text(self, findings: Sequence[Finding]) -> str:
        lines = [*aligned([HEAD, *self.rows()]), ""]
        if self.crowd is not None:
            lines += [str(self.crowd), ""]
        return "\n".join([*lines, *map(told, findings)])

    def markdown(self, findings: Sequence[Finding]) -> str:
        lines = [markdown([HEAD, *self.rows()]), ""]
        return "\n".join([*lines, *(f"- {told(finding)}" for finding in findings), ""])

    def write(self, path: Path, findings: Sequence[Finding]) -> None:
        figures = {
            name: {case: it.as_json() for case, it in by_case.items()}
            for name, by_case in self.figures.items()
        }
        written = {
            "figures": figures,
            "findings": [asdict(finding) for finding in findings],
            "many": self.crowd and asdict(self.crowd),
            "runs": [it.as_json() for it in self.results],
        }
        path.write_text(json.dumps(written, ensure_ascii=False))


def read(paths: Sequence[Path]) -> Measured:
    """What `write` has written; of the many viewers the last that were tried. Raises OSError,
    ValueError, and TypeError for what another version wrote."""
    results: list[Result] = []
    crowd = None
    for path in paths:
        written = json.loads(path.read_text())
        results += [result_of(run) for run in written["runs"]]
        crowd = crowd_of(written["many"]) if written["many"] else crowd
    return Measured(results, crowd)


def crowd_of(written: dict[str, Any]) -> Crowd:
    return Crowd(
        **{
            **written,
            "others": Others(**written["others"]),
            "quiet": Others(**written["quiet"]),
            "felt": [Felt(**it) for it in written["felt"]],
        }
    )
