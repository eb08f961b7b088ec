"""What nginx makes of our configuration, asked from outside."""

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator

import aiohttp
import pytest

from tests.up.installation import PAGE, Installation
from zvonok.service.descriptors import raise_limit
from zvonok.up.programs import without_tokens


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    with Installation() as installation:
        (installation.client / ".secret").write_text("hidden")
        installation.start()
        yield installation


@pytest.mark.parametrize("path", ["/", "/j/token", "/index.html"])
def test_the_page_is_served_and_never_kept(running: Installation, path: str) -> None:
    answer = running.get(path)
    assert (answer.status, answer.text) == (200, PAGE)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_assets_are_kept_for_good(running: Installation) -> None:
    answer = running.get("/assets/main-1234.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert running.get("/assets/other.js").status == 404


@pytest.mark.parametrize("path", ["/", "/assets/main-1234.js", "/ca.crt", "/assets/none"])
def test_nothing_may_be_loaded_from_elsewhere(running: Installation, path: str) -> None:
    headers = running.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "nginx"


async def test_what_can_be_compressed_is(running: Installation) -> None:
    url = f"http://localhost:{running.http}/assets/main-1234.js"
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(url, headers={"Accept-Encoding": "gzip"}) as answer,
    ):
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(await answer.read()) < 200


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/.secret", "/.git/config", "/.."])
def test_what_is_private_is_not_there(running: Installation, path: str) -> None:
    assert running.get(path).status in (400, 404)


def test_https_is_trusted_by_its_authority(running: Installation) -> None:
    assert running.get("/", https=True).text == PAGE


def test_the_authority_can_be_fetched(running: Installation) -> None:
    answer = running.get("/ca.crt")
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    pem = answer.text
    assert ssl.PEM_cert_to_DER_cert(pem)
    assert "PRIVATE" not in pem
    assert running.get("/ca.key").text == PAGE


def test_plain_http_at_the_https_port_is_led_on(running: Installation) -> None:
    answer = running.get(f"http://localhost:{running.https}/j/token?a=b")
    assert answer.status == 301
    assert answer.headers["Location"] == f"https://localhost:{running.https}/j/token?a=b"


def test_the_process_learns_who_asks_and_how(running: Installation) -> None:
    path = "/api/tell?Host&X-Forwarded-For&X-Forwarded-Proto"
    plain = json.loads(running.get(path).text)
    secure = json.loads(running.get(path, https=True).text)
    assert plain["Host"] == f"localhost:{running.http}"
    assert plain["X-Forwarded-For"] in ("127.0.0.1", "::1")
    assert (plain["X-Forwarded-Proto"], secure["X-Forwarded-Proto"]) == ("http", "https")


async def test_only_a_front_door_on_this_machine_may_say_who_asks(running: Installation) -> None:
    query = "/api/tell?X-Forwarded-For&X-Forwarded-Proto"
    claim = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    async with aiohttp.ClientSession(headers=claim) as session:
        async with session.get(f"http://localhost:{running.http}{query}") as answer:
            assert await answer.json() == claim
        url = f"https://localhost:{running.https}{query}"
        async with session.get(url, ssl=False) as answer:
            told = await answer.json()
    assert told["X-Forwarded-For"] in ("127.0.0.1", "::1")


@pytest.mark.parametrize("path", ["/api/tell", "/api/nothing", "/healthz", "/assets/none", "/"])
def test_no_reply_is_taken_for_what_it_is_not(running: Installation, path: str) -> None:
    headers = running.get(path).headers
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]


def test_what_is_no_request_is_not_taken_for_anything_either(running: Installation) -> None:
    with socket.create_connection(("localhost", running.http), 10) as nonsense:
        nonsense.sendall(b"GET /api/tell HTTP/1.1\r\nHost: a b\r\n\r\n")
        answer = nonsense.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"X-Content-Type-Options: nosniff\r\n" in answer


async def test_websockets_pass(running: Installation) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://localhost:{running.http}/api/echo") as socket,
    ):
        await socket.send_str("звонок")
        assert await socket.receive_str() == "звонок"


def test_a_body_too_large_is_refused_in_the_one_shape(running: Installation) -> None:
    answer = running.get("/api/tell", data=bytes(300_000))
    assert answer.status == 413
    assert json.loads(answer.text)["error"]["code"] == "too_large"
    assert running.get("/api/tell", data=bytes(200_000)).status == 200


def test_a_process_that_is_away_is_said_in_the_one_shape() -> None:
    with Installation({"sfu": "tests.up.stub_sfu"}) as installation:
        installation.start()
        answer = installation.get("/api/tell")
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
        error = json.loads(answer.text)["error"]
        assert (error["code"], error["details"]) == ("unavailable", {"retry_after": 1})


def test_pages_of_other_origins_read_what_the_front_door_says_of_their_media() -> None:
    """WHIP and WHEP may be used from anywhere; else a page sees an outage as a mystery."""
    with Installation({"sfu": "tests.up.stub_sfu"}) as installation:
        installation.start()
        for path in ("/api/whip", "/api/whep", "/api/whip/lesson/session"):
            away, large = installation.get(path), installation.get(path, data=bytes(300_000))
            assert (away.status, large.status) == (503, 413)
            for answer in (away, large):
                assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
                exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
                assert "Retry-After" in exposed
                assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
        for path in ("/api/lessons", "/api/whipped"):
            assert "Access-Control-Allow-Origin" not in installation.get(path).headers


def test_the_log_never_tells_a_link() -> None:
    with Installation({"sfu": "tests.up.stub_sfu"}) as installation:
        installation.start()
        for path in ("/api/links/tokentoken/enter", "/api/lessons/tokentoken/links/tokentoken"):
            assert installation.get(path).status == 503
        come_from = {"Referer": f"http://localhost:{installation.http}/j/tokentoken"}
        assert installation.get("/api/call", headers=come_from).status == 503
        installation.until(lambda: installation.log.count('request: "GET …') == 3)
        installation.stop()
        assert "nginx     | " in installation.log
        assert "tokentoken" not in installation.log


def test_the_log_never_tells_what_is_no_request() -> None:
    """nginx lets more through than the process behind it takes."""
    with Installation() as installation:
        installation.start()
        for line in (
            b"GET /api/tell HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tokentoken\x7f",
            "GET /api/links/tokentoken» HTTP/1.1\r\nHost: x".encode(),
            b"KNOCK /api/links/tokentoken HTTP/1.1\r\nHost: x",
        ):
            with socket.create_connection(("localhost", installation.http), 10) as nonsense:
                nonsense.sendall(line + b"\r\nConnection: close\r\n\r\n")
                assert nonsense.recv(4096).startswith(b"HTTP/1.1 400 ")
        installation.stop()
        assert "tokentoken" not in installation.log
        assert "Traceback" not in installation.log


def test_what_nginx_says_of_itself_is_told_whole() -> None:
    line = "2026/09/01 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)"
    assert without_tokens(line) == line
    odd = '[error] refused, client: ::1, request: "/j/token HTTP/1.1", host: "a"'
    assert "token" not in without_tokens(odd)


async def test_a_whole_school_knocks_before_anybody_is_answered(running: Installation) -> None:
    """Two thousand connections are accepted, and each gets through to the process."""

    async def knock(session: aiohttp.ClientSession) -> int:
        async with session.get(f"http://localhost:{running.http}/api/tell?Host") as answer:
            return answer.status

    raise_limit()
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        statuses = await asyncio.gather(*(knock(session) for _ in range(2000)))
    assert set(statuses) == {200}


def test_the_key_is_printed_but_never_logged(running: Installation) -> None:
    key = (running.var / "school-key").read_text().strip()
    assert f"http://localhost:{running.http}/#key={key}" in running.log
    assert not any(key in line for line in running.log.splitlines() if " | " in line)
