"""The kernel thread over real sockets."""

import ctypes
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sfu.kernel.core import (
    EVENT_CONNECTED,
    EVENT_DTLS,
    KIND_CAMERA,
    PROFILE_AEAD_AES_128_GCM,
    Event,
    Kernel,
    live_objects,
)
from tests.kernel.peer import MID, PASSWORD, RID, VP8, VP8_RTX, binding_request, parse, rtp, vp8
from tests.kernel.peer import _srtp as srtp
from tests.patience import PATIENCE
from tests.rights import NET_ADMIN, has
from zvonok.up.ports import has_ipv6

DTLS = bytes([22, 254, 253]) + bytes(100)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    kernel = Kernel(ipv4="127.0.0.1", ipv6="::1", max_sessions=16)
    kernel.start()
    yield kernel
    kernel.close()


class Socket:
    """A peer with a socket of its own."""

    def __init__(self, kernel: Kernel, number: int, host: str = "127.0.0.1") -> None:
        self.kernel = kernel
        self.to = (host, kernel.port)
        self.ufrag = b"ufrag%d" % number
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.handle = kernel.open_session(1, number, self.ufrag, PASSWORD)
        self.sent, self.received = os.urandom(28), os.urandom(28)
        self.outbound, self.inbound = (
            srtp(self.sent, inbound=False),
            srtp(self.received, inbound=True),
        )

    def __enter__(self) -> "Socket":
        self.socket.sendto(binding_request(self.ufrag + b":x", PASSWORD), self.to)
        assert self.socket.recv(2048)[:2] == b"\x01\x01"
        self.kernel.set_keys(self.handle, PROFILE_AEAD_AES_128_GCM, self.sent, self.received)
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def events_until(kernel: Kernel, enough: Callable[[list[Event]], bool]) -> list[Event]:
    found: list[Event] = []
    end = time.monotonic() + PATIENCE
    while not enough(found) and time.monotonic() < end:
        select.select([kernel.fileno()], [], [], 0.2)
        found += kernel.events()
    return found


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("::1", marks=IPV6)])
def test_checks_and_dtls_pass_both_ways(kernel: Kernel, host: str) -> None:
    with Socket(kernel, 1, host) as peer:
        peer.socket.sendto(DTLS, peer.to)
        found = events_until(kernel, lambda events: len(events) >= 2)
        network = int.from_bytes(socket.inet_aton(host), sys.byteorder) if "." in host else 0
        assert found == [
            (EVENT_CONNECTED, peer.handle, 0, 0, b""),
            (EVENT_DTLS, peer.handle, network, 0, DTLS),
        ]
        kernel.send_dtls(peer.handle, DTLS[::-1])
        assert peer.socket.recv(2048) == DTLS[::-1]


def test_a_run_leaves_as_one_message_and_arrives_as_packets(kernel: Kernel) -> None:
    with Socket(kernel, 1) as publisher, Socket(kernel, 2) as viewer:
        kernel.set_extensions(publisher.handle, mid=MID, rid=RID)
        kernel.expect(publisher.handle, KIND_CAMERA, mid=b"1", payload_type=VP8, ssrcs=((77, 0),))
        kernel.set_gate(publisher.handle, KIND_CAMERA, True)
        kernel.add_video_slot(
            viewer.handle, 0, ssrc=6000, rtx_ssrc=7000, payload_type=VP8, rtx_payload_type=VP8_RTX
        )
        kernel.set_slot(viewer.handle, 0, publisher.handle, KIND_CAMERA, 0)
        seen = []
        for picture in range(40):
            for part in range(3):
                payload = vp8(picture, keyframe=picture == 0, size=800 + part, start=part == 0)
                packet = rtp(VP8, picture * 3 + part, picture * 3000, 77, payload, marker=part == 2)
                publisher.socket.sendto(publisher.outbound.protect(packet), publisher.to)
            for _ in range(3):
                data = viewer.socket.recv(2048)
                while 192 <= data[1] <= 223:
                    data = viewer.socket.recv(2048)
                seen.append(parse(viewer.inbound.unprotect(data)))
        assert [p.sequence - seen[0].sequence & 0xFFFF for p in seen] == list(range(120))
        assert [len(p.payload) for p in seen] == [804, 805, 806] * 40
        counters = kernel.counters()
        assert counters["send_failed"] == counters["gso_refused"] == 0


def test_a_taken_port_is_an_error(kernel: Kernel) -> None:
    before = live_objects()
    with pytest.raises(OSError, match="in use"):
        Kernel(port=kernel.port, ipv4="127.0.0.1", ipv6=None)
    assert live_objects() == before


def test_closing_ends_the_thread_and_may_be_repeated() -> None:
    kernel = Kernel(ipv4="127.0.0.1", ipv6=None, max_sessions=4)
    kernel.start()
    kernel.open_session(1, 1, b"ufrag", PASSWORD)
    kernel.close()
    kernel.close()
    assert kernel.events() == []
    with pytest.raises(ValueError, match="closed"):
        kernel.open_session(1, 1, b"ufrag", PASSWORD)


def test_buffers_are_read_back(kernel: Kernel) -> None:
    receive, send = kernel.buffer_sizes()
    assert receive >= 65536
    assert send >= 65536


def made_without(capability: int, make: Callable[[], Kernel]) -> Kernel:
    """What a thread makes that has laid down one of root's rights (capset(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    made: list[Kernel] = []

    def work() -> None:
        head = (ctypes.c_uint32 * 2)(0x20080522, 0)
        sets = (ctypes.c_uint32 * 6)()
        libc.capget(head, sets)
        sets[0] &= ~(1 << capability)
        assert libc.capset(head, sets) == 0
        made.append(make())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return made[0]


def test_buffers_above_the_limit_are_had_with_the_right_and_cut_without() -> None:
    limit = int(Path("/proc/sys/net/core/wmem_max").read_text())

    def make() -> Kernel:
        return Kernel(ipv4="127.0.0.1", ipv6=None, max_sessions=4, send_buffer=limit + 4096)

    kernels = [made_without(NET_ADMIN, make)]
    if has(NET_ADMIN):
        kernels.append(make())
    granted = [kernel.buffer_sizes()[1] for kernel in kernels]
    for kernel in kernels:
        kernel.close()
    assert granted == [limit, limit + 4096][: len(kernels)]


def test_a_bad_address_is_refused() -> None:
    with pytest.raises(ValueError, match="needed"):
        Kernel(ipv4=None, ipv6=None)
    with pytest.raises(OSError, match="."):
        Kernel(ipv4="256.0.0.1", ipv6=None)
