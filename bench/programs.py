"""The two C programs beside the kernel: the bare loop and the receiver that only counts."""

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "build" / "bench"
UDP_GRO = 104
IP_PKTINFO = 8
FIRST_ADDRESS = 0x7F010000
RECEIVE_BUFFER = 32 << 20
SO_RCVBUFFORCE = 33


def compile_programs() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for name in ("bare_loop", "sink"):
        source, program = HERE / f"{name}.c", OUT / name
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            command = ["cc", "-O2", "-Wall", "-o", str(program), str(source), "-lcrypto"]
            subprocess.run(command, check=True)


def receiving_socket() -> socket.socket:
    """Gets what is sent to any address of 127.0.0.0/8 at its port."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:
        # Not root: net.core.rmem_max decides, and a slow sink loses more.
        pass
    receiver.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    receiver.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    receiver.bind(("0.0.0.0", 0))
    return receiver


class Sink:
    """A process that counts what arrives at the socket while this context is entered."""

    def __init__(self, receiver: socket.socket) -> None:
        self.receiver = receiver
        self.datagrams = 0

    def __enter__(self) -> "Sink":
        fd = self.receiver.fileno()
        self.process = subprocess.Popen(
            [str(OUT / "sink"), str(fd)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[fd],
            text=True,
        )
        return self

    def __exit__(self, *raised: object) -> None:
        time.sleep(0.1)
        counted = self.process.communicate("", timeout=10)[0]
        self.datagrams = int(counted.split()[0])


@dataclass
class Measured:
    """Packets sent, CPU seconds of the sending thread, packets that arrived, packets that should
    have been sent, and messages given to the system."""

    packets: int = 0
    cpu: float = 0.0
    arrived: int = 0
    expected: int = 0
    messages: int = 0

    def __iadd__(self, other: "Measured") -> "Measured":
        self.packets += other.packets
        self.cpu += other.cpu
        self.arrived += other.arrived
        self.expected += other.expected
        self.messages += other.messages
        return self

    @property
    def per_cpu_second(self) -> float:
        return self.packets / self.cpu if self.cpu else 0.0


def run_bare_loop(
    receiver: socket.socket, *, size: int, segments: int, destinations: int, seconds: float
) -> Measured:
    port = receiver.getsockname()[1]
    arguments = [str(value) for value in (size, segments, destinations, seconds, port)]
    with Sink(receiver) as sink:
        done = subprocess.run(
            [str(OUT / "bare_loop"), *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=seconds + 30,
        )
    packets, cpu = done.stdout.split()
    return Measured(int(packets), float(cpu), sink.datagrams)
