"""Puts a line between a UDP service and its clients.

  python -m bench.line --preset 300kbit --to 127.0.0.1:5004 --listen 6004
  python -m bench.line --preset train --seed 7 --to 127.0.0.1:5004 -- ./client
  python -m bench.line --presets

Clients send to the relay's address instead of the service's; each has a socket of his own towards
the service. The command is run with the relay's address in its environment: LINE_HOST, LINE_PORT,
and LINE_TCP_PORT if TCP goes through the same line (--tcp-to). The relay ends with the command
and has its exit code; without a command it ends by Ctrl-C or after --seconds. Then it prints
what has become of the packets. The same seed gives the same line.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .capacity import read_trace
from .datagrams import Address
from .line import DOWN, UP, Preset
from .presets import PRESETS
from .relay import LOOPBACK, Ends, Relay
from .table import table

GRACE = 5.0
"""Seconds that a command has to end."""


class Wrong(Exception):
    """What is wrong with what was asked, and what to do."""


def address(text: str) -> Address:
    """`HOST:PORT`, `[IPv6]:PORT`, or a port on this machine."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}: HOST:PORT is needed, as 127.0.0.1:5004")
    return host.strip("[]") or LOOPBACK, int(port)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.line",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--preset", metavar="NAME", help="which line; --presets lists them")
    add("--presets", action="store_true", help="lists the lines, and ends")
    add("--to", type=address, metavar="HOST:PORT", help="where the UDP service is")
    add(
        "--listen",
        type=address,
        metavar="[HOST:]PORT",
        default=(LOOPBACK, 0),
        help="where clients send to; any free port of this machine unless it is said",
    )
    add("--tcp-to", type=address, metavar="HOST:PORT", help="a TCP service behind the same line")
    add(
        "--tcp-listen",
        type=address,
        metavar="[HOST:]PORT",
        default=(LOOPBACK, 0),
        help="where its clients connect to",
    )
    add(
        "--direction",
        choices=(UP, DOWN, "both"),
        default="both",
        help="up: only what clients send feels the line; down: only what they get",
    )
    add(
        "--trace",
        type=Path,
        metavar="FILE",
        help="capacity by a trace of mahimahi (a line per 1500 bytes, ms) instead of the preset's",
    )
    add("--seed", type=int, default=1, help="of all that is random (1)")
    add("--seconds", type=float, help="end after so long")
    add("--json", type=Path, metavar="FILE", help="where all figures are written to at the end")
    add("command", nargs="*", help="what is run meanwhile, after --")  # fmt: skip
    return parser.parse_args(argv)


def chosen(arguments: argparse.Namespace) -> Preset:
    """Raises Wrong."""
    preset = PRESETS.get(arguments.preset or "")
    if preset is None:
        names = ", ".join(PRESETS)
        raise Wrong(f"--preset has to name a line, not {arguments.preset!r}. There are: {names}")
    if arguments.trace is not None:
        try:
            capacity = read_trace(arguments.trace)
        except (OSError, ValueError) as error:
            raise Wrong(f"--trace: {error}") from error
        preset = replace(
            preset,
            name=f"{preset.name} with {arguments.trace.name}",
            up=replace(preset.up, capacity=capacity),
            down=replace(preset.down, capacity=capacity),
        )
    return preset if arguments.direction == "both" else preset.only(arguments.direction)


async def found(service: Address, listen: Address, kind: socket.SocketKind) -> Address:
    """Where a service is, of the family in which its clients come. Raises Wrong."""
    family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
    loop = asyncio.get_running_loop()
    try:
        known = await loop.getaddrinfo(*service, family=family, type=kind)
    except OSError as error:
        raise Wrong(
            f"{service[0]}: {error.strerror}. A service with an IPv6 address needs an IPv6 address "
            "for its clients, too: --listen [::1]:0, --tcp-listen [::1]:0"
        ) from error
    host, port = known[0][4][:2]
    return str(host), int(port)


async def run(arguments: argparse.Namespace, preset: Preset) -> int:
    """The command's exit code. Raises Wrong."""
    to, tcp_to = arguments.to, arguments.tcp_to
    ends = Ends(
        datagrams=to and await found(to, arguments.listen, socket.SOCK_DGRAM),
        streams=tcp_to and await found(tcp_to, arguments.tcp_listen, socket.SOCK_STREAM),
        listen=arguments.listen,
        listen_streams=arguments.tcp_listen,
    )
    try:
        async with Relay(preset, arguments.seed, ends) as relay:
            environ = announce(relay, ends, preset)
            status = await work(arguments, environ)
            statistics = relay.statistics()
    except OSError as error:
        raise Wrong(
            f"{error.strerror or error}: is a port taken? Without --listen any free one is used"
        ) from error
    print(table(statistics))
    if arguments.json is not None:
        try:
            arguments.json.write_text(json.dumps(statistics, ensure_ascii=False))
        except OSError as error:
            raise Wrong(f"--json: {error}") from error
    return status


def announce(relay: Relay, ends: Ends, preset: Preset) -> dict[str, str]:
    """Says where it listens; returns what the command is told."""
    environ: dict[str, str] = {}
    print(f"{preset.name}: {preset.what}")
    if ends.datagrams:
        host, port = relay.datagrams
        environ |= {"LINE_HOST": host, "LINE_PORT": str(port)}
        print(f"UDP {host}:{port} → {ends.datagrams[0]}:{ends.datagrams[1]}")
    if ends.streams:
        host, port = relay.streams
        environ |= {"LINE_HOST": environ.get("LINE_HOST", host), "LINE_TCP_PORT": str(port)}
        print(f"TCP {host}:{port} → {ends.streams[0]}:{ends.streams[1]}")
    sys.stdout.flush()
    return environ


async def work(arguments: argparse.Namespace, environ: dict[str, str]) -> int:
    """Until the command has ended, or as long as was said, or until a signal. Returns the command's
    exit code, or 0 if it was ended here. Raises Wrong."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    over: list[asyncio.Future[object]] = [asyncio.ensure_future(stopped.wait())]
    process = None
    if arguments.command:
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments.command, env={**os.environ, **environ}
            )
        except OSError as error:
            raise Wrong(f"cannot run {arguments.command[0]!r}: {error.strerror}") from error
        over.append(asyncio.ensure_future(process.wait()))
    try:
        await asyncio.wait(over, timeout=arguments.seconds, return_when=asyncio.FIRST_COMPLETED)
        return 0 if process is None else process.returncode or 0
    finally:
        for waiting in over:
            waiting.cancel()
        if process is not None and process.returncode is None:
            await end(process)


async def end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()


def main(argv: list[str]) -> int:
    arguments = parse(argv)
    if arguments.presets:
        width = max(map(len, PRESETS))
        for preset in PRESETS.values():
            print(f"{preset.name:{width}}  {preset.what}")
        return 0
    try:
        preset = chosen(arguments)
        if arguments.to is None and arguments.tcp_to is None:
            raise Wrong("--to has to say where the UDP service is, as 127.0.0.1:5004")
        return asyncio.run(run(arguments, preset))
    except Wrong as wrong:
        print(f"bench.line: {wrong}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
