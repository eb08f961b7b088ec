"""When a publisher is asked for a keyframe, and how soon a viewer sees his first picture."""

import struct

import pytest

from sfu.kernel.core import KIND_SCREEN
from tests.kernel.encoder import FRAME, Encoder
from tests.kernel.peer import MID, SLOT_SSRC, VP8, Peer, Stage, pictures, rtp, vp8


def encoder_of(stage: Stage) -> Encoder:
    publisher = stage.join(1)
    publisher.publish()
    encoder = Encoder(stage, publisher)
    # Longer than what is replayed: who comes is shown a still.
    encoder.run(2200)
    return encoder


def pli(slot: int = 0) -> bytes:
    return struct.pack("!BBHII", 0x81, 206, 2, 1, SLOT_SSRC + slot)


def newcomer(stage: Stage, number: int, publisher: Peer) -> Peer:
    """Has said what he wants to see, but no check of his has come and DTLS has not begun."""
    viewer = Peer(stage, number, 1)
    stage.peers[viewer.address] = viewer
    viewer.view()
    viewer.show(0, publisher)
    return viewer


def connect(stage: Stage, viewer: Peer) -> None:
    viewer.check()
    viewer.take_keys()
    stage.deliver()


def test_a_camera_that_starts_is_not_asked_for_what_it_sends(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher)
    encoder = Encoder(stage, publisher)
    encoder.run(3000)
    assert encoder.asked == 0
    assert len(viewer.video()) > 50


def test_a_viewer_whom_nothing_reaches_costs_no_keyframes(stage: Stage) -> None:
    encoder = encoder_of(stage)
    newcomer(stage, 2, encoder.publisher)
    encoder.run(10_000)
    assert encoder.asked == 0


def test_a_viewer_who_was_lost_costs_no_keyframes_until_he_is_back(stage: Stage) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    encoder.run(1_000)
    stage.wait(31_000)
    encoder.publisher.check()
    encoder.run(500)
    before, seen = encoder.asked, len(viewer.video())
    stage.kernel.clear_slot(viewer.handle, 0)
    viewer.show(0, encoder.publisher, layer=0)
    encoder.run(5_000)
    assert encoder.asked == before
    assert len(viewer.video()) == seen
    viewer.check()
    encoder.run(1_000)
    assert encoder.asked == before + 1
    assert len(viewer.video()) > seen


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_join_costs_one_keyframe_and_shows_a_picture_at_once(stage: Stage, layer: int) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    stage.kernel.set_slot(viewer.handle, 0, encoder.publisher.handle, 1, layer)
    encoder.run(400)
    connect(stage, viewer)
    began = encoder.picture
    encoder.run(250)
    assert pictures(viewer.video())[0] == 0, "a still at once"
    assert 0 <= pictures(viewer.video())[1] - began <= 1, "and moving within 250 ms of the keys"
    encoder.run(5_000)
    assert encoder.asked == 1


def test_everybody_who_joins_gets_a_picture_and_none_costs_more_than_one_keyframe(
    stage: Stage,
) -> None:
    encoder = encoder_of(stage)
    viewers = []
    for number in range(2, 22):
        viewers.append(newcomer(stage, number, encoder.publisher))
        connect(stage, viewers[-1])
        encoder.run(100)
    encoder.run(500)
    assert all(viewer.video() for viewer in viewers)
    assert encoder.asked <= 6, "two a second at the most"


def test_a_lost_request_is_repeated(stage: Stage) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    encoder.answered = encoder.asked
    encoder.run(400)
    assert pictures(viewer.video()) == [0], "a still"
    encoder.run(300)
    assert encoder.asked == 2
    assert len(viewer.video()) > 2


def test_a_wish_ends_with_the_viewer_who_had_it(stage: Stage) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    encoder.answered = encoder.asked + 1000
    encoder.run(300)
    stage.kernel.clear_slot(viewer.handle, 0)
    encoder.run(5_000)
    assert encoder.asked == 1


def test_a_keyframe_that_arrives_fulfils_the_wish(stage: Stage) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    encoder.run(1_000)
    before = encoder.asked
    # The second comes too soon after the first, and the keyframe that the first brings serves both.
    viewer.send_rtcp(pli())
    encoder.run(50)
    viewer.send_rtcp(pli())
    encoder.run(3_000)
    assert encoder.asked <= before + 2


@pytest.mark.parametrize("slots", [1, 5])
def test_a_viewer_cannot_press_keyframes_out_of_everybody(stage: Stage, slots: int) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    for slot in range(1, slots):
        viewer.show(slot, encoder.publisher)
    encoder.run(1_000)
    before = encoder.asked
    for n in range(200):
        viewer.send_rtcp(pli(n % slots))
        encoder.run(50)
    assert encoder.asked - before <= 14, "one a second, four ahead"


def test_loss_in_a_layer_that_nobody_sees_asks_for_nothing(stage: Stage) -> None:
    encoder = encoder_of(stage)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    stage.kernel.set_slot(viewer.handle, 0, encoder.publisher.handle, 1, 0)
    encoder.run(2_000)
    before = encoder.asked
    encoder.publisher.next_sequence[3] += 300
    encoder.run(2_000)
    assert encoder.asked == before


@pytest.mark.parametrize("milliseconds", [750, 1500, 2500])
@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_publisher_who_stands_still_is_asked_for_nothing(
    stage: Stage, last: int, milliseconds: int
) -> None:
    """Its layers did not stop at one moment, and do not go on at one."""
    encoder = encoder_of(stage)
    viewers = [stage.join(2 + layer) for layer in range(3)]
    for layer, viewer in enumerate(viewers):
        viewer.view()
        viewer.show(0, encoder.publisher, layer=layer)
    encoder.run(2000)
    before, seen = encoder.asked, [len(viewer.video()) for viewer in viewers]
    encoder.layers = (last,)
    encoder.publisher.send(encoder.encode(keyframe=False)[0])
    stage.wait(milliseconds)
    encoder.layers = (0, 1, 2)
    late = encoder.encode(keyframe=False)
    for packet in late[::-1]:
        encoder.publisher.send(packet)
        stage.wait(100)
    encoder.run(1000)
    assert encoder.asked == before
    for viewer, pictures_before in zip(viewers, seen, strict=True):
        assert len(viewer.video()) - pictures_before >= 21


def test_a_publisher_who_stands_still_is_asked_once_for_whoever_comes(stage: Stage) -> None:
    encoder = encoder_of(stage)
    stage.wait(800)
    viewer = newcomer(stage, 2, encoder.publisher)
    connect(stage, viewer)
    stage.wait(1500)
    assert encoder.asked == 0
    encoder.run(500)
    assert encoder.asked == 1
    assert viewer.video()


@pytest.mark.parametrize("period", [50, 200, 500, 1000, 2500])
def test_a_layer_that_stops_while_the_others_go_on_is_replaced(stage: Stage, period: int) -> None:
    """Within a second, of a slow camera by the third picture without it."""
    encoder = encoder_of(stage)
    viewer = stage.join(2)
    viewer.view()
    viewer.show(0, encoder.publisher, layer=2)
    encoder.run(2000)

    def send(milliseconds: int) -> None:
        for _ in range(0, milliseconds, period):
            encoder.run(FRAME)
            for _ in range(FRAME, period, FRAME):
                stage.wait(FRAME)
            viewer.check()
            encoder.publisher.check()

    asked = encoder.asked
    send(4 * period)
    assert encoder.asked == asked
    before = len(viewer.video())
    encoder.layers = (0, 1)
    send(max(1000, 3 * period))
    assert len(viewer.video()) > before
    # One is repeated before the next picture of a slow camera.
    assert encoder.asked - asked <= 2


def asked_of(publisher: Peer, ssrc: int) -> int:
    wanted = struct.pack("!I", ssrc)
    return len(
        [
            kind
            for kind, count, body in publisher.rtcp
            if (kind, count, body[4:8]) == (206, 1, wanted)
        ]
    )


def test_a_screen_that_stands_still_is_asked_for_whoever_comes(stage: Stage) -> None:
    """An encoder that has nothing new to show sends nothing for long, and answers a request."""
    sharer, viewer = stage.join(1), stage.join(2)
    viewer.view()
    stage.kernel.expect(sharer.handle, KIND_SCREEN, mid=b"2", payload_type=VP8)
    stage.kernel.set_gate(sharer.handle, KIND_SCREEN, True)
    ssrc = 9999
    for number in range(1, 51):
        payload = vp8(number, keyframe=number == 1)
        stamp = 90_000 + 3000 * number
        sharer.send(rtp(VP8, number, stamp, ssrc, payload, marker=True, extensions={MID: b"2"}))
    stage.wait(1500)
    assert asked_of(sharer, ssrc) == 0
    stage.kernel.set_slot(viewer.handle, 0, sharer.handle, KIND_SCREEN, 0)
    stage.wait(100)
    assert asked_of(sharer, ssrc) == 1
    sharer.send(rtp(VP8, 51, 400_000, ssrc, vp8(51, keyframe=True), extensions={MID: b"2"}))
    stage.wait(1500)
    assert pictures(viewer.video()) == [1, 51]
    viewer.send_rtcp(pli())
    assert pictures(viewer.video()) == [1, 51, 51]
    assert asked_of(sharer, ssrc) == 1
    stage.wait(1500)
    viewer.send_rtcp(pli())
    assert asked_of(sharer, ssrc) == 2


@pytest.mark.parametrize("slots", [5, 10])
def test_requests_for_one_layer_do_not_keep_another_from_being_asked(
    stage: Stage, slots: int
) -> None:
    """Of an encoder that answers with a keyframe of the layer that was asked for, and no other."""
    publisher, hostile, viewer = (stage.join(number) for number in (1, 2, 3))
    publisher.publish()
    for peer in (hostile, viewer):
        peer.view()
    ssrcs = [100 * publisher.number + layer + 1 for layer in range(3)]
    answered = [-1, -1, -1]
    for picture in range(250):
        if picture == 1:
            for slot in range(slots):
                hostile.show(slot, publisher, layer=0)
        if picture == 60:
            viewer.show(0, publisher, layer=2)
        if picture > 40:
            hostile.send_rtcp(pli(picture % slots))
        for layer, ssrc in enumerate(ssrcs):
            asked = asked_of(publisher, ssrc)
            publisher.camera(picture, layer=layer, keyframe=asked > answered[layer])
            answered[layer] = asked
        publisher.check()
        viewer.report()
        stage.wait(50)
    shown = pictures(viewer.video())[1:]
    assert shown == list(range(shown[0], 250)), "after a still"
    assert len(viewer.video()) > 250 - 60 - 25
    assert sum(answered) <= 26
