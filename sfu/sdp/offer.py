"""An offer as far as we need it. Unknown lines are passed over; wrong ones refuse the offer."""

import re
from dataclasses import dataclass

from .codecs import SPOKEN, Codec, Codecs, read_codecs
from .encodings import Rid, read_rids, read_ssrcs
from .extensions import DIRECTIONS, Direction, Extension, read_extensions
from .lines import Lines, invalid, number, split, unusable

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]{1,16}\Z")
"""At most 16 characters: what a one-byte header extension can carry (RFC 8285 §4.2)."""
_WORD = re.compile(r"[A-Za-z0-9/*+\-._]{1,64}\Z")
_ICE = re.compile(r"[A-Za-z0-9+/=_-]{4,256}\Z")
"""RFC 8839 §5.4 without `=`, `_` and `-`, which some stacks send all the same."""
_HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of the peer's certificate (RFC 8122)."""

    algorithm: str
    """sha-256, sha-384 or sha-512."""
    digest: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """One m-section."""

    media: str
    protocol: str
    format: str
    """The first."""
    mid: str
    """Empty when absent."""
    alive: bool
    """False for one that the offer itself has switched off."""
    direction: Direction
    codec: Codec | None
    """The first of those we speak."""
    rtx: Codec | None
    """Its repair."""
    red: Codec | None
    """Its redundancy (RFC 2198)."""
    codec_names: tuple[str, ...]
    """Of all that is offered, in capital letters."""
    extensions: tuple[Extension, ...]
    rids: tuple[Rid, ...]
    """Layers that the peer would send, in the order of `a=simulcast`."""
    ssrcs: tuple[tuple[int, int], ...]
    """(media, RTX or 0) of each encoding."""
    ssrcs_are_layers: bool
    """Told by a SIM group."""
    rtcp_mux: bool
    rtcp_rsize: bool
    receiver_rtt: bool
    """Who only receives may ask for the round trip (RFC 3611 §5.1)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the peer would like."""

    ufrag: str
    password: str
    fingerprints: tuple[Fingerprint, ...]
    bundle: frozenset[str]
    """The mids that share one transport. An offer without a group has one section, which may be
    nameless."""
    grouped: bool
    sections: tuple[Section, ...]


def parse_offer(text: str) -> Offer:
    """Raises `Refusal` 422 for everything that is not an offer we can answer."""
    session, *parts = split(text)
    if session.first("ice-lite") is not None:
        raise invalid("Both sides cannot be ICE-lite.")
    direction = _direction(session, "sendrecv")
    extensions = read_extensions(session)
    sections = tuple(_section(part, direction, extensions) for part in parts)
    if not sections:
        raise invalid("The offer has no sections.")
    mids = [section.mid for section in sections if section.mid]
    if len(set(mids)) != len(mids):
        raise invalid("Two sections have the same mid.")
    group = _group(session)
    tagged = _tagged(parts, sections, group)
    ice, fingerprints = _ice(tagged, session), _fingerprints(tagged, session)
    bundle = frozenset(group or (section.mid for section in sections if section.alive))
    return Offer(*ice, fingerprints, bundle, group is not None, sections)


def _group(session: Lines) -> list[str] | None:
    """The mids of the BUNDLE group (RFC 9143)."""
    for group in session.few("group"):
        semantics, *mids = group.split() or [""]
        if semantics == "BUNDLE":
            return mids
    return None


def _tagged(parts: list[Lines], sections: tuple[Section, ...], group: list[str] | None) -> Lines:
    """The section that carries the transport of all (RFC 9143 §7.2)."""
    alive = {s.mid: part for s, part in zip(sections, parts, strict=True) if s.alive}
    if group is not None:
        tagged = next((alive[mid] for mid in group if mid and mid in alive), None)
        if tagged is None:
            raise invalid("The BUNDLE group names no section.")
        return tagged
    if sum(section.alive for section in sections) != 1:
        raise unusable("Everything goes over one transport: a BUNDLE group is needed.", "bundle")
    return next(iter(alive.values()))


def _ice(tagged: Lines, session: Lines) -> tuple[str, str]:
    ufrag, password = (tagged.first(n) or session.first(n) for n in ("ice-ufrag", "ice-pwd"))
    if not (ufrag and password and _ICE.match(ufrag) and _ICE.match(password)):
        raise invalid("ICE credentials are missing or malformed.")
    setup = tagged.first("setup") or session.first("setup") or "actpass"
    if setup not in ("actpass", "active"):
        message = "The media server is passive in DTLS: offer setup:actpass or setup:active."
        raise unusable(message, "setup")
    return ufrag, password


def _fingerprints(tagged: Lines, session: Lines) -> tuple[Fingerprint, ...]:
    values = tagged.few("fingerprint") or session.few("fingerprint")
    found = tuple(f for f in map(_fingerprint, values) if f is not None)
    if not found:
        raise invalid("A fingerprint by sha-256, sha-384 or sha-512 is missing.")
    return found


def _fingerprint(value: str) -> Fingerprint | None:
    algorithm, _, digits = value.strip().partition(" ")
    algorithm = algorithm.lower()
    if algorithm not in _HASHES:
        return None
    try:
        digest = bytes.fromhex(digits.replace(":", ""))
    except ValueError:
        raise invalid("A fingerprint is malformed.") from None
    if len(digest) != _HASHES[algorithm]:
        raise invalid("A fingerprint is of a wrong length.")
    return Fingerprint(algorithm, digest)


def _section(part: Lines, direction: Direction, extensions: tuple[Extension, ...]) -> Section:
    """`direction` and `extensions` are the session's."""
    words = part.media.split()
    if len(words) < 4 or not all(map(_WORD.match, words[2:4])):
        raise invalid("An m-line is too short or malformed.")
    media, port_text, protocol, *formats = words
    port = number(port_text.partition("/")[0], 0, 65535)
    mid = part.first("mid") or ""
    if mid and not _TOKEN.match(mid):
        raise invalid("A mid is malformed or longer than 16 characters.")
    rtp = media in SPOKEN
    codecs = read_codecs(part, media, formats) if rtp else Codecs(None, None, None, ())
    ssrcs, ssrcs_are_layers = read_ssrcs(part) if rtp else ((), False)
    return Section(
        media=media,
        protocol=protocol,
        format=formats[0],
        mid=mid,
        alive=port != 0 or part.first("bundle-only") is not None,
        direction=_direction(part, direction),
        codec=codecs.spoken,
        rtx=codecs.repair,
        red=codecs.red,
        codec_names=codecs.names,
        extensions=read_extensions(part, extensions) if rtp else (),
        rids=read_rids(part) if rtp else (),
        ssrcs=ssrcs,
        ssrcs_are_layers=ssrcs_are_layers,
        rtcp_mux=part.first("rtcp-mux") is not None,
        rtcp_rsize=part.first("rtcp-rsize") is not None,
        receiver_rtt="rcvr-rtt=all" in (part.first("rtcp-xr") or "").split(),
    )


def _direction(part: Lines, otherwise: Direction) -> Direction:
    return next((DIRECTIONS[name] for name in part.attributes if name in DIRECTIONS), otherwise)
