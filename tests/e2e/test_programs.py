"""Programs beside a test end with it, and with them what they have started."""

from pathlib import Path

import pytest

from tests.e2e.programs import program
from tests.e2e.waiting import until
from tests.patience import PATIENCE

SCRIPT = 'sleep 600 & child=$!; trap "kill $child; exit" TERM; echo $child; wait'
"""Stands in for what drives a browser."""


async def test_no_browser_of_a_program_outlives_a_test_that_fails() -> None:
    child = 0

    async def command() -> bytes:
        try:
            return Path(f"/proc/{child}/cmdline").read_bytes()
        except FileNotFoundError:
            return b""

    async def fails() -> None:
        nonlocal child
        async with program("sh", "-c", SCRIPT) as running:
            child = int(await running.line())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert child
    await until(command, lambda words: not words, seconds=PATIENCE, what="it has ended, too")
