"""Well-formed inputs made by ourselves, from which each fuzzer starts."""

import random
import re
import struct
import zlib
from pathlib import Path


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind: int, *attributes: bytes) -> bytes:
    body = b"".join(attributes)
    head = struct.pack("!HHI", kind, len(body) + 8, 0x2112A442) + bytes(range(12))
    crc = zlib.crc32(head + body) ^ 0x5354554E
    return head + body + attribute(0x8028, struct.pack("!I", crc))


def rtp(payload: bytes, *, extension: bytes = b"", csrcs: int = 0, padding: int = 0) -> bytes:
    first = 0x80 | (0x10 if extension else 0) | (0x20 if padding else 0) | csrcs
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    head = struct.pack("!BBHII", first, 96, 7, 90000, 0x1234)
    return head + bytes(4 * csrcs) + extension + payload + tail


def rtcp(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def stun_seeds() -> list[bytes]:
    priority, controlling = attribute(0x24, b"1234"), attribute(0x802A, bytes(8))
    check = [attribute(6, b"server:client"), priority, controlling, attribute(0x25, b"")]
    return [
        stun(1, *check, attribute(8, bytes(20))),
        stun(1, *check, attribute(0x7001, b"unknown")),
        stun(0x11),
        stun(0x101, attribute(0x20, bytes(8)), attribute(8, bytes(20))),
    ]


def vp8_seeds() -> list[bytes]:
    return [
        b"\x10\x00key",
        b"\x90\x80\x05\x00seven bits",
        b"\x90\xe0\x85\x12\x34\x40\x00everything",
        b"\x80\xf0\x85\x12\x34\x40\x01a later packet",
        b"\x80\x20\x60\x01",
    ]


def red_seeds() -> list[bytes]:
    earlier = b"\xef\x1e\x00\x03", b"\xef\x0f\x00\x05"
    return [
        b"\x6fnewest",
        earlier[1] + b"\x6fearly" + b"newest",
        b"".join(earlier) + b"\x6foneearlynewest",
        b"\xef\x0f\x00\x00\x6f",
    ]


def rtp_seeds() -> list[bytes]:
    one = struct.pack("!HH", 0xBEDE, 2) + b"\x10\xff\x22abc\x00"
    two = struct.pack("!HH", 0x1000, 2) + b"\x01\x02ab\x02\x00\x00\x00"
    return [
        *(rtp(payload) for payload in vp8_seeds()),
        rtp(b"payload", extension=one, csrcs=3),
        rtp(b"payload", extension=two, padding=8),
        rtp(b"", padding=200),
    ]


def rtcp_seeds() -> list[bytes]:
    ssrc = struct.pack("!I", 0x1234)
    remb = ssrc + bytes(4) + b"REMB\x01\x0b\xff\xff" + ssrc
    report = rtcp(201, 1, ssrc + bytes(24))
    return [
        rtcp(200, 1, ssrc + bytes(20) + bytes(24))
        + rtcp(202, 1, ssrc + b"\x01\x02ab\x00\x00\x00\x00"),
        report + rtcp(205, 1, ssrc + ssrc + b"\x00\x07\x00\x05"),
        report + rtcp(206, 1, ssrc + ssrc) + rtcp(206, 4, ssrc + bytes(4) + ssrc + bytes(4)),
        report + rtcp(206, 15, remb),
        rtcp(205, 15, ssrc + ssrc + b"\x00\x01\x00\x02\x00\x00\x01\x00\x20\x02\x04\x04"),
        rtcp(203, 1, ssrc),
    ]


def walks(step: int) -> list[bytes]:
    """For targets that read the input as operations of a fixed length."""
    numbers = random.Random(1)
    return [numbers.randbytes(step * length + 1) for length in (1, 10, 60, 200)]


def estimate_seeds() -> list[bytes]:
    head = struct.pack("!II", 1, 2)
    told = [
        head + struct.pack("!HHI", first, 8, first << 8) + b"\x20\x08" + b"\x04" * 8
        for first in range(1, 80, 8)
    ]
    gaps = head + struct.pack("!HHI", 81, 14, 0x900) + b"\xd5\x15\xd4\x55" + b"\x00\x40" * 11
    return [b"".join(bytes([0x28, len(body)]) + body for body in [*told, gaps])]


def record(operation: int, data: bytes) -> bytes:
    return struct.pack("!BH", operation, len(data)) + data


def publishing(kind: int, sequence: int, payload: bytes, *, ssrc: int, marker: bool) -> bytes:
    """With the header extensions that the session of the core target has negotiated."""
    elements = bytes([0x10, 48 + kind, 0x40, 0x20, 0x51]) + struct.pack("!H", sequence)
    extension = struct.pack("!HH", 0xBEDE, 2) + elements.ljust(8, b"\0")
    payload_type = 96 + 2 * kind | (0x80 if marker else 0)
    head = struct.pack("!BBHII", 0x90, payload_type, sequence, sequence * 3000, ssrc)
    return head + extension + payload


PUBLISHER, VIEWER = 0, 1
RAW, STRANGER, RTP, RTCP, CHECK, COMMAND, TICK, LONG_TICK, ARRIVALS, REPORT = range(10)
FIRST_SLOT = 200
FIRST_SEQUENCE = 213
"""Of a slot, by the fixed random number that the target gives it."""


def does(peer: int, operation: int, data: bytes) -> bytes:
    return record(peer << 4 | operation, data)


def core_seeds() -> list[bytes]:
    """Sessions in which something happens: see `operate` in targets.pyx for the operations."""
    key, delta = b"\x90\x80\x80\x05\x00key", b"\x80\xe0\x80\x06\x01\x20\x01delta"
    frames = [
        publishing(1, n, (key if n == 1 else delta) + bytes(n % 4), ssrc=21, marker=n % 3 == 0)
        for n in range(1, 40)
        if n != 7
    ]
    video = [does(PUBLISHER, RTP, frame) for frame in frames]
    repair = publishing(1, 3, struct.pack("!H", 7) + delta, ssrc=22, marker=False)
    repair = repair[:1] + bytes([99]) + repair[2:]
    audio = [
        does(peer, RTP, publishing(0, n, b"opus frame of speech", ssrc=1, marker=n == 1))
        for n in range(1, 6)
        for peer in range(5)
    ]
    switch = [
        does(PUBLISHER, RTP, publishing(1, n, key + bytes(600), ssrc=17, marker=True))
        for n in range(9, 14)
    ]
    time = [does(0, TICK, bytes(200)), does(0, LONG_TICK, bytes(300))]
    nack = rtcp(205, 1, struct.pack("!IIHH", 1, FIRST_SLOT, FIRST_SEQUENCE, 0xFFFF))
    pli = rtcp(206, 1, struct.pack("!II", 1, FIRST_SLOT))
    commands = [does(0, COMMAND, bytes([n, 0b001000 | n, n * 16 | 2])) for n in range(8)]
    lines = [does(0, COMMAND, bytes([n, 0b001001, 0x22])) for n in (14, 15, 31)]
    told = [
        does(VIEWER, ARRIVALS, bytes([back, 0, n]) + bytes([4]) * 40)
        for n, back in enumerate((9, 4))
    ]
    told += [
        does(VIEWER, REPORT, bytes([0x41, n * 20, 0, 0, 9, 0, 0, 0, 99]) + bytes(9)) for n in (0, 9)
    ]
    remb = rtcp(206, 15, struct.pack("!II4sI", 1, 0, b"REMB", 1 << 24 | 5 << 18 | 9000) + bytes(4))
    told.append(does(VIEWER, RTCP, remb))
    feedback = [does(VIEWER, RTCP, packet) for packet in (nack, pli, *rtcp_seeds())]
    return [
        b"".join(video + time + feedback + time),
        b"".join([*video, does(PUBLISHER, RTP, repair), *switch, *feedback, *time]),
        b"".join(audio + time + audio + time * 3 + audio),
        b"".join(does(PUBLISHER, RTCP, packet) for packet in rtcp_seeds()),
        b"".join(does(n, n % 2, packet) for n, packet in enumerate(stun_seeds() + rtp_seeds())),
        b"".join(does(n % 3, CHECK, packet[20:]) for n, packet in enumerate(stun_seeds())),
        b"".join([*video, *commands, *switch, *audio, *commands, *time]),
        b"".join([*video, *time, *told, *lines, *video[:3], *told, *time, *audio, *told, *time]),
    ]


def seeds() -> dict[str, list[bytes]]:
    return {
        "stun": stun_seeds(),
        "rtp": rtp_seeds(),
        "rtcp": rtcp_seeds(),
        "feedback": walks(3),
        "estimate": estimate_seeds(),
        "red": red_seeds(),
        "vp8": vp8_seeds(),
        "rewrite": walks(4),
        "srtp": rtp_seeds() + rtcp_seeds(),
        "core": core_seeds(),
    }


OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=ice-options:trickle
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=ssrc:1001 cname:x
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:1
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=sendonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rid:q send
a=rid:h send
a=simulcast:send q;h
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:2
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 5 6
a=ssrc:5 cname:x
"""

MESSAGES = [
    '{"type":"join","grant":"t","resume":"s","media":{"microphone":true,"screen_audio":false}}',
    '{"type":"offer","sdp":"v=0\\r\\n","id":1}',
    '{"type":"view","tiles":[{"slot":0,"participant":5,"kind":"camera","height":180}]}',
    '{"type":"media","media":{"microphone":false,"camera":true}}',
    '{"type":"quality","quality":"poor"}',
    '{"type":"search","id":7,"query":"a\\u00e9","numbers":[1,2],"offset":0}',
    '{"type":"leave"}',
    '{"type":"end"}',
    '{"type":"ping"}',
]


def offers() -> list[str]:
    offer = OFFER.format(fingerprint=":".join(f"{n:02X}" for n in range(32)))
    return [offer, offer.replace("\n", "\r\n")]


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9_/:-]{2,60}", text)


def write(target: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()[target]):
        (folder / f"seed-{number}").write_bytes(seed)
