"""Brings people into the call, each in a browser with a camera and a microphone of its own."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Playwright

from tests.e2e.looks import Look
from tests.e2e.person import Person

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
PROBES = Path(__file__).with_name("probes.js")
DESKTOP = {"width": 1280, "height": 720}


class Crowd:
    """Everybody leaves when the block ends; `errors` holds what went wrong in their pages."""

    def __init__(self, playwright: Playwright, media: Path) -> None:
        self._playwright = playwright
        self._media = media
        self._stack = AsyncExitStack()
        self._plain: Browser | None = None
        self.errors: list[str] = []
        self.people: list[Person] = []

    async def close(self) -> None:
        await self._stack.aclose()

    async def person(
        self,
        name: str,
        look: Look | None = None,
        script: str = "",
        flags: tuple[str, ...] = (),
        **options: Any,
    ) -> Person:
        """Somebody with a page that is still empty. `options` are the context's."""
        context = await self.context(look, flags, **options)
        await context.add_init_script(path=PROBES)
        if script:
            await context.add_init_script(script)
        person = Person(await self.page(context), name)
        self.people.append(person)
        return person

    async def context(
        self, look: Look | None = None, flags: tuple[str, ...] = (), **options: Any
    ) -> BrowserContext:
        """A browser of its own for a look or flags of its own."""
        if look is None and flags:
            browser = await self._launch(*flags)
        elif look is None:
            self._plain = self._plain or await self._launch()
            browser = self._plain
        else:
            camera, microphone = look.camera(self._media), look.microphone(self._media)
            browser = await self._launch(
                f"--use-file-for-fake-video-capture={camera}",
                f"--use-file-for-fake-audio-capture={microphone}",
            )
        options.setdefault("viewport", DESKTOP)
        options.setdefault("locale", "ru-RU")
        # Links lead to the https door, whose authority no test's browser knows.
        options.setdefault("ignore_https_errors", True)
        return await browser.new_context(**options)

    async def page(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{error}\n{error.stack}"))
        return page

    async def _launch(self, *flags: str) -> Browser:
        browser = await self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *flags]
        )
        self._stack.push_async_callback(browser.close)
        return browser
