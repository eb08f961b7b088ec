"""A child whose start is cut short."""

import asyncio
import os
import time
from pathlib import Path

from tests.patience import PATIENCE
from zvonok.up.child import Child
from zvonok.up.programs import Program

FAMILY = "sleep 600 & echo $! >family.draft; mv family.draft family; wait"
"""What nginx is: a process whose own children hold its output open."""


async def ended(pid: int) -> None:
    """A killed process closes its output a little before it is gone."""
    async with asyncio.timeout(PATIENCE):
        while _is_alive(pid):
            await asyncio.sleep(0.01)


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


async def test_a_stop_while_a_child_is_made_ends_it_with_its_own_children(tmp_path: Path) -> None:
    """On a busy machine it may have come far by then, and a cancelled
    `create_subprocess_exec` kills it alone and waits for the end of its output."""

    async def never() -> bool:
        return False

    argv = ("/bin/sh", "-c", FAMILY)
    program = Program(name="family", argv=argv, probe=never, stop_seconds=PATIENCE)
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    child = Child(program, tmp_path, lock, print)
    start = asyncio.ensure_future(child.start())
    for _ in range(2):
        await asyncio.sleep(0)
    give_up = time.monotonic() + PATIENCE
    while not (tmp_path / "family").exists() and time.monotonic() < give_up:
        time.sleep(0.01)  # noqa: ASYNC251  # Nothing of ours goes on meanwhile.
    grandchild = int((tmp_path / "family").read_text())
    start.cancel()
    done, _ = await asyncio.wait({start}, timeout=PATIENCE)
    assert done
    await child.stop()
    await ended(grandchild)
    os.close(lock)
