"""A whole `zvonok up` on free ports, with stubs for our own processes."""

import fcntl
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError

from tests.leash import PARENTS_LEASH
from tests.patience import PATIENCE
from tests.ports import free_port

SECONDS = PATIENCE
PAGE = "<!doctype html><title>page</title>"
PATIENT = f"programs.OWN_STOP_SECONDS = programs.FOREIGN_STOP_SECONDS = {SECONDS}"
STUBS = {"signaling": "tests.up.stub_signaling", "sfu": "tests.up.stub_sfu"}


class KeepRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


class Installation:
    """A folder, ports, and at most one supervisor."""

    def __init__(
        self,
        processes: Mapping[str, str] = STUBS,
        *,
        hurried: bool = False,
        log_full: bool = False,
        **environ: str,
    ) -> None:
        """`hurried`: whoever does not stop is killed as soon as in earnest. `log_full`: there is
        no room where its log is written, and only what it says on stdout is in ours."""
        # Not tmp_path: the path of a socket has to be short.
        self._folder = tempfile.TemporaryDirectory(prefix="zv-")
        folder = Path(self._folder.name)
        self.var = folder / "var"
        self.client = folder / "client"
        (self.client / "assets").mkdir(parents=True)
        (self.client / "index.html").write_text(PAGE)
        (self.client / "assets" / "main-1234.js").write_text("1;" * 1000)
        self.http, self.https = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
        self.media = free_port(socket.SOCK_DGRAM)
        self._processes = processes
        self._hurried = hurried
        self._log_full = log_full
        self._environ = environ
        self.log = ""
        self._supervisor: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._supervisor is not None and self._supervisor.poll() is None:
            self.stop()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        assert self._supervisor
        return self._supervisor.pid

    def spawn(self) -> None:
        program = (
            "import sys\nfrom pathlib import Path\nfrom zvonok.up import programs\n"
            "from zvonok.up.main import up\n"
            f"{'' if self._hurried else PATIENT}\n"
            f"sys.exit(up({dict(self._processes)!r}, Path({str(self.client)!r})))"
        )
        self.log = ""
        with open("/dev/full", "wb") as full:
            self._supervisor = subprocess.Popen(
                [*PARENTS_LEASH, sys.executable, "-c", program],
                stdout=subprocess.PIPE,
                stderr=full if self._log_full else subprocess.STDOUT,
                text=True,
                env={
                    **os.environ,
                    "ZVONOK_VAR": str(self.var),
                    "ZVONOK_HTTP_PORT": str(self.http),
                    "ZVONOK_HTTPS_PORT": str(self.https),
                    "ZVONOK_MEDIA_PORT": str(self.media),
                    **self._environ,
                },
            )
        self._reader = threading.Thread(target=self._read, args=(self._supervisor,))
        self._reader.start()

    def start(self) -> None:
        self.spawn()
        self.until(lambda: "Zvonok runs." in self.log)

    def wait(self) -> int:
        """The exit status of the supervisor. One that does not end is killed, or the tests would
        wait at their own end for the thread that reads it."""
        assert self._supervisor
        assert self._reader
        try:
            return self._supervisor.wait(2 * SECONDS)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            print(self.log)  # noqa: T201  # Of a failed test it is shown.
            raise
        finally:
            self._reader.join()

    def stop(self, number: int = signal.SIGINT) -> int:
        os.kill(self.pid, number)
        return self.wait()

    def until(self, true: Callable[[], bool]) -> None:
        give_up = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < give_up, f"in vain:\n{self.log}"
            time.sleep(0.02)

    def everything_ended(self) -> bool:
        """Whether no process is left: each holds the lock on the data."""
        with open(self.var / "run" / "up.lock", "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def children(self) -> dict[str, int]:
        """Process ids by how the program calls itself."""
        found = {}
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            line = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            names = ("redis-server", "nginx", "stub_signaling", "stub_sfu")
            found.update({name: int(pid) for name in names if name in line})
        return found

    def get(
        self,
        path: str,
        *,
        https: bool = False,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Whatever the answer's status; https is verified against the installation's CA."""
        handlers: list[urllib.request.BaseHandler] = [KeepRedirects()]
        base = f"http://localhost:{self.http}"
        if https:
            context = ssl.create_default_context(cafile=str(self.var / "ca" / "ca.crt"))
            handlers.append(urllib.request.HTTPSHandler(context=context))
            base = f"https://localhost:{self.https}"
        url = path if "://" in path else base + path
        opener = urllib.request.build_opener(*handlers)
        opener.addheaders += list((headers or {}).items())
        try:
            with opener.open(url, data=data, timeout=SECONDS) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def _read(self, supervisor: subprocess.Popen[str]) -> None:
        assert supervisor.stdout
        with supervisor.stdout:
            for line in supervisor.stdout:
                self.log += line
