"""Which section of an offer carries what.

A section's meaning follows from its place among the sections of its medium and direction, so
that a browser (four sending sections and the slots), a WHIP sender and a WHEP viewer are
read by the same rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from zvonok.wire.errors import Refusal
from zvonok.wire.ids import AUDIO_SLOTS, RIDS, VIDEO_SLOTS, Kind

from .codecs import SPOKEN, Codec
from .offer import Offer, Section

_SENDER_ONLY = ("rid", "repaired_rid")
_PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF")
_SENT: dict[str, tuple[Kind, ...]] = {
    "audio": ("microphone", "screen_audio"),
    "video": ("camera", "screen"),
}
_SLOTS = {"audio": AUDIO_SLOTS, "video": VIDEO_SLOTS}
_FEEDBACK = {
    "audio": ("transport-cc",),
    "video": ("transport-cc", "nack", "nack pli", "ccm fir", "goog-remb"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A section in which the peer sends."""

    kind: Kind
    mid: str
    codec: Codec
    rtx: Codec | None
    offered_rids: tuple[str, ...]
    """Accepted layers in the order of the offer."""
    rids: tuple[str, ...]
    """The same with the smallest first."""
    ssrcs: tuple[tuple[int, int], ...]

    @property
    def layers(self) -> int:
        return len(self.rids) or len(self.ssrcs) or 1

    @property
    def shape(self) -> tuple[object, ...]:
        """What cannot change while the connection is open."""
        types = _payload_types(self.codec, self.rtx)
        return (self.kind, self.mid, *types, self.offered_rids, self.layers)


@dataclass(frozen=True, slots=True)
class Slot:
    """A section in which the peer receives."""

    media: Literal["audio", "video"]
    number: int
    mid: str
    codec: Codec
    rtx: Codec | None

    @property
    def shape(self) -> tuple[object, ...]:
        return (self.media, self.number, self.mid, *_payload_types(self.codec, self.rtx))


@dataclass(frozen=True, slots=True)
class Plan:
    """One entry per section of the offer; None: refused with port 0."""

    sections: tuple[Source | Slot | None, ...]
    extensions: dict[str, int]
    """Ids by the kernel's names, one numbering for the whole session (RFC 9143 §10.2)."""

    def same_shape(self, other: "Plan") -> bool:
        """Whether the other plan needs nothing new of the kernel but, perhaps, SSRCs."""
        ours, theirs = ([s.shape if s else None for s in plan.sections] for plan in (self, other))
        return ours == theirs and self.extensions == other.extensions

    def sources(self) -> Iterator[Source]:
        return (section for section in self.sections if isinstance(section, Source))

    def slots(self, media: str) -> Iterator[Slot]:
        return (s for s in self.sections if isinstance(s, Slot) and s.media == media)


def _payload_types(codec: Codec, rtx: Codec | None) -> tuple[int, int | None]:
    return codec.payload_type, rtx.payload_type if rtx else None


def make_plan(offer: Offer) -> Plan:
    """Raises `Refusal` 422 `sdp_unusable` when there is nothing that we could send or receive."""
    counts: dict[tuple[str, bool], int] = {}
    sections = tuple(_assign(section, offer, counts) for section in offer.sections)
    if not any(sections):
        raise Refusal(422, "sdp_unusable", "No section has Opus or VP8 over DTLS-SRTP.")
    used = [s for s, planned in zip(offer.sections, sections, strict=True) if planned]
    return Plan(sections, _extension_ids(used))


def _assign(
    section: Section, offer: Offer, counts: dict[tuple[str, bool], int]
) -> Source | Slot | None:
    if section.media not in SPOKEN or section.direction == "inactive" or not section.alive:
        return None
    sends = section.direction != "recvonly"
    place = counts.get((section.media, sends), 0)
    counts[section.media, sends] = place + 1
    codec = _codec(section)
    if codec is None or section.mid not in offer.bundle or not section.mid:
        return None
    if section.protocol not in _PROTOCOLS or not section.rtcp_mux:
        return None
    rtx = section.rtx
    if sends:
        kinds = _SENT[section.media]
        return _source(section, kinds[place], codec, rtx) if place < len(kinds) else None
    if place >= _SLOTS[section.media]:
        return None
    return Slot("audio" if section.media == "audio" else "video", place, section.mid, codec, rtx)


def _source(section: Section, kind: Kind, codec: Codec, rtx: Codec | None) -> Source:
    video = section.media == "video"
    offered = section.rids[: len(RIDS)] if video else ()
    ours = all(rid in RIDS for rid in offered)
    rids = tuple(sorted(offered, key=RIDS.index)) if ours else offered
    ssrcs = section.ssrcs[: len(RIDS) if video else 1]
    return Source(kind, section.mid, codec, rtx, offered, rids, () if rids else ssrcs)


def _codec(section: Section) -> Codec | None:
    """With as much of its feedback as we give or take."""
    if section.codec is None:
        return None
    supported = _FEEDBACK[section.media]
    return replace(
        section.codec, feedback=tuple(f for f in supported if f in section.codec.feedback)
    )


def _extension_ids(used: list[Section]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for section in used:
        for extension in section.extensions:
            # An id means one thing.
            if extension.id not in ids.values():
                ids.setdefault(extension.name, extension.id)
    return ids


def answered_extensions(section: Section, planned: Source | Slot, plan: Plan) -> list[str]:
    """Values of a=extmap for the answer to one section."""
    flipped = {"sendonly": "/recvonly", "recvonly": "/sendonly", "sendrecv": ""}
    useless = "recvonly" if isinstance(planned, Source) else "sendonly"
    values = []
    for extension in section.extensions:
        if plan.extensions.get(extension.name) != extension.id:
            continue
        if extension.direction in (useless, "inactive"):
            continue
        if isinstance(planned, Slot) and extension.name in _SENDER_ONLY:
            continue
        values.append(f"{extension.id}{flipped[extension.direction]} {extension.uri}")
    return values
