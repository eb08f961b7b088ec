"""Who sends and hears sound with RED (RFC 2198)."""

import struct

from sfu.kernel.core import KIND_MICROPHONE
from sfu.kernel.red import parse
from tests.kernel.peer import AUDIO_SSRC, LEVEL, MID, OPUS, Peer, Received, Stage, rtp

RED, VIEWER_OPUS, VIEWER_RED = 63, 109, 107
"""Payload types differ by offer: those of publisher and viewer are others."""
FRAME = 960


def red(*earlier: tuple[int, int, bytes], last: tuple[int, bytes]) -> bytes:
    """A payload of (type, time stamp units earlier, frame), and the newest (type, frame)."""
    headers = b"".join(
        struct.pack("!I", (0x80 | kind) << 24 | offset << 10 | len(frame))
        for kind, offset, frame in earlier
    )
    frames = b"".join(frame for _, _, frame in earlier)
    return headers + bytes([last[0]]) + frames + last[1]


def frame(number: int) -> bytes:
    return b"frame" + struct.pack("!H", number) + bytes(53)


def speaker(stage: Stage, number: int = 1) -> Peer:
    peer = stage.join(number)
    stage.kernel.expect(
        peer.handle,
        KIND_MICROPHONE,
        mid=b"0",
        payload_type=OPUS,
        red_payload_type=RED,
        clock_rate=48000,
    )
    stage.kernel.set_gate(peer.handle, KIND_MICROPHONE, True)
    return peer


def listener(stage: Stage, number: int = 2, *, with_red: bool = True) -> Peer:
    peer = stage.join(number)
    for slot in range(4):
        stage.kernel.add_audio_slot(
            peer.handle,
            slot,
            ssrc=AUDIO_SSRC + slot,
            payload_type=VIEWER_OPUS,
            red_payload_type=VIEWER_RED if with_red else 0,
            transport_cc=True,
        )
    return peer


def sound(
    peer: Peer, number: int, *, earlier: int = 0, payload: bytes | None = None, level: int = 30
) -> None:
    """The packet with frame `number`; with `earlier` ones, or any payload, as RED."""
    kind = OPUS
    if payload is None:
        payload = frame(number)
        if earlier:
            kind = RED
            before = ((OPUS, FRAME * n, frame(number - n)) for n in range(earlier, 0, -1))
            payload = red(*before, last=(OPUS, frame(number)))
    else:
        kind = RED
    extensions = {MID: b"0", LEVEL: bytes([level])}
    peer.send(rtp(kind, number, number * FRAME, 100 * peer.number, payload, extensions=extensions))


def carried(packet: Received) -> list[int]:
    """Numbers of the frames in it, the newest last."""
    assert packet.payload_type in (VIEWER_OPUS, VIEWER_RED)
    frames = [packet.payload]
    if packet.payload_type == VIEWER_RED:
        blocks = parse(packet.payload)
        assert {kind for kind, _, _ in blocks} == {VIEWER_OPUS}
        frames = [content for _, _, content in blocks]
        numbers = [struct.unpack("!H", content[5:7])[0] for content in frames]
        assert [blocks[i][1] for i in range(len(blocks))] == [
            FRAME * (numbers[-1] - n) for n in numbers
        ]
    assert all(content == frame(struct.unpack("!H", content[5:7])[0]) for content in frames)
    return [struct.unpack("!H", content[5:7])[0] for content in frames]


def reports_loss(peer: Peer, *, lost: int, highest: int) -> None:
    """A receiver report on the first speaker's place with totals so far."""
    block = struct.pack("!IIIIII", AUDIO_SSRC, lost & 0xFFFFFF, highest, 0, 0, 0)
    peer.send_rtcp(struct.pack("!BBHI", 0x81, 201, 7, 1) + block)


def asks(peer: Peer, *numbers: int, slot: int = 0) -> None:
    """NACKs (RFC 4585 §6.2.1)."""
    wanted = b"".join(struct.pack("!HH", number & 0xFFFF, 0) for number in numbers)
    head = struct.pack("!BBHII", 0x81, 205, 2 + len(numbers), 7, AUDIO_SSRC + slot)
    peer.send_rtcp(head + wanted)
