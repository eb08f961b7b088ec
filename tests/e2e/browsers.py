"""Chromium, as many as there are sets of flags; a test has contexts of its own in them.

A context shares nothing that a page could see with another one: no storage, no permissions, no
renderer. What a browser's flags decide (its fake devices) is the same for all who have the same.
"""

from types import TracebackType
from typing import Self

from playwright.async_api import Browser, async_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--use-fake-device-for-media-stream=fps=15",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    # All pages are looked at at once, though only one window can be in front.
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
)
KEPT = 6
"""Browsers that stay when nobody uses them."""


class Browsers:
    """To be used as a context manager; what it gave ends with it."""

    def __init__(self) -> None:
        self._playwright = async_playwright()
        self._running: dict[tuple[str, ...], Browser] = {}
        """The one that was asked for last is the last."""

    async def __aenter__(self) -> Self:
        self._chromium = (await self._playwright.__aenter__()).chromium
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.rest(0)
        finally:
            await self._playwright.__aexit__(kind, error, trace)

    async def like(self, flags: tuple[str, ...]) -> Browser:
        """One with these flags beside those that all have."""
        browser = self._running.pop(flags, None)
        if browser is None or not browser.is_connected():
            browser = await self._chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        self._running[flags] = browser
        return browser

    async def rest(self, kept: int = KEPT) -> None:
        """Nobody uses any now: those that were not asked for lately end."""
        while len(self._running) > kept:
            flags = next(iter(self._running))
            await self._running.pop(flags).close()
