"""Answers, read back section by section."""

from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from sfu.sdp import Candidate, Identity, SlotSsrc, make_plan, parse_offer, write_answer
from sfu.sdp.extensions import DIRECTIONS
from tests.sfu import offers
from zvonok.wire.bus import SessionKind
from zvonok.wire.ids import AUDIO_SLOTS, VIDEO_SLOTS

DATA = Path(__file__).parents[1] / "data"
IDENTITY = Identity(
    (Candidate("192.0.2.9", 8081), Candidate("2001:db8::9", 8081)), offers.FINGERPRINT
)


def answer(text: str, kind: SessionKind = "browser", identity: Identity = IDENTITY) -> str:
    offer = parse_offer(text)
    plan = make_plan(offer, kind)
    ssrcs = {("audio", s.number): SlotSsrc(100 + s.number, 0) for s in plan.slots("audio")}
    ssrcs |= {
        ("video", s.number): SlotSsrc(200 + s.number, 300 + s.number) for s in plan.slots("video")
    }
    return write_answer(
        offer,
        plan,
        identity,
        origin=(7, 3),
        credentials=("ourufrag", "p" * 24),
        ssrcs=ssrcs,
    )


def sections(text: str) -> list[list[str]]:
    return [part.splitlines() for part in text.split("\r\nm=")]


def test_session_part() -> None:
    head = sections(answer(offers.browser()))[0]
    assert head[0] == "v=0"
    assert "o=- 7 3 IN IP4 127.0.0.1" in head
    assert "a=ice-lite" in head
    assert "a=group:BUNDLE " + " ".join(map(str, range(17))) in "\r\n".join(head)


def test_camera() -> None:
    camera = sections(answer(offers.browser()))[2]
    assert camera[0] == "video 8081 UDP/TLS/RTP/SAVPF 96 97"
    for line in (
        "a=recvonly",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=fingerprint:sha-256 {offers.FINGERPRINT}",
        "a=rid:q recv",
        "a=rid:h recv",
        "a=rid:f recv",
        "a=simulcast:recv q;h;f",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=rtcp-fb:96 ccm fir",
        "a=rtcp-fb:96 goog-remb",
        "a=fmtp:97 apt=96",
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    ):
        assert line in camera
    assert not any("video-orientation" in line for line in camera)


@pytest.mark.parametrize(("names", "said"), [("q", []), ("q;h", ["a=simulcast:recv q;h"])])
def test_simulcast_is_answered_from_two_layers_on(names: str, said: list[str]) -> None:
    lines = offers.SIMULCAST[:3]
    text = offers.Draft().video("sendonly", *lines, f"a=simulcast:send {names}").text()
    (camera,) = sections(answer(text))[1:]
    assert [line for line in camera if "simulcast" in line] == said


def test_sound() -> None:
    parts = sections(answer(offers.browser()))
    assert "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1" in parts[1]
    screen = next(line for line in parts[4] if line.startswith("a=fmtp"))
    assert "stereo=1;sprop-stereo=1" in screen
    assert "usedtx" not in screen
    assert any("sprop-stereo=1" in line for line in parts[8])
    assert not any("stereo" in line for line in parts[7])


def test_sound_may_carry_earlier_sound() -> None:
    """RED behind Opus: whoever sends takes the first."""
    text = offers.Draft().audio("sendonly").audio("recvonly").text()
    for section in sections(answer(text))[1:]:
        assert section[0].endswith(" 111 63")
        assert "a=rtpmap:63 red/48000/2" in section
        assert "a=fmtp:63 111/111" in section


@pytest.mark.parametrize(
    "offered", ["111", "111/112", "110/110", "111/111/", "/", ""], ids=lambda s: s or "none"
)
def test_redundancy_of_something_else_is_left_out(offered: str) -> None:
    text = offers.Draft().audio("recvonly").text().replace("63 111/111", f"63 {offered}")
    assert "red/48000" not in answer(text)


@pytest.mark.parametrize("red", [True, False])
def test_lost_sound_may_be_asked_for_where_earlier_sound_goes_along(red: bool) -> None:
    text = offers.Draft().audio("sendonly").audio("recvonly").text()
    text = text.replace("a=rtcp-fb:111 ", "a=rtcp-fb:111 nack\r\na=rtcp-fb:111 ")
    text = text if red else text.replace("63 111/111", "63 0/0")
    microphone, speaker = sections(answer(text))[1:]
    assert "a=rtcp-fb:111 nack" not in microphone
    assert ("a=rtcp-fb:111 nack" in speaker) == red


def test_slots_have_streams_of_their_own() -> None:
    parts = sections(answer(offers.browser()))[5:]
    streams = [line for part in parts for line in part if line.startswith("a=msid:")]
    assert len(set(streams)) == AUDIO_SLOTS + VIDEO_SLOTS
    assert all("a=sendonly" in part for part in parts)
    first_video = parts[4]
    assert "a=ssrc-group:FID 200 300" in first_video
    assert "a=ssrc:300 cname:zvonok" in first_video
    assert not any("rtp-stream-id" in line for line in first_video)


@pytest.mark.parametrize(
    ("address", "family"),
    [("192.0.2.9", "IN IP4 192.0.2.9"), ("2001:db8::9", "IN IP6 2001:db8::9")],
)
def test_the_address_of_a_section_is_the_preferred_one(address: str, family: str) -> None:
    identity = Identity((Candidate(address, 8081), Candidate("198.51.100.1", 9)), "AB")
    for part in sections(answer(offers.whip(), identity=identity))[1:]:
        assert part[1] == f"c={family}"


def test_a_slot_without_repair_has_one_ssrc() -> None:
    text = offers.Draft().video("recvonly").text().replace("a=fmtp:97 apt=96", "a=fmtp:97 apt=98")
    (video,) = sections(answer(text))[1:]
    assert [line.partition(" ")[0] for line in video if "ssrc" in line] == ["a=ssrc:200"] * 2
    assert video[0].endswith(" 96")


def test_a_viewer_is_promised_what_he_offered() -> None:
    text = offers.whep().replace("a=rtcp-fb:96 ccm fir\r\n", "").replace("96 goog-remb", "96 x")
    out = answer(text)
    assert [line for line in out.splitlines() if "rtcp-fb" in line] == [
        "a=rtcp-fb:111 transport-cc",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
    ]


def test_candidates_are_in_the_first_accepted_section_only() -> None:
    text = answer(offers.whep().replace("opus", "g722"))
    refused, video = sections(text)[1:]
    assert refused[0].startswith("audio 0 ")
    assert "a=mid:0" in refused
    assert {"a=ice-ufrag:ourufrag", "a=ice-pwd:" + "p" * 24, "a=setup:passive"} < set(refused)
    assert f"a=fingerprint:sha-256 {offers.FINGERPRINT}" in refused
    assert "a=inactive" in refused
    assert "a=candidate:1 1 udp 2130706431 192.0.2.9 8081 typ host" in video
    assert "a=candidate:2 1 udp 2130706175 2001:db8::9 8081 typ host" in video
    assert "a=end-of-candidates" in video
    assert "a=group:BUNDLE 1\r\n" in text
    assert answer(offers.browser()).count("a=end-of-candidates") == 1


def test_extension_directions_are_turned_round() -> None:
    camera = sections(answer((DATA / "firefox-simulcast-offer.sdp").read_text()))[2]
    assert "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in camera
    assert "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid" in camera


@pytest.mark.parametrize("path", sorted(DATA.glob("*.sdp")), ids=lambda path: path.stem)
def test_another_parser_reads_it(path: Path) -> None:
    offer = SessionDescription.parse(path.read_text())
    ours = SessionDescription.parse(answer(path.read_text()))
    assert [m.kind for m in ours.media] == [m.kind for m in offer.media]
    for asked, given in zip(offer.media, ours.media, strict=True):
        if given.port:
            offered = {(e.id, e.uri) for e in asked.rtp.headerExtensions}
            assert {(e.id, e.uri) for e in given.rtp.headerExtensions} <= offered
            assert {c.payloadType for c in given.rtp.codecs} <= {
                c.payloadType for c in asked.rtp.codecs
            }


def test_extensions_that_would_mean_two_things_are_not_answered() -> None:
    head, camera, screen = offers.Draft().video("sendonly").video("sendonly").text().split("m=")
    text = "m=".join((head, camera, screen.replace("a=extmap:10 ", "a=extmap:9 ")))
    parts = sections(answer(text))[1:]
    assert [any("sdes:rtp-stream-id" in line for line in part) for part in parts] == [True, False]


def test_a_viewer_is_not_sent_extensions_that_he_only_sends() -> None:
    out = answer(offers.whep().replace("a=extmap:4 ", "a=extmap:4/sendonly "))
    assert "sdes:mid" not in out


def test_only_what_was_offered_is_answered() -> None:
    text = (
        offers.whep().replace("a=rtcp-rsize\r\n", "").replace("a=rtcp-fb:96 transport-cc\r\n", "")
    )
    out = answer(text)
    assert "rtcp-rsize" not in out
    assert "a=rtcp-fb:96 transport-cc" not in out


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ("a=rtcp-xr:rcvr-rtt=all", True),
        ("a=rtcp-xr:pkt-loss-rle=8 rcvr-rtt=all:100", False),
        ("a=rtcp-xr:rcvr-rtt=sender", False),
        ("a=rtcp-xr:pkt-rcpt-times rcvr-rtt=all", True),
        ("a=rtcp-xr", False),
    ],
)
def test_who_receives_may_ask_for_the_round_trip(offered: str, said: bool) -> None:
    out = answer(offers.whep().replace("a=rtcp-rsize", offered))
    assert ("a=rtcp-xr:rcvr-rtt=all" in out) is said
    assert "pkt-" not in out


def test_a_viewer_that_would_send_is_answered_that_we_send() -> None:
    text = answer(offers.whep().replace("a=recvonly", "a=sendrecv"), "viewer")
    assert [[way for way in DIRECTIONS if f"a={way}" in part] for part in sections(text)[1:]] == [
        ["sendonly"],
        ["sendonly"],
    ]


def test_a_publisher_that_would_receive_is_answered_that_we_do() -> None:
    text = answer(offers.whip().replace("a=sendonly", "a=sendrecv"), "publisher")
    assert text.count("a=recvonly") == 2
    assert "a=ssrc" not in text


def test_an_offer_without_a_bundle_is_answered_without_one() -> None:
    text = offers.Draft().video("sendonly").text().replace("a=group:BUNDLE 0", "a=x")
    assert "BUNDLE" not in answer(text)
    assert "a=mid" not in answer(text.replace("a=mid:0\r\n", ""))


def test_a_bundle_is_answered_with_what_was_accepted() -> None:
    draft = offers.Draft().video("sendonly").text()
    assert "a=group:BUNDLE 0\r\n" in answer(draft.replace("BUNDLE 0", "BUNDLE 0 1"))


def test_repair_of_sound() -> None:
    audio = offers.Draft().audio("sendonly").text()
    out = answer(audio.replace("red/48000/2", "rtx/48000/2\r\na=fmtp:63 apt=111"))
    assert "a=rtpmap:63 rtx/48000\r\na=fmtp:63 apt=111" in out


def test_viewers_are_not_promised_what_is_not_sent() -> None:
    out = answer(offers.whep())
    assert out.count("transport-cc") == out.count("transport-wide") == 2
    for unwritten in ("sdes:mid", "ssrc-audio-level"):
        assert unwritten not in out
    sending = answer(offers.whip())
    assert sending.count("transport-cc") == sending.count("transport-wide") == 1
