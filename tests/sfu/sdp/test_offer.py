"""Offers: what is read from real ones, and that nothing but a refusal comes of garbage."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.sdp import Offer, make_plan, parse_offer
from tests.sfu import offers
from zvonok.wire.errors import Refusal

SAMPLES = sorted((Path(__file__).parents[1] / "data").glob("*.sdp"))


def read(text: str) -> Offer:
    return parse_offer(text)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_reads_real_offers(path: Path) -> None:
    offer = read(path.read_text())
    assert len(offer.sections) == len(offer.bundle)
    assert offer.fingerprints[0].algorithm == "sha-256"


def test_reads_chromium_simulcast() -> None:
    offer = read(next(p for p in SAMPLES if p.stem == "chromium-simulcast-offer").read_text())
    audio, video = offer.sections
    assert offer.ufrag == "BXlN"
    assert (audio.direction, video.direction) == ("sendonly", "sendonly")
    assert [rid.name for rid in video.rids] == ["l", "m", "h"]
    assert audio.codec is not None
    assert video.codec is not None
    assert video.codec.feedback == ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
    assert audio.codec.parameters == {"minptime": "10", "useinbandfec": "1"}


def test_reads_firefox_simulcast() -> None:
    offer = read(next(p for p in SAMPLES if p.stem == "firefox-simulcast-offer").read_text())
    video = offer.sections[1]
    assert video.codec is not None
    assert video.codec.payload_type == 120
    assert video.ssrcs[0] == (1650830754, 2376884265)
    assert len(video.ssrcs) == 3
    rid = next(e for e in video.extensions if e.uri.endswith("sdes:rtp-stream-id"))
    assert (rid.id, rid.direction) == (9, "sendonly")


def test_bundle_only_section_is_alive() -> None:
    text = offers.whep().replace("m=video 9", "m=video 0")
    assert not read(text).sections[1].alive
    assert read(text + "a=bundle-only\r\n").sections[1].alive


def test_simulcast_takes_first_alternative_and_ignores_pause() -> None:
    draft = offers.Draft().video(
        "sendonly", "a=rid:a send", "a=rid:b send", "a=rid:c recv", "a=simulcast:send ~b,a;a;c"
    )
    assert [rid.name for rid in read(draft.text()).sections[0].rids] == ["b", "a"]


def test_simulcast_may_name_what_is_received_first() -> None:
    lines = ("a=rid:a send", "a=rid:b send", "a=rid:c recv", "a=simulcast:recv c send b;a")
    rids = read(offers.Draft().video("sendonly", *lines).text()).sections[0].rids
    assert [rid.name for rid in rids] == ["b", "a"]


def test_simulcast_group_orders_ssrcs() -> None:
    lines = ("a=ssrc-group:SIM 3 1 2", "a=ssrc-group:FID 1 11", "a=ssrc:1 cname:x")
    assert read(offers.Draft().video("sendonly", *lines).text()).sections[0].ssrcs == (
        (3, 0),
        (1, 11),
        (2, 0),
    )


def test_a_name_without_a_choice_of_layers_names_one() -> None:
    for lines in (["a=rid:b send", "a=rid:a send"], ["a=rid:b send", "a=simulcast:send x"]):
        rids = read(offers.Draft().video("sendonly", *lines).text()).sections[0].rids
        assert [rid.name for rid in rids] == ["b"]


def test_the_ssrc_0_is_none() -> None:
    lines = ("a=ssrc:0 cname:x", "a=ssrc:7 cname:x")
    section = read(offers.Draft().video("sendonly", *lines).text()).sections[0]
    assert section.ssrcs == ((7, 0),)


def test_groups_of_ssrcs_with_another_meaning_are_passed_over() -> None:
    lines = ("a=ssrc-group:DUP 5 6", "a=ssrc:5 cname:x", "a=ssrc:6 cname:x")
    section = read(offers.Draft().video("sendonly", *lines).text()).sections[0]
    assert section.ssrcs == ((5, 0), (6, 0))


def test_a_group_of_one_ssrc_repairs_nothing() -> None:
    lines = ("a=ssrc-group:FID 5", "a=ssrc:5 cname:x")
    section = read(offers.Draft().video("sendonly", *lines).text()).sections[0]
    assert section.ssrcs == ((5, 0),)


def test_groups_with_another_meaning_are_no_bundle() -> None:
    offer = read(offers.whip().replace("a=group:", "a=group:LS 0\r\na=group:"))
    assert offer.bundle == {"0", "1"}


def test_repair_is_that_of_the_codec() -> None:
    text = offers.Draft().video("sendonly").text().replace(" 96 97", " 96 95 94 97")
    others = "a=rtpmap:95 rtx/90000\r\na=rtpmap:94 rtx/90000\r\na=fmtp:94 apt=98\r\n"
    (section,) = read(text + others).sections
    assert section.rtx is not None
    assert section.rtx.payload_type == 97


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("v=0", "v=1"),
        ("a=ice-ufrag:BXlN", "a=ice-ufrag:B N"),
        ("a=ice-ufrag:BXlN", "a=x"),
        ("a=ice-pwd:PxnC3Dzf8Ld8qrAe8nym4HbL", "a=x"),
        ("a=ice-pwd:PxnC3Dzf8Ld8qrAe8nym4HbL", "a=ice-pwd:P C"),
        ("sha-256", "sha-1"),
        (offers.FINGERPRINT, "AB:CD"),
        (offers.FINGERPRINT, "AB:XY"),
        ("a=mid:1", "a=mid:0"),
        ("a=mid:1", "a=mid:" + "x" * 17),
        ("m=video 9", "m=video 99999"),
        ("m=video 9", "m=video x"),
        ("m=video 9", "m=video ²"),
        ("m=video 9", "m=video /9"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=video"),
        ("opus/48000", "opus/x"),
        ("UDP/TLS", "UDP\u00adTLS"),
        ("UDP/TLS", "ÜDP/TLS"),
        ("UDP/TLS/RTP/SAVPF 96", "UDP/TLS/RTP/SAVPF x"),
        ("UDP/TLS/RTP/SAVPF 96", "UDP/TLS/RTP/SAVPF 128"),
        ("a=rtpmap:96", "a=rtpmap:96000"),
        ("a=rid:q send", "a=rid:q"),
        ("a=rid:q send", "a=rid:" + "q" * 17 + " send"),
        ("a=rid:q send", "a=rid:q;h send"),
        ("a=group:BUNDLE", "a=group:BUNDLE x\r\na=x:"),
        ("a=ssrc", "a=ssrc-group:\r\na=ssrc-group:FID x\r\na=ssrc"),
        ("s=-", "s=\0"),
        ("s=-", "nonsense"),
        ("s=-", "a=ice-lite"),
    ],
)
def test_refuses_what_is_malformed(old: str, new: str) -> None:
    text = offers.browser() + offers.SSRCS
    assert old in text
    with pytest.raises(Refusal) as caught:
        read(text.replace(old, new))
    assert (caught.value.status, caught.value.body.code) == (422, "sdp_invalid")


def test_a_peer_that_would_be_passive_in_dtls_is_told() -> None:
    """As ffmpeg's muxer is unless told otherwise."""
    with pytest.raises(Refusal) as caught:
        read(offers.whip().replace("setup:actpass", "setup:passive"))
    body = caught.value.body
    assert (body.code, body.details) == ("sdp_unusable", {"reason": "setup"})
    assert "setup:actpass" in body.message


@pytest.mark.parametrize(
    "text",
    [
        "v=0\r\n" + "a=x\r\n" * 40000,
        "v=0\n" + "\n" * 20000,
        "v=0\na=" + "x" * 5000,
        "v=0\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 0\n" * 100,
        offers.whip().replace("SAVPF 96", "SAVPF 96" + " 98" * 127),
        offers.whip() + "a=rid:a send\r\n" * 17,
        offers.whip() + "a=ssrc-group:FID 1 2\r\n" * 17,
        offers.whip() + "".join(f"a=ssrc:{number} a\r\n" for number in range(33)),
    ],
)
def test_refuses_floods(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(text)
    assert (caught.value.status, caught.value.body.code) == (422, "sdp_too_large")


def outcome(text: str) -> str:
    try:
        make_plan(read(text))
    except Refusal as refusal:
        return f"{refusal.status} {refusal.body.code}"
    return "planned"


def only_refusals(text: str) -> None:
    codes = ("sdp_invalid", "sdp_too_large", "sdp_unusable")
    assert outcome(text) in ["planned"] + [f"422 {code}" for code in codes]


@given(st.text(max_size=300))
def test_any_text_is_refused_in_order(text: str) -> None:
    only_refusals(text)
    only_refusals("v=0\r\n" + text)


LINES = offers.browser().split("\r\n") + offers.whip().split("\r\n")
ATTRIBUTES = sorted({line.partition(":")[0] for line in LINES if line[:2] == "a="})
GARBAGE = st.one_of(
    st.builds(
        "{}:{}".format, st.sampled_from(ATTRIBUTES), st.text("0123456789 ;:,/~*=a-", max_size=20)
    ),
    st.sampled_from(LINES),
    st.builds("m={}".format, st.text("audio video 019/", max_size=20)),
)


@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), GARBAGE), max_size=6),
    st.lists(st.integers(0, len(LINES) - 1), max_size=6),
)
def test_damaged_offers_are_refused_in_order(swaps: list[tuple[int, str]], cuts: list[int]) -> None:
    lines = offers.browser().split("\r\n") + offers.whip().split("\r\n")[5:]
    for index, line in swaps:
        lines[index % len(lines)] = line
    for index in cuts:
        del lines[index % len(lines)]
    only_refusals("\r\n".join(lines))
