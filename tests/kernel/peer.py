"""A peer of the stepped kernel: builds STUN, RTP and RTCP, and reads what it is sent."""

import hashlib
import hmac
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import pylibsrtp

from sfu.kernel.core import KIND_CAMERA, KIND_MICROPHONE, PROFILE_AEAD_AES_128_GCM, SteppedKernel
from zvonok.wire.ids import VIDEO_SLOTS

Address = tuple[str, int]
COOKIE = 0x2112A442
PASSWORD = b"p" * 22
MID, RID, REPAIRED_RID, LEVEL, TRANSPORT_CC, SEND_TIME = 4, 10, 11, 1, 3, 2
VP8, VP8_RTX, OPUS, RED = 96, 97, 111, 63
SLOT_SSRC, SLOT_RTX_SSRC, AUDIO_SSRC = 6000, 7000, 5000
BOOTED = 200 * 3600 * 1_000_000
"""As on a machine that has run for days: a time that was never set is none of a moment ago."""


def binding_request(
    username: bytes,
    password: bytes,
    *,
    nominated: bool = True,
    controlled: bool = False,
    more: bytes = b"",
) -> bytes:
    """A connectivity check (RFC 8445 §7.2.4); `more`: whole attributes besides."""

    def attribute(kind: int, value: bytes) -> bytes:
        return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)

    transaction = os.urandom(12)
    body = attribute(6, username) + attribute(0x24, struct.pack("!I", 1))
    body += attribute(0x8029 if controlled else 0x802A, os.urandom(8))
    body += attribute(0x25, b"") if nominated else b""
    body += more

    def header(length: int) -> bytes:
        return struct.pack("!HHI", 1, length, COOKIE) + transaction

    signed = header(len(body) + 24) + body
    body += attribute(8, hmac.new(password, signed, hashlib.sha1).digest())
    crc = zlib.crc32(header(len(body) + 8) + body) ^ 0x5354554E
    return header(len(body) + 8) + body + attribute(0x8028, struct.pack("!I", crc))


def binding_success(request: bytes, password: bytes) -> bytes:
    """The answer of a full ICE agent, as far as the kernel reads it."""
    head = struct.pack("!HHI", 0x0101, 24, COOKIE) + request[8:20]
    return head + struct.pack("!HH", 8, 20) + hmac.new(password, head, hashlib.sha1).digest()


def receiver_report(ssrc: int) -> bytes:
    """One without report blocks (RFC 3550 §6.4.2): all that it says is "I am here"."""
    return struct.pack("!BBHI", 0x80, 201, 1, ssrc)


def rtp(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    elements = b"".join(
        bytes([id << 4 | len(value) - 1]) + value for id, value in (extensions or {}).items()
    )
    elements += bytes(-len(elements) % 4)
    first = 0x80 | (0x10 if elements else 0) | (0x20 if padding else 0)
    header = struct.pack(
        "!BBHII",
        first,
        payload_type | marker << 7,
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    if elements:
        header += struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements
    return header + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def vp8(
    picture: int,
    *,
    keyframe: bool = False,
    size: int = 200,
    start: bool = True,
    height: int = 0,
    temporal: tuple[int, int, bool] | None = None,
) -> bytes:
    """A payload whose body repeats the picture id, so that a receiver can tell frames apart. With a
    `height` a keyframe begins as RFC 6386 §9.1 says. `temporal`: layer, TL0PICIDX and Y
    (RFC 7741 §4.2)."""
    descriptor = bytes([0x90 if start else 0x80, 0x80, 0x80 | picture >> 8 & 0x7F, picture & 0xFF])
    if temporal:
        layer, tl0, sync = temporal
        descriptor = descriptor[:1] + b"\xe0" + descriptor[2:]
        descriptor += bytes([tl0 & 0xFF, layer << 6 | sync << 5])
    body = bytes([0 if keyframe else 1]) + struct.pack("!H", picture & 0x7FFF)
    if height:
        body += b"\x9d\x01\x2a" + struct.pack("<HH", 4 * height // 3, height)
    return descriptor + body + b"v" * (size - len(body))


@dataclass(frozen=True)
class Received:
    """An RTP packet as a viewer decrypts it."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    csrc: int
    payload: bytes


def parse(data: bytes) -> Received:
    first, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", data[:12])
    count = first & 15
    at = 12 + 4 * count
    if first & 0x10:
        at += 4 + 4 * struct.unpack("!H", data[at + 2 : at + 4])[0]
    end = len(data) - (data[-1] if first & 0x20 else 0)
    csrc = struct.unpack("!I", data[12:16])[0] if count else 0
    return Received(second & 0x7F, second >> 7 == 1, sequence, timestamp, ssrc, csrc, data[at:end])


def rtcp_packets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, count, body) of each packet in a compound."""
    while data:
        size = 4 * (struct.unpack("!H", data[2:4])[0] + 1)
        yield data[1], data[0] & 31, data[4:size]
        data = data[size:]


def _srtp(key: bytes, *, inbound: bool) -> pylibsrtp.Session:
    kind = pylibsrtp.Policy.SSRC_ANY_INBOUND if inbound else pylibsrtp.Policy.SSRC_ANY_OUTBOUND
    policy = pylibsrtp.Policy(
        key=key,
        ssrc_type=kind,
        srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy=policy)


@dataclass
class Stage:
    """The kernel, its peers and the time."""

    kernel: SteppedKernel = field(default_factory=SteppedKernel)
    now: int = BOOTED + 1_000_000
    peers: dict[Address, "Peer"] = field(default_factory=dict)
    refused: list[tuple[bytes, Address]] = field(default_factory=list)
    cut: set[Address] = field(default_factory=set)
    """Peers whose line is down: what they send and what is sent to them is lost."""

    def join(self, number: int, *, room: int = 1) -> "Peer":
        peer = Peer(self, number, room)
        self.peers[peer.address] = peer
        peer.check()
        peer.take_keys()
        self.deliver()
        return peer

    def wait(self, milliseconds: int) -> None:
        for _ in range(0, milliseconds, 10):
            self.now += 10_000
            self.kernel.tick(self.now)
        self.deliver()

    def receive(self, data: bytes, address: Address) -> None:
        if address not in self.cut:
            self.kernel.receive(data, address, self.now)

    def deliver(self) -> None:
        for data, address in self.kernel.sent():
            if address in self.cut:
                continue
            peer = self.peers.get(address)
            if peer is None:
                self.refused.append((data, address))
            else:
                peer.take(data)


class Peer:
    """One session of the kernel and the browser at its other end."""

    def __init__(self, stage: Stage, number: int, room: int) -> None:
        self.stage = stage
        self.number = number
        self.room = room
        self.address: Address = (f"10.0.{number >> 8}.{number & 255}", 40000 + number)
        self.ufrag = b"ufrag%03d" % number
        self.handle = stage.kernel.open_session(room, number, self.ufrag, PASSWORD)
        self.outbound_key, self.inbound_key = os.urandom(28), os.urandom(28)
        self.outbound = _srtp(self.outbound_key, inbound=False)
        self.inbound = _srtp(self.inbound_key, inbound=True)
        self.media: list[Received] = []
        self.rtcp: list[tuple[int, int, bytes]] = []
        self.other: list[bytes] = []
        self.next_sequence = {0: 1000, 1: 2000, 2: 3000, 3: 4000}
        self.transport_sequence = 0

    def check(self, *, nominated: bool = True, address: Address | None = None) -> None:
        request = binding_request(self.ufrag + b":peer", PASSWORD, nominated=nominated)
        self.stage.receive(request, address or self.address)

    def take_keys(self) -> None:
        kernel = self.stage.kernel
        kernel.set_keys(self.handle, PROFILE_AEAD_AES_128_GCM, self.outbound_key, self.inbound_key)
        kernel.set_extensions(
            self.handle,
            mid=MID,
            rid=RID,
            repaired_rid=REPAIRED_RID,
            audio_level=LEVEL,
            transport_cc=TRANSPORT_CC,
            abs_send_time=SEND_TIME,
        )

    def publish(self, *, gate: bool = True, nack: bool = True) -> None:
        """Expects microphone and camera with three layers, as a browser offers them."""
        kernel = self.stage.kernel
        kernel.expect(self.handle, KIND_MICROPHONE, mid=b"0", payload_type=OPUS, clock_rate=48000)
        kernel.expect(
            self.handle,
            KIND_CAMERA,
            mid=b"1",
            payload_type=VP8,
            rtx_payload_type=VP8_RTX,
            rids=(b"q", b"h", b"f"),
            nack=nack,
            transport_cc=True,
        )
        for kind in (KIND_MICROPHONE, KIND_CAMERA):
            kernel.set_gate(self.handle, kind, gate)

    def view(
        self,
        *,
        rtx: bool = True,
        transport_cc: bool = False,
        sound_transport_cc: bool | None = None,
        red: bool = False,
    ) -> None:
        kernel = self.stage.kernel
        for i in range(4):
            kernel.add_audio_slot(
                self.handle,
                i,
                ssrc=AUDIO_SSRC + i,
                payload_type=OPUS,
                red_payload_type=RED if red else 0,
                transport_cc=transport_cc if sound_transport_cc is None else sound_transport_cc,
            )
        for i in range(VIDEO_SLOTS):
            kernel.add_video_slot(
                self.handle,
                i,
                ssrc=SLOT_SSRC + i,
                rtx_ssrc=SLOT_RTX_SSRC + i if rtx else 0,
                payload_type=VP8,
                rtx_payload_type=VP8_RTX if rtx else 0,
                transport_cc=transport_cc,
            )

    def show(self, slot: int, source: "Peer", layer: int = 2) -> None:
        self.stage.kernel.set_slot(self.handle, slot, source.handle, KIND_CAMERA, layer)
        self.stage.deliver()

    def hide_past(self) -> None:
        """What it has shown so far is replayed to nobody: it was elsewhere for a moment."""
        for room in (self.room + 900, self.room):
            self.stage.kernel.set_room(self.handle, room)

    def send(self, packet: bytes, *, address: Address | None = None) -> bytes:
        """Protects and sends; returns what went over the wire."""
        wire: bytes = self.outbound.protect(packet)
        self.stage.receive(wire, address or self.address)
        self.stage.deliver()
        return wire

    def send_rtcp(self, packet: bytes, *, address: Address | None = None) -> None:
        wire = self.outbound.protect_rtcp(packet)
        self.stage.receive(wire, address or self.address)
        self.stage.deliver()

    def report(self, *, address: Address | None = None) -> None:
        self.send_rtcp(receiver_report(self.number), address=address)

    def camera_ssrc(self, layer: int) -> int:
        return 100 * self.number + layer + 1

    def keyframes_asked(self, *ssrcs: int) -> int:
        """How often he was asked for one of these streams (RFC 4585 §6.3.1)."""
        asked = [body[4:8] for kind, count, body in self.rtcp if (kind, count) == (206, 1)]
        return sum(int.from_bytes(ssrc, "big") in ssrcs for ssrc in asked)

    def camera_packet(
        self,
        picture: int,
        *,
        layer: int = 2,
        keyframe: bool = False,
        size: int = 200,
        height: int = 0,
        temporal: tuple[int, int, bool] | None = None,
        start: bool = True,
        marker: bool = True,
    ) -> bytes:
        """The next packet of this layer, not sent yet: a frame of its own."""
        sequence = self.next_sequence[layer + 1]
        self.next_sequence[layer + 1] += 1
        self.transport_sequence += 1
        return rtp(
            VP8,
            sequence,
            picture * 5400,
            self.camera_ssrc(layer),
            vp8(
                picture, keyframe=keyframe, size=size, height=height, temporal=temporal, start=start
            ),
            marker=marker,
            extensions={
                MID: b"1",
                RID: (b"q", b"h", b"f")[layer],
                TRANSPORT_CC: struct.pack("!H", self.transport_sequence & 0xFFFF),
            },
        )

    def camera(
        self,
        picture: int,
        *,
        layer: int = 2,
        keyframe: bool = False,
        size: int = 200,
        height: int = 0,
        temporal: tuple[int, int, bool] | None = None,
        start: bool = True,
        marker: bool = True,
    ) -> None:
        packet = self.camera_packet(
            picture,
            layer=layer,
            keyframe=keyframe,
            size=size,
            height=height,
            temporal=temporal,
            start=start,
            marker=marker,
        )
        self.send(packet)

    def speak(self, level: int = 30, *, size: int = 60, address: Address | None = None) -> None:
        """20 ms of sound at −`level` dBov."""
        sequence = self.next_sequence[0]
        self.next_sequence[0] += 1
        payload = struct.pack("!H", self.number) + b"o" * (size - 2)
        self.send(
            rtp(
                OPUS,
                sequence,
                sequence * 960,
                100 * self.number,
                payload,
                extensions={MID: b"0", LEVEL: bytes([level])},
            ),
            address=address,
        )

    def take(self, data: bytes) -> None:
        if data[0] >> 6 != 2:
            self.other.append(data)
        elif 192 <= data[1] <= 223:
            self.rtcp.extend(rtcp_packets(self.inbound.unprotect_rtcp(data)))
        else:
            self.media.append(parse(self.inbound.unprotect(data)))

    def video(self, slot: int = 0) -> list[Received]:
        return [p for p in self.media if p.ssrc == SLOT_SSRC + slot]

    def audio(self, slot: int | None = None) -> list[Received]:
        return [
            p
            for p in self.media
            if AUDIO_SSRC <= p.ssrc < AUDIO_SSRC + 4 and slot in (None, p.ssrc - AUDIO_SSRC)
        ]

    def decoded(self, slot: int = 0) -> list[int]:
        """Ids of the pictures that a decoder can show, each a packet: from a keyframe on, until a
        number is missing. What is repaired counts where it belongs."""
        whole = {p.sequence: p.payload for p in self.video(slot)}
        for p in self.repaired(slot):
            whole[struct.unpack("!H", p.payload[:2])[0]] = p.payload[2:]
        found, last = [], None
        for sequence in sorted(whole, key=lambda n: n - self.video(slot)[0].sequence & 0xFFFF):
            payload = whole[sequence]
            if payload[4] & 1 == 0 or (last is not None and sequence == (last + 1) & 0xFFFF):
                found.append(struct.unpack("!H", payload[5:7])[0])
                last = sequence
        return found

    def repaired(self, slot: int = 0) -> list[Received]:
        return [p for p in self.media if p.ssrc == SLOT_RTX_SSRC + slot]


def pictures(packets: list[Received]) -> list[int]:
    """The picture ids in the bodies: what the publisher sent, whatever the descriptor says now."""
    return [struct.unpack("!H", p.payload[5:7])[0] for p in packets]
