"""What `make up` starts, on free ports and with data of its own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.leash import PARENTS_LEASH
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
STOP_SECONDS = 10.0


class Running:
    """One `python -m zvonok up`."""

    def __init__(self) -> None:
        # Not tmp_path: the path of a socket has to be short.
        self._folder = tempfile.TemporaryDirectory(prefix="zv-")
        self.var = Path(self._folder.name) / "var"
        self.log_file = Path(self._folder.name) / "log"
        self.http = free_port(socket.SOCK_STREAM)
        self.https = free_port(socket.SOCK_STREAM)
        self.media = free_port(socket.SOCK_DGRAM)

    def __enter__(self) -> Self:
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                (*PARENTS_LEASH, sys.executable, "-m", "zvonok", "up"),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "ZVONOK_VAR": str(self.var),
                    "ZVONOK_HTTP_PORT": str(self.http),
                    "ZVONOK_HTTPS_PORT": str(self.https),
                    "ZVONOK_MEDIA_PORT": str(self.media),
                },
            )
        give_up = time.monotonic() + START_SECONDS
        while "Zvonok runs." not in self.log:
            assert self._process.poll() is None, f"it ended at once:\n{self.log}"
            assert time.monotonic() < give_up, f"it does not start:\n{self.log}"
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._process.send_signal(signal.SIGINT)
            try:
                status = self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise AssertionError(f"Ctrl-C did not end it:\n{self.log[-4000:]}") from None
            assert status == 0, f"status {status} after Ctrl-C:\n{self.log[-4000:]}"
        finally:
            self._folder.cleanup()

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.http}"

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def school_key(self) -> str:
        return (self.var / "school-key").read_text().strip()

    def request(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """The decoded reply to a request through the front door. Raises HTTPError."""
        request = urllib.request.Request(  # noqa: S310
            self.origin + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token or self.school_key}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
            return json.load(reply)

    def counters(self, process: str) -> dict[str, float]:
        """The metrics without labels of one of our processes, over its private socket."""
        with socket.socket(socket.AF_UNIX) as private:
            private.settimeout(10)
            private.connect(str(self.var / "run" / f"{process}-private.sock"))
            private.sendall(b"GET /metrics HTTP/1.0\r\nHost: private\r\n\r\n")
            text = b"".join(iter(lambda: private.recv(65536), b"")).decode()
        lines = [line.split() for line in text.partition("\r\n\r\n")[2].splitlines()]
        return {line[0]: float(line[1]) for line in lines if len(line) == 2 and line[0] != "#"}

    def pid(self, module: str) -> int:
        """Of the child that runs `python -m {module}`."""
        own = self._process.pid
        for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
            if Path(f"/proc/{child}/cmdline").read_text().endswith(f"\0-m\0{module}\0"):
                return int(child)
        raise LookupError(f"no {module} runs now")

    def child(self, name: str) -> int:
        """The leader of the process group of a child, by its name in the log."""
        own = self._process.pid
        words = {"redis": "redis-server", "nginx": "nginx:"}.get(name, f"\0-m\0{name}\0")
        for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
            if words in Path(f"/proc/{child}/cmdline").read_text():
                return int(child)
        raise LookupError(f"no {name} runs now")

    def kill(self, module: str) -> None:
        os.kill(self.pid(module), signal.SIGKILL)

    def expire(self, link: str) -> None:
        """As if the time of the link had passed: the shortest time one may ask for is an hour."""
        with closing(sqlite3.connect(self.var / "zvonok.db", timeout=10)) as database, database:
            changed = database.execute("UPDATE links SET expires = 1 WHERE token = ?", (link,))
            assert changed.rowcount == 1
