"""Where the links that are passed on lead."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from signaling import front_door
from signaling.clock import Clock
from zvonok.service.settings import load
from zvonok.wire import rest


@pytest.mark.parametrize(
    ("addresses", "origin"),
    [
        (["192.0.2.7", "2001:db8::1", "127.0.0.1"], "https://192.0.2.7:8443"),
        (["2001:db8::1", "::1"], "https://[2001:db8::1]:8443"),
        (["127.0.0.1", "::1"], None),
    ],
)
async def test_others_are_led_to_an_address_of_the_network(
    addresses: list[str], origin: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "reachable_addresses", lambda _: tuple(addresses))
    request: Any = None
    settings = load({"ZVONOK_VAR": str(tmp_path)})
    reply = await front_door.front_door(settings, Clock()).handler(request)
    assert isinstance(reply, web.Response)
    assert isinstance(reply.body, bytes)
    assert msgspec.json.decode(reply.body, type=rest.FrontDoor).origin == origin


async def test_who_asks_all_at_once_makes_us_look_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is where two thousand pages knock when the server is back."""
    looked = []

    def look(_: tuple[str, ...]) -> tuple[str, ...]:
        looked.append(True)
        return ("192.0.2.7",)

    monkeypatch.setattr(front_door, "reachable_addresses", look)
    times = [5.0, 5.0, 5.0 + front_door.KNOWN_SECONDS / 2, 5.0 + front_door.KNOWN_SECONDS]
    asked = iter(times)
    settings = load({"ZVONOK_VAR": str(tmp_path)})
    handler = front_door.front_door(settings, Clock(steady=lambda: next(asked))).handler
    request: Any = None
    for _ in times:
        await handler(request)
    assert len(looked) == 2
