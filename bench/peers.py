"""Synthetic peers of the kernel on loopback: one publisher and many viewers on one socket."""

import hashlib
import hmac
import os
import socket
import struct
import time

from sfu.kernel.core import KIND_CAMERA, PROFILE_AEAD_AES_128_GCM, Kernel
from sfu.kernel.srtp import Context, Forged, Replayed
from tests.kernel.feedback import write_remb

from .programs import FIRST_ADDRESS, IP_PKTINFO

COOKIE = 0x2112A442
KEY_LENGTH = 28
ROOM = 1
SSRC = 0x5A564F4E
PAYLOAD_TYPE = 96
CLOCK_RATE = 90000
SEND_TIME_ID = 3
WIDE = 20_000_000


def check(ufrag: bytes, password: bytes) -> bytes:
    """A nominating, authenticated connectivity check (RFC 8445 §7.1)."""
    username = ufrag + b":peer"
    body = struct.pack("!HH", 0x0006, len(username)) + username + bytes(-len(username) % 4)
    body += struct.pack("!HHI", 0x0024, 4, 1) + struct.pack("!HHQ", 0x802A, 8, 1)
    body += struct.pack("!HH", 0x0025, 0)
    head = struct.pack("!HHI", 1, len(body) + 24, COOKIE) + os.urandom(12)
    digest = hmac.digest(password, head + body, hashlib.sha1)
    return head + body + struct.pack("!HH", 0x0008, 20) + digest


def open_session(kernel: Kernel, number: int) -> tuple[int, bytes, bytes]:
    """Session, its key (both directions) and the check that connects it."""
    ufrag, password = b"u%06d" % number, b"password-of-22-octets-%06d" % number
    session = kernel.open_session(ROOM, number + 1, ufrag, password)
    key = hashlib.sha256(b"%d" % number).digest()[:KEY_LENGTH]
    kernel.set_keys(session, PROFILE_AEAD_AES_128_GCM, key, key)
    kernel.set_extensions(session, abs_send_time=SEND_TIME_ID)
    return session, key, check(ufrag, password)


class Estimate:
    """What a viewer tells of his line, with his own key: who is sent pictures and tells nothing for
    ten seconds gets small ones only."""

    def __init__(self, key: bytes) -> None:
        self._context = Context(PROFILE_AEAD_AES_128_GCM, key, sending=True)

    def packet(self) -> bytes:
        return self._context.protect_rtcp(write_remb(WIDE))


class Publisher:
    """Sends video in frames of packets of one size."""

    def __init__(self, kernel: Kernel) -> None:
        self.session, key, request = open_session(kernel, 0)
        kernel.expect(
            self.session, KIND_CAMERA, mid=b"1", payload_type=PAYLOAD_TYPE, ssrcs=((SSRC, 0),)
        )
        kernel.set_gate(self.session, KIND_CAMERA, True)
        self.context = Context(PROFILE_AEAD_AES_128_GCM, key, sending=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", kernel.port))
        self.socket.send(request)
        self.sequence = 0
        self.picture = 0

    def frame(self, packets: int, size: int, *, keyframe: bool) -> None:
        """`size` in bytes of payload, the same for each packet."""
        self.picture += 1
        timestamp = int(time.monotonic() * CLOCK_RATE) & 0xFFFFFFFF
        for i in range(packets):
            self.sequence += 1
            last = i == packets - 1
            head = struct.pack(
                "!BBHII",
                0x80,
                PAYLOAD_TYPE | (0x80 if last else 0),
                self.sequence & 0xFFFF,
                timestamp,
                SSRC,
            )
            descriptor = struct.pack("!BBH", 0x90 if i == 0 else 0x80, 0x80, 0x8000 | self.picture)
            data = bytes([0 if keyframe else 1]) + bytes(size - len(descriptor) - 1)
            self.socket.send(self.context.protect(head, descriptor + data, self.sequence >> 16))

    def close(self) -> None:
        self.socket.close()


class Viewers:
    """Each viewer has an address of its own and all share one socket."""

    def __init__(self, kernel: Kernel, receiver: socket.socket, count: int) -> None:
        self.receiver = receiver
        self.address = ("127.0.0.1", kernel.port)
        self.sessions: list[int] = []
        self.contexts: dict[int, Context] = {}
        self.requests: list[bytes] = []
        self.estimates: list[Estimate] = []
        for number in range(1, count + 1):
            session, key, request = open_session(kernel, number)
            kernel.add_video_slot(
                session,
                0,
                ssrc=number,
                rtx_ssrc=number + (1 << 20),
                payload_type=PAYLOAD_TYPE,
                rtx_payload_type=PAYLOAD_TYPE + 1,
            )
            self.sessions.append(session)
            self.requests.append(request)
            self.estimates.append(Estimate(key))
            self.contexts[number] = Context(PROFILE_AEAD_AES_128_GCM, key, sending=False)

    def connect(self) -> None:
        """A check and an estimate from each address; a pause now and then, for the kernel's receive
        buffer."""
        for i, (request, estimate) in enumerate(zip(self.requests, self.estimates, strict=True)):
            source = struct.pack("=I", 0) + struct.pack("!II", FIRST_ADDRESS + i, 0)
            sender = [(socket.IPPROTO_IP, IP_PKTINFO, source)]
            self.receiver.sendmsg([request], sender, 0, self.address)
            self.receiver.sendmsg([estimate.packet()], sender, 0, self.address)
            if i % 50 == 49:
                time.sleep(0.002)

    def verified(self, seconds: float) -> int:
        """How many viewers got an authentic packet within that time."""
        found: set[int] = set()
        end = time.monotonic() + seconds
        self.receiver.settimeout(0.2)
        while time.monotonic() < end and len(found) < len(self.sessions):
            try:
                datagram = self.receiver.recv(65535)
            except TimeoutError:
                break
            number = int.from_bytes(datagram[8:12], "big")
            # Header, one CSRC and the extension with the send time.
            if 128 <= datagram[0] <= 191 and number in self.contexts:
                try:
                    self.contexts[number].unprotect(datagram, 24)
                except Replayed:
                    continue
                except Forged:
                    raise RuntimeError(f"viewer {number} got a packet of another key") from None
                found.add(number)
        self.receiver.settimeout(None)
        return len(found)
