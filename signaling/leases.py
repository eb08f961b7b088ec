"""Whose a call is: a lease in Redis, so that no two processes run the same call."""

import asyncio
from collections.abc import Callable

from zvonok.wire.errors import Refusal

from .live import Live
from .live_call import LiveCall

WAIT_SECONDS = 7.0
"""As long as the lease of a process that died can last, and a little."""
RETRY_SECONDS = 0.25


class Leases:
    """Every method raises RedisError or OSError while Redis is away."""

    def __init__(self, live: Live, steady: Callable[[], float]) -> None:
        self._live = live
        self._steady = steady

    async def acquire(self, lesson: str, deadline: float) -> None:
        """Waits until then for a process that may have died; tries once at least.

        Raises Refusal `call_elsewhere`.
        """
        while not await self._live.acquire(lesson):
            if self._steady() >= deadline:
                raise Refusal(503, "call_elsewhere", "another server runs this call", retry_after=5)
            await asyncio.sleep(RETRY_SECONDS)

    async def regain(self, call: LiveCall) -> bool:
        """The lease was gone, with Redis' memory or to another process. False: so is the call."""
        # Until that is known: should Redis go away now, the lease may be ours all the same.
        call.unproven = True
        if not await self._live.acquire(call.id):
            return False
        kept = await self._live.load(call.id)
        # Whoever takes a call over skips numbers.
        if kept is None or kept.state.next_number <= call.engine.next_number:
            call.unproven = False
            call.touch_everything(kept)
            return True
        await self._live.release(call.id)
        return False
