"""Real sockets through a line. How long anything takes is not judged here but very generously."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from random import Random

import pytest

from bench.line.capacity import steady
from bench.line.datagrams import Address
from bench.line.line import DOWN, UP, Preset
from bench.line.loss import Loss
from bench.line.relay import Ends, Relay, RelayThread
from bench.line.traits import PLAIN, Queue, Traits
from tests.patience import PATIENCE

HOST = "127.0.0.1"
NOTHING = Preset("nothing", "", PLAIN, PLAIN)
BLOCKED = Preset("blocked", "", Traits(outages=((0, 1e9),)), PLAIN)


class Echo:
    """Answers with what came, and remembers from where."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.address: Address = sock.getsockname()
        self.seen: list[tuple[bytes, Address]] = []

    def turn(self) -> None:
        data, address = self._socket.recvfrom(65535)
        self.seen.append((data, address))
        self._socket.sendto(data, address)


@contextmanager
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HOST, 0))
        sock.setblocking(False)
        yield sock


@contextmanager
def echoing() -> Iterator[Echo]:
    with udp() as sock:
        echo = Echo(sock)
        loop = asyncio.get_running_loop()
        loop.add_reader(sock, echo.turn)
        yield echo
        loop.remove_reader(sock)


@asynccontextmanager
async def relayed(preset: Preset, seed: int = 1) -> AsyncIterator[tuple[Relay, Echo]]:
    with echoing() as echo:
        async with Relay(preset, seed, Ends(datagrams=echo.address)) as relay:
            yield relay, echo


async def ask(relay: Relay, client: socket.socket, data: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        await loop.sock_sendto(client, data, relay.datagrams)
        return await loop.sock_recv(client, 65535)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


# ── UDP ──


async def test_each_client_has_a_socket_of_his_own() -> None:
    async with relayed(NOTHING) as (relay, echo):
        with udp() as anya, udp() as boris:
            assert await ask(relay, anya, b"anya") == b"anya"
            assert await ask(relay, boris, b"boris") == b"boris"
            assert await ask(relay, anya, b"again") == b"again"
    (_, anyas), (_, boriss), (_, again) = echo.seen
    assert anyas == again
    assert anyas != boriss


async def test_another_address_is_seen_after_a_change_and_the_old_one_is_dead() -> None:
    async with relayed(NOTHING) as (relay, echo):
        with udp() as anya, udp() as service:
            await ask(relay, anya, b"before")
            old = echo.seen[0][1]
            relay.change_address()
            service.sendto(b"to the old one", old)
            assert await ask(relay, anya, b"after") == b"after"
    assert echo.seen[1][1] != old


async def test_a_preset_changes_the_address_by_itself() -> None:
    preset = Preset("rebinding", "", PLAIN, PLAIN, changes=(0.05,))
    async with relayed(preset) as (relay, echo):
        with udp() as anya:
            await ask(relay, anya, b"before")
            await asyncio.sleep(0.06)
            await until_changed(relay, anya, echo)


async def until_changed(relay: Relay, client: socket.socket, echo: Echo) -> None:
    async with asyncio.timeout(PATIENCE):
        while len({address for _, address in echo.seen}) < 2:
            await ask(relay, client, b"?")


async def test_a_delay_is_felt_in_both_directions() -> None:
    far = Preset("far", "", Traits(delay=0.1), Traits(delay=0.15))
    async with relayed(far) as (relay, _):
        with udp() as anya:
            began = time.monotonic()
            await ask(relay, anya, b"?")
            assert time.monotonic() - began >= 0.25


async def test_the_same_seed_loses_the_same() -> None:
    lossy = Preset("lossy", "", Traits(loss=Loss(0.3, 3)), PLAIN)

    async def arrived(seed: int) -> list[bytes]:
        async with relayed(lossy, seed) as (relay, echo):
            with udp() as anya:
                for number in range(200):
                    anya.sendto(bytes([number]), relay.datagrams)
                await until(lambda: relay.statistics()[UP]["packets"] == 200)
                await until(lambda: len(echo.seen) == relay.statistics()[UP]["delivered"])
            return [data for data, _ in echo.seen]

    first = await arrived(1)
    assert 100 < len(first) < 180
    assert await arrived(1) == first
    assert await arrived(2) != first


async def test_a_service_that_is_not_there_yet_does_no_harm() -> None:
    with udp() as unused:
        address = unused.getsockname()
    loop = asyncio.get_running_loop()
    async with Relay(NOTHING, 1, Ends(datagrams=address)) as relay:
        with udp() as anya:
            for _ in range(5):
                await loop.sock_sendto(anya, b"anybody?", relay.datagrams)
                await asyncio.sleep(0.01)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
                late.bind(address)
                late.setblocking(False)
                echo = Echo(late)
                loop.add_reader(late, echo.turn)
                assert await ask(relay, anya, b"now") == b"now"
                loop.remove_reader(late)


async def test_another_line_holds_from_now_on_and_is_counted_for_itself() -> None:
    async with relayed(NOTHING) as (relay, _):
        with udp() as anya:
            await ask(relay, anya, b"through")
            relay.become(BLOCKED)
            for _ in range(3):
                anya.sendto(b"lost", relay.datagrams)
            await until(lambda: relay.statistics()[UP]["packets"] == 4)
            relay.become(NOTHING)
            assert await ask(relay, anya, b"back") == b"back"
            relay.wire.mark("the end")
            statistics = relay.statistics()
    assert statistics["presets"] == ["nothing", "blocked", "nothing"]
    told = [phase["what"] for phase in statistics["phases"]]
    assert told[:3] == ["nothing", "blocked, up: outage", "nothing"]
    assert [phase[UP]["packets"] for phase in statistics["phases"]][:3] == [1, 3, 1]
    assert statistics["phases"][1][UP]["dropped"] == {"outage": 3}
    assert statistics[UP]["delivered"] == statistics[DOWN]["delivered"] == 2


async def test_what_is_under_way_arrives_though_the_line_has_changed_and_is_not_overtaken() -> None:
    slow = Preset("slow", "", Traits(delay=0.2), PLAIN)
    async with relayed(slow) as (relay, echo):
        with udp() as anya:
            anya.sendto(b"first", relay.datagrams)
            await until(lambda: relay.statistics()[UP]["packets"] == 1)
            relay.become(NOTHING)
            anya.sendto(b"second", relay.datagrams)
            await until(lambda: len(echo.seen) == 2)
    assert [data for data, _ in echo.seen] == [b"first", b"second"]


async def test_no_more_gets_through_than_the_line_bears() -> None:
    narrow = Preset("narrow", "", Traits(capacity=steady(1e6), queue=Queue(seconds=0.1)), PLAIN)
    async with relayed(narrow) as (relay, _):
        with udp() as anya:
            for _ in range(100):
                for _ in range(3):
                    anya.sendto(bytes(1222), relay.datagrams)
                await asyncio.sleep(0.01)
            await until(lambda: relay.statistics()[UP]["packets"] == 300)
            up = relay.statistics()[UP]
    assert up["bytes"] == 300 * 1250, "IP and UDP headers count"
    assert up["dropped"].keys() == {"queue"}
    assert up["queue_ms"]["max"] <= 100
    # What waits at the end is counted as sent.
    assert up["delivered_bytes"] * 8 <= up["capacity_kbit_s"] * 1000 * 30 + 0.11e6


async def test_a_port_that_is_taken_is_told() -> None:
    with udp() as taken:
        ends = Ends(datagrams=(HOST, 9), listen=taken.getsockname())
        with pytest.raises(OSError, match="in use"):
            async with Relay(NOTHING, 1, ends):
                pass


def test_a_relay_in_a_thread_ends_with_it() -> None:
    with udp() as service, RelayThread(NOTHING, 1, Ends(datagrams=service.getsockname())) as relay:
        service.settimeout(PATIENCE)
        with udp() as anya:
            anya.settimeout(PATIENCE)
            anya.sendto(b"there", relay.datagrams)
            data, client = service.recvfrom(100)
            service.sendto(data + b" and back", client)
            assert anya.recv(100) == b"there and back"
        relay.mark("both")
        relay.become(BLOCKED)
        relay.change_address()
        relay.break_connections()
        statistics = relay.statistics()
        assert relay.summary(0, relay.now)[UP]["packets"] == 1
    assert statistics[UP]["delivered"] == statistics[DOWN]["delivered"] == 1
    assert statistics["presets"] == ["nothing", "blocked"]


def test_a_thread_whose_relay_cannot_begin_is_none() -> None:
    with udp() as taken, pytest.raises(OSError, match="in use"):
        RelayThread(NOTHING, 1, Ends(datagrams=(HOST, 9), listen=taken.getsockname())).__enter__()


# ── TCP ──


class Copier:
    """Sends back what comes, and remembers it."""

    def __init__(self) -> None:
        self.seen = b""
        self._tasks: set[asyncio.Task[None] | None] = set()

    async def __aenter__(self) -> "Copier":
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.address: Address = self._server.sockets[0].getsockname()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await until(lambda: not self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while data := await reader.read(10_000):
                self.seen += data
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


@pytest.mark.parametrize(
    "traits",
    [
        PLAIN,
        Traits(delay=0.01, jitter=0.005, reorder=True, loss=Loss(0.1)),
        Traits(capacity=steady(8e6), queue=Queue(bytes=10_000), delay=0.005),
        Traits(outages=((0, 0.3),)),
    ],
    ids=["nothing", "lossy", "narrow", "outage"],
)
async def test_a_stream_arrives_whole_whatever_the_line_does(traits: Traits) -> None:
    text = Random(1).randbytes(200_000)
    async with Copier() as copier:
        ends = Ends(streams=copier.address)
        async with (
            Relay(Preset("line", "", traits, traits), 1, ends) as relay,
            asyncio.timeout(PATIENCE),
        ):
            reader, writer = await asyncio.open_connection(*relay.streams)
            writer.write(text)
            writer.write_eof()
            assert await reader.read(-1) == text
            writer.close()
            await writer.wait_closed()
            statistics = relay.statistics()
    assert copier.seen == text
    assert statistics[UP]["delivered_bytes"] >= len(text)


async def test_a_connection_that_is_broken_ends_at_both_sides() -> None:
    async with Copier() as copier, Relay(NOTHING, 1, Ends(streams=copier.address)) as relay:
        reader, writer = await asyncio.open_connection(*relay.streams)
        writer.write(b"hello")
        async with asyncio.timeout(PATIENCE):
            assert await reader.readexactly(5) == b"hello"
            relay.break_connections()
            assert await reader.read(100) == b""
        writer.close()


async def test_who_ends_a_connection_ends_it_on_the_other_side() -> None:
    async with Copier() as copier, Relay(NOTHING, 1, Ends(streams=copier.address)) as relay:
        _, writer = await asyncio.open_connection(*relay.streams)
        writer.write(b"hello")
        await until(lambda: copier.seen == b"hello")
        writer.transport.abort()
        # The copier's task ends: its gate would tell.


async def test_a_service_that_takes_no_connections_ends_them() -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        address = unused.getsockname()
    async with Relay(NOTHING, 1, Ends(streams=address)) as relay:
        reader, writer = await asyncio.open_connection(*relay.streams)
        async with asyncio.timeout(PATIENCE):
            assert await reader.read(1) == b""
        writer.close()


async def test_datagrams_and_streams_share_the_bottleneck() -> None:
    narrow = Traits(capacity=steady(1e6), queue=Queue(seconds=0.5))
    async with Copier() as copier:
        with echoing() as echo:
            ends = Ends(datagrams=echo.address, streams=copier.address)
            async with Relay(Preset("narrow", "", narrow, PLAIN), 1, ends) as relay:
                _, writer = await asyncio.open_connection(*relay.streams)
                writer.write(bytes(60_000))
                await until(lambda: relay.statistics()[UP]["packets"] > 10)
                with udp() as anya:
                    await ask(relay, anya, b"?")
                waited = relay.statistics()[UP]["queue_ms"]["max"]
                writer.transport.abort()
    assert waited > 50
