"""Offers that other WebRTC stacks wrote, and whether they are answered right.

GStreamer 1.22 (webrtcbin), node-datachannel 0.33 (libdatachannel, which OBS has too), werift 0.24,
@roamhq/wrtc 0.10 (libwebrtc), aiortc 1.16: each of them sent or received media through us after it
had made its offer, except those under `refused`.
"""

from pathlib import Path

import pytest

from sfu.sdp import Slot, Source, make_plan, parse_offer
from tests.sfu.sdp.test_answer import answer, sections
from zvonok.wire.bus import SessionKind
from zvonok.wire.errors import Refusal

DATA = Path(__file__).parents[1] / "data"
WAYS = {Source: "a=recvonly", Slot: "a=sendonly", type(None): "a=inactive"}
EVERYWHERE = ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:", "a=setup:passive", "a=mid:")
"""webrtcbin wants these in each section, refused ones too."""
OFFERS: list[tuple[str, SessionKind, list[str | None]]] = [
    ("aiortc-whip", "publisher", ["microphone", "camera"]),
    ("aiortc-whep", "viewer", ["audio", "video"]),
    ("gstreamer-whip", "publisher", ["camera", "microphone"]),
    ("gstreamer-whip-extra-section", "publisher", ["camera", "microphone", None]),
    ("gstreamer-whip-data-channel", "publisher", ["camera", "microphone", None]),
    ("gstreamer-whep", "viewer", ["audio", "video"]),
    ("libdatachannel-whip", "publisher", ["camera", "microphone"]),
    ("libdatachannel-whep", "viewer", ["video", "audio"]),
    ("werift-whip", "publisher", ["microphone", "camera"]),
    ("werift-whep", "viewer", ["audio", "video"]),
    ("werift-whep-sendrecv", "viewer", ["audio", "video"]),
    ("wrtc-whip-simulcast", "publisher", ["camera", "microphone"]),
    ("wrtc-whep", "viewer", ["audio", "video"]),
    ("wrtc-whep-sendrecv", "viewer", ["audio", "video"]),
]


def offer(name: str) -> str:
    return (DATA / f"{name}-offer.sdp").read_text()


@pytest.mark.parametrize(("name", "kind", "expected"), OFFERS, ids=[name for name, *_ in OFFERS])
def test_is_answered(name: str, kind: SessionKind, expected: list[str | None]) -> None:
    read = parse_offer(offer(name))
    plan = make_plan(read, kind)
    found = [
        section.kind if isinstance(section, Source) else section.media if section else None
        for section in plan.sections
    ]
    assert found == expected
    head, *parts = sections(answer(offer(name), kind))
    mids = [s.mid for s, planned in zip(read.sections, plan.sections, strict=True) if planned]
    assert f"a=group:BUNDLE {' '.join(mids)}" in head
    for asked, planned, part in zip(read.sections, plan.sections, parts, strict=True):
        assert f"a=mid:{asked.mid}" in part
        assert WAYS[type(planned)] in part
        for start in EVERYWHERE:
            assert any(line.startswith(start) for line in part)


def test_what_a_sender_offers_to_receive_depends_on_the_token() -> None:
    """webrtcbin offers `sendrecv` when it is to send."""
    plan = make_plan(parse_offer(offer("gstreamer-whip")), "viewer")
    assert all(isinstance(section, Slot) for section in plan.sections)


def test_layers_with_names_of_their_own() -> None:
    camera = next(make_plan(parse_offer(offer("wrtc-whip-simulcast")), "publisher").sources())
    assert (camera.offered_rids, camera.layers) == (("hi", "mid", "lo"), 3)


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("refused/libdatachannel-whip-h264", "publisher", "codec"),
        ("refused/gstreamer-without-bundle", "viewer", "bundle"),
        ("wrtc-whep", "publisher", "direction"),
        ("wrtc-whip-simulcast", "viewer", "direction"),
    ],
)
def test_is_refused(name: str, kind: SessionKind, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        make_plan(parse_offer(offer(name)), kind)
    assert caught.value.body.details["reason"] == reason
