"""The same packets through the model and through Linux's own token bucket (tc-tbf)."""

import shutil
import socket
import struct
import threading
import time
from collections.abc import Callable
from statistics import median

import pytest

from bench.line.capacity import steady
from bench.line.traits import Queue, Traits
from bench.namespaces import Network, inside, run
from tests.bench.line.flows import Flow, Sent, uneven
from tests.rights import NET_ADMIN, SYS_ADMIN, has

RATE = 1e6
LIMIT = 20_000
HERE, THERE = "10.81.0.1", "10.81.0.2"
PORT = 5000
HEADERS = 42
"""Bytes of Ethernet, IP and UDP: what a qdisc counts."""
SECONDS = 6.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not has(NET_ADMIN, SYS_ADMIN) or shutil.which("tc") is None,
        reason="network namespaces and tc need root's rights and iproute2",
    ),
]


def udp(bind: str) -> Callable[[], socket.socket]:
    def make() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((bind, PORT))
        return made

    return make


def through_tbf(packets: list[Sent]) -> tuple[list[float], dict[int, float]]:
    """When each was sent in truth, and when those arrived that did."""
    arrived: dict[int, float] = {}
    sent: list[float] = []

    def receive() -> None:
        while len(data := there.recv(2048)) > 1:
            arrived[struct.unpack_from("I", data)[0]] = time.monotonic() - began

    with Network() as network:
        network.address(0, "add", f"{HERE}/24")
        network.address(1, "add", f"{THERE}/24")
        # The least bucket: a packet and its headers.
        run("ip", "netns", "exec", network.server, "tc", "qdisc", "add", "dev", network.DEVICES[0],
            "root", "tbf", "rate", f"{RATE:.0f}", "burst", "1600", "limit", str(LIMIT))  # fmt: skip
        with inside(network.server, udp(HERE)) as here, inside(network.client, udp(THERE)) as there:
            there.settimeout(SECONDS + 5)
            began = time.monotonic()
            receiver = threading.Thread(target=receive)
            receiver.start()
            for number, (at, size) in enumerate(packets):
                while (early := began + at - time.monotonic()) > 0:
                    time.sleep(early)
                sent.append(time.monotonic() - began)
                data = struct.pack("I", number).ljust(size - HEADERS, b"\0")
                here.sendto(data, (THERE, PORT))
            while receiver.is_alive():
                here.sendto(b".", (THERE, PORT))
                receiver.join(0.1)
    return sent, arrived


def test_the_model_treats_packets_as_linux_does() -> None:
    packets = uneven(1.6 * RATE, SECONDS, seed=5)
    sent, arrived = through_tbf(packets)
    traits = Traits(capacity=steady(RATE), queue=Queue(bytes=LIMIT))
    flow = Flow(traits, [(at, size) for at, (_, size) in zip(sent, packets, strict=True)])
    came = {number: at for at, number in flow.came}
    assert len(arrived) == pytest.approx(len(came), rel=0.05)
    same = sum((number in arrived) == (number in came) for number in range(len(packets)))
    assert same > 0.85 * len(packets)
    # The bucket lets a packet ahead, which takes 13 ms at this rate.
    apart = [abs(at - came[number]) for number, at in arrived.items() if number in came]
    assert median(apart) < 0.02
