"""What each section of an offer becomes."""

from pathlib import Path
from typing import Any, get_args

import pytest

from sfu.sdp import Plan, Slot, Source, make_plan, parse_offer
from tests.sfu import offers
from zvonok.wire.bus import SessionKind
from zvonok.wire.errors import Refusal
from zvonok.wire.ids import VIDEO_SLOTS

DATA = Path(__file__).parents[1] / "data"


def plan(text: str, kind: SessionKind = "browser") -> Plan:
    return make_plan(parse_offer(text), kind)


def summary(text: str, kind: SessionKind = "browser") -> list[str | None]:
    """`microphone`, `video 3` or None for each section."""
    return [
        s.kind if isinstance(s, Source) else f"{s.media} {s.number}" if s else None
        for s in plan(text, kind).sections
    ]


def refusal(text: str, kind: SessionKind = "browser") -> dict[str, Any]:
    """Why an offer is not for us."""
    with pytest.raises(Refusal) as caught:
        plan(text, kind)
    assert (caught.value.status, caught.value.body.code) == (422, "sdp_unusable")
    return caught.value.body.details


def test_browser() -> None:
    slots = [f"audio {n}" for n in range(4)] + [f"video {n}" for n in range(VIDEO_SLOTS)]
    sources = ["microphone", "camera", "screen", "screen_audio"]
    assert summary(offers.browser()) == sources + slots
    camera = list(plan(offers.browser()).sources())[1]
    assert camera.rids == ("q", "h", "f")
    assert camera.layers == 3
    assert camera.codec.payload_type == 96
    assert camera.rtx is not None
    assert camera.rtx.payload_type == 97


@pytest.mark.parametrize("pictures", [0, 1, 4, VIDEO_SLOTS - 1])
def test_whoever_shows_fewer_pictures_offers_fewer_slots(pictures: int) -> None:
    found = summary(offers.browser(pictures=pictures))
    assert found[8:] == [f"video {n}" for n in range(pictures)]


def test_whip_and_whep_are_halves_of_it() -> None:
    assert summary(offers.whip()) == ["microphone", "camera"]
    assert summary(offers.whep()) == ["audio 0", "video 0"]
    camera = list(plan(offers.whip()).sources())[1]
    assert camera.ssrcs == ((1001, 1002),)
    assert camera.layers == 1


def test_sendrecv_counts_as_sending() -> None:
    text = offers.whip().replace("a=sendonly", "a=sendrecv")
    assert summary(text) == ["microphone", "camera"]
    assert summary(text, "publisher") == ["microphone", "camera"]


def test_sendrecv_of_a_viewer_counts_as_receiving() -> None:
    text = offers.whep().replace("a=recvonly", "a=sendrecv")
    assert summary(text, "viewer") == ["audio 0", "video 0"]


# ── what the kind of seat allows, whatever the offer says ──


def test_a_publisher_gets_no_slots() -> None:
    draft = offers.Draft().audio("sendonly").audio("recvonly").video("recvonly").video("sendonly")
    assert summary(draft.text(), "publisher") == ["microphone", None, None, "camera"]
    assert refusal(offers.whep(), "publisher") == {"reason": "direction"}
    session_level = offers.whep().replace("a=recvonly\r\n", "").replace("t=0 0", "a=recvonly")
    assert refusal(session_level, "publisher") == {"reason": "direction"}


def test_a_viewer_publishes_nothing() -> None:
    draft = offers.Draft().audio("recvonly").video("sendonly").video("recvonly").audio("sendonly")
    assert summary(draft.text(), "viewer") == ["audio 0", None, "video 0", None]
    assert refusal(offers.whip(), "viewer") == {"reason": "direction"}
    session_level = offers.whip().replace("a=sendonly\r\n", "").replace("t=0 0", "a=sendonly")
    assert refusal(session_level, "viewer") == {"reason": "direction"}


def test_a_publisher_is_served_whole_or_not_at_all() -> None:
    h264 = offers.whip().replace("VP8/90000", "H264/90000")
    told = {"media": "video", "mid": "1"}
    assert refusal(h264, "publisher") == {"reason": "codec", "codecs": ["H264", "RTX"], **told}
    cameras = offers.Draft().video("sendonly").video("sendonly").text()
    assert refusal(cameras, "publisher") == {"reason": "too_many", "limit": 1, **told}
    outside = offers.whip().replace("BUNDLE 0 1", "BUNDLE 0")
    assert refusal(outside, "publisher") == {"reason": "bundle", **told}
    separate = offers.whip()[::-1].replace("a=rtcp-mux"[::-1], "a=x"[::-1], 1)[::-1]
    assert refusal(separate, "publisher") == {"reason": "rtcp_mux", **told}
    plain = offers.whip().replace("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/AVP")
    assert refusal(plain, "publisher") == {"reason": "protocol", **told}


def test_what_a_publisher_switched_off_is_not_missed() -> None:
    h264 = offers.whip().replace("VP8/90000", "H264/90000")
    assert summary(h264.replace("m=video 9", "m=video 0"), "publisher") == ["microphone", None]
    head, tail = h264.rsplit("a=sendonly", 1)
    assert summary(f"{head}a=inactive{tail}", "publisher") == ["microphone", None]
    channel = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n"
    text = offers.whip().replace("BUNDLE 0 1", "BUNDLE 0 1 2") + channel
    assert summary(text, "publisher") == ["microphone", "camera", None]


def test_a_viewer_is_served_whole_or_not_at_all() -> None:
    h264 = offers.whep().replace("VP8/90000", "H264/90000")
    assert refusal(h264, "viewer")["reason"] == "codec"
    draft = offers.Draft()
    for _ in range(VIDEO_SLOTS + 1):
        draft.video("recvonly")
    assert refusal(draft.text(), "viewer")["reason"] == "too_many"


def test_an_offer_without_anything_usable_says_why() -> None:
    assert refusal(offers.whip().replace("VP8", "AV1").replace("opus", "G722")) == {
        "reason": "codec",
        "media": "audio",
        "mid": "0",
        "codecs": ["G722", "RED"],
    }
    channel = offers.Draft().text() + "a=ice-ufrag:BXlN\r\na=ice-pwd:PxnC3Dzf8Ld8qrAe8nym4HbL\r\n"
    channel = channel.replace("BUNDLE ", "BUNDLE 0")
    channel += f"a=fingerprint:sha-256 {offers.FINGERPRINT}\r\n"
    channel += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
    assert refusal(channel) == {"reason": "direction"}


# ── the bundle ──


def test_several_sections_need_a_bundle() -> None:
    text = offers.whip().replace("a=group:BUNDLE 0 1", "a=x")
    for kind in get_args(SessionKind):
        assert refusal(text, kind) == {"reason": "bundle"}


def test_sections_without_names_are_not_taken_for_one() -> None:
    text = offers.whep().replace("a=group:BUNDLE 0 1", "a=x")
    for mid in (0, 1):
        text = text.replace(f"a=mid:{mid}\r\n", "")
    assert refusal(text)["reason"] == "bundle"


def test_one_section_needs_none() -> None:
    text = offers.Draft().video("sendonly").text().replace("a=group:BUNDLE 0", "a=x")
    assert summary(text) == ["camera"]
    assert summary(text.replace("a=mid:0\r\n", "")) == ["camera"]
    dead = text + "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
    assert summary(dead) == ["camera", None]


def test_a_bundle_may_name_sections_that_are_not_there() -> None:
    draft = offers.Draft().video("sendonly").text()
    assert summary(draft.replace("BUNDLE 0", "BUNDLE 0 1")) == ["camera"]
    assert summary(draft.replace("BUNDLE 0", "BUNDLE 7 0")) == ["camera"]


def test_the_first_section_of_a_bundle_may_be_dead() -> None:
    dead = "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\nm=video"
    video = offers.Draft().video("sendonly").text().replace("a=mid:0", "a=mid:1")
    text = video.replace("BUNDLE 0", "BUNDLE 0 1").replace("m=video", dead)
    assert summary(text) == [None, "camera"]


# ── layers ──


def test_layers_need_the_rid_extension() -> None:
    rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    named = offers.Draft().video("sendonly", *offers.SIMULCAST).text()
    for text in (
        named.replace(f"a=extmap:10 {rid}", "a=x"),
        named.replace("a=extmap:10 ", "a=extmap:15 "),
        named.replace("a=extmap:10 ", "a=extmap:10/recvonly "),
    ):
        (camera,) = plan(text).sources()
        assert (camera.rids, camera.offered_rids, camera.layers) == ((), (), 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=rtpmap:97 rtx", "a=rtpmap:97 x"),
        ("a=mid:0", "a=mid:2"),
        ("send q;h;f", "send q;h"),
        ("a=extmap:10 ", "a=extmap:12 "),
        ("m=audio 9", "m=audio 0"),
        ("a=sendonly", "a=recvonly"),
    ],
)
def test_the_shape_of_a_connection(old: str, new: str) -> None:
    text = offers.Draft().video("sendonly", *offers.SIMULCAST).audio("recvonly").text()
    text = text.replace("BUNDLE 0 1", "BUNDLE 1 0 2")
    other = text.replace(old, new)
    assert other != text
    assert plan(text).same_shape(plan(text))
    assert plan(other).same_shape(plan(other))
    assert not plan(text).same_shape(plan(other))


@pytest.mark.parametrize("protocol", ["UDP/TLS/RTP/SAVP", "RTP/SAVPF"])
def test_other_names_of_the_protocol(protocol: str) -> None:
    text = offers.whip().replace("UDP/TLS/RTP/SAVPF", protocol)
    assert summary(text) == ["microphone", "camera"]


def test_an_empty_group_is_passed_over() -> None:
    text = offers.whip().replace("a=group:BUNDLE", "a=group:\r\na=group:BUNDLE")
    assert summary(text) == ["microphone", "camera"]


def test_layers_need_the_rid_extension_under_its_one_id() -> None:
    text = offers.Draft().video("sendonly").video("sendonly", *offers.SIMULCAST).text()
    head, camera, screen = text.split("m=")
    assert "a=extmap:10 " in screen
    sources = plan(
        "m=".join((head, camera, screen.replace("a=extmap:10 ", "a=extmap:9 ")))
    ).sources()
    assert [source.layers for source in sources] == [1, 1]
    assert [source.layers for source in plan(text).sources()] == [1, 3]


def test_more_layers_than_there_are_names_are_left_out() -> None:
    rids = [f"a=rid:{name} send" for name in "abcd"]
    text = offers.Draft().video("sendonly", *rids, "a=simulcast:send a;b;c;d").text()
    (camera,) = plan(text).sources()
    assert camera.offered_rids == ("a", "b", "c")


def test_layers_without_names_are_told_by_a_group_of_ssrcs() -> None:
    group = ("a=ssrc-group:SIM 1 2 3", *(f"a=ssrc-group:FID {n} {n + 10}" for n in (1, 2, 3)))
    text = offers.Draft().video("sendonly", *offers.SIMULCAST, *group).text()
    (camera,) = plan(text.replace("a=extmap:10 ", "a=extmap:15 ")).sources()
    assert (camera.rids, camera.ssrcs) == ((), ((1, 11), (2, 12), (3, 13)))
    assert next(plan(text).sources()).rids == ("q", "h", "f")


def test_ssrcs_without_a_group_are_no_layers() -> None:
    lines = ("a=ssrc:5 cname:x", "a=ssrc:6 cname:x", "a=ssrc:7 cname:x")
    (camera,) = plan(offers.Draft().video("sendonly", *lines).text()).sources()
    assert camera.ssrcs == ((5, 0),)


def test_the_ssrc_of_error_correction_is_no_layer() -> None:
    lines = ("a=ssrc-group:FEC-FR 5 6", "a=ssrc:6 cname:x", "a=ssrc:5 cname:x")
    (camera,) = plan(offers.Draft().video("sendonly", *lines).text()).sources()
    assert camera.ssrcs == ((5, 0),)


@pytest.mark.parametrize(
    "restrictions",
    [
        {"hi": "max-width=1280;max-height=720", "lo": "max-width=320;max-height=180"},
        {"hi": "pt=96;max-height=720", "lo": "pt=96;max-height=180"},
        {"hi": "max-width=1280", "lo": "pt=96;max-width=320"},
        {"hi": "max-br=2500000", "lo": "max-fps=15;max-br=150000"},
    ],
)
def test_layers_of_unknown_names_are_ordered_by_size(restrictions: dict[str, str]) -> None:
    rids = [f"a=rid:{name} send {value}" for name, value in restrictions.items()]
    draft = offers.Draft().video("sendonly", *rids, "a=simulcast:send hi;lo")
    (camera,) = plan(draft.text()).sources()
    assert (camera.rids, camera.offered_rids) == (("lo", "hi"), ("hi", "lo"))


def test_layers_of_which_not_all_tell_a_size_keep_their_order() -> None:
    rids = ("a=rid:hi send max-width=1280;max-height=720", "a=rid:lo send")
    draft = offers.Draft().video("sendonly", *rids, "a=simulcast:send hi;lo")
    (camera,) = plan(draft.text()).sources()
    assert camera.rids == ("hi", "lo")


# ── what is promised ──


def test_transport_wide_feedback_goes_only_to_who_counts_by_it() -> None:
    """Sound is not counted: alone it would be taken for all that a line bears."""
    sources = list(plan(offers.browser()).sources())
    assert all(source.transport_cc == (source.kind in ("camera", "screen")) for source in sources)
    slots = [*plan(offers.browser()).slots("audio"), *plan(offers.browser()).slots("video")]
    assert all(slot.transport_cc for slot in slots)
    text = offers.whep().replace("a=extmap:3 ", "a=extmap:3/sendonly ")
    assert not any(slot.transport_cc for slot in plan(text, "viewer").slots("video"))
    text = offers.whip().replace("a=extmap:3 ", "a=extmap:3/recvonly ")
    assert not any("transport-cc" in s.codec.feedback for s in plan(text).sources())


def test_repair_has_the_clock_of_what_it_repairs() -> None:
    audio = offers.Draft().audio("sendonly").text()
    rtx = audio.replace("red/48000/2", "rtx/48000/2\r\na=fmtp:63 apt=111")
    (microphone,) = plan(rtx).sources()
    assert microphone.rtx is not None
    assert (microphone.rtx.payload_type, microphone.rtx.clock_rate) == (63, 48000)
    (microphone,) = plan(rtx.replace("rtx/48000", "rtx/90000")).sources()
    assert microphone.rtx is None
    (slot,) = plan(rtx.replace("sendonly", "recvonly")).slots("audio")
    assert slot.rtx is None


def test_layers_are_ordered_by_size_whatever_the_offer_says() -> None:
    text = offers.browser().replace("send q;h;f", "send f;h;q")
    camera = list(plan(text).sources())[1]
    assert camera.rids == ("q", "h", "f")
    assert camera.offered_rids == ("f", "h", "q")


def test_foreign_layer_names_keep_their_order() -> None:
    camera = list(plan((DATA / "firefox-simulcast-offer.sdp").read_text()).sources())[1]
    assert camera.rids == ("l", "m", "h")
    assert camera.ssrcs == ()


def test_extension_ids_are_those_of_the_offer() -> None:
    assert plan((DATA / "chromium-recv-slots-offer.sdp").read_text()).extensions == {
        "mid": 9,
        "rid": 10,
        "repaired_rid": 11,
        "audio_level": 14,
        "transport_cc": 4,
        "abs_send_time": 2,
    }


def test_extensions_of_the_session_are_those_of_each_section() -> None:
    line = "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"
    text = offers.whep().replace(f"{line}\r\n", "").replace("t=0 0", f"t=0 0\r\n{line}")
    assert plan(text).extensions["mid"] == 4
    own = text.replace("a=rtcp-mux\r\n", f"a=rtcp-mux\r\n{line.replace(':4 ', ':5 ')}\r\n")
    assert plan(own).extensions["mid"] == 5


def test_an_extension_id_means_one_thing() -> None:
    text = offers.whep().replace(
        "a=extmap:2 http://www.webrtc.org", "a=extmap:4 http://www.webrtc.org"
    )
    ids = plan(text).extensions
    assert len(set(ids.values())) == len(ids)


@pytest.mark.parametrize("number", [0, 15, 16])
def test_extension_ids_outside_the_one_byte_header_are_left_out(number: int) -> None:
    text = offers.whep().replace("a=extmap:4 ", f"a=extmap:{number} ")
    assert "mid" not in plan(text).extensions


def test_more_slots_than_there_are_stay_empty() -> None:
    draft = offers.Draft()
    for _ in range(VIDEO_SLOTS + 2):
        draft.video("recvonly")
    assert summary(draft.text())[-3:] == [f"video {VIDEO_SLOTS - 1}", None, None]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("VP8/90000", "VP9/90000"),
        ("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/AVP"),
        ("m=video 9", "m=video 0"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        ("a=mid:1\r\n", ""),
    ],
)
def test_unusable_sections_are_refused_alone(old: str, new: str) -> None:
    text = offers.whep()
    assert old in text
    assert summary(text.replace(old, new)) == ["audio 0", None]


def test_rtcp_mux_is_needed() -> None:
    with pytest.raises(Refusal) as caught:
        plan(offers.whep().replace("a=rtcp-mux\r\n", ""))
    assert caught.value.body.code == "sdp_unusable"


def test_a_refused_section_keeps_its_place() -> None:
    draft = offers.Draft().video("sendonly").video("sendonly")
    text = draft.text().replace("VP8/90000", "H264/90000", 1)
    assert summary(text) == [None, "screen"]


def test_feedback_of_another_codec_is_not_ours() -> None:
    text = offers.Draft().video("recvonly").text().replace("rtcp-fb:96", "rtcp-fb:97")
    (slot,) = plan(text).slots("video")
    assert slot.codec.feedback == ()


def test_wildcard_feedback() -> None:
    text = offers.Draft().video("recvonly").text().replace("rtcp-fb:96 nack pli", "rtcp-fb:* nack")
    slot = plan(text).sections[0]
    assert isinstance(slot, Slot)
    assert "nack" in slot.codec.feedback
