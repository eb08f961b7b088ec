"""Header extensions (RFC 8285): those of an offer that we speak."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from .lines import Lines, invalid, number

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: dict[str, Direction] = {direction: direction for direction in get_args(Direction)}

EXTENSIONS = {
    "urn:ietf:params:rtp-hdrext:sdes:mid": "mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id": "rid",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id": "repaired_rid",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level": "audio_level",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01": "transport_cc",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time": "abs_send_time",
}
"""Header extensions that we speak, with their names in the kernel. Without the video-orientation
extension browsers turn the pixels themselves."""
LARGEST_ID = 14
"""The one-byte header has room for ids 1–14 (RFC 8285 §4.2)."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A header extension with its direction as the peer sees it."""

    id: int
    name: str
    """The kernel's."""
    uri: str
    direction: Direction

    @property
    def sent(self) -> bool:
        """The peer may write it."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def received(self) -> bool:
        return self.direction in ("sendrecv", "recvonly")


def read_extensions(part: Lines, inherited: Iterable[Extension] = ()) -> tuple[Extension, ...]:
    """One for each name; those of a section go before those of the session, which it inherits."""
    found: dict[str, Extension] = {}
    for value in part.every("extmap"):
        words = value.split(None, 2)
        if len(words) < 2:
            raise invalid("An extmap line is too short.")
        name = EXTENSIONS.get(words[1])
        if name is None or name in found:
            continue
        id_text, _, way = words[0].partition("/")
        if 1 <= number(id_text, 0, 4351) <= LARGEST_ID:
            direction = DIRECTIONS.get(way, "sendrecv")
            found[name] = Extension(int(id_text), name, words[1], direction)
    for extension in inherited:
        found.setdefault(extension.name, extension)
    return tuple(found.values())
