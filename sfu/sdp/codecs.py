"""Payload types of one section: the codec that we speak, its repair, and what doubles it."""

import re
from dataclasses import dataclass

from .lines import Lines, invalid, number, too_large

SPOKEN = {"audio": ("opus", 48000), "video": ("vp8", 90000)}
"""Name and clock rate by medium."""
PAYLOAD_TYPES = {str(value): value for value in range(128)}
MAX_PARAMETERS = 32
_REPAIRED = re.compile(r"(?:^|;)\s*apt\s*=\s*(\d{1,3})\s*(?:;|$)", re.IGNORECASE)
_LONGEST_NAME = 16


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
class Codecs:
    """What a section offers of use."""

    spoken: Codec | None
    """The first that we speak."""
    repair: Codec | None
    """Its repair (RFC 4588)."""
    red: Codec | None
    """Its redundancy (RFC 2198)."""
    names: tuple[str, ...]
    """Of all that is offered, in capital letters."""


def read_codecs(part: Lines, media: str, formats: list[str]) -> Codecs:
    """The first codec of the medium that we speak and what belongs to it. What else an offer says
    of the others is not read."""
    if len(formats) > len(PAYLOAD_TYPES):
        raise too_large("A section has too many formats.", len(PAYLOAD_TYPES))
    if not PAYLOAD_TYPES.keys() >= set(formats):
        raise invalid("A format is no payload type.")
    encodings = _by_payload_type(part.every("rtpmap"))
    parameters = _by_payload_type(part.every("fmtp"))
    offered = {f: _encoding(encodings[f]) for f in formats if f in encodings}
    names = tuple(dict.fromkeys(name[:_LONGEST_NAME].upper() for name, _ in offered.values()))
    spoken, clock_rate = SPOKEN[media]
    for payload_type, (name, rate) in offered.items():
        if name == spoken and number(rate, 1, 1_000_000) == clock_rate:
            codec = Codec(
                PAYLOAD_TYPES[payload_type],
                name,
                clock_rate,
                _parameters(parameters.get(payload_type, "")),
                _feedback(part, payload_type),
            )
            repair = _repair(codec, rate, offered, parameters)
            return Codecs(codec, repair, _red(codec, rate, offered, parameters), names)
    return Codecs(None, None, None, names)


def _by_payload_type(values: list[str]) -> dict[str, str]:
    """The first value for each payload type, by its text."""
    found: dict[str, str] = {}
    for value in values:
        payload_type, _, rest = value.partition(" ")
        found.setdefault(payload_type, rest)
    if not PAYLOAD_TYPES.keys() >= found.keys() - {"*"}:
        raise invalid("A payload type was expected.")
    return found


def _encoding(value: str) -> tuple[str, str]:
    """Name in small letters and clock rate, as written in `opus/48000/2`."""
    name, _, rest = value.strip().partition("/")
    return name.lower(), rest.partition("/")[0]


def _parameters(value: str) -> dict[str, str]:
    items = value.split(";", MAX_PARAMETERS)[:MAX_PARAMETERS]
    pairs = (item.strip().partition("=") for item in items)
    return {name.lower(): content for name, _, content in pairs if name}


def _feedback(part: Lines, payload_type: str) -> tuple[str, ...]:
    mine = (f"{payload_type} ", "* ")
    values = dict.fromkeys(v for v in part.every("rtcp-fb") if v.startswith(mine))
    return tuple(dict.fromkeys(" ".join(value.split(None, 3)[1:3]) for value in values))


def _repair(
    codec: Codec, rate: str, offered: dict[str, tuple[str, str]], parameters: dict[str, str]
) -> Codec | None:
    wanted = str(codec.payload_type)
    for payload_type, encoding in offered.items():
        # RFC 4588 §8.6: the clock is that of the stream which is repaired.
        if encoding == ("rtx", rate):
            repaired = _REPAIRED.search(parameters.get(payload_type, ""))
            if repaired and repaired[1] == wanted:
                repair = PAYLOAD_TYPES[payload_type]
                return Codec(repair, "rtx", codec.clock_rate, {"apt": wanted}, ())
    return None


def _red(
    codec: Codec, rate: str, offered: dict[str, tuple[str, str]], parameters: dict[str, str]
) -> Codec | None:
    """The payload type in which all blocks are of this codec (RFC 2198 §5)."""
    if codec.name != "opus":
        return None
    wanted = str(codec.payload_type)
    for payload_type, encoding in offered.items():
        blocks = parameters.get(payload_type, "").strip().split("/", MAX_PARAMETERS)
        if encoding == ("red", rate) and len(blocks) > 1 and set(blocks) == {wanted}:
            return Codec(PAYLOAD_TYPES[payload_type], "red", codec.clock_rate, {}, ())
    return None
