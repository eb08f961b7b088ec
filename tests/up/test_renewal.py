import asyncio
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from zvonok.service.settings import load
from zvonok.up import renewal
from zvonok.up.renewal import current_certificates, keep_certificates


async def test_a_new_address_renews_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load({"ZVONOK_VAR": str(tmp_path)})
    addresses = ["192.0.2.7"]
    monkeypatch.setattr(renewal, "reachable_addresses", lambda _public: tuple(addresses))
    assert current_certificates(settings)[1]
    renewed = asyncio.Event()
    times: list[int] = []

    def note() -> None:
        times.append(1)
        renewed.set()

    keeping = asyncio.ensure_future(keep_certificates(settings, note, interval=0.001))
    addresses.append("198.51.100.1")
    async with asyncio.timeout(PATIENCE):
        await renewed.wait()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert times == [1]
    assert not current_certificates(settings)[1]
