"""A program that receives by WHEP with aiortc and decodes.

Arguments: URL and token. Prints a JSON line now and then, `{"colour": [r, g, b], "tone": hertz}`,
until the end of standard input.
"""

import asyncio
import json
import sys
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

WINDOW = 48000 // 4


class Senses:
    """What was seen and heard last."""

    def __init__(self) -> None:
        self.colour: list[int] | None = None
        self.tone: float | None = None

    async def watch(self, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.VideoFrame)
            picture = frame.to_ndarray(format="rgb24")
            self.colour = [round(part) for part in picture.mean(axis=(0, 1))]

    async def listen(self, track: MediaStreamTrack) -> None:
        heard = np.zeros(0)
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.AudioFrame)
            channels = len(frame.layout.channels)
            samples = frame.to_ndarray().reshape(-1, channels)[:, 0]
            heard = np.concatenate([heard, samples / 32768])
            if len(heard) >= WINDOW:
                self.tone = _loudest(heard[:WINDOW])
                heard = np.zeros(0)


def _loudest(samples: np.ndarray[Any, Any]) -> float | None:
    """Hz, or None for silence."""
    if np.abs(samples).max() < 0.02:
        return None
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum[1:]) + 1) * 48000 / len(samples)


async def main(url: str, token: str) -> None:
    # Else it asks a server of the internet, and where no name server answers waits for it.
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    senses = Senses()
    tasks: list[asyncio.Task[None]] = []

    def receive(track: MediaStreamTrack) -> None:
        sense = senses.watch if track.kind == "video" else senses.listen
        tasks.append(asyncio.ensure_future(sense(track)))

    peer.on("track", receive)
    peer.addTransceiver("audio", direction="recvonly")
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=peer.localDescription.sdp, headers=headers) as reply,
    ):
        text = await reply.text()
        assert reply.status == 201, text
    await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
    end = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    while not end.done():
        await asyncio.wait({end}, timeout=0.3)
        print(json.dumps(vars(senses)), flush=True)  # noqa: T201
    for task in tasks:
        task.cancel()
    await peer.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
