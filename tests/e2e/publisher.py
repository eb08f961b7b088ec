"""A program that publishes by WHIP with aiortc, a stack that has nothing in common with ours.

The argument is a JSON list of publishers (see `Look`), standard input says by its end when to
stop. Prints PUBLISHING once all are connected.
"""

import asyncio
import fractions
import json
import math
import sys
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    clock,
)

RATE = 48000
TICK = RATE // 50
CLOCK = fractions.Fraction(1, RATE)
PICTURES = fractions.Fraction(1, 90000)


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """One WHIP session."""

    url: str
    token: str
    colour: tuple[int, int, int]
    tone: float = 0.0
    """Hz; 0: no sound at all."""
    width: int = 160
    height: int = 96
    rate: int = 8
    flash: bool = False
    """White, and heard, for the first 0.2 s of every `period`; else it is always heard."""
    period: float = 1.0
    skew: float = 0.0
    """Seconds by which the clock in the sender reports is wrong; the same for the program."""


class Camera(MediaStreamTrack):
    kind = "video"

    def __init__(self, publisher: Publisher, start: float) -> None:
        super().__init__()
        self._start = start
        self._number: int | None = None
        self._publisher = publisher
        shape = (publisher.height, publisher.width, 3)
        self._plain = np.broadcast_to(np.array(publisher.colour, np.uint8), shape).copy()
        self._white = np.full(shape, 255, np.uint8)

    async def recv(self) -> av.VideoFrame:
        publisher = self._publisher
        if self._number is None:
            self._number = _next(self._start, publisher.rate)
        at = self._number / publisher.rate
        await _until(self._start + at)
        bright = publisher.flash and at % publisher.period < 0.2 - 1e-6
        frame = av.VideoFrame.from_ndarray(self._white if bright else self._plain, "rgb24")
        frame.pts, frame.time_base = round(at * 90000), PICTURES
        self._number += 1
        return frame


class Microphone(MediaStreamTrack):
    kind = "audio"

    def __init__(self, publisher: Publisher, start: float) -> None:
        super().__init__()
        self._start = start
        self._number: int | None = None
        self._publisher = publisher

    async def recv(self) -> av.AudioFrame:
        publisher = self._publisher
        if self._number is None:
            self._number = _next(self._start, RATE / TICK)
        first = self._number * TICK
        await _until(self._start + first / RATE)
        at = (first + np.arange(TICK)) / RATE
        sound = 0.5 * np.sin(2 * np.pi * publisher.tone * at)
        if publisher.flash:
            sound *= at % publisher.period < 0.2
        samples = (sound * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, CLOCK
        self._number += 1
        return frame


def _next(start: float, rate: float) -> int:
    """The number of the frame that is due next: what was due before is not made up for."""
    return math.ceil((time.monotonic() - start) * rate)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0, moment - time.monotonic()))


async def publish(http: aiohttp.ClientSession, publisher: Publisher) -> RTCPeerConnection:
    """Returns once the media flows."""
    # Else it asks a server of the internet, and where no name server answers waits for it.
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    start = time.monotonic()
    peer.addTrack(Camera(publisher, start))
    if publisher.tone:
        peer.addTrack(Microphone(publisher, start))
    connected = asyncio.Event()
    peer.on("connectionstatechange", lambda: _note(peer, connected))
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Authorization": f"Bearer {publisher.token}", "Content-Type": "application/sdp"}
    offer = peer.localDescription.sdp
    async with http.post(publisher.url, data=offer, headers=headers) as reply:
        text = await reply.text()
        assert reply.status == 201, text
        assert "Location" in reply.headers
    await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
    await asyncio.wait_for(connected.wait(), 20)
    return peer


def _note(peer: RTCPeerConnection, connected: asyncio.Event) -> None:
    if peer.connectionState == "connected":
        connected.set()


async def main(wanted: list[dict[str, Any]]) -> None:
    publishers = [Publisher(**one) for one in wanted]
    _skew_clock(publishers[0].skew)
    async with aiohttp.ClientSession() as http:
        peers = [await publish(http, publisher) for publisher in publishers]
        print("PUBLISHING", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)
        await asyncio.gather(*(peer.close() for peer in peers))


def _skew_clock(seconds: float) -> None:
    true_time = clock.current_ntp_time
    clock.current_ntp_time = lambda: true_time() + round(seconds * (1 << 32))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
