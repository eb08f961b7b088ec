"""Which section of an offer carries what.

A section's meaning follows from its place among the sections of its medium and direction, so
that a browser (four sending sections and the slots), a WHIP sender and a WHEP viewer are
read by the same rule. A sender is given nothing to receive and a viewer sends nothing, whatever
they offer, and what they are served is served whole: RFC 9725 would rather have an error than half
of a session.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from zvonok.wire.bus import SessionKind
from zvonok.wire.errors import Refusal
from zvonok.wire.ids import AUDIO_SLOTS, RIDS, VIDEO_SLOTS, Kind

from .codecs import SPOKEN, Codec
from .encodings import Rid
from .lines import unusable
from .offer import Offer, Section

_PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF")
_SENT: dict[str, tuple[Kind, ...]] = {
    "audio": ("microphone", "screen_audio"),
    "video": ("camera", "screen"),
}
_SLOTS = {"audio": AUDIO_SLOTS, "video": VIDEO_SLOTS}
_SOURCE_FEEDBACK = {
    "audio": (),
    "video": ("transport-cc", "nack", "nack pli", "ccm fir", "goog-remb"),
}
"""What we send of it to a publisher. None of sound: as soon as a queue grows a browser takes what
it sends for all that its line bears, and while that is sound alone pictures begin with no more."""
_SLOT_FEEDBACK = {
    "audio": ("transport-cc", "nack"),
    "video": ("transport-cc", "nack", "nack pli", "ccm fir", "goog-remb"),
}
"""What we take of it from a viewer."""
_FROM_SENDERS = ("mid", "rid", "repaired_rid", "audio_level")
"""Extensions that we read and never write: a viewer is not promised them. He knows our SSRCs from
the answer, and one who was promised MIDs might wait for them."""
_NOTHING: dict[SessionKind, str] = {
    "browser": "The offer has neither sound nor picture.",
    "publisher": "The offer sends neither sound nor picture.",
    "viewer": "The offer receives neither sound nor picture.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A section in which the peer sends."""

    kind: Kind
    mid: str
    codec: Codec
    rtx: Codec | None
    red: Codec | None
    offered_rids: tuple[str, ...]
    """Accepted layers in the order of the offer."""
    rids: tuple[str, ...]
    """The same with the smallest first."""
    ssrcs: tuple[tuple[int, int], ...]

    @property
    def layers(self) -> int:
        return len(self.rids) or len(self.ssrcs) or 1

    @property
    def transport_cc(self) -> bool:
        """Whether the peer is told when each packet arrived."""
        return "transport-cc" in self.codec.feedback

    @property
    def shape(self) -> tuple[object, ...]:
        """What cannot change while the connection is open."""
        types = _payload_types(self.codec, self.rtx, self.red)
        return (self.kind, self.mid, *types, self.offered_rids, self.layers)


@dataclass(frozen=True, slots=True)
class Slot:
    """A section in which the peer receives."""

    media: Literal["audio", "video"]
    number: int
    mid: str
    codec: Codec
    rtx: Codec | None
    red: Codec | None

    @property
    def shape(self) -> tuple[object, ...]:
        types = _payload_types(self.codec, self.rtx, self.red)
        return (self.media, self.number, self.mid, *types, self.transport_cc)

    @property
    def transport_cc(self) -> bool:
        """Whether the peer tells when each packet arrived."""
        return "transport-cc" in self.codec.feedback


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


def _payload_types(codec: Codec, *more: Codec | None) -> tuple[int | None, ...]:
    return codec.payload_type, *(other.payload_type if other else None for other in more)


def make_plan(offer: Offer, kind: SessionKind = "browser") -> Plan:
    """Raises `Refusal` 422 `sdp_unusable` when there is nothing that we could send or receive, and
    for publishers and viewers also when there is something that we could not."""
    ids = _extension_ids(section for section in offer.sections if section.mid in offer.bundle)
    sections: list[Source | Slot | None] = []
    refusals: list[Refusal] = []
    counts: dict[tuple[str, bool], int] = {}
    for section in offer.sections:
        sends = _sends(section, kind)
        planned: Source | Slot | None = None
        if sends is not None:
            place = counts.get((section.media, sends), 0)
            counts[section.media, sends] = place + 1
            try:
                planned = _assign(section, offer, place, kind, ids, sends=sends)
            except Refusal as refusal:
                refusals.append(refusal)
        sections.append(planned)
    if refusals and (kind != "browser" or not any(sections)):
        raise refusals[0]
    if not any(sections):
        raise unusable(_NOTHING[kind], "direction")
    return Plan(tuple(sections), ids)


def _sends(section: Section, kind: SessionKind) -> bool | None:
    """Whether the peer may send in this section or, if not, receive; None: neither."""
    if section.media not in SPOKEN or section.direction == "inactive" or not section.alive:
        return None
    sends = section.direction in ("sendrecv", "sendonly")
    receives = section.direction in ("sendrecv", "recvonly")
    if kind == "viewer":
        return False if receives else None
    return True if sends else False if kind == "browser" else None


def _assign(
    section: Section,
    offer: Offer,
    place: int,
    kind: SessionKind,
    ids: dict[str, int],
    *,
    sends: bool,
) -> Source | Slot:
    """`place` is that among the sections of this medium and direction. Raises Refusal."""
    media, codec = section.media, section.codec
    most = _SLOTS[media] if not sends else len(_SENT[media]) if kind == "browser" else 1
    told = {"media": media, "mid": section.mid}
    if place >= most:
        raise unusable(f"There are more than {most} of {media}.", "too_many", **told, limit=most)
    if codec is None:
        wanted = SPOKEN[media][0].upper()
        offered = ", ".join(section.codec_names) or "no codec that has a name"
        message = f"The {media} must be {wanted}; the offer has {offered}."
        raise unusable(message, "codec", **told, codecs=list(section.codec_names))
    if section.protocol not in _PROTOCOLS:
        raise unusable("Media goes over DTLS-SRTP: UDP/TLS/RTP/SAVPF.", "protocol", **told)
    if section.mid not in offer.bundle:
        raise unusable("All media goes over the transport of one BUNDLE group.", "bundle", **told)
    if not section.rtcp_mux:
        raise unusable("RTCP goes over the port of the media: rtcp-mux.", "rtcp_mux", **told)
    if sends:
        return _source(section, _SENT[media][place], codec, ids)
    codec = replace(codec, feedback=_feedback(section, codec, _SLOT_FEEDBACK, ids, sent=False))
    if media == "audio":
        # What gets lost comes once more in later packets, not in packets of its own.
        if section.red is None:
            codec = replace(codec, feedback=tuple(f for f in codec.feedback if f != "nack"))
        return Slot("audio", place, section.mid, codec, None, section.red)
    return Slot("video", place, section.mid, codec, section.rtx, None)


def _source(section: Section, kind: Kind, codec: Codec, ids: dict[str, int]) -> Source:
    video = section.media == "video"
    written = _extensions(section, ids, sent=True)
    feedback = _feedback(section, codec, _SOURCE_FEEDBACK, ids, sent=True)
    layers = section.rids[: len(RIDS)] if video and "rid" in written else ()
    most = len(RIDS) if video and section.ssrcs_are_layers else 1
    return Source(
        kind,
        section.mid,
        replace(codec, feedback=feedback),
        section.rtx,
        section.red,
        tuple(layer.name for layer in layers),
        tuple(layer.name for layer in _smallest_first(layers)),
        () if layers else section.ssrcs[:most],
    )


def _extensions(section: Section, ids: dict[str, int], *, sent: bool) -> set[str]:
    """Names of those that the peer may write, or that it reads."""
    mine = (e for e in section.extensions if ids.get(e.name) == e.id)
    return {e.name for e in mine if (e.sent if sent else e.received)}


def _feedback(
    section: Section,
    codec: Codec,
    spoken: dict[str, tuple[str, ...]],
    ids: dict[str, int],
    *,
    sent: bool,
) -> tuple[str, ...]:
    """Without the numbers that it counts by there is no transport-wide feedback."""
    counted = "transport_cc" in _extensions(section, ids, sent=sent)
    found = (f for f in spoken[section.media] if f in codec.feedback)
    return tuple(f for f in found if f != "transport-cc" or counted)


def _smallest_first(layers: tuple[Rid, ...]) -> list[Rid]:
    """By our names, else by what the offer tells of their sizes, else as they are offered."""
    if all(layer.name in RIDS for layer in layers):
        return sorted(layers, key=lambda layer: RIDS.index(layer.name))
    if all(layer.size for layer in layers):
        return sorted(layers, key=lambda layer: layer.size)
    return list(layers)


def _extension_ids(sections: Iterable[Section]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for section in sections:
        for extension in section.extensions:
            # An id means one thing.
            if extension.id not in ids.values():
                ids.setdefault(extension.name, extension.id)
    return ids


def answered_extensions(section: Section, planned: Source | Slot, plan: Plan) -> list[str]:
    """Values of a=extmap for the answer to one section."""
    flipped = {"sendonly": "/recvonly", "recvonly": "/sendonly", "sendrecv": ""}
    values = []
    for extension in section.extensions:
        if plan.extensions.get(extension.name) != extension.id:
            continue
        if isinstance(planned, Source):
            useful = extension.sent and (extension.name != "transport_cc" or planned.transport_cc)
        else:
            useful = extension.received and extension.name not in _FROM_SENDERS
        if useful:
            values.append(f"{extension.id}{flipped[extension.direction]} {extension.uri}")
    return values
