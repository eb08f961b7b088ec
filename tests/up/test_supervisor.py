"""The supervisor with a real Redis and a real nginx."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
import redis

from tests.up.installation import Installation
from zvonok.up.supervisor import FIRST_PAUSE, GOOD_LIFE, LONGEST_PAUSE, next_pause

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installation() -> Iterator[Installation]:
    with Installation() as installation:
        yield installation


def test_a_start_a_stop_and_a_start_with_what_is_there(installation: Installation) -> None:
    """How long each takes is told by `python -m bench.startup`."""
    for _ in range(2):
        installation.start()
        assert installation.get("/").status == 200
        assert installation.stop() == 0
        assert "took too long" not in installation.log
        assert installation.everything_ended()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_stop_it_as_well(installation: Installation, number: int) -> None:
    installation.start()
    assert installation.stop(number) == 0
    assert installation.everything_ended()


def test_what_it_writes_is_for_its_user_only(installation: Installation) -> None:
    installation.var.mkdir(mode=0o755)
    installation.start()
    installation.stop()
    files = [path for path in installation.var.rglob("*") if not path.is_dir()]
    assert len(files) > 5
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_what_cannot_be_written_at_the_start_is_one_line(installation: Installation) -> None:
    installation.var.mkdir()
    (installation.var / "redis").touch()
    installation.spawn()
    assert installation.wait() == 1
    assert installation.log.startswith("zvonok: ")
    assert str(installation.var / "redis") in installation.log
    assert installation.log.count("\n") == 1


def test_a_stop_during_the_start(installation: Installation) -> None:
    installation.spawn()
    installation.until(lambda: (installation.var / "redis" / "redis.conf").exists())
    assert installation.stop() in (0, -signal.SIGINT)
    assert installation.everything_ended()


def test_a_killed_supervisor_leaves_no_orphan(installation: Installation) -> None:
    installation.start()
    assert len(installation.children()) == 4
    assert installation.stop(signal.SIGKILL) == -signal.SIGKILL
    installation.until(installation.everything_ended)


def test_after_a_kill_it_starts_at_once(installation: Installation) -> None:
    installation.start()
    installation.stop(signal.SIGKILL)
    installation.start()
    assert installation.get("/").status == 200


@pytest.mark.parametrize("name", ["redis-server", "nginx", "stub_signaling", "stub_sfu"])
def test_a_dead_child_is_started_again(installation: Installation, name: str) -> None:
    installation.start()
    before = installation.children()
    os.kill(before[name], signal.SIGKILL)
    installation.until(lambda: "serves again" in installation.log)
    after = installation.children()
    assert after[name] != before[name]
    assert {**after, name: 0} == {**before, name: 0}
    assert installation.get("/api/tell").status == 200


def test_a_dead_child_is_started_again_when_there_is_no_room_for_the_log() -> None:
    """`up >up.log 2>&1` on a disk that is full."""
    with Installation(log_full=True) as installation:
        installation.start()
        before = installation.children()["stub_sfu"]
        os.kill(before, signal.SIGKILL)
        installation.until(lambda: installation.children().get("stub_sfu", before) != before)


def test_what_redis_holds_survives_a_restart(installation: Installation) -> None:
    url = f"unix://{installation.var}/run/redis.sock"
    installation.start()
    with redis.Redis.from_url(url) as client:
        client.set("key", "value")
    installation.stop()
    installation.start()
    with redis.Redis.from_url(url) as client:
        assert client.get("key") == b"value"


def test_a_redis_of_the_operators_own_is_not_started(redis_url: str) -> None:
    with Installation(ZVONOK_REDIS_URL=redis_url) as installation:
        installation.start()
        assert "redis-server" not in installation.children()


PARTICULAR = """#!/bin/sh
'{python}' -c 'import locale; locale.setlocale(locale.LC_COLLATE, "")' && exec '{redis}' "$@"
"""


def test_a_redis_that_insists_on_its_locale_starts_in_whatever_ssh_has_brought(
    tmp_path: Path,
) -> None:
    """Redis 7.2 and later end at once where the locale of the environment is not installed."""
    redis = shutil.which("redis-server")
    assert redis
    program = tmp_path / "redis-server"
    program.write_text(PARTICULAR.format(python=sys.executable, redis=redis))
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with Installation(PATH=path, LC_ALL="xx_XX.UTF-8") as installation:
        installation.start()
        assert "redis-server" in installation.children()


def test_a_taken_port_is_one_clear_line(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", installation.http)):
        installation.spawn()
        assert installation.wait() == 1
    assert installation.log == (
        f"zvonok: TCP port {installation.http} is taken by another program: "
        "stop it or set ZVONOK_HTTP_PORT to a free port.\n"
    )
    assert not (installation.var / "redis").exists()


def test_a_second_one_with_the_same_data_is_one_clear_line(installation: Installation) -> None:
    installation.start()
    with Installation(ZVONOK_VAR=str(installation.var)) as second:
        second.spawn()
        assert second.wait() == 1
        assert second.log.startswith("zvonok: it runs already with the data in ")
        assert second.log.count("\n") == 1


def test_a_client_that_is_not_built_is_one_clear_line(installation: Installation) -> None:
    (installation.client / "index.html").unlink()
    installation.spawn()
    assert installation.wait() == 1
    assert installation.log.startswith("zvonok: the client is not built")


def test_a_process_that_cannot_start_stops_the_start() -> None:
    with Installation(ZVONOK_STUB="dies") as installation:
        installation.spawn()
        assert installation.wait() == 1
        assert "sfu       | no media today" in installation.log
        assert "zvonok: sfu ended at once, status 1" in installation.log
        assert installation.everything_ended()


def test_a_process_that_ignores_the_stop_is_killed() -> None:
    with Installation(hurried=True, ZVONOK_STUB="hangs") as installation:
        installation.start()
        assert installation.stop() == 0
        assert "sfu took too long" in installation.log
        assert installation.everything_ended()


SOMEBODY = """
import sys
from tests.up.installation import Installation
installation = Installation()
installation.start()
print(installation.var, flush=True)
sys.stdin.read()
"""


def test_what_tests_have_started_ends_with_tests_that_are_killed(
    installation: Installation,
) -> None:
    command = [sys.executable, "-c", SOMEBODY]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) as tests:
        assert tests.stdout is not None
        installation.var = Path(tests.stdout.readline().strip())
        tests.kill()
    try:
        installation.until(installation.everything_ended)
    finally:
        if not installation.everything_ended():
            os.kill(int((installation.var / "run/up.lock").read_text()), signal.SIGINT)
        shutil.rmtree(installation.var.parent, ignore_errors=True)


def test_a_supervisor_that_does_not_end_fails_its_test_and_is_killed(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.start()
    os.kill(installation.pid, signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr("tests.up.installation.SECONDS", 0.1)
        with pytest.raises(subprocess.TimeoutExpired):
            installation.stop()
    installation.until(installation.everything_ended)


def test_pauses_grow_and_are_forgotten() -> None:
    pauses = [next_pause(0, 1)]
    for _ in range(6):
        pauses.append(next_pause(pauses[-1], 1))
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]
    assert pauses[0] == FIRST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE
    assert next_pause(10, GOOD_LIFE) == FIRST_PAUSE
