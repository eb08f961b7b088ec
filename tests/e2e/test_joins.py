"""What somebody who comes costs those whom he sees."""

from dataclasses import dataclass

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, Look
from tests.e2e.person import Person
from tests.e2e.waiting import until

JOINS = 5
LONG_ENOUGH = 30
"""Frames of the publisher, two seconds of one layer: by then a second request would have come."""
CAMERA = """async () => {
    const found = {requests: 0, frames: {}, keyframes: {}};
    for (const stats of (await window.zvonok.peer.getStats()).values()) {
        if (stats.type !== "outbound-rtp" || !stats.rid) continue;
        found.requests += (stats.pliCount ?? 0) + (stats.firCount ?? 0);
        found.frames[stats.rid] = stats.framesEncoded ?? 0;
        if (stats.active) found.keyframes[stats.rid] = stats.keyFramesEncoded ?? 0;
    }
    return found;
}"""


@dataclass
class Camera:
    """What a publisher was asked for and has encoded so far."""

    requests: int
    frames: dict[str, int]
    """Of each layer, whether it runs or has run."""
    keyframes: dict[str, int]
    """Of each layer that runs."""

    def ran_since(self, before: "Camera") -> set[str]:
        return {rid for rid, frames in self.frames.items() if frames > before.frames.get(rid, 0)}


async def camera_of(person: Person) -> Camera:
    return Camera(**await person.page.evaluate(CAMERA))


async def settled(person: Person) -> Camera:
    """After `LONG_ENOUGH` frames more."""
    enough = sum((await camera_of(person)).frames.values()) + LONG_ENOUGH
    return await until(
        lambda: camera_of(person),
        lambda camera: sum(camera.frames.values()) >= enough,
        what=f"{person.name} sends on",
    )


async def test_a_join_costs_one_keyframe_at_most(lesson: Lesson, crowd: Crowd) -> None:
    anya = await crowd.person("Аня", Look(GREEN))
    await anya.join(lesson.address, microphone=False)
    before = None
    compared = 0
    for number in range(JOINS + 1):
        viewer = await crowd.person(f"Зритель {number}")
        await viewer.join(lesson.address, camera=False, microphone=False)
        await viewer.expect_colour("Аня", GREEN)
        after = await settled(anya)
        # A layer that begins makes the encoder begin anew, whoever asks, even if it has ended.
        # On a busy machine the browser may find that it cannot send the larger one beside it.
        if (
            before is not None
            and after.keyframes.keys() == before.keyframes.keys() == after.ran_since(before)
        ):
            compared += 1
            assert after.requests - before.requests <= 1
            for rid, keyframes in after.keyframes.items():
                assert keyframes - before.keyframes[rid] <= 1, rid
        before = after
    assert compared
