"""The gates themselves: what they must catch is caught, and nothing else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
INNER = """
import asyncio, socket, sys, types
import pytest

kept = []

async def forever():
    await asyncio.Event().wait()

async def test_leaves_a_task():
    kept.append(asyncio.ensure_future(forever()))

@pytest.mark.asyncio(loop_scope="session")
async def test_leaves_a_task_in_the_loop_of_all():
    kept.append(asyncio.ensure_future(forever()))

async def test_ends_its_task():
    task = asyncio.ensure_future(forever())
    await asyncio.sleep(0)
    task.cancel()

async def test_raises_where_nobody_listens():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)

def test_leaves_a_socket():
    kept.append(socket.socket())

def test_closes_its_socket():
    socket.socket().close()

@pytest.mark.e2e
def test_drives_a_browser():
    kept.append(socket.socket())

def test_leaves_a_kernel_object(monkeypatch):
    core = types.ModuleType("core")
    core.count = 0
    core.live_objects = lambda: core.count
    sys.modules["sfu.kernel.core"] = core
    core.count = 1
"""
WRONG = {
    "leaves_a_task",
    "leaves_a_task_in_the_loop_of_all",
    "raises_where_nobody_listens",
    "leaves_a_socket",
    "leaves_a_kernel_object",
}


def test_each_leak_is_an_error_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests import leaks\nfrom tests.conftest import *\nleaks.GRACE = 0.1\n"
    )
    (tmp_path / "test_inner.py").write_text(INNER)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)]
        + ["-q", "-rA", "-p", "no:cacheprovider", "-W", "ignore", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("ERROR ")]
    assert {words[1].partition("::test_")[2] for words in lines} == WRONG, done.stdout
