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

    def wish(self, turn: Turn, seat: Seat, wish: Media) -> list[ServerMessage]:
        """Grants what may be granted; returns what the one who wished must be told."""
        media, displaced, refusal = self._allowed(seat, wish)
        if displaced is not None:
            on = self._sources[displaced.number].on
            rest = Media(microphone=on.microphone, camera=on.camera)
            self._set(turn, displaced, rest)
            turn.tell(displaced.number, Corrected(rest, replaced_by=seat.number))
        self._set(turn, seat, media)
        told: list[ServerMessage] = [] if media == wish else [Corrected(media)]
        if refusal is not None:
            told.append(Failed(error=refusal))
        return told

    def _set_media(self, turn: Turn, seat: Seat, message: SetMedia) -> None:
        for told in self.wish(turn, seat, message.media):
            turn.tell(seat.number, told)

    def _allowed(self, seat: Seat, wish: Media) -> tuple[Media, Seat | None, ErrorBody | None]:
        """What `seat` gets of its wish, who has to stop sharing for it, why not all was granted.

        One screen is shared at a time: a new one takes the place of the old one, but a moderator's
        is only replaced by a moderator. Guests may share for now.
        """
        if not seat.shown:
            return NOTHING, None, None
        screen, displaced, refusal = wish.screen, None, None
        sharer = None if self._sharer is None else self.people.seats[self._sharer]
        if screen and sharer is not None and sharer is not seat:
            if sharer.moderator and not may(seat.role, "replace_any_screen"):
                screen = False
                refusal = ErrorBody("screen_taken", "a moderator is sharing", {"by": sharer.number})
            else:
                displaced = sharer
        granted = Media(
            microphone=wish.microphone,
            camera=wish.camera,
            screen=screen,
            screen_audio=wish.screen_audio and screen,
        )
        return granted, displaced, refusal

    def _set(self, turn: Turn, seat: Seat, media: Media) -> None:
        before = self._sources[seat.number]
        if before.on == media:
            return
        since = before.since
        if before.on == NOTHING:
            self._counted += 1
            since = self._counted
        self._sources.set(turn, seat.number, Sources(media, since))
        if media.screen:
            self._sharer = seat.number
        elif self._sharer == seat.number:
            self._sharer = None
        turn.change_session(seat.number)
        turn.show(seat.number)
