"""Events of the kernel: what is cheap at once, handshakes by turns of the calls."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import pytest
from structlog.testing import capture_logs

from sfu import inbox
from sfu.inbox import Inbox
from sfu.kernel import core
from tests.sfu.test_node import EventfulKernel

if TYPE_CHECKING:
    from sfu.engine import Engine


class Owner:
    """A session, as far as its datagrams need one."""

    def __init__(self, call: str) -> None:
        self.call = call


class Ledger:
    """An engine that notes what it is told; handle n belongs to the call of n's tens at first."""

    def __init__(self) -> None:
        self.told: list[int | str] = []
        self.datagrams: list[bytes] = []
        self.owners = {handle: Owner(str(handle // 10)) for handle in range(100)}

    def session_of(self, handle: int) -> Owner | None:
        return self.owners.get(handle)

    def receive_dtls(
        self, handle: int, datagram: bytes, _now: float, address: tuple[int, int]
    ) -> None:
        assert address == (0, 0)
        self.told.append(handle)
        self.datagrams.append(datagram)
        if handle == 66:
            raise RuntimeError

    def set_reachable(self, handle: int, reachable: bool, _now: float) -> None:
        self.told.append(f"{handle} {reachable}")

    def settle(self) -> None:
        self.told.append("settle")

    def dtls(self) -> list[int]:
        return [handle for handle in self.told if isinstance(handle, int)]


@pytest.fixture
def kernel() -> Iterator[EventfulKernel]:
    kernel = EventfulKernel()
    yield kernel
    kernel.close()


def inbox_of(kernel: EventfulKernel) -> tuple[Inbox, Ledger]:
    ledger = Ledger()
    return Inbox(kernel.as_kernel(), cast("Engine", ledger), ledger.settle), ledger


async def turn(turns: int = 50) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


async def run(kernel: EventfulKernel, turns: int = 50) -> Ledger:
    entry, ledger = inbox_of(kernel)
    with entry.watched():
        await turn(turns)
    return ledger


async def test_calls_take_turns(kernel: EventfulKernel) -> None:
    for handle in (10, 11, 12, 20):
        kernel.happen(core.EVENT_DTLS, handle)
    assert (await run(kernel)).dtls() == [10, 20, 11, 12]


async def test_what_is_cheap_does_not_wait_for_handshakes(kernel: EventfulKernel) -> None:
    kernel.happen(core.EVENT_DTLS, 10)
    kernel.happen(core.EVENT_CONNECTED, 20)
    assert (await run(kernel)).told == ["20 True", 10, "settle"]


async def test_others_have_their_turn_between_handshakes(
    kernel: EventfulKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BREATH", 0.0)
    for handle in (10, 11, 12):
        kernel.happen(core.EVENT_DTLS, handle)
    assert (await run(kernel)).told[:6] == [10, "settle", 11, "settle", 12, "settle"]


async def test_what_is_cheap_is_settled_between_handshakes(
    kernel: EventfulKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And brings no handshake before its turn."""
    monkeypatch.setattr(inbox, "BREATH", 0.0)
    entry, ledger = inbox_of(kernel)
    with entry.watched():
        for handle in range(5):
            kernel.happen(core.EVENT_DTLS, handle)
        while not ledger.told:
            await turn(1)
        kernel.happen(core.EVENT_CONNECTED, 20)
        kernel.happen(core.EVENT_LOST, 21)
        await turn()
    assert ledger.dtls() == [0, 1, 2, 3, 4]
    place = ledger.told.index("20 True")
    assert 4 not in ledger.told[:place], "handshakes were still waiting"
    assert ledger.told[place : place + 3] == ["20 True", "21 False", "settle"]


async def test_handshakes_after_a_breath_are_handed_on(
    kernel: EventfulKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BREATH", 0.0)
    entry, ledger = inbox_of(kernel)
    with entry.watched():
        for handles in ((10, 11), (12,), (13, 14)):
            for handle in handles:
                kernel.happen(core.EVENT_DTLS, handle)
            await turn()
    assert ledger.dtls() == [10, 11, 12, 13, 14]


async def test_a_call_that_floods_loses_its_own_datagrams(
    kernel: EventfulKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LIMIT", 2)
    for handle in (10, 11, 12, 13, 20):
        kernel.happen(core.EVENT_DTLS, handle)
    assert (await run(kernel)).dtls() == [10, 20, 11]


async def test_what_waits_never_reaches_the_next_owner_of_its_handle(
    kernel: EventfulKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BREATH", 0.0)
    entry, ledger = inbox_of(kernel)
    with entry.watched():
        kernel.happen(core.EVENT_DTLS, 10)
        for datagram in (b"the same", b"of the old"):
            kernel.happen(core.EVENT_DTLS, 11, datagram)
        while not ledger.told:
            await turn(1)
        ledger.owners[11] = Owner("1")
        for datagram in (b"the same", b"of the new"):
            kernel.happen(core.EVENT_DTLS, 11, datagram)
        await turn()
    assert ledger.datagrams == [b"", b"the same", b"of the new"]


async def test_unknown_sessions_and_failures_cost_nobody_anything(kernel: EventfulKernel) -> None:
    for handle in (100, 66, 10):
        kernel.happen(core.EVENT_DTLS, handle)
    with capture_logs() as logs:
        assert (await run(kernel)).dtls() == [66, 10]
    (line,) = logs
    assert (line["event"], line["kind"], line["subject"]) == ("event failed", core.EVENT_DTLS, 66)


async def test_nothing_is_handed_on_after_the_end(
    kernel: EventfulKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "BREATH", 0.0)
    for handle in range(10):
        kernel.happen(core.EVENT_DTLS, handle)
    ledger = await run(kernel, turns=4)
    told = list(ledger.told)
    assert 0 < len(ledger.dtls()) < 10
    await turn(10)
    assert ledger.told == told
