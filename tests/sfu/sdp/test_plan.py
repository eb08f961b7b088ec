"""What each section of an offer becomes."""

from pathlib import Path

import pytest

from sfu.sdp import Plan, Slot, Source, make_plan, parse_offer
from tests.sfu import offers
from zvonok.wire.errors import Refusal
from zvonok.wire.ids import VIDEO_SLOTS

DATA = Path(__file__).parents[1] / "data"


def plan(text: str) -> Plan:
    return make_plan(parse_offer(text))


def summary(text: str) -> list[str | None]:
    """`microphone`, `video 3` or None for each section."""
    return [
        s.kind if isinstance(s, Source) else f"{s.media} {s.number}" if s else None
        for s in plan(text).sections
    ]


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


def test_wildcard_feedback() -> None:
    text = offers.Draft().video("recvonly").text().replace("rtcp-fb:96 nack pli", "rtcp-fb:* nack")
    slot = plan(text).sections[0]
    assert isinstance(slot, Slot)
    assert "nack" in slot.codec.feedback
