"""A Janus of our own."""

import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.leash import PARENTS_LEASH
from tests.ports import free_port

ADDRESS = "10.77.0.1"
"""Janus gathers no candidate of loopback, so there has to be such an address."""
INSTALLED = "*/janus"
"""In /usr/lib: below the machine's architecture."""
START_SECONDS = 10.0


def missing() -> str | None:
    """What has to be installed for it."""
    if shutil.which("janus") is None:
        return "Janus is not installed: apt-get install --no-install-recommends janus"
    return None


def configure(folder: Path, port: int) -> None:
    """As Debian ships it, but for the transport, the number of threads and where it listens."""
    for kind in ("plugins", "transports"):
        (folder / kind).mkdir()
    found = next(Path("/usr/lib").glob(INSTALLED))
    (folder / "plugins/videoroom.so").symlink_to(found / "plugins/libjanus_videoroom.so")
    (folder / "transports/ws.so").symlink_to(found / "transports/libjanus_websockets.so")
    (folder / "janus.jcfg").write_text(
        f"""general: {{
            configs_folder = "{folder}"
            plugins_folder = "{folder}/plugins"
            transports_folder = "{folder}/transports"
            events_folder = "{folder}/none"
            loggers_folder = "{folder}/none"
            event_loops = 2
        }}
        nat: {{ ice_enforce_list = "{ADDRESS}" }}
        """
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "compact", ws = true, ws_port = {port}, ws_ip = "127.0.0.1" }}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")


class Gateway:
    """To be used as a context manager; `port` is that of its WebSocket. Raises RuntimeError when it
    does not start."""

    def __init__(self) -> None:
        self.port = free_port(socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="zv-janus-")
        folder = Path(self._folder.name)
        configure(folder, self.port)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                (*PARENTS_LEASH, "janus", "-F", str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def _wait(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        log = self._log.read_text(errors="replace")
        raise RuntimeError(f"Janus does not start:\n{log[-2000:]}")
