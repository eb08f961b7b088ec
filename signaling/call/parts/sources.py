"""Which sources a person has on. The server's word; a browser only wishes."""

from collections.abc import Sequence
from typing import Any

import msgspec

from zvonok.wire.client import Corrected, Failed, Media, ServerMessage, SetMedia
from zvonok.wire.errors import ErrorBody

from ...permissions import may
from ..part import Handles, Part
from ..people import People
from ..seat import Seat
from ..turn import Turn

NOTHING = Media()


class Sources(msgspec.Struct, frozen=True):
    """What one person has on."""

    on: Media = NOTHING
    since: int = 0
    """When a source was first on, counted in such events; decides who is shown."""
    replaced: bool = False
    """Another screen took the place of this one, and the page has not said yet that it is off:
    that it says "on" until then is no new wish."""


class SourcesPart(Part):
    def __init__(self, people: People) -> None:
        super().__init__(people)
        self._sources = self.keep_by_seat("sources", Sources, Sources())
        self._counted = 0
        self._sharer: int | None = None

    def __getitem__(self, number: int) -> Sources:
        return self._sources[number]

    def handlers(self) -> Sequence[Handles]:
        return [Handles(SetMedia, self._set_media)]

    def face(self, seat: Seat) -> dict[str, Any]:
        return {"media": self._sources[seat.number].on}

    def left(self, turn: Turn, seat: Seat) -> None:
        if self._sharer == seat.number:
            self._sharer = None

    def restored(self, now: float) -> None:
        for number, sources in self._sources.items():
            if sources.on.screen:
                self._sharer = number
            self._counted = max(self._counted, sources.since)

    def wish(
        self, turn: Turn, seat: Seat, wish: Media, *, anew: bool = False
    ) -> list[ServerMessage]:
        """Grants what may be granted; returns what the one who wished must be told.

        One screen is shared at a time: a new one takes the place of the old one, but a moderator's
        is only replaced by a moderator. Guests may share for now. `anew`: what is on was so in a
        seat that has been given up, so its screen is no new one.
        """
        wish = Media(**msgspec.structs.asdict(wish))  # Others' are not equal to one's own.
        if not seat.shown:
            return [] if wish == NOTHING else [Corrected(NOTHING)]
        replaced_by = refusal = None
        other = self._other_sharer(seat) if wish.screen else None
        if other is not None:
            if anew or self._sources[seat.number].replaced:
                replaced_by = other.number
            elif other.moderator and not may(seat.role, "replace_any_screen"):
                refusal = ErrorBody("screen_taken", "a moderator is sharing", {"by": other.number})
            else:
                self._displace(turn, other, seat)
        screen = wish.screen and replaced_by is None and refusal is None
        media = Media(
            microphone=wish.microphone,
            camera=wish.camera,
            screen=screen,
            screen_audio=wish.screen_audio and screen,
        )
        self._set(turn, seat, media, replaced=replaced_by is not None)
        told: list[ServerMessage] = []
        if media != wish:
            told.append(Corrected(media, replaced_by=replaced_by))
        if refusal is not None:
            told.append(Failed(error=refusal))
        return told

    def _set_media(self, turn: Turn, seat: Seat, message: SetMedia) -> None:
        for told in self.wish(turn, seat, message.media):
            turn.tell(seat.number, told)

    def _other_sharer(self, seat: Seat) -> Seat | None:
        if self._sharer is None or self._sharer == seat.number:
            return None
        return self.people.seats[self._sharer]

    def _displace(self, turn: Turn, sharer: Seat, by: Seat) -> None:
        on = self._sources[sharer.number].on
        rest = Media(microphone=on.microphone, camera=on.camera)
        self._set(turn, sharer, rest, replaced=True)
        turn.tell(sharer.number, Corrected(rest, replaced_by=by.number))

    def _set(self, turn: Turn, seat: Seat, media: Media, *, replaced: bool) -> None:
        before = self._sources[seat.number]
        since = before.since
        if before.on == NOTHING and media != NOTHING:
            self._counted += 1
            since = self._counted
        after = Sources(media, since, replaced)
        if after == before:
            return
        self._sources.set(turn, seat.number, after)
        if before.on == media:
            return
        if media.screen:
            self._sharer = seat.number
        elif self._sharer == seat.number:
            self._sharer = None
        turn.change_session(seat.number)
        turn.show(seat.number)
