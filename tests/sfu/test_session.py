"""What a negotiation puts into the kernel."""

from itertools import chain, repeat

from sfu.sdp import make_plan, parse_offer
from sfu.session import new_ssrcs
from tests.sfu import offers
from tests.sfu.stage import Stage
from zvonok.wire.ids import AUDIO_SLOTS, VIDEO_SLOTS


def test_opens_with_everything_the_kernel_needs() -> None:
    stage = Stage()
    stage.want(5)
    log = {name: [e for e in stage.kernel.log if e[0] == name] for name, *_ in stage.kernel.log}
    assert [e[1:4] for e in log["open_session"]] == [(0, 1, 5)]
    assert log["set_peer"] == [("set_peer", 0, b"BXlN", b"PxnC3Dzf8Ld8qrAe8nym4HbL")]
    assert log["set_extensions"][0][2] == {
        "audio_level": 1,
        "abs_send_time": 2,
        "transport_cc": 3,
        "mid": 4,
        "rid": 10,
        "repaired_rid": 11,
    }
    assert [e[2] for e in log["expect"]] == [0, 1, 2, 3]
    assert log["expect"][1][3] == {
        "mid": b"1",
        "payload_type": 96,
        "rtx_payload_type": 97,
        "red_payload_type": 0,
        "clock_rate": 90000,
        "rids": (b"q", b"h", b"f"),
        "ssrcs": (),
        "nack": True,
        "transport_cc": True,
        "remb": True,
    }
    assert log["expect"][0][3]["clock_rate"] == 48000
    assert log["expect"][0][3]["red_payload_type"] == 63
    assert [e[2] for e in log["add_audio_slot"]] == list(range(4))
    assert {e[3]["red_payload_type"] for e in log["add_audio_slot"]} == {63}
    assert [e[2] for e in log["add_video_slot"]] == list(range(VIDEO_SLOTS))
    types = [(e[3]["payload_type"], e[3]["rtx_payload_type"]) for e in log["add_video_slot"]]
    assert set(types) == {(96, 97)}


def test_answer_and_kernel_agree() -> None:
    stage = Stage()
    stage.want(1)
    answer = stage.answer(1)
    (opened,) = [e for e in stage.kernel.log if e[0] == "open_session"]
    assert f"a=ice-ufrag:{opened[4].decode()}\r\n" in answer
    assert f"a=ice-pwd:{opened[5].decode()}\r\n" in answer
    for entry in stage.kernel.take("add_video_slot"):
        assert f"a=ssrc-group:FID {entry[3]['ssrc']} {entry[3]['rtx_ssrc']}\r\n" in answer


def test_sender_that_names_its_ssrcs() -> None:
    stage = Stage()
    stage.want(1, offer=offers.whip())
    camera = stage.kernel.take("expect")[1][3]
    assert (camera["rids"], camera["ssrcs"]) == ((), ((1001, 1002),))


def test_ssrcs_are_never_zero_nor_twice_the_same() -> None:
    plan = make_plan(parse_offer(offers.browser()))
    values = chain([0, 7, 7, 0, 8], chain.from_iterable(repeat(n, 2) for n in range(9, 199)))
    ssrcs = new_ssrcs(plan, lambda _: next(values))
    used = [s.media for s in ssrcs.values()] + [s.rtx for s in ssrcs.values() if s.rtx]
    assert len(used) == len(set(used)) == AUDIO_SLOTS + VIDEO_SLOTS * 2
    assert 0 not in used


def test_ssrcs_are_not_the_peers() -> None:
    text = (
        offers.whip()
        + offers.Draft(sections=[[], []])
        .video("recvonly")
        .text()
        .split("a=group:BUNDLE 0 1 2\r\n")[1]
    )
    plan = make_plan(parse_offer(text.replace("BUNDLE 0 1", "BUNDLE 0 1 2")))
    values = iter((1001, 1002, 5, 6))
    (ssrc,) = new_ssrcs(plan, lambda _: next(values)).values()
    assert (ssrc.media, ssrc.rtx) == (5, 6)


def test_a_publisher_does_not_hear_the_lesson() -> None:
    stage = Stage()
    text = offers.Draft().audio("sendonly").audio("recvonly").video("recvonly").text()
    actual = stage.want(1, offer=text, kind="publisher", open=["microphone"])
    assert actual.sources == ["microphone"]
    assert stage.kernel.take("add_audio_slot", "add_video_slot") == []


def test_a_viewer_publishes_nothing() -> None:
    stage = Stage()
    text = offers.whep().replace("a=recvonly", "a=sendrecv")
    actual = stage.want(1, offer=text, kind="viewer", view=None, open=["microphone", "camera"])
    assert (actual.error, actual.sources) == (None, [])
    assert stage.kernel.take("expect", "set_gate") == []


def test_what_was_accepted_is_told() -> None:
    stage = Stage()
    assert stage.want(1).sources == ["microphone", "camera", "screen", "screen_audio"]
    h264 = offers.whip().replace("VP8", "H264")
    assert stage.want(2, offer=h264).sources == ["microphone"]
    refused = stage.want(3, offer=h264, kind="publisher")
    assert refused.error is not None
    assert (refused.error.code, refused.error.details["reason"]) == ("sdp_unusable", "codec")
    assert refused.sources == []
