"""Two network namespaces with a veth pair between them, for what needs a network of its own."""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

CLONE_NEWNET = 0x40000000
T = TypeVar("T")


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def inside(namespace: str, make: Callable[[], T]) -> T:
    """What `make` returns when it is called in this network namespace."""
    found: list[T] = []

    def enter() -> None:
        with open(f"/run/netns/{namespace}") as entry:
            if ctypes.CDLL(None, use_errno=True).setns(entry.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        found.append(make())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return found[0]


class Network:
    """`server` and `client` are names of namespaces; needs root. Gone when the context is left."""

    DEVICES = ("zvnet0", "zvnet1")

    def __init__(self) -> None:
        self.server, self.client = (f"zv-{name}-{os.getpid()}" for name in ("here", "there"))

    def __enter__(self) -> Self:
        try:
            for name in (self.server, self.client):
                run("ip", "netns", "add", name)
            run("ip", "link", "add", self.DEVICES[0], "netns", self.server, "type", "veth",
                "peer", "name", self.DEVICES[1], "netns", self.client)  # fmt: skip
            for name, device in zip((self.server, self.client), self.DEVICES, strict=True):
                run("ip", "-n", name, "link", "set", device, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in (self.server, self.client):
            subprocess.run(("ip", "netns", "del", name), check=False, capture_output=True)

    def address(self, end: int, change: str, *addresses: str) -> None:
        """`change`: "add" or "del"; `end`: 0 for the server's."""
        name = (self.server, self.client)[end]
        # An IPv6 address could not be used at once if it were first looked for in the network.
        more = "nodad" if change == "add" else ""
        lines = "".join(f"address {change} {a} dev {self.DEVICES[end]} {more}\n" for a in addresses)
        subprocess.run(
            ("ip", "-n", name, "-batch", "-"), input=lines.encode(), check=True, capture_output=True
        )

    def forget_neighbours(self) -> None:
        """The server has to ask anew where everybody is, as after a switch was restarted."""
        run("ip", "-n", self.server, "neighbour", "flush", "dev", self.DEVICES[0])

    def hasten_neighbours(self) -> None:
        """The server doubts an address after about a second instead of half a minute."""

        def write() -> None:
            for family in ("ipv4", "ipv6"):
                folder = Path(f"/proc/sys/net/{family}/neigh/{self.DEVICES[0]}")
                (folder / "base_reachable_time_ms").write_text("1000")
                (folder / "delay_first_probe_time").write_text("1")

        inside(self.server, write)
