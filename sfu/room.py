"""One call: who publishes what, who is shown what, whose screen is heard."""

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, Literal, cast

from zvonok.wire.bus import Tile
from zvonok.wire.ids import KINDS, Kind

from .session import Session, Shown
from .views import TEMPORAL, choose_layer

if TYPE_CHECKING:
    from .kernel.core import Kernel

SWITCH_AFTER = 2.0
"""Seconds for which another speaker must be the loudest before a viewer without a view of his own
is shown him."""
FEATURED_HEIGHT = 1080
SMALLEST = 0
"""Layer of a camera that every line is thought to bear."""
UNDECIDED = -2
"""What the kernel gives a slot of which it has not decided yet."""
HIGHEST = 0xFFFF
"""Pixels of a tile: taller ones come no sooner."""

Name = tuple[int, Kind]
"""A source: participant and kind."""


class Room:
    """Sessions of one call. `dirty` collects those whose actual state may have changed."""

    def __init__(self, number: int, kernel: "Kernel") -> None:
        self.number = number
        self.sessions: dict[str, Session] = {}
        self.dirty: set[Session] = set()
        self._kernel = kernel
        self._publishers: dict[Name, Session] = {}
        self._watchers: dict[Name, set[Session]] = {}
        self._unsettled: set[Session] = set()
        self._limited: set[Session] = set()
        """Publishers whose line does not bear all layers."""
        self._sharer: Session | None = None
        self._speakers: tuple[int, ...] = ()
        self._followers: set[Session] = set()
        """Viewers without a view of their own (WHEP)."""
        self._featured: Name | None = None
        self._challenger: Name | None = None
        self._challenged_at = 0.0

    # ── what sessions publish and want ──

    def reconcile(self, session: Session, now: float) -> None:
        """Makes gates and slots what the session wants them to be."""
        if session.connection is None:
            self.withdraw(session, now)
            return
        self._publish(session, frozenset(session.wanted.open), now)
        self._heed_uplink(session, now)
        self._watch(session)
        self._show(session, now)
        self._feature(now)

    def withdraw(self, session: Session, now: float) -> None:
        """The session publishes and shows nothing any more."""
        self._publish(session, frozenset(), now)
        for slot in list(session.showing):
            self._clear(session, slot, now)
        names = set(_names(session.tiles.values()))
        for name in names:
            self._unwatch(session, name)
        self._judge_watched(names)
        session.tiles = {}
        session.withheld.clear()
        self._followers.discard(session)
        self._unsettled.discard(session)
        self._limited.discard(session)
        self._judge(session)
        self._feature(now)

    def resize(self, session: Session, kind: Kind, now: float) -> None:
        """Layers of a source have other heights than before."""
        name = (session.participant, kind)
        for viewer in list(self._watchers.get(name, ())):
            self._show(viewer, now, name)

    def set_speakers(self, participants: tuple[int, ...], now: float) -> None:
        self._speakers = participants
        self._feature(now)

    def handle_timer(self, now: float) -> None:
        for session in list(self._unsettled):
            for demand in session.demand.values():
                demand.settle(now)
            if all(demand.settled for demand in session.demand.values()):
                self._unsettled.discard(session)
            self.dirty.add(session)
        for session in list(self._limited):
            self._settle_uplink(session, now)
        if self._challenger:
            self._feature(now)

    def _publish(self, session: Session, wanted: frozenset[Kind], now: float) -> None:
        connection = session.connection
        negotiated = {s.kind for s in connection.plan.sources()} if connection else set()
        published = wanted & negotiated
        changed = published ^ session.published
        session.published = published
        for kind in changed:
            self._set_gate(session, kind, kind in published)
            name = (session.participant, kind)
            if kind in published:
                self._publishers[name] = session
            elif self._publishers.get(name) is session:
                del self._publishers[name]
            for viewer in list(self._watchers.get(name, ())):
                self._show(viewer, now, name)
        if changed:
            self._choose_sharer()

    def _set_gate(self, session: Session, kind: Kind, opened: bool) -> None:
        self._kernel.set_gate(session.handle, KINDS.index(kind), opened)

    def _choose_sharer(self) -> None:
        """The one whose screen is heard stays until he stops."""
        if self._sharer and "screen_audio" in self._sharer.published:
            return
        sharers = (s for (_, kind), s in self._publishers.items() if kind == "screen_audio")
        sharer = next(sharers, None)
        if sharer is not self._sharer:
            self._sharer = sharer
            self._kernel.set_screen_audio(self.number, sharer.handle if sharer else -1)

    # ── what publishers' lines bear ──

    def _heed_uplink(self, session: Session, now: float) -> None:
        if session.hear_uplink(now):
            self.resize(session, "camera", now)
        if session.uplink is not None and session.uplink.limited:
            self._limited.add(session)
        self._judge(session)

    def _settle_uplink(self, session: Session, now: float) -> None:
        uplink = session.uplink
        # Whom nobody wants to see sends nothing by which more could be found to fit.
        if uplink is None or (session.participant, "camera") not in self._watchers:
            return
        if uplink.tried:
            uplink.saw(self._packets(session, uplink.tried))
        if uplink.settle(now):
            self.resize(session, "camera", now)
            self._judge(session)
        if not uplink.limited:
            self._limited.discard(session)

    def _packets(self, session: Session, layers: Set[int]) -> int:
        """Of these layers of the camera, so far."""
        sources = self._kernel.session_stats(session.handle)["sources"]
        camera = KINDS.index("camera")
        return sum(
            source["packets"]
            for source in sources
            if source["kind"] == camera and source["layer"] in layers
        )

    def _judge(self, session: Session) -> None:
        """Why less of a camera is sent: nobody wants to see more, or its publisher's line does not
        bear it."""
        name: Name = (session.participant, "camera")
        wanted = self._publishers.get(name) is session and name in self._watchers
        bears = session.uplink is None or (session.uplink.layers and not session.short)
        limited = wanted and not bears
        if limited != session.limited:
            session.limited = limited
            self.dirty.add(session)

    def _judge_watched(self, names: Iterable[Name]) -> None:
        for name in names:
            source = self._publishers.get(name)
            if source in self._limited:
                self._judge(source)

    # ── what sessions show ──

    def _watch(self, session: Session) -> None:
        view = session.wanted.view
        follows = view is None
        (self._followers.add if follows else self._followers.discard)(session)
        tiles = {tile.slot: tile for tile in (self._featured_tiles() if view is None else view)}
        before, after = set(_names(session.tiles.values())), set(_names(tiles.values()))
        for name in before - after:
            self._unwatch(session, name)
        for name in after - before:
            self._watchers.setdefault(name, set()).add(session)
        self._judge_watched(before ^ after)
        session.tiles = tiles

    def _unwatch(self, session: Session, name: Name) -> None:
        watchers = self._watchers.get(name, set())
        watchers.discard(session)
        if not watchers:
            self._watchers.pop(name, None)

    def _show(self, session: Session, now: float, only: Name | None = None) -> None:
        """Fills the slots as their tiles say; `only`: those that show this source."""
        for slot in session.showing.keys() - session.tiles.keys():
            self._clear(session, slot, now)
        session.withheld &= session.tiles.keys()
        for slot, tile in session.tiles.items():
            if only is not None and (tile.participant, tile.kind) != only:
                continue
            shown = self._choose(session, tile)
            (session.withheld.add if self._withheld(tile) else session.withheld.discard)(slot)
            if shown is None:
                self._clear(session, slot, now)
            elif shown != session.showing.get(slot):
                self._set(session, slot, shown, now)

    def _withheld(self, tile: Tile) -> bool:
        source = self._publishers.get((tile.participant, tile.kind))
        among = source.layers(tile.kind) if source is not None else None
        return among is not None and not among

    def _choose(self, session: Session, tile: Tile) -> Shown | None:
        source = self._publishers.get((tile.participant, tile.kind))
        if source is None or source is session or not session.has_video_slot(tile.slot):
            return None
        if self._withheld(tile):
            return None
        current = session.showing.get(tile.slot)
        same = current and current.source is source and current.kind == tile.kind
        heights = source.heights[tile.kind]
        before = current.layer if current and same else None
        # Who spares his line is given what fits it, as whoever is known to have a narrow one is.
        among = source.layers(tile.kind)
        if among is not None and tile.frames == "few":
            among = {*among, SMALLEST}
        layer = choose_layer(heights, tile.height, before, among)
        short = among is not None and heights[layer] < heights[choose_layer(heights, tile.height)]
        return Shown(source, tile.kind, layer, TEMPORAL[tile.frames], short)

    def give(self, session: Session, slot: int, layer: int, now: float) -> None:
        """A slot gets this layer of what it shows, −1: none; its viewer's line decides."""
        shown = session.showing.get(slot)
        if shown is None:
            return
        demand = shown.source.demand[shown.kind]
        given = layer if 0 <= layer < demand.layers else None
        if given == session.given[slot]:
            return
        if given is not None:
            demand.add(given)
        self._let_go(session, slot, shown, now)
        session.given[slot] = given
        self.dirty.add(shown.source)

    def set_lost(self, session: Session, lost: bool, now: float) -> None:
        """Nothing reaches a viewer any more, or again: a page that was killed holds its seat for a
        while, and meanwhile nobody is to send anything for it."""
        connection = session.connection
        if connection is None or connection.lost == lost:
            return
        connection.lost = lost
        if lost:
            for slot in session.showing:
                self.give(session, slot, -1, now)
            return
        # Told is only what changes, and when he was lost that may have been anything.
        slots = self._kernel.session_stats(session.handle)["slots"]
        decided = {slot["slot"]: slot["given"] for slot in slots if slot["given"] != UNDECIDED}
        for slot, shown in session.showing.items():
            self.give(session, slot, decided.get(slot, shown.layer), now)

    def _set(self, session: Session, slot: int, shown: Shown, now: float) -> None:
        shown.source.demand[shown.kind].add(shown.layer)
        self.dirty.add(shown.source)
        self._forget(session, slot, now)
        session.showing[slot] = shown
        session.given[slot] = shown.layer
        if shown.short:
            shown.source.short += 1
            self._judge(shown.source)
        self._kernel.set_slot(
            session.handle,
            slot,
            shown.source.handle,
            KINDS.index(shown.kind),
            shown.layer,
            height=min(session.tiles[slot].height, HIGHEST),
            temporal=shown.temporal,
        )
        if session.lost:
            self.give(session, slot, -1, now)

    def _clear(self, session: Session, slot: int, now: float) -> None:
        if self._forget(session, slot, now):
            self._kernel.clear_slot(session.handle, slot)

    def _forget(self, session: Session, slot: int, now: float) -> bool:
        shown = session.showing.pop(slot, None)
        if shown is None:
            return False
        self._let_go(session, slot, shown, now)
        del session.given[slot]
        if shown.short:
            shown.source.short -= 1
            self._judge(shown.source)
        return True

    def _let_go(self, session: Session, slot: int, shown: Shown, now: float) -> None:
        given = session.given[slot]
        if given is not None:
            shown.source.demand[shown.kind].remove(given, now)
            self._unsettled.add(shown.source)

    # ── viewers without a view of their own ──

    def _featured_tiles(self) -> list[Tile]:
        if self._featured is None:
            return []
        participant, kind = self._featured
        shown = cast(Literal["camera", "screen"], kind)
        return [Tile(0, participant, shown, FEATURED_HEIGHT)]

    def _feature(self, now: float) -> None:
        if not self._followers:
            return
        featured = self._choose_featured(now)
        if featured == self._featured:
            return
        self._featured, self._challenger = featured, None
        for viewer in self._followers:
            self._watch(viewer)
            self._show(viewer, now)

    def _choose_featured(self, now: float) -> Name | None:
        current = self._featured if self._featured in self._publishers else None
        screens = [name for name in self._publishers if name[1] == "screen"]
        if screens:
            return current if current in screens else screens[0]
        loudest = next(self._speaking_cameras(), None)
        if current is None:
            cameras = (name for name in self._publishers if name[1] == "camera")
            return loudest or min(cameras, default=None)
        if loudest in (None, current):
            self._challenger = None
        elif loudest != self._challenger:
            self._challenger, self._challenged_at = loudest, now
        elif now - self._challenged_at >= SWITCH_AFTER:
            return loudest
        return current

    def _speaking_cameras(self) -> Iterator[Name]:
        names: Iterable[Name] = ((participant, "camera") for participant in self._speakers)
        return (name for name in names if name in self._publishers)


def _names(tiles: Iterable[Tile]) -> list[Name]:
    return [(tile.participant, tile.kind) for tile in tiles]
