"""How good a call is on bad lines, beside Janus' VideoRoom and beside Chromium to Chromium.

  python -m bench.lines [--only 1mbit,step] [--columns zvonok,janus,direct] [--json FILE]

A real Chromium publishes a picture of 720 lines and speech, another one looks and listens; one of
them is behind a line of bench.line. The three ways between them take turns on each line. Five
times a second both pages are asked what they have counted. The verdict is that all aims of what was
tried are met; docs/performance.md says what they are, and how to read the table. For Janus it has
to be run as root; without Janus the others are measured all the same. Speech is judged with
--speech-model, a folder with a model of Vosk that knows the words of bench/lines/scene.py.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import many
from .cases import CASES
from .plot import draw
from .report import Measured, read
from .speech import Recogniser, speech_missing
from .tries import COLUMNS, available, measure


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.lines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    everything = [*CASES, many.NAME]
    add(
        "--only", default=",".join(everything), metavar="LINE,…", help=f"of {', '.join(everything)}"
    )
    add("--columns", default=",".join(COLUMNS), metavar="NAME,…", help=f"of {', '.join(COLUMNS)}")
    add("--runs", type=int, default=1, help="of each; the median counts (1)")
    add("--speech-model", type=Path, metavar="FOLDER", help="for whether speech is understood")
    add("--json", type=Path, metavar="FILE", help="figures and samples")
    add(
        "--from",
        type=Path,
        metavar="FILE",
        nargs="+",
        dest="earlier",
        default=[],
        help="nothing is measured: figures are those that --json has written",
    )
    add("--markdown", type=Path, metavar="FILE", help="table and verdict")
    add("--plots", type=Path, metavar="FOLDER", help="a picture (SVG) for each line")
    arguments = parser.parse_args()
    arguments.only = _chosen(parser, "--only", arguments.only, everything)
    arguments.many = many.NAME in arguments.only
    arguments.only = [name for name in arguments.only if name != many.NAME]
    arguments.columns = _chosen(parser, "--columns", arguments.columns, COLUMNS)
    if missing := speech_missing(arguments.speech_model):
        parser.error(f"--speech-model: {missing}")
    return arguments


def _chosen(
    parser: argparse.ArgumentParser,
    option: str,
    text: str,
    known: Sequence[str] | Mapping[str, Any],
) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        parser.error(f"{option}: {', '.join(unknown)}? There are: {', '.join(known)}")
    return names


def main() -> int:
    arguments = parse()
    expected: list[str] = []
    if arguments.earlier:
        measured = read(arguments.earlier)
    else:
        recogniser = None if arguments.speech_model is None else Recogniser(arguments.speech_model)
        wanted = available(arguments.columns)
        results = asyncio.run(measure(arguments.only, wanted, arguments.runs, recogniser))
        measured = Measured(results, many.measure() if arguments.many else None)
        expected = arguments.only if "zvonok" in wanted else []
    findings = measured.findings(expected)
    print("\n" + measured.text(findings))
    if arguments.json is not None:
        measured.write(arguments.json, findings)
    if arguments.markdown is not None:
        arguments.markdown.write_text(measured.markdown(findings))
    if arguments.plots is not None:
        for case in dict.fromkeys(it.case for it in measured.results):
            draw(arguments.plots, CASES[case], [it for it in measured.results if it.case == case])
    return 0 if all(finding.met for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
