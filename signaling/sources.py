"""Which sources a person may have on. The server's word; a browser only wishes."""

from zvonok.wire.client import Media
from zvonok.wire.errors import ErrorBody

from .seat import Seat

NOTHING = Media()


def allowed(
    seat: Seat, wish: Media, sharer: Seat | None
) -> tuple[Media, Seat | None, ErrorBody | None]:
    """What `seat` gets of its wish, who has to stop sharing for it, and why not all was granted.

    One screen is shared at a time: a new one takes the place of the old one, but a moderator's
    is only replaced by a moderator. `sharer`: who else shares now. Guests may share for now.
    """
    if not seat.shown:
        return NOTHING, None, None
    screen, displaced, refusal = wish.screen, None, None
    if screen and sharer is not None and not seat.media.screen:
        if sharer.moderator and not seat.moderator:
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
