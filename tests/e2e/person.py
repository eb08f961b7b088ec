"""One participant in a real browser, by what he does and what he sees and hears."""

from collections.abc import Sequence
from typing import Any, Literal

from playwright.async_api import Locator, Page, expect

from tests.e2e.looks import Colour, is_colour
from tests.e2e.waiting import until
from tests.patience import PATIENCE

Switch = Literal["microphone", "camera"]


def lags(found: dict[str, list[float]]) -> list[float]:
    """For each flash the time since the nearest beep, ms."""
    beeps = found["beeps"]
    return [min((flash - beep for beep in beeps), key=abs) for flash in found["flashes"] if beeps]


class Person:
    """Everything goes through the interface; `probe` only reads."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    async def join(
        self, address: str, *, camera: bool = True, microphone: bool = True, host: bool = False
    ) -> None:
        """From the link to the call."""
        await self.page.goto(address)
        await self.enter(camera=camera, microphone=microphone, host=host)

    async def enter(
        self, *, camera: bool = True, microphone: bool = True, host: bool = False
    ) -> None:
        """From the page before the call into it."""
        await self.page.get_by_test_id("prejoin-name").fill(self.name)
        if host:
            # A host's devices open by themselves; a click before that would undo it.
            for switch in ("camera", "microphone"):
                button = self.page.get_by_test_id(f"prejoin-{switch}")
                await expect(button).to_have_attribute("data-on", "true")
        await self._toggle("prejoin-camera", camera)
        await self._toggle("prejoin-microphone", microphone)
        await self.press("prejoin-join")
        await self.expect_phase("connected")

    async def _toggle(self, testid: str, on: bool) -> None:
        button = self.page.get_by_test_id(testid)
        wanted = "true" if on else "false"
        if await button.get_attribute("data-on") != wanted:
            await button.click()
        await expect(button).to_have_attribute("data-on", wanted)

    async def expect_phase(self, phase: str, seconds: float = PATIENCE) -> None:
        call = self.page.get_by_test_id("call")
        await expect(call).to_have_attribute("data-phase", phase, timeout=seconds * 1000)

    async def set(self, switch: Switch, on: bool) -> None:
        await self._toggle(switch, on)

    async def press(self, testid: str) -> None:
        await self.page.get_by_test_id(testid).click()

    # ── what he is and sees ──

    async def number(self) -> int:
        return int(await self.page.evaluate("window.zvonok.state.you.value"))

    def tile(self, name: str, kind: str = "camera") -> Locator:
        tiles = self.page.locator(f'[data-testid="tile"][data-kind="{kind}"]')
        return tiles.and_(self.page.get_by_label(name, exact=kind == "camera"))

    async def shown(self) -> list[str]:
        """Names in all tiles."""
        return await self._names("")

    async def uncovered(self) -> list[str]:
        """Names in the tiles that show a picture of a camera."""
        return await self._names('[data-kind="camera"][data-covered="false"]')

    async def _names(self, which: str) -> list[str]:
        names: list[str] = await self.page.locator(f'[data-testid="tile"]{which}').evaluate_all(
            "tiles => tiles.map(tile => tile.ariaLabel)"
        )
        return names

    def away(self, name: str) -> Locator:
        """The words over the tile of somebody whose connection is lost."""
        return self.tile(name).locator(".tile-away")

    async def colour(self, name: str | None, kind: str = "camera") -> list[float] | None:
        seen: list[float] | None = await self.page.evaluate(
            "([name, kind]) => window.probe.colour(name, kind)", [name, kind]
        )
        return seen

    async def size(self, name: str | None, kind: str = "camera") -> tuple[int, int]:
        width, height = await self.page.evaluate(
            "([name, kind]) => window.probe.size(name, kind)", [name, kind]
        )
        return width, height

    async def expect_colour(self, name: str, colour: Colour, seconds: float = PATIENCE) -> None:
        await until(
            lambda: self.colour(name),
            lambda seen: is_colour(seen, colour),
            seconds=seconds,
            what=f"{self.name} sees {name} in {colour}",
        )

    async def expect_covered(self, name: str) -> None:
        tile = self.tile(name)
        await expect(tile).to_have_attribute("data-covered", "true")

    # ── what he hears ──

    async def heard(self, seconds: float = 1.6) -> list[list[int]]:
        """The frequencies in each sound slot."""
        found: list[list[int]] = await self.page.evaluate(
            "ms => window.probe.heard(ms)", seconds * 1000
        )
        return found

    async def expect_tones(self, tones: Sequence[float], seconds: float = PATIENCE) -> None:
        """Just these tones, and no other, in the speakers' slots."""

        def right(slots: list[list[int]]) -> bool:
            heard = [hertz for slot in slots[:3] for hertz in slot]
            return all(any(abs(hertz - tone) < 30 for hertz in heard) for tone in tones) and all(
                any(abs(hertz - tone) < 30 for tone in tones) for hertz in heard
            )

        await until(self.heard, right, seconds=seconds, what=f"{self.name} hears {tones}")

    async def lag(self, name: str, seconds: float) -> list[float]:
        """How much later than the beep each flash of somebody was seen, ms."""
        return lags(
            await self.page.evaluate(
                "([name, ms]) => window.probe.flashesAndBeeps(name, ms)", [name, seconds * 1000]
            )
        )

    async def holds(self, name: str) -> dict[str, Any]:
        """What holds somebody's picture and sound back; see probes.js."""
        found: dict[str, Any] = await self.page.evaluate("name => window.probe.holds(name)", name)
        return found

    # ── what the connection says ──

    async def rtp(self, direction: str, kind: str) -> dict[str, float]:
        totals: dict[str, float] = await self.page.evaluate(
            "([direction, kind]) => window.probe.rtp(direction, kind)", [direction, kind]
        )
        return totals

    async def layers(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = await self.page.evaluate("window.probe.layers()")
        return found

    async def evidence(self) -> dict[str, Any]:
        """Everything the page knows, for whoever looks into a failure."""
        found: dict[str, Any] = await self.page.evaluate("window.probe.evidence()")
        return found
