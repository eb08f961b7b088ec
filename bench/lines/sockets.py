"""The same crowd as in `many`, once with real sockets and in real time: whether others feel in
their delay what the server does for those on weak lines. All of them look at the smallest layer,
for more than that is too much for receivers in Python."""

import bisect
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from bench.line.direction import Direction
from bench.line.presets import PRESETS
from bench.programs import FIRST_ADDRESS, IP_PKTINFO, RECEIVE_BUFFER, SO_RCVBUFFORCE
from sfu.kernel.core import KIND_CAMERA, Kernel
from tests.kernel.feedback import write_feedback
from tests.kernel.peer import OPUS, VP8, VP8_RTX, Address, Peer
from tests.kernel.viewer import OVERHEAD, Camera, transport_number

SO_TIMESTAMPNS = 35
PICTURES, REPAIRS = 10_000, 20_000
"""SSRC of a viewer's picture, and of what is repaired of it, less that of his sound."""
WARMING, SECONDS = 6.0, 10.0
SPEAK_EVERY, FEEDBACK_EVERY, CHECK_EVERY = 0.02, 0.1, 1.0
AT_ONCE = 2000
"""Datagrams that are read before anything else gets its turn."""


@dataclass
class Receiver:
    """One viewer: what came to his door, and what his line let through."""

    peer: Peer
    line: Direction | None
    heard: dict[int, int] = field(default_factory=dict)
    """Transport-wide numbers not told yet: when each arrived, µs."""
    told: int = 0
    feedbacks: int = 0
    sound: dict[int, int] = field(default_factory=dict)
    """Numbers of the stream: when, ns."""
    picture: set[int] = field(default_factory=set)
    offered: int = 0

    def take(self, data: bytes, at: int) -> None:
        number = transport_number(data)
        sequence, ssrc = struct.unpack_from("!2xH4xI", data)
        self.offered += len(data) + OVERHEAD
        if ssrc < PICTURES:
            self.sound[sequence] = at
        elif ssrc < REPAIRS:
            self.picture.add(sequence)
        if number is None:
            return
        if self.line is None:
            self.heard[number] = at // 1000
        else:
            self.line.push(at / 1e9, len(data) + OVERHEAD, number)

    def answer(self, now: int) -> None:
        """What has arrived by now, ns, since the last feedback."""
        if self.line is not None:
            for at, number in self.line.pop(now / 1e9):
                self.heard[number] = round(at * 1e6)
        if not self.heard:
            return
        newest = next(reversed(self.heard))
        near = {(n - newest + 0x8000) % 0x10000 - 0x8000: at for n, at in self.heard.items()}
        first = max(min(near), -400)
        arrivals = [near.get(n) for n in range(first, max(near) + 1)]
        self.heard.clear()
        self.feedbacks += 1
        self.peer.send_rtcp(write_feedback((newest + first) & 0xFFFF, arrivals, self.feedbacks))

    def begin(self) -> None:
        self.sound.clear()
        self.picture.clear()
        self.offered = 0


class Room:
    """Stands where a test's stage stands: what a peer sends goes out of a socket."""

    def __init__(self, kernel: Kernel, weak: int, viewers: int) -> None:
        self.kernel = kernel
        self.now = _microseconds()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for option in (socket.SO_RCVBUF, SO_RCVBUFFORCE):
            self._socket.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.bind(("0.0.0.0", 0))
        self._own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._own.connect(("127.0.0.1", kernel.port))
        for one in (self._socket, self._own):
            one.setblocking(False)
        self.publisher = self._join(viewers + 1)
        self.publisher.publish()
        self.camera = Camera(self, self.publisher)  # type: ignore[arg-type]
        self.receivers: dict[int, Receiver] = {}
        self._sources: dict[Address, bytes] = {}
        for number in range(1, viewers + 1):
            self.receivers[number] = self._view(number, number <= weak)
        self.spoken: list[int] = []

    def _join(self, number: int) -> Peer:
        peer = Peer(self, number, 1)  # type: ignore[arg-type]
        peer.take_keys()
        return peer

    def _view(self, number: int, weak: bool) -> Receiver:
        peer = self._join(number)
        source = struct.pack("=I", 0) + struct.pack("!II", FIRST_ADDRESS + number, 0)
        self._sources[peer.address] = source
        self.kernel.add_audio_slot(
            peer.handle, 0, ssrc=number, payload_type=OPUS, transport_cc=True
        )
        self.kernel.add_video_slot(
            peer.handle, 0, ssrc=PICTURES + number, rtx_ssrc=REPAIRS + number,
            payload_type=VP8, rtx_payload_type=VP8_RTX, transport_cc=True,
        )  # fmt: skip
        self.kernel.set_slot(peer.handle, 0, self.publisher.handle, KIND_CAMERA, 0, height=180)
        return Receiver(peer, Direction(PRESETS["300kbit"].down, number) if weak else None)

    def close(self) -> None:
        self._socket.close()
        self._own.close()

    def receive(self, data: bytes, address: Address) -> None:
        """By the kernel, from the peer that has this address in its stage."""
        source = self._sources.get(address)
        if source is None:
            self._own.send(data)
            return
        ancillary = [(socket.IPPROTO_IP, IP_PKTINFO, source)]
        self._socket.sendmsg([data], ancillary, 0, ("127.0.0.1", self.kernel.port))

    def deliver(self) -> None:
        """Nothing is told the moment it was sent: `play` reads."""

    def play(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        due = {what: time.monotonic() for what in (self._speak, self._check)}
        answer_at = time.monotonic()
        waiting: Iterator[Receiver] = iter(())
        each = FEEDBACK_EVERY / len(self.receivers)
        while (now := time.monotonic()) < end:
            self.now = _microseconds()
            self.camera.advance()
            for what, every in ((self._speak, SPEAK_EVERY), (self._check, CHECK_EVERY)):
                if now >= due[what]:
                    due[what] += every
                    what()
            while answer_at <= now:
                answer_at += each
                receiver = next(waiting, None)
                if receiver is None:
                    waiting = iter(self.receivers.values())
                    receiver = next(waiting)
                receiver.answer(time.time_ns())
            select.select([self._socket, self._own], [], [], 0.0005)
            self._read()

    def _speak(self) -> None:
        self.spoken.append(time.time_ns())
        self.publisher.speak(size=90)

    def _check(self) -> None:
        self.publisher.check()
        for receiver in self.receivers.values():
            receiver.peer.check()

    def _read(self) -> None:
        try:
            while True:
                self.publisher.take(self._own.recv(2048))
        except BlockingIOError:
            pass
        try:
            for _ in range(AT_ONCE):
                data, ancillary, _, _ = self._socket.recvmsg(2048, 64)
                if data[0] >> 6 != 2 or 192 <= data[1] <= 223:
                    continue
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                ssrc = struct.unpack_from("!8xI", data)[0]
                receiver = self.receivers[ssrc % PICTURES]
                receiver.take(data, seconds * 1_000_000_000 + nanoseconds)
        except BlockingIOError:
            pass

    def begin(self) -> None:
        self.spoken.clear()
        for receiver in self.receivers.values():
            receiver.begin()


@dataclass(frozen=True)
class Felt:
    """By those on good lines, and what went into the weak ones."""

    sound_p99_ms: float
    """From the publisher's socket to the viewer's."""
    lost: float
    """Share of packets of sound and picture."""
    sent_most: float
    """Into a weak line, of what it bears."""


@contextmanager
def room(weak: int, viewers: int) -> Iterator[Room]:
    kernel = Kernel(ipv4="127.0.0.1", max_sessions=viewers + 1)
    kernel.start()
    try:
        made = Room(kernel, weak, viewers)
        try:
            yield made
        finally:
            made.close()
    finally:
        kernel.close()


def feel(weak: int, viewers: int, narrow: float) -> Felt:
    """`narrow`: bit/s of a weak line."""
    with room(weak, viewers) as crowd:
        crowd.play(WARMING)
        crowd.begin()
        crowd.play(SECONDS)
        numbers = list(crowd.receivers)
        bad = [crowd.receivers[number] for number in numbers[:weak]]
        good = [crowd.receivers[number] for number in numbers[weak:]]
        delays = np.concatenate([_delays(it.sound, crowd.spoken) for it in good])
        lost = sum(_gaps(it.sound) + _gaps(it.picture) for it in good)
        came = sum(len(it.sound) + len(it.picture) for it in good)
        sent = [it.offered * 8 / SECONDS / narrow for it in bad]
    return Felt(
        round(float(np.percentile(delays, 99)) / 1e6, 2),
        round(lost / (lost + came), 6),
        round(max(sent, default=0.0), 3),
    )


def _delays(sound: dict[int, int], spoken: list[int]) -> "np.typing.NDArray[np.float64]":
    """Which was which follows from that none arrives before it was sent: of all, the one that was
    the quickest has the number of the newest."""
    newest = {n: bisect.bisect_right(spoken, at) - 1 for n, at in sound.items()}
    offset = max((n - k for n, k in newest.items() if k >= 0), default=0)
    found = [at - spoken[n - offset] for n, at in sound.items() if 0 <= n - offset < len(spoken)]
    return np.array(found, dtype=np.float64)


def _gaps(numbers: "dict[int, int] | set[int]") -> int:
    """Missing between the first and the last, in a stream that goes on over 65535."""
    if not numbers:
        return 0
    first = next(iter(numbers))
    near = [(n - first + 0x8000) % 0x10000 for n in numbers]
    return max(near) - min(near) + 1 - len(near)


def _microseconds() -> int:
    return time.time_ns() // 1000
