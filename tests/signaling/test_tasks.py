"""The tasks of a process: none ends unseen, and none outlives it."""

import asyncio
from contextlib import suppress

import pytest

from signaling.tasks import Tasks
from tests.patience import PATIENCE


async def ends() -> None:
    await asyncio.sleep(0)


async def dies() -> None:
    await asyncio.sleep(0)
    raise KeyError("a fault")


async def goes_on() -> None:
    await asyncio.Event().wait()


async def test_what_ends_by_itself_ends_nothing_else() -> None:
    async with asyncio.timeout(PATIENCE), Tasks() as tasks:
        tasks.begin(ends, name="ends")
        while tasks._tasks:
            await asyncio.sleep(0)
        assert tasks.alive


@pytest.mark.parametrize(
    ("work", "forever", "error"),
    [(dies, False, KeyError), (dies, True, KeyError), (ends, True, RuntimeError)],
)
async def test_what_must_not_end_ends_all(
    work: object, forever: bool, error: type[Exception]
) -> None:
    tasks = Tasks()

    async def block() -> None:
        async with asyncio.timeout(PATIENCE), tasks:
            tasks.begin(goes_on, name="goes on", forever=True)
            tasks.begin(work, name="work", forever=forever)  # type: ignore[arg-type]
            await goes_on()

    with pytest.raises(ExceptionGroup) as caught:
        await block()
    assert [type(one) for one in caught.value.exceptions] == [error]
    assert not tasks.alive


async def test_all_end_with_the_block_even_who_does_not_hear_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signaling.tasks.INSIST_SECONDS", 0.0)
    ended: list[str] = []

    async def hard_of_hearing() -> None:
        with suppress(asyncio.CancelledError):
            await goes_on()
        try:
            await goes_on()
        finally:
            ended.append("hard of hearing")

    async with asyncio.timeout(PATIENCE), Tasks() as tasks:
        tasks.begin(hard_of_hearing, name="hard of hearing", forever=True)
        await asyncio.sleep(0)
    assert ended == ["hard of hearing"]
    assert tasks.alive, "it was ended, and did not die"
