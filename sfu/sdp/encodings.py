"""What tells the encodings of one section apart: names (RFC 8852) or SSRCs (RFC 5576)."""

import re

from .lines import Lines, invalid, number, too_large

_RID = re.compile(r"[A-Za-z0-9_-]{1,16}\Z")
_LARGEST_SSRC = 0xFFFFFFFF
MAX_SSRCS = 32
MAX_LAYERS = 16


def read_rids(part: Lines) -> tuple[str, ...]:
    """Layers that the peer would send, in the order of `a=simulcast`; without it the first."""
    offered = []
    for value in part.few("rid"):
        words = value.split(None, 2)
        if len(words) < 2 or not _RID.match(words[0]):
            raise invalid("A rid line is malformed.")
        if words[1] == "send":
            offered.append(words[0])
    simulcast = _simulcast(part.first("simulcast") or "")
    return tuple(dict.fromkeys(rid for rid in simulcast if rid in offered)) or tuple(offered[:1])


def _simulcast(value: str) -> list[str]:
    """The first alternative of each layer in `send a;b,c;~d` (RFC 8853 §5.1)."""
    words = value.split(None, 4)
    for way, layers in zip(words[::2], words[1::2], strict=False):
        if way == "send":
            names = layers.split(";", MAX_LAYERS)
            return [name.partition(",")[0].lstrip("~") for name in names]
    return []


def read_ssrcs(part: Lines) -> tuple[tuple[int, int], ...]:
    """(media, RTX or 0) of each encoding."""
    heads = dict.fromkeys(value.partition(" ")[0] for value in part.every("ssrc"))
    if len(heads) > MAX_SSRCS:
        raise too_large("A section has too many SSRCs.", MAX_SSRCS)
    repair: dict[int, int] = {}
    simulcast: list[int] = []
    for value in part.few("ssrc-group"):
        semantics, *members = value.split(None, MAX_LAYERS + 1)
        numbers = [number(text, 0, _LARGEST_SSRC) for text in members]
        if semantics == "FID" and len(numbers) == 2:
            repair[numbers[0]] = numbers[1]
        elif semantics == "SIM":
            simulcast = numbers
    order = (number(head, 0, _LARGEST_SSRC) for head in heads)
    repairs = set(repair.values())
    media = simulcast or [ssrc for ssrc in order if ssrc not in repairs]
    return tuple((ssrc, repair.get(ssrc, 0)) for ssrc in dict.fromkeys(media) if ssrc)
