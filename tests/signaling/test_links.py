"""What a link tells of the media servers before anybody enters."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import await_only

from signaling.links import MEDIA_ADDRESSES, media_addresses
from tests.patience import PATIENCE
from tests.signaling.conftest import School
from tests.signaling.fake_sfu import FakeSfu
from zvonok.wire import rest
from zvonok.wire.bus import WorkerState


def worker(*addresses: str, port: int = 8081) -> WorkerState:
    return WorkerState(worker="w", addresses=list(addresses), port=port, sessions=0, load=0.0)


def test_addresses_are_written_as_in_a_stun_uri() -> None:
    workers = [worker("198.51.100.7", "2001:db8::7"), worker("198.51.100.8", port=9000)]
    expected = ["198.51.100.7:8081", "[2001:db8::7]:8081", "198.51.100.8:9000"]
    assert media_addresses(workers) == expected


def test_loopback_means_another_machine_to_others() -> None:
    assert media_addresses([worker("192.0.2.1", "127.0.0.1", "::1")]) == ["192.0.2.1:8081"]


def test_the_first_ones_are_enough() -> None:
    many = [f"192.0.2.{last}" for last in range(1, 20)]
    assert media_addresses([worker(*many)]) == [f"{one}:8081" for one in many[:MEDIA_ADDRESSES]]


async def test_looking_up_tells_them(sfu: FakeSfu, school: School) -> None:
    lesson = await school.client.lesson()
    media: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not media:
            reply = await school.client.ask("GET", f"/api/links/{lesson.participant_link}")
            media = reply.json["media"]
    assert media == ["192.0.2.9:8081"]


@pytest.fixture
def slow_disk() -> Iterator[None]:
    """Every commit takes as long as a sync of a disk that turns."""

    def slow(_connection: Connection) -> None:
        await_only(asyncio.sleep(0.03))

    event.listen(Engine, "commit", slow)
    yield
    event.remove(Engine, "commit", slow)


async def test_three_hundred_enter_at_once_on_a_slow_disk(school: School, slow_disk: None) -> None:
    lesson = await school.client.lesson()
    path = f"/api/links/{lesson.participant_link}/enter"
    replies = await asyncio.gather(
        *(school.client.ask("POST", path, rest.Enter(f"P{number}")) for number in range(300))
    )
    assert {reply.status for reply in replies} == {200}
    links = await school.client.ask(
        "GET", f"/api/lessons/{lesson.lesson.id}/links", bearer=school.settings.school_key
    )
    uses = {link["token"]: link["uses"] for link in links.json["links"]}
    assert uses[lesson.participant_link] == 300
