"""The two clocks of a process, handed to whoever needs them, so that tests can turn them."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    wall: Callable[[], float] = time.time
    """Seconds since 1970: for what is stored and signed."""
    steady: Callable[[], float] = time.monotonic
    """Seconds that never jump: for the state machine and rate limits. The event loop's own."""
