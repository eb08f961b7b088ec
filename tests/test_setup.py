"""`tools/setup.sh` where what it asks says nothing: it ends, and says what stood still and why."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[1]
COPIED = ("tools", "requirements.lock", "setup.py", "web/package.json", "web/package-lock.json")
STANDSTILLS = ("6", "20", "60")
"""Seconds: in so many both programs have started and asked, on a machine with nothing, much, or
very much else to do."""
LONGEST = 300
"""Seconds: the longest of them, twice what it may take to start, and what it takes to end."""
UNKNOWN = f"zvonok-nonesuch==1.0 --hash=sha256:{'0' * 64}\n"

pytestmark = pytest.mark.timeout(len(STANDSTILLS) * LONGEST + 60)


class Silent:
    """A server that accepts and never answers. Who asked may hang up; it never does."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.asked: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.asked.append(self._door.accept()[0])
            except OSError:
                return

    def everybody_hung_up(self) -> bool:
        for one in self.asked:
            one.settimeout(PATIENCE)
            while one.recv(65536):
                pass  # The request.
        return True

    def close(self) -> None:
        # Wakes the thread that accepts; closing alone does not.
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for one in self.asked:
            one.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    server = Silent()
    yield server
    server.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the set-up reads, with Python's packages and the kernel there already."""
    folder = tmp_path / "zvonok"
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "sfu/kernel", folder / "sfu/kernel")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "build/stamps").mkdir(parents=True)
    for stamp in ("python", "kernel", "kernel-settings"):
        shutil.copy2(ROOT / "build/stamps" / stamp, folder / "build/stamps")
    return folder


def set_up(
    checkout: Path, level: str, *, path: str = "", patience: str = STANDSTILLS[0]
) -> subprocess.CompletedProcess[str]:
    """With an emptied environment, but for where it lives."""
    home = checkout.parent
    return subprocess.run(
        ["tools/setup.sh", level],
        cwd=checkout,
        env={
            "HOME": str(home),
            # Under `make test` our own programs come first, as the copy's would.
            "PATH": path + os.environ["PATH"].replace(f"{ROOT}/", f"{checkout}/"),
            "ZVONOK_SETUP_PATIENCE": patience,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


def set_up_until_asked(
    checkout: Path, level: str, silent: Silent
) -> tuple[subprocess.CompletedProcess[str], str]:
    """And the patience that it needed."""
    for patience in STANDSTILLS:
        done = set_up(checkout, level, patience=patience)
        if silent.asked:
            return done, patience
    pytest.fail(f"nobody was asked:\n{done.stderr}")


def test_a_registry_that_never_answers_is_named(checkout: Path, silent: Silent) -> None:
    address = f"http://127.0.0.1:{silent.port}/"
    (checkout.parent / ".npmrc").write_text(f"registry={address}\n")
    done, patience = set_up_until_asked(checkout, "check", silent)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    what = "Installing the client's packages"
    assert f"▸ {what} …" in told
    assert any(line.startswith(f"▸ {what}: ") and "done" not in line for line in told), (
        "no sign of life"
    )
    assert f"✗ {what} stood still: nothing came for {patience} s, so it was ended." in told
    assert f"  It asks {address} (npm config get registry)." in told
    assert "  Then repeat the same command: what is there already stays." in told
    assert silent.everybody_hung_up(), "npm goes on"
    assert not (checkout / "build/stamps/npm").exists()


def test_an_index_that_never_answers_is_named(checkout: Path, silent: Silent) -> None:
    (checkout / "requirements.lock").write_text(UNKNOWN)
    settings = checkout.parent / ".config/pip/pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        # By itself it would say every 15 s that it tries again, which is a sign of life.
        f"[global]\ntimeout = 600\nindex-url = http://anya:geheim@127.0.0.1:{silent.port}/simple\n"
    )
    done, patience = set_up_until_asked(checkout, "kernel", silent)
    assert done.returncode == 1
    assert f"(about a minute) stood still: nothing came for {patience} s" in done.stderr
    assert f"  It asks http://127.0.0.1:{silent.port}/simple (pip's conf" in done.stderr
    assert "geheim" not in done.stderr
    assert silent.everybody_hung_up(), "pip goes on"


def test_what_a_command_started_is_ended_with_it(tmp_path: Path, silent: Silent) -> None:
    """npm from a Python package is a child of Python, and takes its time to end."""
    stubborn = f"trap '' TERM; exec 3<>/dev/tcp/127.0.0.1/{silent.port}; read <&3"
    parent = ("bash", "-c", 'bash -c "$0"; true')
    for patience in STANDSTILLS:
        done = subprocess.run(
            ["bash", "-c", '. tools/steps.sh; fetch "" Fetching "$@"', "-", *parent, stubborn],
            cwd=ROOT,
            env={**os.environ, "LOG": str(tmp_path / "log"), "ZVONOK_SETUP_PATIENCE": patience},
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        if silent.asked:
            break
    assert done.returncode == 1
    assert "✗ Fetching stood still" in done.stderr
    assert silent.asked
    assert silent.everybody_hung_up(), "its child goes on"


def test_a_mirror_that_fails_is_named(checkout: Path) -> None:
    programs = checkout.parent / "bin"
    programs.mkdir()
    asked = checkout.parent / "asked"
    for name, script in {
        "dpkg-query": "exit 0",
        "sudo": 'while [ "$1" = -n ]; do shift; done; exec "$@"',
        "apt-get": f'echo "$*" >>{asked}; if [ "$1" = indextargets ]; then '
        "echo http://anya:geheim@mirror.example/debian/; else echo E: no such host; exit 100; fi",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    done = set_up(checkout, "up", path=f"{programs}:")
    assert done.returncode == 1
    assert "E: no such host" in done.stderr
    assert "✗ Refreshing the list of packages failed" in done.stderr
    assert "    http://mirror.example/debian/" in done.stderr.splitlines()
    assert "geheim" not in done.stderr
    assert "Acquire::http::Timeout=20" in asked.read_text()
