"""`python -m bench.line`."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.line.presets import PRESETS
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
ASK = """
import os, socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(20)
client.connect((os.environ["LINE_HOST"], int(os.environ["LINE_PORT"])))
client.send(b"question")
raise SystemExit(7)
"""


def line(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        (sys.executable, "-m", "bench.line", *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == status, ended.stderr
    return ended


def test_a_command_runs_behind_the_line_and_its_exit_code_is_ours(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))
        service.settimeout(PATIENCE)
        to = f"127.0.0.1:{service.getsockname()[1]}"
        options = ("--preset", "300kbit", "--direction", "down", "--to", to, "--json", str(file))
        ended = line(*options, "--", sys.executable, "-c", ASK, status=7)
    assert "300kbit: steady 300 kbit/s" in ended.stdout
    figures = json.loads(file.read_text())
    assert figures["presets"] == ["300kbit"]
    assert figures["up"]["capacity_kbit_s"] is None, "up nothing is felt"
    assert figures["down"]["capacity_kbit_s"] == 300
    assert {"marks", "phases", "series", "seed", "seconds"} <= figures.keys()


def test_without_a_command_it_ends_after_the_time_that_was_said() -> None:
    ended = line("--preset", "train", "--to", "127.0.0.1:9", "--seconds", "0.2")
    assert ended.stdout.splitlines()[-2].startswith("all  up")


def test_a_command_that_goes_on_is_ended() -> None:
    endless = ("--", sys.executable, "-c", "import time; time.sleep(100)")
    line("--preset", "good", "--to", "127.0.0.1:9", "--seconds", "0.5", *endless)


def test_a_trace_is_the_capacity(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text("10\n20\n")
    file = tmp_path / "figures.json"
    options = ("--trace", str(trace), "--json", str(file), "--seconds", "0.1")
    line("--preset", "good", "--to", "127.0.0.1:9", *options)
    capacity = json.loads(file.read_text())["up"]["capacity_kbit_s"]
    assert capacity == pytest.approx(1504 * 8 * 100 / 1000, rel=0.1)


def test_the_presets_are_listed() -> None:
    told = line("--presets").stdout
    assert [text.split()[0] for text in told.splitlines()] == list(PRESETS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "127.0.0.1:9"], "--preset has to name a line"),
        (["--preset", "4g", "--to", "127.0.0.1:9"], "There are: good, school-wifi"),
        (["--preset", "good"], "--to has to say where the UDP service is"),
        (["--preset", "good", "--to", "nowhere"], "HOST:PORT is needed"),
        (["--preset", "good", "--to", "nowhere.invalid:9"], "nowhere.invalid: "),
        (["--preset", "good", "--to", "[::1]:9"], "--listen [::1]:0"),
        (["--preset", "good", "--tcp-to", "[::1]:9"], "--tcp-listen [::1]:0"),
        (["--preset", "good", "--to", "127.0.0.1:9", "--trace", "/nowhere"], "--trace:"),
        (["--preset", "good", "--to", "127.0.0.1:9", "--", "/nowhere"], "cannot run '/nowhere'"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(arguments: list[str], words: str) -> None:
    assert words in line(*arguments, status=2).stderr


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        ended = line("--preset", "good", "--to", "127.0.0.1:9", "--listen", port, status=2)
    assert "Without --listen" in ended.stderr
