"""Chromium to Chromium with nothing but the line between: one picture of 720 lines, and sound."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from bench.line.relay import LOOPBACK, Ends, RelayThread
from tests.e2e.browsers import Browsers

from ..cases import VIEWER, Case
from ..scene import Scene
from .meeting import Meeting
from .pages import CAMERA, LARGE, candidates, open_both, port_of


class Direct:
    name = "peer to peer"

    def __init__(self, browsers: Browsers, scene: Scene) -> None:
        self._browsers = browsers
        self._scene = scene

    @asynccontextmanager
    async def meeting(self, case: Case, seed: int) -> AsyncIterator[Meeting]:
        async with AsyncExitStack() as stack:
            publisher, viewer = await open_both(self._browsers, stack, self._scene)

            async def enter() -> None:
                offer = await publisher.evaluate(
                    "([camera, encodings]) => call.offer(camera, encodings)", [CAMERA, [LARGE]]
                )
                if case.weak == VIEWER:
                    relay = between(offer)
                    answer = await viewer.evaluate("call.answer", candidates(offer, relay))
                    await publisher.evaluate("call.accept", candidates(answer, None))
                else:
                    answer = await viewer.evaluate("call.answer", candidates(offer, None))
                    relay = between(answer)
                    await publisher.evaluate("call.accept", candidates(answer, relay))

            def between(sdp: str) -> tuple[str, int]:
                ends = Ends(datagrams=(LOOPBACK, port_of(sdp, LOOPBACK)))
                line = stack.enter_context(RelayThread(case.preset, seed, ends))
                meeting.line.append(line)
                return line.datagrams

            meeting = Meeting(publisher, viewer, enter)
            yield meeting
