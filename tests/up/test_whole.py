"""The supervisor with everything that really runs under it."""

import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.up.installation import Installation
from zvonok.up.programs import OWN_PROCESSES


@pytest.fixture
def whole() -> Iterator[Installation]:
    with Installation(OWN_PROCESSES) as installation:
        yield installation


def health(installation: Installation, process: str) -> dict[str, object]:
    """What a process says of itself at its private door."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(10)
        door.connect(str(installation.var / "run" / f"{process}-private.sock"))
        door.sendall(b"GET /healthz HTTP/1.1\r\nHost: process\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: door.recv(4096), b""))
    found: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def until_well(installation: Installation) -> None:
    installation.until(lambda: all(health(installation, name)["ok"] for name in OWN_PROCESSES))


def test_everything_is_well_and_stops_by_itself(whole: Installation) -> None:
    whole.start()
    assert whole.get("/api/openapi.json").status == 200
    until_well(whole)
    assert whole.stop() == 0
    assert "took too long" not in whole.log
    assert whole.everything_ended()


def test_nothing_survives_a_killed_supervisor(whole: Installation) -> None:
    whole.start()
    whole.stop(signal.SIGKILL)
    whole.until(whole.everything_ended)


def test_all_recover_from_the_death_of_redis(whole: Installation) -> None:
    whole.start()
    until_well(whole)
    os.kill(whole.children()["redis-server"], signal.SIGKILL)
    whole.until(lambda: "redis serves again" in whole.log)
    until_well(whole)
