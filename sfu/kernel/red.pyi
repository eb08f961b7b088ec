def parse(payload: bytes) -> list[tuple[int, int, bytes]]:
    """(payload type, time stamp units earlier, frame) of each block, the newest last (RFC 2198).

    Raises ValueError when the payload is malformed.
    """
