"""Programs beside the test: started, read line by line, ended by the end of their input."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.leash import PARENTS_LEASH

ROOT = Path(__file__).parents[2]
END_SECONDS = 15.0


class Program:
    def __init__(self, process: Process) -> None:
        self._process = process

    async def line(self, seconds: float = 40.0) -> str:
        """The next line of its output; the test fails when it has ended."""
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), seconds)
        assert line, "the program has ended"
        return line.decode().strip()


@asynccontextmanager
async def program(*argv: str, cwd: Path = ROOT) -> AsyncIterator[Program]:
    """Its standard error is the test's. Leaving the block ends it; then it must say 0."""
    process = await asyncio.create_subprocess_exec(
        *PARENTS_LEASH, *argv, stdin=PIPE, stdout=PIPE, cwd=cwd
    )
    try:
        yield Program(process)
    except BaseException:
        await _kill(process)
        raise
    try:
        await asyncio.wait_for(process.communicate(b""), END_SECONDS)
    except TimeoutError:
        await _kill(process)
        raise AssertionError(f"{argv[0]} does not end") from None
    assert process.returncode == 0


async def _kill(process: Process) -> None:
    """With a word first, upon which puppeteer closes its browser: that would go on else."""
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except TimeoutError:
            process.kill()
    await process.communicate()


def python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
