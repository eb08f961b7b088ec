"""Where the links that are passed on lead."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from signaling import front_door
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
    reply = await front_door.front_door(settings).handler(request)
    assert isinstance(reply, web.Response)
    assert isinstance(reply.body, bytes)
    assert msgspec.json.decode(reply.body, type=rest.FrontDoor).origin == origin
