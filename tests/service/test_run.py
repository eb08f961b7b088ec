"""The life of a process, with real processes and signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.leash import LEASH

SERVE = "ready(); await stop.wait()"
SECONDS = 20.0


@contextmanager
def process(
    body: str, var: Path, *, before: str = "", **environ: str
) -> Iterator[subprocess.Popen[str]]:
    """A process whose main coroutine is `body`."""
    program = (
        "import asyncio, sys\n"
        "from zvonok.service import run\n"
        "from zvonok.service.run import Stop, ready\n"
        f"{before}\n"
        f"async def main(stop: Stop) -> None:\n    {body}\n"
        "sys.exit(run.run(main, process='test'))"
    )
    child = subprocess.Popen(
        [*LEASH, sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ZVONOK_VAR": str(var), **environ},
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def await_ready(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "READY\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    with process(SERVE, tmp_path) as child:
        await_ready(child)
        child.send_signal(number)
        assert child.wait(SECONDS) == 0


def test_the_end_of_its_supervisor_ends_it(tmp_path: Path) -> None:
    with process(SERVE, tmp_path, ZVONOK_SUPERVISED="1") as child:
        await_ready(child)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(SECONDS) == 0


def test_without_a_supervisor_stdin_means_nothing(tmp_path: Path) -> None:
    body = (
        "ready(); await asyncio.to_thread(sys.stdin.read)\n"
        "    for _ in range(10): await asyncio.sleep(0)\n"
        "    print('asked to stop' if stop.requested else 'goes on')"
    )
    with process(body, tmp_path) as child:
        await_ready(child)
        assert child.stdin is not None
        child.stdin.close()
        assert child.stdout is not None
        assert child.stdout.readline() == "goes on\n"


def test_a_second_signal_insists(tmp_path: Path) -> None:
    body = "ready(); await stop.wait(); print('draining', flush=True); await asyncio.sleep(600)"
    # Only that can end it in time.
    with process(body, tmp_path, before="run.DRAIN_SECONDS = 600") as child:
        await_ready(child)
        child.terminate()
        assert child.stdout is not None
        assert child.stdout.readline() == "draining\n"
        child.terminate()
        assert child.wait(SECONDS) == 0


def test_a_drain_without_end_is_cut_short(tmp_path: Path) -> None:
    body = "ready(); await stop.wait(); await asyncio.sleep(60)"
    with process(body, tmp_path, before="run.DRAIN_SECONDS = 0.1") as child:
        await_ready(child)
        child.terminate()
        _, errors = child.communicate(timeout=SECONDS)
        assert child.returncode == 0
        assert json.loads(errors)["event"] == "drain cut short"


def test_a_failure_is_logged_as_one_line_of_json(tmp_path: Path) -> None:
    with process("raise ZeroDivisionError('why')", tmp_path) as child:
        _, errors = child.communicate(timeout=SECONDS)
        assert child.returncode == 1
        line = json.loads(errors)
        assert line["process"] == "test"
        assert "ZeroDivisionError: why" in line["exception"]


def test_a_bad_setting_is_one_line(tmp_path: Path) -> None:
    with process(SERVE, tmp_path, ZVONOK_HTTP_PORT="many") as child:
        _, errors = child.communicate(timeout=SECONDS)
        assert child.returncode == 2
        assert errors == "test: http_port = 'many': a port number, 1–65535\n"


def test_libraries_log_in_the_same_shape(tmp_path: Path) -> None:
    body = "import logging; logging.getLogger('library').warning('hm %s', 1)"
    with process(body, tmp_path) as child:
        _, errors = child.communicate(timeout=SECONDS)
        line = json.loads(errors)
        assert (line["event"], line["level"], line["process"]) == ("hm 1", "warning", "test")


def test_what_is_below_the_level_is_left_out(tmp_path: Path) -> None:
    body = "log = run.structlog.get_logger(); log.info('a'); log.error('b', call='c')"
    with process(body, tmp_path, ZVONOK_LOG_LEVEL="error") as child:
        _, errors = child.communicate(timeout=SECONDS)
        line = json.loads(errors)
        assert (line["event"], line["call"]) == ("b", "c")


def test_it_may_open_as_much_as_the_operator_allows(tmp_path: Path) -> None:
    limits = "import resource; now = lambda: resource.getrlimit(resource.RLIMIT_NOFILE)"
    before = f"{limits}; resource.setrlimit(resource.RLIMIT_NOFILE, (256, now()[1]))"
    with process(f"assert now() == (now()[1],) * 2; {SERVE}", tmp_path, before=before) as child:
        await_ready(child)
