"""The process itself: doors, metrics, the document of its interface."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling.openapi import SCHEMES
from tests.leash import LEASH
from tests.signaling.conftest import School
from tests.signaling.fake_sfu import FakeSfu
from zvonok.service.health import private_app
from zvonok.service.metrics import render
from zvonok.service.settings import Settings
from zvonok.wire.client import Ping, Pong

ROOT = Path(__file__).parents[2]


async def test_the_process_starts_serves_and_ends(settings: Settings, redis_url: str) -> None:
    environ = {
        **os.environ,
        "ZVONOK_VAR": str(settings.var),
        "ZVONOK_REDIS_URL": redis_url,
        "PYTHONWARNINGS": "error",
    }
    process = await asyncio.create_subprocess_exec(
        *LEASH, sys.executable, "-m", "signaling", cwd=ROOT, env=environ, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            assert await process.stdout.readline() == b"READY\n"
        for name, path, status in (
            ("signaling", "/api/openapi.json", 200),
            ("signaling", "/healthz", 404),
            ("signaling", "/metrics", 404),
            ("signaling-private", "/healthz", 200),
            ("signaling-private", "/metrics", 200),
        ):
            connector = aiohttp.UnixConnector(str(settings.socket(name)))
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get(f"http://x{path}") as reply,
            ):
                assert reply.status == status, (name, path)
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert await process.wait() == 0
        process._transport.close()  # type: ignore[attr-defined]


async def test_metrics_count_what_happens(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    await browser.send(Ping())
    await browser.until(Pong)
    await school.client.knock("wrong")
    text = render(school.parts.metrics.registry).decode()
    for line in (
        'signaling_joins_total{outcome="joined"} 1.0',
        'signaling_joins_total{outcome="bad_grant"} 1.0',
        'signaling_refusals_total{code="bad_grant"} 1.0',
        'signaling_requests_total{route="/api/lessons",status="201"} 1.0',
        'signaling_messages_total{type="ping"} 1.0',
        "signaling_calls 1.0",
        "signaling_seats 1.0",
        "signaling_sockets 1.0",
    ):
        assert line in text, line
    assert "signaling_sent_bytes_total" in text


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/nothing", "/api/links/x", "/api/call"])
async def test_no_reply_is_taken_for_what_it_is_not(school: School, path: str) -> None:
    reply = await school.client.ask("GET", path)
    assert reply.headers.getall("X-Content-Type-Options") == ["nosniff"]
    assert reply.headers["Content-Type"].startswith("application/json")


async def test_health_names_its_parts(school: School) -> None:
    assert school.parts.calls.health() == {"redis": True, "database": True, "tasks": True}
    assert private_app(school.parts.metrics.registry, school.parts.calls.health) is not None


@pytest.fixture
async def document(school: School) -> dict[str, Any]:
    reply = await school.client.ask("GET", "/api/openapi.json")
    assert reply.status == 200
    found: dict[str, Any] = reply.json
    return found


async def test_the_document_describes_what_is_served(
    school: School, document: dict[str, Any]
) -> None:
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in school.parts.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {
        (method, path) for path, operations in document["paths"].items() for method in operations
    }
    # The WebSocket and the document itself are not part of it.
    assert served - described == {("get", "/api/call"), ("get", "/api/openapi.json")}
    assert described <= served


async def test_the_document_is_whole(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    references = re.findall(r"'\$ref': '#/components/schemas/(\w+)'", repr(document))
    assert references
    assert set(references) <= document["components"]["schemas"].keys()
    assert document["components"]["securitySchemes"].keys() == SCHEMES.keys()
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for scheme in operation.get("security", []):
                assert scheme.keys() <= SCHEMES.keys()
