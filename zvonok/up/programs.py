"""What runs, in which order, and how each tells that it serves."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zvonok.service.settings import Settings

Probe = Callable[[], Awaitable[bool]]

OWN_PROCESSES: Mapping[str, str] = {"signaling": "signaling", "sfu": "sfu"}
"""Name in the log → module that is run."""
OWN_STOP_SECONDS, FOREIGN_STOP_SECONDS = 1.4, 0.5


@dataclass(frozen=True, kw_only=True)
class Program:
    """One child of the supervisor."""

    name: str
    argv: tuple[str, ...]
    probe: Probe | None = None
    """Whether it serves. None: it is one of ours, prints READY and ends when its stdin does."""
    stop_seconds: float
    """How long after SIGTERM it is killed."""
    environ: Mapping[str, str] = field(default_factory=dict)
    told: Callable[[str], str] = str
    """What is passed on of a line of its output."""


def own_program(name: str, module: str) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-m", module),
        stop_seconds=OWN_STOP_SECONDS,
        environ={"ZVONOK_SUPERVISED": "1"},
    )


def foreign_program(
    name: str,
    argv: tuple[str, ...],
    probe: Probe,
    told: Callable[[str], str] = str,
    environ: Mapping[str, str] | None = None,
) -> Program:
    """A program that knows nothing of us: SIGTERM reaches it when its supervisor dies.

    The kernel sends it when the thread that made the child ends: make children in the main one.
    """
    leash = ("setpriv", "--pdeathsig", "TERM")
    return Program(
        name=name,
        argv=(*leash, *argv),
        probe=probe,
        stop_seconds=FOREIGN_STOP_SECONDS,
        environ=environ or {},
        told=told,
    )


def redis_program(executable: str, config: Path, settings: Settings) -> Program:
    async def answers() -> bool:
        reader, writer = await asyncio.open_unix_connection(settings.socket("redis"))
        try:
            writer.write(b"PING\r\n")
            # While it still loads its file the answer is an error.
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()

    # Redis 7.2 and later end at once where the locale of the environment, which ssh brings along,
    # is not installed.
    return foreign_program("redis", (executable, str(config)), answers, environ={"LC_ALL": "C"})


def nginx_program(executable: str, config: Path, settings: Settings) -> Program:
    async def answers() -> bool:
        _, writer = await asyncio.open_connection("127.0.0.1", settings.http_port)
        writer.close()
        return True

    # -e: or the log's place compiled into it would have to be writable.
    argv = (executable, "-e", "stderr", "-p", str(config.parent), "-c", str(config))
    return foreign_program("nginx", argv, answers, without_tokens)


def without_tokens(line: str) -> str:
    """nginx's word on a failed request, without what was asked for: addresses of lessons are keys
    to them, and what follows the request repeats it as referrer and for the process behind."""
    said, request, asked = line.partition(', request: "')
    if not request:
        return line
    method = asked.partition(" ")[0]
    return f'{said}, request: "{method if method.isalpha() else ""} …'
