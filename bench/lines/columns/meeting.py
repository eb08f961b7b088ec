"""What each column gives: a publisher who sends, and a viewer who is about to enter."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from playwright.async_api import Page

from bench.line.relay import RelayThread

from ..cases import Case


@dataclass
class Meeting:
    publisher: Page
    viewer: Page
    enter: Callable[[], Awaitable[None]]
    """From now on the line is the case's, and the viewer enters; returns when nothing is left to do
    for that, perhaps before he sees."""
    line: list[RelayThread] = field(default_factory=list)
    """The relay, once there is one."""


class Column(Protocol):
    name: str

    def meeting(self, case: Case, seed: int) -> AbstractAsyncContextManager[Meeting]:
        """Ends with the block."""
