"""Chromium to Janus' VideoRoom to Chromium, as Janus comes: what the publisher sends is simulcast
in three layers, and each viewer gets the largest that arrives at the server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bench.line.line import Preset
from bench.line.presets import GOOD
from bench.line.relay import Ends, RelayThread
from tests.e2e.browsers import Browsers

from ..cases import PUBLISHER, VIEWER, Case
from ..scene import Scene
from .gateway import ADDRESS
from .meeting import Meeting
from .pages import CAMERA, LAYERS, candidates, open_both, port_of
from .videoroom import VideoRoom


class Janus:
    name = "Janus"

    def __init__(self, browsers: Browsers, scene: Scene, rooms: VideoRoom) -> None:
        self._browsers = browsers
        self._scene = scene
        self._rooms = rooms

    @asynccontextmanager
    async def meeting(self, case: Case, seed: int) -> AsyncIterator[Meeting]:
        async with AsyncExitStack() as stack:
            publisher, viewer = await open_both(self._browsers, stack, self._scene)
            lines: list[RelayThread] = []

            def between(preset: Preset, sdp: str) -> tuple[str, int]:
                ends = Ends(datagrams=(ADDRESS, port_of(sdp, ADDRESS)))
                line = stack.enter_context(RelayThread(preset, seed, ends))
                lines.append(line)
                return line.datagrams

            def there(sdp: str) -> tuple[str, int]:
                return ADDRESS, port_of(sdp, ADDRESS)

            room = await self._rooms.make_room()
            offer = await publisher.evaluate(
                "([camera, encodings]) => call.offer(camera, encodings)", [CAMERA, LAYERS]
            )
            feed, answer = await self._rooms.publish(room, candidates(offer, None))
            way = between(GOOD, answer) if case.weak == PUBLISHER else there(answer)
            await publisher.evaluate("call.accept", candidates(answer, way))

            async def enter() -> None:
                if case.weak == PUBLISHER:
                    lines[0].become(case.preset)
                handle, offered = await self._rooms.subscribe(room, feed)
                way = between(case.preset, offered) if case.weak == VIEWER else there(offered)
                answered = await viewer.evaluate("call.answer", candidates(offered, way))
                await self._rooms.start(handle, candidates(answered, None))

            yield Meeting(publisher, viewer, enter, lines)
