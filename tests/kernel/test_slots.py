"""Whatever has happened, a slot shows the nearest to the wanted layer that arrives."""

import random

import pytest

from sfu.kernel.core import KIND_CAMERA
from tests.kernel.peer import MID, RID, VP8, Peer, Stage, rtp, vp8
from tests.kernel.test_forward import pair

FRAME = 50
RIDS = (b"q", b"h", b"f")


class Camera:
    """Three layers that come and go, change their height or begin anew under another SSRC. The
    layer is told by the size of the payload."""

    def __init__(self, stage: Stage, publisher: Peer) -> None:
        self.stage = stage
        self.publisher = publisher
        self.layers = {0, 1, 2}
        self.heights = [180, 360, 720]
        self.ssrcs = [101, 102, 103]
        self.sequences = [0, 0, 0]
        self.picture = 0
        self.answered = -1

    def asked(self) -> int:
        return len([1 for kind, count, _ in self.publisher.rtcp if (kind, count) == (206, 1)])

    def begin_anew(self, layer: int) -> None:
        self.ssrcs[layer] += 100
        self.sequences[layer] = 0

    def change_heights(self, chance: random.Random) -> None:
        """Among the layers that arrive: of others nobody can know. A keyframe tells them."""
        layers = sorted(self.layers)
        heights = [self.heights[layer] for layer in layers]
        chance.shuffle(heights)
        for layer, height in zip(layers, heights, strict=True):
            self.heights[layer] = height
        self.answered = -1

    def run(self, milliseconds: int) -> None:
        for at in range(0, milliseconds, FRAME):
            if at % 500 == 0:
                for peer in self.stage.peers.values():
                    peer.check()
            keyframe, self.answered = self.asked() > self.answered, self.asked()
            self.picture += 1
            for layer in sorted(self.layers):
                self.send(layer, keyframe=keyframe or self.sequences[layer] == 0)
            self.stage.wait(FRAME)

    def send(self, layer: int, *, keyframe: bool) -> None:
        self.sequences[layer] += 1
        payload = vp8(self.picture, keyframe=keyframe, size=200 + layer, height=self.heights[layer])
        extensions = {MID: b"1", RID: RIDS[layer]}
        stamp, ssrc = self.picture * 4500, self.ssrcs[layer]
        self.publisher.send(
            rtp(VP8, self.sequences[layer], stamp, ssrc, payload, extensions=extensions)
        )

    def nearest(self, wanted: int) -> int | None:
        """The wanted one, else the next smaller, else the next larger."""
        ranks = sorted(range(3), key=lambda layer: self.heights[layer])
        smaller = [ranks[i] for i in range(ranks.index(wanted), -1, -1)]
        larger = [ranks[i] for i in range(ranks.index(wanted) + 1, 3)]
        return next((layer for layer in smaller + larger if layer in self.layers), None)


def shown(viewer: Peer) -> set[int]:
    """Layers of what came, told by the size of a frame."""
    return {len(p.payload) - 204 - 7 * (p.payload[4] & 1 == 0) for p in viewer.video()}


@pytest.mark.parametrize("seed", range(20))
def test_a_slot_shows_the_nearest_layer_that_arrives(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    publisher, viewer = pair(stage)
    camera = Camera(stage, publisher)
    wanted, gate = 2, True
    viewer.show(0, publisher, wanted)
    for _ in range(12):
        what = chance.choice(["layers", "heights", "anew", "wanted", "gate", "line", "hidden"])
        if what == "layers":
            camera.layers = set(chance.sample(range(3), chance.randint(0, 3)))
        elif what == "heights":
            camera.change_heights(chance)
        elif what == "anew":
            camera.begin_anew(chance.randrange(3))
        elif what == "wanted":
            wanted = chance.randrange(3)
            viewer.show(0, publisher, wanted)
        elif what == "gate":
            gate = not gate
            stage.kernel.set_gate(publisher.handle, KIND_CAMERA, gate)
        elif what == "line":
            stage.cut = {viewer.address}
            camera.run(7500)
            stage.cut = set()
        else:
            stage.kernel.clear_slot(viewer.handle, 0)
            camera.run(200)
            viewer.show(0, publisher, wanted)
        camera.run(2500)
        viewer.media.clear()
        camera.run(500)
        nearest = camera.nearest(wanted) if gate else None
        assert shown(viewer) == (set() if nearest is None else {nearest}), what


def test_a_layer_that_begins_anew_with_padding_alone_is_replaced(stage: Stage) -> None:
    """A browser probes its line with it; pictures may not follow."""
    publisher, viewer = pair(stage)
    camera = Camera(stage, publisher)
    viewer.show(0, publisher)
    camera.run(1000)
    camera.begin_anew(2)
    camera.layers = {0, 1}
    extensions = {MID: b"1", RID: RIDS[2]}
    publisher.send(rtp(VP8, 1, 0, camera.ssrcs[2], b"", extensions=extensions, padding=100))
    camera.run(500)
    viewer.media.clear()
    camera.run(500)
    assert shown(viewer) == {1}


def test_heights_that_change_are_chosen_by_anew(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    camera = Camera(stage, publisher)
    viewer.show(0, publisher)
    camera.run(1000)
    camera.layers = {0, 1}
    camera.run(1500)
    camera.heights[:2] = 360, 180
    camera.answered = -1
    camera.run(1000)
    viewer.media.clear()
    camera.run(500)
    assert shown(viewer) == {0}
