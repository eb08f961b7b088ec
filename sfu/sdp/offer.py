"""An offer as far as we need it. Unknown lines are passed over; wrong ones refuse the offer."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from .lines import Lines, invalid, number, split

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS: dict[str, Direction] = {direction: direction for direction in get_args(Direction)}

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]{1,16}\Z")
"""At most 16 characters: what a one-byte header extension can carry (RFC 8285 §4.2)."""
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}\Z")
_ICE = re.compile(r"[A-Za-z0-9+/=_-]{4,256}\Z")
"""RFC 8839 §5.4 without `=`, `_` and `-`, which some stacks send all the same."""
_HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_LARGEST_SSRC = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of the peer's certificate (RFC 8122)."""

    algorithm: str
    """sha-256, sha-384 or sha-512."""
    digest: bytes


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of a section."""

    payload_type: int
    name: str
    """In small letters."""
    clock_rate: int
    parameters: dict[str, str]
    feedback: tuple[str, ...]
    """Values of rtcp-fb, such as `nack pli`."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A header extension (RFC 8285) with its direction as the peer sees it."""

    id: int
    uri: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Section:
    """One m-section."""

    media: str
    protocol: str
    formats: tuple[str, ...]
    mid: str
    """Empty when absent."""
    alive: bool
    """False for one that the offer itself has switched off."""
    direction: Direction
    codecs: tuple[Codec, ...]
    """In the order of preference."""
    extensions: tuple[Extension, ...]
    rids: tuple[str, ...]
    """Layers that the peer would send, in the order of `a=simulcast`."""
    ssrcs: tuple[tuple[int, int], ...]
    """(media, RTX or 0) of each encoding."""
    rtcp_mux: bool
    rtcp_rsize: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What the peer would like."""

    ufrag: str
    fingerprints: tuple[Fingerprint, ...]
    bundle: tuple[str, ...]
    sections: tuple[Section, ...]


def parse_offer(text: str) -> Offer:
    """Raises `Refusal` 422 for everything that is not an offer we can answer."""
    session, *parts = split(text)
    if session.first("ice-lite") is not None:
        raise invalid("Both sides cannot be ICE-lite.")
    sections = tuple(_section(part, session) for part in parts)
    if not sections:
        raise invalid("The offer has no sections.")
    mids = [section.mid for section in sections if section.mid]
    if len(set(mids)) != len(mids):
        raise invalid("Two sections have the same mid.")
    bundle = _bundle(session, sections)
    tagged = parts[_tagged(sections, bundle)]
    return Offer(_ufrag(tagged, session), _fingerprints(tagged, session), bundle, sections)


def _bundle(session: Lines, sections: tuple[Section, ...]) -> tuple[str, ...]:
    for group in session.every("group"):
        words = group.split()
        if words[:1] == ["BUNDLE"]:
            return tuple(words[1:])
    return (sections[0].mid,)


def _tagged(sections: tuple[Section, ...], bundle: tuple[str, ...]) -> int:
    """Index of the section that carries the transport of all (RFC 9143 §7.2)."""
    for index, section in enumerate(sections):
        if bundle and section.mid == bundle[0]:
            return index
    raise invalid("The BUNDLE group names no section.")


def _ufrag(tagged: Lines, session: Lines) -> str:
    ufrag, password = (tagged.first(n) or session.first(n) for n in ("ice-ufrag", "ice-pwd"))
    if not (ufrag and password and _ICE.match(ufrag) and _ICE.match(password)):
        raise invalid("ICE credentials are missing or malformed.")
    setup = tagged.first("setup") or session.first("setup") or "actpass"
    if setup not in ("actpass", "active"):
        raise invalid("The peer must be able to take the active side of DTLS.")
    return ufrag


def _fingerprints(tagged: Lines, session: Lines) -> tuple[Fingerprint, ...]:
    values = tagged.every("fingerprint") or session.every("fingerprint")
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


def _section(part: Lines, session: Lines) -> Section:
    words = part.media.split()
    if len(words) < 4:
        raise invalid("An m-line is too short.")
    media, port_text, protocol, *formats = words
    port = number(port_text.partition("/")[0], 0, 65535)
    mid = part.first("mid") or ""
    if mid and not _TOKEN.match(mid):
        raise invalid("A mid is malformed or longer than 16 characters.")
    rtp = media in ("audio", "video")
    return Section(
        media=media,
        protocol=protocol,
        formats=tuple(formats),
        mid=mid,
        alive=port != 0 or part.first("bundle-only") is not None,
        direction=_direction(part, session),
        codecs=_codecs(part, formats) if rtp else (),
        extensions=_extensions(part, session) if rtp else (),
        rids=_rids(part) if rtp else (),
        ssrcs=_ssrcs(part) if rtp else (),
        rtcp_mux=part.first("rtcp-mux") is not None,
        rtcp_rsize=part.first("rtcp-rsize") is not None,
    )


def _direction(part: Lines, session: Lines) -> Direction:
    for lines in (part, session):
        for name in lines.attributes:
            if name in _DIRECTIONS:
                return _DIRECTIONS[name]
    return "sendrecv"


def _codecs(part: Lines, formats: list[str]) -> tuple[Codec, ...]:
    order = [number(text, 0, 127) for text in formats]
    names = _by_payload_type(part.every("rtpmap"))
    parameters = _by_payload_type(part.every("fmtp"))
    feedback = _by_payload_type(part.every("rtcp-fb"))
    codecs = []
    for payload_type in dict.fromkeys(order):
        if payload_type not in names:
            continue
        name, _, rest = names[payload_type][0].partition("/")
        clock_rate = number(rest.partition("/")[0], 1, 1_000_000)
        codecs.append(
            Codec(
                payload_type,
                name.lower(),
                clock_rate,
                _parameters(parameters.get(payload_type, [""])[0]),
                tuple(feedback.get(payload_type, []) + feedback.get(-1, [])),
            )
        )
    return tuple(codecs)


def _by_payload_type(values: list[str]) -> dict[int, list[str]]:
    """Values by their leading payload type; −1 stands for `*`."""
    found: dict[int, list[str]] = {}
    for value in values:
        head, _, rest = value.partition(" ")
        key = -1 if head == "*" else number(head, 0, 127)
        found.setdefault(key, []).append(" ".join(rest.split()))
    return found


def _parameters(value: str) -> dict[str, str]:
    pairs = (item.strip().partition("=") for item in value.split(";"))
    return {name.lower(): content for name, _, content in pairs if name}


def _extensions(part: Lines, session: Lines) -> tuple[Extension, ...]:
    found = []
    for value in part.every("extmap") + session.every("extmap"):
        words = value.split()
        if len(words) < 2:
            raise invalid("An extmap line is too short.")
        id_text, _, way = words[0].partition("/")
        direction = _DIRECTIONS.get(way, "sendrecv")
        found.append(Extension(number(id_text, 0, 4351), words[1], direction))
    return tuple(found)


def _rids(part: Lines) -> tuple[str, ...]:
    offered = []
    for value in part.every("rid"):
        words = value.split()
        if len(words) < 2 or not _RID.match(words[0]):
            raise invalid("A rid line is malformed.")
        if words[1] == "send":
            offered.append(words[0])
    simulcast = _simulcast(part.first("simulcast") or "")
    return tuple(dict.fromkeys(rid for rid in simulcast if rid in offered)) or tuple(offered[:1])


def _simulcast(value: str) -> list[str]:
    """The first alternative of each layer in `send a;b,c;~d` (RFC 8853 §5.1)."""
    words = value.split()
    for way, layers in zip(words[::2], words[1::2], strict=False):
        if way == "send":
            return [layer.split(",")[0].lstrip("~") for layer in layers.split(";")]
    return []


def _ssrcs(part: Lines) -> tuple[tuple[int, int], ...]:
    order = [number(value.partition(" ")[0], 0, _LARGEST_SSRC) for value in part.every("ssrc")]
    repair: dict[int, int] = {}
    simulcast: list[int] = []
    for value in part.every("ssrc-group"):
        semantics, _, rest = value.partition(" ")
        members = [number(text, 0, _LARGEST_SSRC) for text in rest.split()]
        if semantics == "FID" and len(members) == 2:
            repair[members[0]] = members[1]
        elif semantics == "SIM":
            simulcast = members
    media = simulcast or [ssrc for ssrc in order if ssrc not in repair.values()]
    return tuple((ssrc, repair.get(ssrc, 0)) for ssrc in dict.fromkeys(media) if ssrc)
