"""Gates: a test that leaves tasks, descriptors or kernel objects behind fails."""

import asyncio
import gc
import inspect
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

GRACE = 5.0
"""Seconds in which what is ending may end."""
COUNTED = ("socket:", "pipe:", "anon_inode:[eventpoll]", "anon_inode:[eventfd]")


@pytest.fixture(autouse=True)
def no_leaked_descriptors(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sockets, pipes and eventfds are closed again. Browsers' drivers keep theirs."""
    before = _descriptors()
    yield
    if request.node.get_closest_marker("e2e"):
        return
    if len(_descriptors()) > len(before):
        gc.collect()  # What is only unreachable is reported by Python as a warning.
    left = [name for number, name in _descriptors().items() if before.get(number) != name]
    if len(_descriptors()) > len(before):
        pytest.fail(f"left open: {', '.join(left)}")


@pytest.fixture(autouse=True)
def no_leaked_kernel_objects() -> Iterator[None]:
    """The kernel's own count of its objects comes back to what it was."""
    before = _kernel_objects()
    yield
    if _kernel_objects() > before:
        gc.collect()
    left = _kernel_objects() - before
    if left > 0:
        pytest.fail(f"left in the kernel: {left} objects")


@pytest.fixture(autouse=True)
def no_leaked_tasks(no_leaked_descriptors: None, request: pytest.FixtureRequest) -> None:
    """In a coroutine test: no task survives it, and nothing reached the loop's last handler."""
    if inspect.iscoroutinefunction(request.function):
        marker = request.node.get_closest_marker("asyncio")
        session = marker is not None and marker.kwargs.get("loop_scope") == "session"
        request.getfixturevalue("gate_of_the_loop_of_all" if session else "gate_of_the_loop")


@pytest.fixture
async def gate_of_the_loop() -> AsyncIterator[None]:
    async with _gate():
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def gate_of_the_loop_of_all() -> AsyncIterator[None]:
    async with _gate():
        yield


@asynccontextmanager
async def _gate() -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    unhandled: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: unhandled.append(context))
    before = asyncio.all_tasks()
    yield
    current = asyncio.current_task()
    left = {task for task in asyncio.all_tasks() - before if task is not current}
    if left:
        _, left = await asyncio.wait(left, timeout=GRACE)
    loop.set_exception_handler(None)
    if left:
        pytest.fail(f"left running: {', '.join(repr(task.get_coro()) for task in left)}")
    if unhandled:
        pytest.fail(f"nobody handled: {unhandled}")


def _descriptors() -> dict[str, str]:
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            name = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue  # The descriptor of the listing itself.
        if name.startswith(COUNTED):
            found[number] = name
    return found


def _kernel_objects() -> int:
    core = sys.modules.get("sfu.kernel.core")
    return core.live_objects() if core is not None and hasattr(core, "live_objects") else 0
