import asyncio
import errno
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from zvonok.service.settings import Settings, load
from zvonok.up import renewal
from zvonok.up.renewal import current_certificates, keep_certificates


async def test_a_new_address_renews_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load({"ZVONOK_VAR": str(tmp_path)})
    addresses = ["192.0.2.7"]
    looks: list[int] = []

    def reachable_addresses(_public: object) -> tuple[str, ...]:
        looks.append(len(addresses))
        return tuple(addresses)

    async def some_looks() -> None:
        enough = len(looks) + 3
        async with asyncio.timeout(PATIENCE):
            while len(looks) < enough:
                await asyncio.sleep(0.001)

    monkeypatch.setattr(renewal, "reachable_addresses", reachable_addresses)
    assert current_certificates(settings)[1]
    times: list[int] = []
    told: list[str] = []
    keeping = asyncio.ensure_future(
        keep_certificates(settings, lambda: times.append(1), told.append, interval=0.001)
    )
    await some_looks()
    assert times == []
    addresses.append("198.51.100.1")
    await some_looks()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert (times, told) == ([1], [])
    assert not current_certificates(settings)[1]


async def test_a_disk_that_is_full_for_a_while_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load({"ZVONOK_VAR": str(tmp_path)})
    results: list[tuple[None, bool] | OSError] = [
        OSError(errno.ENOSPC, "No space left on device"),
        (None, True),
    ]
    renewed = asyncio.Event()

    def current(_settings: Settings) -> tuple[None, bool]:
        result = results.pop(0) if len(results) > 1 else results[0]
        if isinstance(result, OSError):
            raise result
        return result

    monkeypatch.setattr(renewal, "current_certificates", current)
    told: list[str] = []
    keeping = asyncio.ensure_future(
        keep_certificates(settings, renewed.set, told.append, interval=0.001)
    )
    waiting = asyncio.ensure_future(renewed.wait())
    await asyncio.wait({keeping, waiting}, timeout=PATIENCE, return_when="FIRST_COMPLETED")
    assert renewed.is_set()
    assert len(told) == 1
    assert "No space left on device" in told[0]
    keeping.cancel()
    await asyncio.wait({keeping})
