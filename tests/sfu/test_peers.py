"""An independent WebRTC stack, aiortc, through the real kernel on loopback."""

import asyncio
import fractions
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from sfu import node
from sfu.kernel import core
from tests.patience import PATIENCE
from tests.sfu.signalman import Signalman
from zvonok.service import bus as service_bus
from zvonok.service.settings import load
from zvonok.wire.bus import Tile, WantedSession

Colour = tuple[int, int, int]
"""Y, U and V."""
RED: Colour = (81, 90, 240)
BLUE: Colour = (41, 240, 110)


class Picture(VideoStreamTrack):
    """One colour, 30 frames a second."""

    def __init__(self, colour: Colour) -> None:
        super().__init__()
        self._colour = colour

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(320, 240, "yuv420p")
        for plane, value in zip(frame.planes, self._colour, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine, loud enough for a speaker."""

    def __init__(self, hertz: int) -> None:
        super().__init__()
        self._hertz = hertz
        self._sample = 0

    async def recv(self) -> AudioFrame:
        count = 960
        await asyncio.sleep(count / 48000)
        times = (self._sample + np.arange(count)) / 48000
        wave = (np.sin(2 * np.pi * self._hertz * times) * 16000).astype(np.int16)
        frame = AudioFrame.from_ndarray(wave.reshape(1, -1), layout="mono")
        frame.sample_rate = 48000
        frame.pts, frame.time_base = self._sample, fractions.Fraction(1, 48000)
        self._sample += count
        return frame


class Stand:
    """A worker with its kernel, and peers that come and go."""

    def __init__(self, kernel: core.Kernel, signalman: Signalman) -> None:
        self.kernel = kernel
        self._signalman = signalman
        self._peers: list[RTCPeerConnection] = []
        self._wanted: dict[int, WantedSession] = {}

    async def publish(self, number: int, **tracks: MediaStreamTrack) -> RTCPeerConnection:
        """A sender as by WHIP: its sources are those named."""
        peer = self._peer()
        for track in tracks.values():
            peer.addTransceiver(track, direction="sendonly")
        await self._negotiate(peer, number, open=list(tracks))
        return peer

    async def watch(self, number: int, **wanted: Any) -> RTCPeerConnection:
        """A viewer as by WHEP."""
        peer = self._peer()
        peer.addTransceiver("audio", direction="recvonly")
        peer.addTransceiver("video", direction="recvonly")
        await self._negotiate(peer, number, **wanted)
        return peer

    async def change(self, number: int, **changes: Any) -> None:
        old = self._wanted[number]
        fields = {name: getattr(old, name) for name in old.__struct_fields__}
        self._wanted[number] = WantedSession(**{**fields, **changes})
        await self._signalman.want(self._wanted[number])

    async def leave(self, number: int) -> None:
        await self._signalman.unwant(f"s{number}")

    async def dropped(self, reason: str, more: int = 20) -> None:
        """Returns once the kernel has dropped `more` packets for that reason."""
        target = self.kernel.counters()[reason] + more
        async with asyncio.timeout(PATIENCE):
            while self.kernel.counters()[reason] < target:
                await asyncio.sleep(0.02)

    def _peer(self) -> RTCPeerConnection:
        # Else it asks a server of the internet, and where no name server answers waits for it.
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.append(peer)
        return peer

    async def _negotiate(self, peer: RTCPeerConnection, number: int, **wanted: Any) -> None:
        await peer.setLocalDescription(await peer.createOffer())
        name = f"s{number}"
        self._wanted[number] = WantedSession(
            session=name,
            participant=number,
            offer_id=1,
            **wanted,
        )
        await self._signalman.want(self._wanted[number], peer.localDescription.sdp)
        actual = await self._signalman.answered(name)
        answer = await self._signalman.answer(name)
        assert answer is not None, actual.error
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self._signalman.until(name, lambda a: a is not None and a.connected)

    async def close(self) -> None:
        for peer in self._peers:
            await peer.close()


@pytest.fixture
async def stand(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stand]:
    monkeypatch.setattr(node, "reachable_addresses", lambda _: ("127.0.0.1",))
    # By itself it leaves loopback out, and a machine without a network has nothing else.
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: ["127.0.0.1"])
    settings = load({"ZVONOK_VAR": str(tmp_path), "ZVONOK_REDIS_URL": redis_url})
    async with AsyncExitStack() as stack:
        redis = service_bus.connect(redis_url)
        stack.push_async_callback(redis.aclose)
        kernel = stack.enter_context(node.open_kernel(0))
        await stack.enter_async_context(node.running(settings, kernel, redis))
        stand = Stand(kernel, Signalman(redis, settings.worker))
        stack.push_async_callback(stand.close)
        yield stand


def track(peer: RTCPeerConnection, kind: str) -> MediaStreamTrack:
    return next(
        transceiver.receiver.track
        for transceiver in peer.getTransceivers()
        if transceiver.kind == kind
    )


async def until(received: MediaStreamTrack, holds: Callable[[Any], bool]) -> None:
    """Receives frames until one holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds(await received.recv()):
            pass


def shows(colour: Colour) -> Callable[[VideoFrame], bool]:
    def check(frame: VideoFrame) -> bool:
        planes = frame.to_ndarray(format="yuv420p").reshape(-1)
        size = frame.width * frame.height
        parts = planes[:size], planes[size : size * 5 // 4], planes[size * 5 // 4 :]
        means = [float(part.mean()) for part in parts]
        return all(abs(m - c) < 12 for m, c in zip(means, colour, strict=True))

    return check


def sounds(hertz: int) -> Callable[[AudioFrame], bool]:
    heard: list[np.ndarray[Any, Any]] = []

    def check(frame: AudioFrame) -> bool:
        channels = len(frame.layout.channels)
        heard.append(frame.to_ndarray().reshape(-1)[::channels])
        wave = np.concatenate(heard[-10:]).astype(float)
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        peak = float(np.argmax(spectrum)) * frame.sample_rate / len(wave)
        return len(heard) > 10 and bool(spectrum.max() > 1e5) and abs(peak - hertz) < 15

    return check


async def test_a_viewer_sees_and_hears_a_sender(stand: Stand) -> None:
    await stand.publish(1, microphone=Tone(440), camera=Picture(RED))
    viewer = await stand.watch(2, view=None)
    await until(track(viewer, "video"), shows(RED))
    await until(track(viewer, "audio"), sounds(440))
    assert stand.kernel.counters()["dropped_forged"] == 0


async def test_a_view_chooses_whom_to_see(stand: Stand) -> None:
    await stand.publish(1, camera=Picture(RED))
    await stand.publish(2, camera=Picture(BLUE))
    viewer = await stand.watch(3, view=[Tile(0, 1, "camera", 240)])
    await until(track(viewer, "video"), shows(RED))
    await stand.change(3, view=[Tile(0, 2, "camera", 240)])
    await until(track(viewer, "video"), shows(BLUE))
    await stand.leave(2)
    await stand.change(3, view=[Tile(0, 1, "camera", 240)])
    await until(track(viewer, "video"), shows(RED))


async def test_a_closed_source_is_stopped_here(stand: Stand) -> None:
    """The sender goes on sending; the viewer gets nothing of it."""
    await stand.publish(1, microphone=Tone(440), camera=Picture(RED))
    viewer = await stand.watch(2, view=None)
    await until(track(viewer, "audio"), sounds(440))
    await stand.change(1, open=["camera"])
    await stand.dropped("dropped_gate")
    sent = stand.kernel.session_stats(0)["packets_received"]
    video = track(viewer, "video")
    heard = await audio_packets(viewer)
    await stand.dropped("dropped_gate")
    await until(video, shows(RED))
    assert await audio_packets(viewer) == heard
    assert stand.kernel.session_stats(0)["packets_received"] > sent


async def audio_packets(peer: RTCPeerConnection) -> int:
    stats = (await peer.getStats()).values()
    return sum(s.packetsReceived for s in stats if s.type == "inbound-rtp" and s.kind == "audio")
