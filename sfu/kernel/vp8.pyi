def parse(payload: bytes) -> dict[str, int | None]:
    """The VP8 payload descriptor (RFC 7741 §4.2). Raises ValueError when it is malformed."""

def rewrite(payload: bytes, picture: int, tl0: int) -> bytes:
    """The payload with another picture id (15 bits) and TL0PICIDX.

    Raises ValueError when it is malformed.
    """
