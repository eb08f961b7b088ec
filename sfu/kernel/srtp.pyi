"""SRTP and SRTCP as tests and tools see them; the kernel uses the C functions of `srtp.pxd`."""

from typing import Self

SessionKeys = tuple[bytes, bytes, bytes]
"""Key of 16 bytes, salt of at most 16, authentication key of at most 20."""

class Replayed(ValueError): ...
class Forged(ValueError): ...

def derive(profile: int, key: bytes, first_label: int) -> SessionKeys:
    """Session keys of RFC 3711 §4.3.1 from master key and salt; label 0: RTP, 3: RTCP."""

class Context:
    """One direction of one peer. Raises ValueError for an unknown profile or key length.

    A packet that is too short raises ValueError, one seen before Replayed, one that is not
    authentic Forged.
    """

    rtcp_index: int

    def __init__(self, profile: int, key: bytes, *, sending: bool) -> None: ...
    @classmethod
    def with_session_keys(
        cls, profile: int, rtp: SessionKeys, rtcp: SessionKeys, *, sending: bool
    ) -> Self: ...
    def set_roc(self, ssrc: int, roc: int, sequence: int) -> None: ...
    def protect(self, header: bytes, payload: bytes, roc: int = 0, cap: int = 65536) -> bytes: ...
    def unprotect(self, packet: bytes, header_len: int = 12) -> bytes: ...
    def protect_rtcp(self, packet: bytes, room: int = 20) -> bytes: ...
    def unprotect_rtcp(self, packet: bytes) -> bytes: ...
