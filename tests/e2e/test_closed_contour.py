"""Nothing is loaded from anywhere but the school's own server."""

from urllib.parse import urlsplit

from tests.e2e.crowd import Crowd
from tests.e2e.looks import BLUE, Look
from tests.e2e.running import Running

STRANGE = "http://198.51.100.7/strange.js"
TRY_TO_LOAD = """address => new Promise(done => {
    document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective));
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => done("it loaded");
    document.head.append(script);
})"""


async def test_no_request_leaves_for_another_host(running: Running, crowd: Crowd) -> None:
    teacher = await crowd.person("Учитель", Look(BLUE))
    requested: list[str] = []
    policies: dict[str, str | None] = {}
    teacher.page.context.on("request", lambda request: requested.append(request.url))
    teacher.page.on("websocket", lambda socket: requested.append(socket.url))
    teacher.page.on(
        "response",
        lambda reply: policies.update({reply.url: reply.headers.get("content-security-policy")}),
    )
    await teacher.page.goto(f"{running.origin}/#key={running.school_key}")
    await teacher.page.get_by_test_id("create-title").fill("Физика")
    await teacher.press("create-lesson")
    await teacher.press("enter-as-host")
    await teacher.enter(host=True)
    await teacher.page.get_by_test_id("participants").click()
    await teacher.press("share")
    await teacher.page.get_by_test_id("own-screen").wait_for()
    hosts = {urlsplit(url).netloc for url in requested if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(running.origin).netloc}
    assert any(url.startswith("ws://") for url in requested), "the socket was not looked at"
    for url, policy in policies.items():
        if "/api/" not in url:
            assert policy, url
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "http" not in policy
    refused = await teacher.page.evaluate(TRY_TO_LOAD, STRANGE)
    assert refused == "script-src-elem"


async def test_metrics_and_health_are_behind_the_private_door(
    running: Running, crowd: Crowd
) -> None:
    context = await crowd.context()
    for path in ("/healthz", "/metrics", "/api/healthz", "/api/metrics"):
        reply = await context.request.get(running.origin + path)
        assert reply.status == 404, path
