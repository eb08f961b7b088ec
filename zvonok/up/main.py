"""`zvonok up`: check, write configurations, start, wait, stop."""

import asyncio
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from zvonok.service.addresses import reachable_addresses, shown_addresses
from zvonok.service.descriptors import raise_limit
from zvonok.service.settings import Settings, SettingsError, load
from zvonok.up import ports
from zvonok.up.banner import banner
from zvonok.up.child import Child, StartError
from zvonok.up.nginx import Site, nginx_config
from zvonok.up.programs import (
    OWN_PROCESSES,
    Program,
    nginx_program,
    own_program,
    redis_program,
)
from zvonok.up.redis import redis_config
from zvonok.up.renewal import current_certificates, keep_certificates
from zvonok.up.supervisor import Supervisor

CHECKOUT = Path(__file__).resolve().parents[2]
CLIENT = CHECKOUT / "web" / "dist"
LOCK_PATIENCE = 12.0
"""Seconds in which the children of a supervisor that was killed may end."""


class CannotStart(Exception):
    """What the operator has to do, in one line."""


def up(own: Mapping[str, str] = OWN_PROCESSES, client: Path = CLIENT) -> int:
    """Runs the installation until a signal ends it; the result is the exit status."""
    # For children too: the database holds the links, Redis the offers, and the operator's folder
    # may be open to all users of the machine.
    os.umask(0o077)
    raise_limit()
    try:
        settings = load()
        lock = _lock(settings)
        stages = _prepare(settings, own, client)
    except (SettingsError, CannotStart, OSError) as error:
        print(f"zvonok: {error}", file=sys.stderr)
        return 1
    children = [[Child(program, CHECKOUT, lock, emit) for program in stage] for stage in stages]
    return asyncio.run(_serve(settings, Supervisor(children, emit)))


def emit(line: str) -> None:
    """A disk that is full or a terminal that is gone costs the line and nothing else: whoever tells
    it keeps a child alive, or reads what a child writes, which would wait for that for ever."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _lock(settings: Settings) -> int:
    """Holds `{var}` for us and, since they inherit the descriptor, for our children."""
    lock = os.open(settings.run_dir / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    give_up = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _supervisor_lives(lock) or time.monotonic() > give_up:
                raise CannotStart(
                    f"it runs already with the data in {settings.var}: "
                    "stop it, or set ZVONOK_VAR to another folder."
                ) from None
            time.sleep(0.05)
        else:
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            return lock


def _supervisor_lives(lock: int) -> bool:
    pid = os.pread(lock, 20, 0)
    return pid.isdigit() and Path(f"/proc/{int(pid)}").exists()


def _prepare(settings: Settings, own: Mapping[str, str], client: Path) -> list[list[Program]]:
    """Checks that everything can run; writes configurations and certificates."""
    if not (client / "index.html").exists():
        raise CannotStart(f"the client is not built in {client}: run `make up`.")
    redis, nginx = _executable("redis-server"), _executable("nginx")
    ipv6 = ports.has_ipv6()
    problem = ports.first_problem(ports.wanted_ports(settings, ipv6=ipv6))
    if problem:
        raise CannotStart(problem)
    os.environ["ZVONOK_VAR"] = str(settings.var)  # Children run in another folder.
    if "ZVONOK_CONFIG" in os.environ:
        os.environ["ZVONOK_CONFIG"] = str(Path(os.environ["ZVONOK_CONFIG"]).absolute())

    certificates, _ = current_certificates(settings)
    folder = settings.var / "nginx"
    site = Site(settings, folder, client, certificates, ipv6)
    nginx_file = _write(folder / "nginx.conf", nginx_config(site))
    stages = [
        [own_program(name, module) for name, module in own.items()],
        [nginx_program(nginx, nginx_file, settings)],
    ]
    if settings.redis_url == f"unix://{settings.socket('redis')}":
        folder = settings.var / "redis"
        redis_file = _write(folder / "redis.conf", redis_config(settings, folder))
        stages.insert(0, [redis_program(redis, redis_file, settings)])
    return stages


def _executable(name: str) -> str:
    # An ordinary user's PATH often lacks the folder that Debian puts nginx into.
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise CannotStart(f"{name} is not installed: run `make up`.")
    return found


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


async def _serve(settings: Settings, supervisor: Supervisor) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    start = asyncio.ensure_future(supervisor.start())
    stopped = asyncio.ensure_future(stop.wait())
    renewal = asyncio.ensure_future(
        keep_certificates(settings, lambda: _reload(settings, supervisor), emit)
    )
    status = 0
    try:
        await asyncio.wait({start, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            start.result()
            _greet(settings)
            await stop.wait()
    except StartError as error:
        emit(f"zvonok: {error}")
        status = 1
    finally:
        for task in (start, stopped, renewal):
            task.cancel()
        await asyncio.wait({start, stopped, renewal})
        await supervisor.stop()
    return status


def _reload(settings: Settings, supervisor: Supervisor) -> None:
    supervisor.send("nginx", signal.SIGHUP)
    addresses = shown_addresses(reachable_addresses(settings.public_addresses))
    emit(f"The addresses of this machine changed: {', '.join(addresses) or 'none but its own'}.")


def _greet(settings: Settings) -> None:
    text = banner(
        http_port=settings.http_port,
        https_port=settings.https_port,
        addresses=shown_addresses(reachable_addresses(settings.public_addresses)),
        key=settings.school_key,
        drawn=sys.stdout.isatty(),
    )
    print(text, flush=True)
