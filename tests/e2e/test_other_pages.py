"""A page of another origin, with none of our code, publishes by WHIP and watches by WHEP."""

from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson

SCRIPT = """
async function begin(url, token, peer) {
  await peer.setLocalDescription();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
  const body = peer.localDescription.sdp;
  const reply = await fetch(url, { method: "POST", headers, body });
  const text = await reply.text();
  if (reply.status !== 201) return { status: reply.status, error: JSON.parse(text).error };
  await peer.setRemoteDescription({ type: "answer", sdp: text });
  const location = new URL(reply.headers.get("Location"), url).href;
  return { status: 201, location, tag: reply.headers.get("ETag") };
}
async function publish(url, token) {
  const peer = (globalThis.publisher = new RTCPeerConnection({ bundlePolicy: "max-bundle" }));
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: "sendrecv" });
  peer.addTransceiver("audio", { direction: "recvonly" });
  peer.createDataChannel("unused");
  return await begin(url, token, peer);
}
async function watch(url, token) {
  const peer = (globalThis.viewer = new RTCPeerConnection({ bundlePolicy: "max-bundle" }));
  const video = document.body.appendChild(document.createElement("video"));
  video.muted = video.autoplay = true;
  peer.ontrack = ({ track, streams: [stream] }) => {
    if (track.kind === "video") video.srcObject = stream;
  };
  for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "sendrecv" });
  return await begin(url, token, peer);
}
async function finish(url, token) {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(url, { method: "DELETE", headers })).status;
}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[str]:
    """The address of a page with the script above."""

    async def page(_: web.Request) -> web.Response:
        body = f"<!doctype html><script>{SCRIPT}</script>"
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def directions(page: Page, name: str) -> list[str | None]:
    found: list[str | None] = await page.evaluate(
        f"{name}.getTransceivers().map((transceiver) => transceiver.currentDirection)"
    )
    return found


async def test_publishes_and_watches(lesson: Lesson, crowd: Crowd, elsewhere: str) -> None:
    """Sections that are not for its token are refused, and the rest works all the same."""
    page = await (await crowd.context(None, ())).new_page()
    await page.goto(elsewhere)
    publish, subscribe = lesson.media_token("publish", "Страница"), lesson.media_token("subscribe")
    published = await page.evaluate("([u, t]) => publish(u, t)", [lesson.whip, publish])
    assert published["status"] == 201
    assert published["location"].startswith(lesson.whip)
    assert published["tag"]
    assert await directions(page, "publisher") == ["sendonly", "sendonly"]
    watched = await page.evaluate("([u, t]) => watch(u, t)", [lesson.whep, subscribe])
    assert watched["status"] == 201
    assert await directions(page, "viewer") == ["recvonly", "recvonly"]
    await page.wait_for_function("document.querySelector('video').videoHeight > 0")
    for token, location in ((publish, published), (subscribe, watched)):
        ended = await page.evaluate("([u, t]) => finish(u, t)", [location["location"], token])
        assert ended == 200


async def test_is_told_why_not(lesson: Lesson, crowd: Crowd, elsewhere: str) -> None:
    page = await (await crowd.context(None, ())).new_page()
    await page.goto(elsewhere)
    token = lesson.media_token("publish")
    refused = await page.evaluate("([u, t]) => watch(u, t)", [lesson.whep, token])
    assert (refused["status"], refused["error"]["code"]) == (403, "forbidden")
