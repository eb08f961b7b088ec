"""Pages that do no more than a call needs, and descriptions that lead through a relay."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from tests.e2e.browsers import Browsers

from ..scene import Scene

FOLDER = Path(__file__).parent
SAMPLING = FOLDER.parent / "sampling.js"
ADDRESS = "http://localhost/"
"""Nobody is asked for it: the page is made here. Devices are given to such an address alone."""
# Candidates have the ports in any case; without this they lack the address that they belong to.
SHOWN = ("--disable-features=WebRtcHideLocalIpsWithMdns",)
CAMERA = {
    "width": {"ideal": 1280},
    "height": {"ideal": 720},
    "frameRate": {"ideal": 25, "max": 30},
}
"""As our client asks for it."""
LARGE = {"maxBitrate": 1_800_000}
LAYERS = [
    {"rid": "q", "scaleResolutionDownBy": 4, "maxBitrate": 150_000},
    {"rid": "h", "scaleResolutionDownBy": 2, "maxBitrate": 500_000},
    {"rid": "f", "scaleResolutionDownBy": 1, **LARGE},
]
"""As our client sends them."""


async def open_page(browsers: Browsers, stack: AsyncExitStack, flags: tuple[str, ...]) -> Page:
    browser = await browsers.like((*flags, *SHOWN))
    context: BrowserContext = await browser.new_context()
    stack.push_async_callback(context.close)
    await context.add_init_script(path=SAMPLING)
    await context.add_init_script(path=FOLDER / "page.js")
    page = await context.new_page()
    await page.route(
        ADDRESS,
        lambda route: route.fulfill(body="<!doctype html><body>", content_type="text/html"),
    )
    await page.goto(ADDRESS)
    return page


async def open_both(browsers: Browsers, stack: AsyncExitStack, scene: Scene) -> tuple[Page, Page]:
    """Publisher and viewer, in browsers of their own."""
    publisher = await open_page(browsers, stack, scene.flags)
    return publisher, await open_page(browsers, stack, ())


def port_of(sdp: str, host: str) -> int:
    """Of the candidate for UDP with this address. Raises ValueError."""
    found = re.search(rf"a=candidate:\S+ 1 udp \d+ {re.escape(host)} (\d+) ", sdp, re.IGNORECASE)
    if found is None:
        raise ValueError(f"no candidate of {host}: {re.findall('a=candidate.*', sdp)}")
    return int(found[1])


def candidates(sdp: str, address: tuple[str, int] | None) -> str:
    """The same description with this address alone; with none its reader waits for checks."""
    bare = re.sub(r"a=(candidate|end-of-candidates).*\r\n", "", sdp)
    if address is None:
        return bare
    host, port = address
    line = f"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\n"
    # In the first section, which carries all others.
    return re.sub(r"(a=ice-pwd:[^\r]*\r\n)", lambda found: found[1] + line, bare, count=1)
