import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from zvonok.service import metrics
from zvonok.service.door import serve_unix
from zvonok.service.health import private_app


async def fetch(path: Path, address: str) -> tuple[int, str]:
    connector = aiohttp.UnixConnector(str(path))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"http://process{address}") as reply,
    ):
        return reply.status, await reply.text()


async def test_health_is_503_when_a_part_is_missing(tmp_path: Path) -> None:
    parts = {"redis": True, "sql": True}
    path = tmp_path / "private.sock"
    async with serve_unix(private_app(metrics.new_registry(), lambda: parts), path):
        assert (await fetch(path, "/healthz"))[0] == 200
        parts["redis"] = False
        status, text = await fetch(path, "/healthz")
        assert status == 503
        assert '"redis": false' in text
        assert (await fetch(path, "/"))[0] == 404


async def test_metrics_show_the_process_and_counters_of_others(tmp_path: Path) -> None:
    def counters() -> Mapping[str, int]:
        return {"packets_received": 7}

    registry = metrics.new_registry()
    registry.register(metrics.CountersOf(counters, "sfu_"))
    path = tmp_path / "private.sock"
    async with serve_unix(private_app(registry, dict), path):
        status, text = await fetch(path, "/metrics")
    assert status == 200
    assert "sfu_packets_received_total 7.0" in text
    assert "process_open_fds" in text


async def test_a_socket_left_behind_is_replaced_and_ours_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "door.sock"
    path.touch()
    async with serve_unix(web.Application(), path):
        assert path.is_socket()
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


async def test_a_request_under_way_is_finished(tmp_path: Path) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        entered.set()
        await leave.wait()
        return web.Response(text="done")

    app = web.Application()
    app.add_routes([web.get("/", slow)])
    path = tmp_path / "door.sock"
    async with serve_unix(app, path):
        asking = asyncio.ensure_future(fetch(path, "/"))
        await entered.wait()
        asyncio.get_running_loop().call_soon(leave.set)
    assert await asking == (200, "done")


async def test_a_body_that_cannot_be_decompressed_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """nginx gives the same connection to the next who asks, whoever that is."""

    async def here(_request: web.Request) -> web.Response:
        return web.Response(text="here")

    app = web.Application()
    app.add_routes([web.post("/", here)])
    path = tmp_path / "door.sock"
    async with serve_unix(app, path), asyncio.timeout(10):
        reader, writer = await asyncio.open_unix_connection(path)
        for encoding in (b"gzip", b"deflate", b"identity"):
            writer.write(
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: " + encoding + b"\r\n"
                b"Content-Length: 7\r\n\r\nno gzip"
            )
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.split()[1] == b"200", encoding
            assert await reader.readexactly(4) == b"here"
        writer.close()
        await writer.wait_closed()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with serve_unix(web.Application(), tmp_path / "none" / "door.sock"):
            pass
