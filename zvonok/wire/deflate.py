"""What is large on the WebSocket crosses the line deflated (RFC 1951, without a header).

The sections of a description are alike: 27 parts in 28 of the page's offer repeat themselves.
"""

import zlib
from functools import lru_cache

LEAST = 1024
"""Bytes of a message that is worth it: what fits into one packet comes no sooner."""
LEVEL = 1
"""Twice as quick as the usual one, and a description is hardly larger."""


class Inflated(Exception):
    """It is longer than was allowed."""


@lru_cache(maxsize=1)
def deflated(data: bytes) -> bytes:
    """What many are told is deflated once: it is asked for again by one after the other."""
    deflater = zlib.compressobj(level=LEVEL, wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


def inflated(data: bytes, most: int) -> bytes:
    """Of more than `most` bytes not more than that is ever made.

    Raises Inflated, or ValueError: it is no whole stream, or something follows it.
    """
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(plain) > most:
        raise Inflated
    if not inflater.eof or inflater.unused_data:
        raise ValueError("no whole stream")
    return plain
