"""A publisher's camera that answers requests for keyframes and for lost packets."""

import struct

from tests.kernel.peer import MID, REPAIRED_RID, VP8_RTX, Peer, Stage, parse, rtp

FRAME = 50
"""Milliseconds between two frames of the encoder."""
KEPT = 200
"""Packets that it can repeat."""


class Encoder:
    """Three layers, a packet per frame; after a request the next frame of each is a keyframe."""

    def __init__(
        self, stage: Stage, publisher: Peer, *, layers: tuple[int, ...] = (0, 1, 2)
    ) -> None:
        self.stage = stage
        self.publisher = publisher
        self.layers = layers
        self.picture = 0
        self.keyframes = 0
        self.answered = 0
        self._read = 0
        self._sent: dict[tuple[int, int], bytes] = {}
        self._repeated = [0, 0, 0]

    @property
    def asked(self) -> int:
        """Requests for a keyframe so far."""
        return len([kind for kind, count, _ in self.publisher.rtcp if (kind, count) == (206, 1)])

    def run(self, milliseconds: int) -> None:
        for _ in range(0, milliseconds, FRAME):
            self._repeat()
            keyframe = self.picture == 0 or self.asked > self.answered
            self.answered = self.asked
            self.keyframes += keyframe
            for packet in self.encode(keyframe=keyframe):
                self.publisher.send(packet)
            self.stage.wait(FRAME)

    def encode(self, *, keyframe: bool) -> list[bytes]:
        """The next frame of each layer, not sent yet."""
        packets = [
            self.publisher.camera_packet(self.picture, layer=layer, keyframe=keyframe)
            for layer in self.layers
        ]
        for packet in packets:
            self._keep(packet)
        self.picture += 1
        return packets

    def _keep(self, packet: bytes) -> None:
        sequence, ssrc = struct.unpack("!2xH4xI", packet[:12])
        self._sent[ssrc, sequence] = packet
        while len(self._sent) > KEPT * len(self.layers):
            del self._sent[next(iter(self._sent))]

    def _repeat(self) -> None:
        """Answers what has been asked for since, by RTX (RFC 4588)."""
        news, self._read = self.publisher.rtcp[self._read :], len(self.publisher.rtcp)
        for kind, count, body in news:
            if (kind, count) != (205, 1):
                continue
            ssrc = struct.unpack("!I", body[4:8])[0]
            for at in range(8, len(body), 4):
                first, mask = struct.unpack("!HH", body[at : at + 4])
                for bit in range(17):
                    if bit == 0 or mask >> (bit - 1) & 1:
                        self._send_again(ssrc, first + bit & 0xFFFF)

    def _send_again(self, ssrc: int, sequence: int) -> None:
        packet = self._sent.get((ssrc, sequence))
        if packet is None:
            return
        original = parse(packet)
        layer = ssrc % 100 - 1
        self._repeated[layer] += 1
        self.publisher.send(
            rtp(
                VP8_RTX,
                self._repeated[layer],
                original.timestamp,
                ssrc + 50,
                struct.pack("!H", sequence) + original.payload,
                marker=original.marker,
                extensions={MID: b"1", REPAIRED_RID: (b"q", b"h", b"f")[layer]},
            )
        )
