"""What the kernel reports to publishers and viewers."""

import struct

from sfu.kernel.core import KIND_CAMERA
from tests.kernel.peer import SLOT_SSRC, VP8, Peer, Stage, pictures, rtp, vp8
from tests.kernel.test_forward import pair

NTP_SECOND = 1 << 32


def bodies(rtcp: list[tuple[int, int, bytes]], kind: int, count: int | None = None) -> list[bytes]:
    return [b for k, c, b in rtcp if k == kind and count in (None, c)]


def transport_feedback(body: bytes) -> tuple[int, list[bool], int]:
    """(base, arrived, feedback number) of a transport-wide feedback with two-bit symbols."""
    base, count, last = struct.unpack("!HHI", body[8:16])
    arrived: list[bool] = []
    at = 16
    while len(arrived) < count:
        chunk = struct.unpack("!H", body[at : at + 2])[0]
        assert chunk >> 14 == 3
        arrived += [chunk >> shift & 3 != 0 for shift in range(12, -2, -2)]
        at += 2
    return base, arrived[:count], last & 0xFF


def test_every_publisher_gets_transport_wide_feedback(stage: Stage) -> None:
    publisher, _ = pair(stage)
    for picture in range(30):
        if picture == 13:
            publisher.camera_packet(picture)
            continue
        publisher.camera(picture, keyframe=picture == 0)
        stage.wait(10)
    media = {struct.unpack("!I", b[4:8])[0] for b in bodies(publisher.rtcp, 205, 15)}
    assert media == {103}, "libwebrtc ignores feedback about a source that it does not send"
    feedback = [transport_feedback(b) for b in bodies(publisher.rtcp, 205, 15)]
    assert 4 <= len(feedback) <= 8, "every 50 to 100 ms"
    assert [number for _, _, number in feedback] == list(range(len(feedback)))
    status = {base + i: seen for base, arrived, _ in feedback for i, seen in enumerate(arrived)}
    assert not status[14]
    assert all(seen for number, seen in status.items() if number != 14)
    assert len(status) >= 25


def test_few_packets_are_told_of_half_as_often(stage: Stage) -> None:
    publisher, _ = pair(stage)
    for picture in range(50):
        publisher.camera(picture, keyframe=picture == 0)
        stage.wait(20)
    feedback = [transport_feedback(b) for b in bodies(publisher.rtcp, 205, 15)]
    assert 8 <= len(feedback) <= 11, "every 100 to 125 ms"
    told = [base + i for base, arrived, _ in feedback for i, seen in enumerate(arrived) if seen]
    assert told == list(range(1, 1 + len(told)))
    assert len(told) >= 43


def test_a_publisher_without_transport_numbers_gets_remb(stage: Stage) -> None:
    publisher = stage.join(1)
    stage.kernel.expect(
        publisher.handle, KIND_CAMERA, mid=b"1", payload_type=VP8, ssrcs=((103, 0),), remb=True
    )
    for picture in range(200):
        publisher.camera(picture, keyframe=picture == 0)
        stage.wait(10)
    remb = bodies(publisher.rtcp, 206, 15)
    assert remb
    assert remb[0][8:12] == b"REMB"
    assert struct.unpack("!I", remb[0][16:20])[0] == 103


def with_both_estimates(stage: Stage) -> Peer:
    """A publisher who has offered transport-wide numbers and takes REMB as well, as browsers do."""
    publisher = stage.join(1)
    stage.kernel.expect(
        publisher.handle,
        KIND_CAMERA,
        mid=b"1",
        payload_type=VP8,
        ssrcs=((103, 0),),
        transport_cc=True,
        remb=True,
    )
    return publisher


def test_a_publisher_who_promised_transport_numbers_and_writes_none_gets_remb(
    stage: Stage,
) -> None:
    publisher = with_both_estimates(stage)
    for picture in range(200):
        publisher.send(rtp(VP8, picture, picture * 900, 103, vp8(picture, keyframe=picture == 0)))
        stage.wait(10)
    assert [b[8:12] for b in bodies(publisher.rtcp, 206, 15)] == [b"REMB"] * 2
    publisher.rtcp.clear()
    for picture in range(200, 400):
        publisher.camera(picture)
        stage.wait(10)
    assert bodies(publisher.rtcp, 206, 15) == [], "one of the two estimates decides"


def test_a_publisher_who_pauses_gets_no_remb_for_that(stage: Stage) -> None:
    """What a REMB says holds for a browser until another comes: none does once it goes on."""
    publisher = with_both_estimates(stage)
    for picture in range(300):
        if not 100 <= picture < 200:
            publisher.camera(picture, keyframe=picture == 0)
        stage.wait(10 if picture != 150 else 3000)
        publisher.check()
    assert bodies(publisher.rtcp, 206, 15) == []


def test_receiver_reports_tell_loss(stage: Stage) -> None:
    publisher, _ = pair(stage)
    for picture in range(100):
        if picture % 10 == 5:
            publisher.camera_packet(picture)
        else:
            publisher.camera(picture, keyframe=picture == 0)
        stage.wait(20)
    report = bodies(publisher.rtcp, 201)[-1]
    ssrc, loss = struct.unpack("!II", report[4:12])
    assert ssrc == 103
    assert 20 <= loss >> 24 <= 32, "about a tenth of 256"
    assert 5 <= loss & 0xFFFFFF <= 10


def test_a_peer_whom_nobody_sends_anything_hears_every_second_that_the_way_carries(
    stage: Stage,
) -> None:
    listener = stage.join(1)
    listener.view()
    for _ in range(4):
        before = len(listener.rtcp)
        stage.wait(1050)
        assert bodies(listener.rtcp[before:], 201, 0), "an empty receiver report"


def test_sender_reports_follow_the_slots_own_clock(stage: Stage) -> None:
    """Two publishers whose clocks differ by 2 s: the slot's line has no step at the switch."""
    first, second, viewer = stage.join(1), stage.join(2), stage.join(3)
    viewer.view()
    for publisher, skew in ((first, 0), (second, 2 * NTP_SECOND)):
        publisher.publish()
        publisher.camera(0, keyframe=True)
        ntp = (3_900_000_000 << 32) + skew
        ssrc = 100 * publisher.number + 3
        publisher.send_rtcp(struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, ntp, 0, 1, 1))
        publisher.hide_past()
    viewer.show(0, first)
    for picture in range(1, 40):
        stage.wait(60)
        if picture == 20:
            viewer.show(0, second)
        first.camera(picture, keyframe=picture == 1)
        second.camera(picture, keyframe=picture == 21)
    assert pictures(viewer.video()) == [*range(1, 20), *range(21, 40)]
    reports = [
        struct.unpack("!QI", body[4:16])
        for body in bodies(viewer.rtcp, 200)
        if struct.unpack("!I", body[:4])[0] == SLOT_SSRC
    ]
    assert len(reports) >= 2
    (ntp_a, rtp_a), (ntp_b, rtp_b) = reports[0], reports[-1]
    by_ntp = (ntp_b - ntp_a) / NTP_SECOND
    by_rtp = (rtp_b - rtp_a & 0xFFFFFFFF) / 90000
    assert abs(by_ntp - by_rtp) < 0.08


def test_a_remb_says_what_the_line_of_who_tells_no_arrivals_bears(stage: Stage) -> None:
    """More than is sent leaves room to try: browsers allow themselves half as much again."""
    _, viewer = pair(stage)
    body = struct.pack("!II4sBBHI", 1, 0, b"REMB", 1, 6 << 2 | 1, 0xE848, SLOT_SSRC)
    viewer.send_rtcp(struct.pack("!BBH", 0x8F, 206, len(body) // 4) + body)
    assert stage.kernel.session_stats(viewer.handle)["estimate"] == 2 * (0x1E848 << 6)


def test_a_low_estimate_does_not_starve_the_viewer(stage: Stage) -> None:
    """It follows from how little was sent: obeyed to the letter it would never rise again."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    body = struct.pack("!II4sBBHI", 1, 0, b"REMB", 1, 0, 20_000, SLOT_SSRC)
    viewer.send_rtcp(struct.pack("!BBH", 0x8F, 206, len(body) // 4) + body)
    for picture in range(200):
        publisher.camera(picture, keyframe=picture == 0, size=1000)
        stage.wait(10)
    assert pictures(viewer.video())[-1] > 195


def test_malformed_rtcp_changes_nothing(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    for body in (b"\x81\xcd\xff\xff" + bytes(8), b"\xa1\xce\x00\x02" + bytes(7) + b"\xff"):
        viewer.send_rtcp(body)
    publisher.camera(0, keyframe=True)
    assert pictures(viewer.video()) == [0]
