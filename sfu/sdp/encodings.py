"""What tells the encodings of one section apart: names (RFC 8852) or SSRCs (RFC 5576)."""

import re
from dataclasses import dataclass

from .lines import Lines, invalid, number, too_large

_RID = re.compile(r"[A-Za-z0-9_-]{1,16}\Z")
_RESTRICTION = re.compile(r"(max-width|max-height|max-br)=(\d{1,9})(?=;|\s|$)")
_LONGEST_RESTRICTIONS = 256
_LARGEST_SSRC = 0xFFFFFFFF
MAX_SSRCS = 32
MAX_LAYERS = 16


@dataclass(frozen=True, slots=True)
class Rid:
    """A layer with a name."""

    name: str
    size: int
    """By the restrictions of RFC 8851 §5, to be compared within one section only; 0: not told."""


def read_rids(part: Lines) -> tuple[Rid, ...]:
    """Layers that the peer would send, in the order of `a=simulcast`; without it the first."""
    offered: dict[str, Rid] = {}
    for value in part.few("rid"):
        words = value.split(None, 2)
        if len(words) < 2 or not _RID.match(words[0]):
            raise invalid("A rid line is malformed.")
        if words[1] == "send":
            offered.setdefault(words[0], Rid(words[0], _size(words[2] if words[2:] else "")))
    simulcast = dict.fromkeys(_simulcast(part.first("simulcast") or ""))
    named = tuple(offered[name] for name in simulcast if name in offered)
    return named or tuple(offered.values())[:1]


def _size(restrictions: str) -> int:
    """Pixels, else the bit rate."""
    found = dict(_RESTRICTION.findall(restrictions[:_LONGEST_RESTRICTIONS]))
    width, height = (int(found.get(f"max-{side}", 0)) for side in ("width", "height"))
    return width * height or width or height or int(found.get("max-br", 0))


def _simulcast(value: str) -> list[str]:
    """The first alternative of each layer in `send a;b,c;~d` (RFC 8853 §5.1)."""
    words = value.split(None, 4)
    for way, layers in zip(words[::2], words[1::2], strict=False):
        if way == "send":
            names = layers.split(";", MAX_LAYERS)
            return [name.partition(",")[0].lstrip("~") for name in names]
    return []


def read_ssrcs(part: Lines) -> tuple[tuple[tuple[int, int], ...], bool]:
    """(media, RTX or 0) of each encoding, and whether they are said to be layers of one source."""
    heads = dict.fromkeys(value.partition(" ")[0] for value in part.every("ssrc"))
    if len(heads) > MAX_SSRCS:
        raise too_large("A section has too many SSRCs.", MAX_SSRCS)
    repair: dict[int, int] = {}
    corrections: set[int] = set()
    simulcast: list[int] = []
    for value in part.few("ssrc-group"):
        semantics, *members = value.split(None, MAX_LAYERS + 1) or [""]
        numbers = [number(text, 0, _LARGEST_SSRC) for text in members]
        if semantics == "FID" and len(numbers) == 2:
            repair[numbers[0]] = numbers[1]
        elif semantics == "SIM":
            simulcast = numbers
        elif semantics in ("FEC", "FEC-FR"):
            corrections.update(numbers[1:])
    order = (number(head, 0, _LARGEST_SSRC) for head in heads)
    corrections.update(repair.values())
    media = simulcast or [ssrc for ssrc in order if ssrc not in corrections]
    pairs = tuple((ssrc, repair.get(ssrc, 0)) for ssrc in dict.fromkeys(media) if ssrc)
    return pairs, bool(simulcast)
