"""What a person learns before joining."""

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson

NO_UDP = "--webrtc-ip-handling-policy=disable_non_proxied_udp"


async def test_a_free_network_is_found_good(lesson: Lesson, crowd: Crowd) -> None:
    anya = await crowd.person("Аня")
    await anya.page.goto(lesson.address)
    network = anya.page.get_by_test_id("network")
    await expect(network).to_have_attribute("data-reach", "reachable")


async def test_blocked_udp_is_said_before_joining_and_stops_nobody(
    lesson: Lesson, crowd: Crowd
) -> None:
    anya = await crowd.person("Аня", flags=(NO_UDP,))
    await anya.page.goto(lesson.address)
    await expect(anya.page.get_by_test_id("banner-udp_blocked")).to_be_visible(timeout=20_000)
    await expect(anya.page.get_by_test_id("prejoin-join")).to_be_enabled()
