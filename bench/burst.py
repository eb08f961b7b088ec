"""A whole school presses the link at the same moment.

`python -m bench.burst [--people N] [--json FILE]`: starts the whole installation, makes a lesson
and has N people (as many as a call holds) come at once, each over https connections of his own
through nginx: look the link up, enter, open the WebSocket, `join`. Nobody may be refused, not
even for a moment: a client that had to try again counts as refused. The exit status is the verdict.

People and servers share the machine, so `seconds` says how long both took.
"""

import argparse
import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from tests.leash import PARENTS_LEASH
from tests.ports import free_port
from zvonok.service.descriptors import raise_limit
from zvonok.wire.deflate import Inflated, inflated
from zvonok.wire.ids import SEATS

HERE = Path(__file__).resolve().parents[1]
SCHOOL_KEY = "bench"
START_SECONDS = 60
PATIENCE = 300.0
MOST = 1 << 20
"""Bytes of a message once it is inflated."""


class Installation:
    """`zvonok up` in a folder of its own while this context is entered."""

    def __enter__(self) -> str:
        self._folder = tempfile.TemporaryDirectory(prefix="zv-")
        http, https = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
        environ = {
            "ZVONOK_VAR": self._folder.name + "/var",
            "ZVONOK_HTTP_PORT": str(http),
            "ZVONOK_HTTPS_PORT": str(https),
            "ZVONOK_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
            "ZVONOK_SCHOOL_KEY": SCHOOL_KEY,
        }
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [*PARENTS_LEASH, sys.executable, "-m", "zvonok", "up"],
            cwd=HERE,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "Zvonok runs." in line:
                return f"https://localhost:{https}"
        raise SystemExit(f"it does not start:\n{self.log()}")

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def __exit__(self, *raised: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=START_SECONDS)
        self._log.close()
        self._folder.cleanup()


async def come(origin: str, link: str, number: int, trusting: ssl.SSLContext) -> str:
    """`joined`, or what came between."""
    try:
        connector = aiohttp.TCPConnector(ssl=trusting, force_close=True)
        async with aiohttp.ClientSession(origin, connector=connector) as session:
            async with session.get(f"/api/links/{link}") as reply:
                if reply.status != 200:
                    return f"{reply.status} at the link"
            body = {"name": f"Pupil {number}"}
            async with session.post(f"/api/links/{link}/enter", json=body) as reply:
                if reply.status != 200:
                    return f"{reply.status} entering"
                grant = (await reply.json())["grant"]
            async with session.ws_connect("/api/call", heartbeat=None) as browser:
                await browser.send_json({"type": "join", "grant": grant, "deflate": True})
                return outcome(await browser.receive(timeout=PATIENCE))
    except (OSError, aiohttp.ClientError) as error:
        return f"{type(error).__name__}: {error}"[:60]


def outcome(first: aiohttp.WSMessage) -> str:
    """Of the first message after a `join`."""
    if first.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        return f"{first.type.name}: {first.data}"[:60]
    try:
        binary = first.type is aiohttp.WSMsgType.BINARY
        said = json.loads(inflated(first.data, MOST) if binary else first.data)
        return "joined" if said["type"] == "welcome" else str(said["error"]["code"])
    except (Inflated, ValueError, TypeError, LookupError) as error:
        return f"{type(error).__name__}: {error}"[:60]


async def burst(origin: str, people: int) -> dict[str, Any]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    key = {"Authorization": f"Bearer {SCHOOL_KEY}"}
    connector = aiohttp.TCPConnector(ssl=trusting)
    async with aiohttp.ClientSession(origin, connector=connector, headers=key) as session:
        body = {"title": "Assembly", "size": people}
        async with session.post("/api/lessons", json=body) as reply:
            assert reply.status == 201, await reply.text()
            link = (await reply.json())["participant_link"]
    began = time.perf_counter()
    outcomes = Counter(
        await asyncio.gather(*(come(origin, link, number, trusting) for number in range(people)))
    )
    seconds = time.perf_counter() - began
    joined = outcomes.pop("joined", 0)
    return {
        "people": people,
        "joined": joined,
        "refused": dict(outcomes),
        "seconds": round(seconds, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.burst", description=__doc__)
    # Of the seats of a call some are kept for moderators.
    parser.add_argument("--people", type=int, default=SEATS - 5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    raise_limit()
    with Installation() as origin:
        measured = asyncio.run(burst(origin, options.people))
    text = json.dumps(measured, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text)
    return 0 if measured["joined"] == options.people else 1


if __name__ == "__main__":
    sys.exit(main())
