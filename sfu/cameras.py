"""What viewers' lines say of the cameras that they look at."""

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from .ceilings import MIDDLE, Look

if TYPE_CHECKING:
    from .kernel.core import SessionStats
    from .session import Session

NOTHING = -1
"""Is given, or shown."""


class Cameras:
    """All that viewers look at, round by round. Work is done for slots with large tiles."""

    def __init__(self) -> None:
        self._seen: set[Session] = set()
        """Sessions whose cameras somebody looks at, or looked at."""
        self._changed: list[Session] = []

    def hear(self, viewer: "Session", stats: "SessionStats") -> None:
        for source, look in looks(viewer, stats):
            if source.ceiling is not None and source.leaning is not None:
                source.ceiling.hear(look)
                source.leaning.hear(look)
                self._seen.add(source)

    def settle(self, now: float) -> None:
        """Each viewer has been looked at once."""
        for source in list(self._seen):
            if source.settle_ceilings(now):
                self._changed.append(source)
            if source.ceilings_idle:
                self._seen.discard(source)

    def take_changed(self) -> list["Session"]:
        changed, self._changed = self._changed, []
        return changed


def looks(viewer: "Session", stats: "SessionStats") -> Iterator[tuple["Session", Look]]:
    """What the statistics of a viewer say of those cameras that he wants more of than the least."""
    showing = viewer.showing
    # A picture of which nothing comes costs nothing: it shares no line with the others.
    slots = [
        slot
        for slot in stats["slots"]
        if slot["slot"] in showing and (slot["cost"] or slot["given"] == NOTHING)
    ]
    large = [slot for slot in slots if showing[slot["slot"]].layer >= MIDDLE]
    if not large:
        return
    # What is left goes to who has nothing yet, or the smallest, before anything becomes richer.
    starved = any(slot["limited"] and slot["given"] < MIDDLE for slot in slots)
    sharing = sum(slot["given"] >= MIDDLE for slot in large)
    proven, spare = stats["proven"], stats["spare"]
    # An estimate grows by itself while less is used and falls far when a line is full for a moment.
    borne = spare - stats["estimate"] + proven if proven else min(0, spare)
    for slot in large:
        shown, given, limited = showing[slot["slot"]], slot["given"], slot["limited"]
        if shown.kind != "camera":
            continue
        if given > MIDDLE and not proven:
            # Of whom nothing is known that he bears less he bears all of it.
            room = inf
        elif given < MIDDLE:
            room = slot["cost"] + min(borne, spare)
        elif starved or borne < 0:
            room = slot["cost"] + min(0, borne)
        else:
            room = slot["cost"] + borne // sharing
        whole = slot["temporal"] >= shown.temporal
        yield shown.source, Look(shown.layer, given, whole, limited, room)
