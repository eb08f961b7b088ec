"""One child process: started, awaited, its output passed on line by line, ended."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Coroutine
from pathlib import Path

from zvonok.service.run import READY
from zvonok.up.programs import Program

START_SECONDS = 30.0
PROBE_PAUSE = 0.02
LINE_BYTES = 1 << 20

Emit = Callable[[str], None]


class StartError(Exception):
    """A child did not come to serve; the text says which and why."""


class Child:
    """At most one process of a program at a time."""

    def __init__(self, program: Program, folder: Path, lock: int, emit: Emit) -> None:
        """`lock`: a descriptor every child inherits, so that the lock on it outlives us."""
        self.program = program
        self._folder = folder
        self._lock = lock
        self._emit = emit
        self._process: Process | None = None
        self._exited = asyncio.Event()
        self._pipes: list[asyncio.Task[None]] = []
        self._held: list[str] | None = None
        """Lines of a start or a stop, told only if it goes wrong. None: told at once."""

    async def start(self) -> None:
        """Returns when the program serves. Raises StartError."""
        own = self.program.probe is None
        ready = asyncio.Event()
        self._held = None if own else []
        await _to_the_end(self._make(own, ready))
        try:
            await self._until_ready(ready)
        except StartError:
            for line in self._held or ():
                self._emit(line)
            raise
        finally:
            self._held = None

    async def _make(self, own: bool, ready: asyncio.Event) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self.program.argv,
                stdin=PIPE if own else DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                cwd=self._folder,
                env={**os.environ, **self.program.environ},
                # Ctrl-C in the terminal is ours to handle; and a whole group can be killed.
                start_new_session=True,
                pass_fds=(self._lock,),
                limit=LINE_BYTES,
            )
        except OSError as error:
            raise StartError(f"{self.program.name}: {error}") from error
        self._process = process
        self._exited = _exit_of(process.pid)
        assert process.stdout
        assert process.stderr
        self._pipes = [
            asyncio.ensure_future(self._pass_on(process.stdout, ready if own else None)),
            asyncio.ensure_future(self._pass_on(process.stderr, None)),
        ]

    async def wait(self) -> int:
        """The exit status, after the last line of output; what is left of the group is killed."""
        assert self._process
        await self._exited.wait()
        self._kill_group()
        status = await self._process.wait()
        await asyncio.wait(self._pipes)
        return status

    def send(self, number: int) -> None:
        """A signal to the process, if there is one."""
        if self._process is None:
            return
        try:
            self._process.send_signal(number)
        except ProcessLookupError:
            pass  # It has ended by itself.

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL to the group when that takes too long."""
        if self._process is None:
            return
        if self.program.probe is not None:
            self._held = []  # Farewells.
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(self.program.stop_seconds):
                await self._exited.wait()
        except TimeoutError:
            self._emit(f"{self.program.name} took too long to end and was killed")
            self._kill_group()
        await self.wait()

    def _kill_group(self) -> None:
        """For grandchildren that outlived the child, nginx's workers for one."""
        assert self._process
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    async def _until_ready(self, ready: asyncio.Event) -> None:
        serving = asyncio.ensure_future(
            ready.wait() if self.program.probe is None else self._probe_until_true()
        )
        ended = asyncio.ensure_future(self._exited.wait())
        try:
            await asyncio.wait(
                {serving, ended}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if ended.done():
                status = await self.wait()
                raise StartError(f"{self.program.name} ended at once, status {status}")
            if not serving.done():
                raise StartError(f"{self.program.name} does not serve after {START_SECONDS:.0f} s")
        finally:
            serving.cancel()
            ended.cancel()

    async def _probe_until_true(self) -> None:
        assert self.program.probe
        while True:
            try:
                if await self.program.probe():
                    return
            except OSError:
                pass  # Not there yet.
            await asyncio.sleep(PROBE_PAUSE)

    async def _pass_on(self, stream: asyncio.StreamReader, ready: asyncio.Event | None) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:
                continue  # Longer than LINE_BYTES; the reader has dropped it.
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            if ready is not None and text == READY:
                ready.set()
            else:
                tell = self._emit if self._held is None else self._held.append
                tell(f"{self.program.name:<9} | {self.program.told(text)}")


async def _to_the_end(making: Coroutine[None, None, None]) -> None:
    """A cancellation takes effect when the process is made and known, so that it can be ended.

    asyncio itself would kill it alone and wait for the end of its output, which its own children
    may hold open for ever: on a busy machine they are there by then.
    """
    task = asyncio.ensure_future(making)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # Whoever is to stop wants to know of none.
        raise


def _exit_of(pid: int) -> asyncio.Event:
    """Set when the process ends, even while its own children hold its output open."""
    exited = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        exited.set()
        return exited

    def ended() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        exited.set()

    loop.add_reader(descriptor, ended)
    return exited
