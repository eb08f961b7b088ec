"""Brings people into the call, each with a camera, a microphone and a browser context."""

from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.async_api import BrowserContext, Page

from tests.e2e.browsers import Browsers
from tests.e2e.looks import Look
from tests.e2e.person import Person

PROBES = Path(__file__).with_name("probes.js")
DESKTOP = {"width": 1280, "height": 720}


class Crowd:
    """Everybody leaves when the block ends; `errors` holds what went wrong in their pages."""

    def __init__(self, browsers: Browsers, media: Path) -> None:
        self._browsers = browsers
        self._media = media
        self._stack = AsyncExitStack()
        self.errors: list[str] = []
        self.people: list[Person] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
        """In a browser with that look, or those flags."""
        if look is not None:
            camera, microphone = look.camera(self._media), look.microphone(self._media)
            flags = (
                f"--use-file-for-fake-video-capture={camera}",
                f"--use-file-for-fake-audio-capture={microphone}",
            )
        browser = await self._browsers.like(flags)
        options.setdefault("viewport", DESKTOP)
        options.setdefault("locale", "ru-RU")
        # Links lead to the https door, whose authority no test's browser knows.
        options.setdefault("ignore_https_errors", True)
        context = await browser.new_context(**options)
        self._stack.push_async_callback(context.close)
        return context

    async def page(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{error}\n{error.stack}"))
        return page
