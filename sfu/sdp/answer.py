"""Our answer: ICE-lite on one port, everything in one bundle, DTLS passive."""

from collections.abc import Mapping
from dataclasses import dataclass

from .offer import Offer, Section
from .plan import Plan, Slot, Source, answered_extensions

CNAME = "zvonok"

_OPUS = {
    "microphone": "minptime=10;useinbandfec=1;usedtx=1",
    "screen_audio": "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000",
}
_SPEECH_SLOT = "minptime=10;useinbandfec=1"
_SCREEN_SLOT = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1"
_SCREEN_SLOT_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host candidate: an address on which the media port is reached."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What is the same in every answer of one process."""

    candidates: tuple[Candidate, ...]
    """The preferred first."""
    fingerprint: str
    """sha-256 of our certificate, as `AB:CD:…`."""


@dataclass(frozen=True, slots=True)
class SlotSsrc:
    """What a slot sends with."""

    media: int
    rtx: int
    """0 for sound."""


def write_answer(
    offer: Offer,
    plan: Plan,
    identity: Identity,
    *,
    origin: tuple[int, int],
    credentials: tuple[str, str],
    ssrcs: Mapping[tuple[str, int], SlotSsrc],
) -> str:
    """`origin` is our session's id and version (RFC 8866 §5.2), `credentials` are ufrag and
    password, `ssrcs` are by medium and slot."""
    pairs = list(zip(offer.sections, plan.sections, strict=True))
    mids = " ".join(section.mid for section, planned in pairs if planned)
    lines = [
        "v=0",
        f"o=- {origin[0]} {origin[1]} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        *([f"a=group:BUNDLE {mids}"] if offer.grouped else []),
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]
    transport = [
        f"a=ice-ufrag:{credentials[0]}",
        f"a=ice-pwd:{credentials[1]}",
        f"a=fingerprint:sha-256 {identity.fingerprint}",
        "a=setup:passive",
    ]
    candidates = _candidates(identity)
    for section, planned in pairs:
        if planned is None:
            lines += _refused(section, transport)
            continue
        lines += _accepted(section, planned, identity, transport)
        lines += candidates
        # Bundled: only the first accepted section carries the candidates (RFC 9143 §7.3).
        candidates = []
        lines += [f"a=extmap:{value}" for value in answered_extensions(section, planned, plan)]
        lines += _codec_lines(planned)
        if isinstance(planned, Source):
            lines += _source_lines(planned)
        else:
            lines += _slot_lines(planned, ssrcs[planned.media, planned.number])
    return "\r\n".join(lines) + "\r\n"


def _refused(section: Section, transport: list[str]) -> list[str]:
    """With the attributes of the transport, without which GStreamer's webrtcbin refuses the whole
    answer."""
    lines = [f"m={section.media} 0 {section.protocol} {section.format}", "c=IN IP4 0.0.0.0"]
    return [*lines, *_mid(section), *transport, "a=inactive"]


def _accepted(
    section: Section, planned: Source | Slot, identity: Identity, transport: list[str]
) -> list[str]:
    first = identity.candidates[0]
    codecs = (planned.codec, planned.rtx, planned.red)
    types = [codec.payload_type for codec in codecs if codec]
    formats = " ".join(map(str, types))
    family = "IP6" if ":" in first.address else "IP4"
    lines = [
        f"m={section.media} {first.port} {section.protocol} {formats}",
        f"c=IN {family} {first.address}",
        *_mid(section),
        *transport,
        "a=rtcp-mux",
    ]
    if section.rtcp_rsize:
        lines.append("a=rtcp-rsize")
    if section.receiver_rtt:
        lines.append("a=rtcp-xr:rcvr-rtt=all")
    return lines


def _mid(section: Section) -> list[str]:
    return [f"a=mid:{section.mid}"] if section.mid else []


def _candidates(identity: Identity) -> list[str]:
    lines = []
    for index, candidate in enumerate(identity.candidates):
        # RFC 8445 §5.1.2.1: host candidates, component 1.
        priority = (126 << 24) | ((65535 - index) << 8) | 255
        where = f"{candidate.address} {candidate.port}"
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {where} typ host")
    return [*lines, "a=end-of-candidates"]


def _codec_lines(planned: Source | Slot) -> list[str]:
    codec, rtx = planned.codec, planned.rtx
    kind = codec.payload_type
    if codec.name == "opus":
        lines = [f"a=rtpmap:{kind} opus/48000/2", f"a=fmtp:{kind} {_opus(planned)}"]
    else:
        lines = [f"a=rtpmap:{kind} VP8/90000"]
    lines += [f"a=rtcp-fb:{kind} {value}" for value in codec.feedback]
    if rtx:
        lines += [
            f"a=rtpmap:{rtx.payload_type} rtx/{rtx.clock_rate}",
            f"a=fmtp:{rtx.payload_type} apt={kind}",
        ]
    if planned.red:
        red = planned.red.payload_type
        lines += [f"a=rtpmap:{red} red/48000/2", f"a=fmtp:{red} {kind}/{kind}"]
    return lines


def _opus(planned: Source | Slot) -> str:
    if isinstance(planned, Source):
        return _OPUS[planned.kind]
    return _SCREEN_SLOT if planned.number == _SCREEN_SLOT_NUMBER else _SPEECH_SLOT


def _source_lines(source: Source) -> list[str]:
    lines = ["a=recvonly"]
    lines += [f"a=rid:{rid} recv" for rid in source.offered_rids]
    if len(source.offered_rids) > 1:
        lines.append(f"a=simulcast:recv {';'.join(source.offered_rids)}")
    return lines


def _slot_lines(slot: Slot, ssrc: SlotSsrc) -> list[str]:
    # Each slot has a stream of its own: browsers hold back the members of one stream for each
    # other, and slots carry different people.
    stream = f"{slot.media}-{slot.number}"
    numbers = [ssrc.media] + ([ssrc.rtx] if slot.rtx else [])
    lines = ["a=sendonly", f"a=msid:{stream} {stream}"]
    if slot.rtx:
        lines.append(f"a=ssrc-group:FID {ssrc.media} {ssrc.rtx}")
    for value in numbers:
        lines += [f"a=ssrc:{value} cname:{CNAME}", f"a=ssrc:{value} msid:{stream} {stream}"]
    return lines
