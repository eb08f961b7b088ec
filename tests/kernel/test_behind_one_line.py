"""A class behind one line: what goes to one is what others cannot have."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.kernel.peer import Stage
from tests.kernel.viewer import Bottleneck, Scene, steady

CLASS = 14


@dataclass
class Lesson:
    scene: Scene
    line: Bottleneck

    def stretch(self, seconds: float) -> tuple[float, list[float], list[float]]:
        """What was sent of what the line bears; each one's pictures a second, and sound of 1."""
        viewers, offered = self.scene.viewers, self.line.offered
        seen = [len(viewer.frames.get(0, [])) for viewer in viewers]
        heard = [len(viewer.sound) for viewer in viewers]
        self.scene.run(seconds)
        sent = (self.line.offered - offered) * 8 / seconds / self.line.capacity(0)
        pictures = [
            (len(v.frames.get(0, [])) - n) / seconds for v, n in zip(viewers, seen, strict=True)
        ]
        sound = [(len(v.sound) - n) / seconds / 50 for v, n in zip(viewers, heard, strict=True)]
        return sent, pictures, sound


@pytest.fixture
def lesson(request: pytest.FixtureRequest) -> Iterator[Lesson]:
    line = Bottleneck(steady(5e6), queue=request.param)
    scene = Scene(*[line] * CLASS)
    for viewer in scene.viewers:
        viewer.reports = True
    yield Lesson(scene, line)
    scene.stage.kernel.close()


@pytest.mark.parametrize("lesson", [100_000, 300_000], indirect=True)
def test_all_see_and_nobody_misses_a_word(lesson: Lesson) -> None:
    lesson.scene.run(15)
    sent, pictures, sound = lesson.stretch(20)
    assert sent < 0.95
    assert min(sound) > 0.975
    assert min(pictures) > 2
    assert sum(pictures) / CLASS > 8


@pytest.mark.parametrize("lesson", [30_000], indirect=True)
def test_what_a_short_queue_does_not_take_is_not_sent(lesson: Lesson) -> None:
    """It is full before anybody has waited for long; only what is lost tells of it."""
    lesson.scene.run(20)
    sent, pictures, sound = lesson.stretch(20)
    assert sent < 1.15
    assert min(sound) > 0.6
    assert sum(pictures) / CLASS > 2


def test_nobody_is_always_the_first_to_be_sent_to(stage: Stage) -> None:
    """He alone would find room in a queue that all of them fill, and the last never."""
    publisher = stage.join(1)
    publisher.publish()
    viewers = [stage.join(2 + number) for number in range(20)]
    for viewer in viewers:
        viewer.view()
        viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.deliver()
    order: list[int] = []
    for place, viewer in enumerate(viewers):
        viewer.take = lambda _, place=place: order.append(place)  # type: ignore[method-assign, misc]
    firsts: Counter[int] = Counter()
    for picture in range(1, 101):
        stage.now += 50_000
        order.clear()
        publisher.camera(picture)
        firsts[order[0]] += 1
        assert sorted(order) == list(range(len(viewers)))
    assert max(firsts.values()) <= 10
    assert len(firsts) >= 15
