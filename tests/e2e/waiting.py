"""Waiting for what is going to be true, with a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.patience import PATIENCE

Value = TypeVar("Value")
PAUSE = 0.05


async def until(
    read: Callable[[], Awaitable[Value]],
    right: Callable[[Value], bool],
    *,
    seconds: float = PATIENCE,
    what: str,
) -> Value:
    """What `read` gives, once that is right; the test fails when that takes longer."""
    give_up = time.monotonic() + seconds
    while True:
        value = await read()
        if right(value):
            return value
        if time.monotonic() > give_up:
            pytest.fail(f"not within {seconds:g} s: {what}; last: {value!r}")
        await asyncio.sleep(PAUSE)
