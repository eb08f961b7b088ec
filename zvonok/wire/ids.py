"""Identifiers: how a source of media is numbered and how links and resources are named."""

import base64
import secrets
from typing import Literal, get_args

Kind = Literal["microphone", "camera", "screen", "screen_audio"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SEATS = 2000
AUDIO_SLOTS = 4
"""Receive slots for sound: 0–2 the loudest speakers, 3 the sound of the shared screen."""
VIDEO_SLOTS = 25
"""Receive slots for pictures, at the most: whoever shows fewer at once offers fewer."""
Layer = Literal["q", "h", "f"]
Reason = Literal["line", "publisher", "tile", "server"]
"""What keeps a picture from being larger or smoother: the viewer's line, the person it is of, who
does not send more, the server, or nothing but that the tile needs no more."""
RIDS: tuple[str, ...] = ("q", "h", "f")
"""Simulcast layers of the camera: quarter, half and full size."""


def random_token() -> str:
    """128 random bits, 22 characters, safe in a URL."""
    return base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
