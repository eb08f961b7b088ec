def parse(data: bytes) -> dict[str, int]:
    """Header fields of an RTP packet; `payload` is −1 for wrong padding.

    Raises ValueError when the header is malformed.
    """

def extension(data: bytes, id: int) -> bytes | None:
    """The data of header extension `id` (RFC 8285). Raises ValueError for a malformed packet."""
