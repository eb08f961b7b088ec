"""Who is heard: each room's three loudest, chosen packet by packet from the audio levels."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport engine

cdef int32_t speakers_hear(engine* e, int32_t session, int32_t claimed, int32_t size) noexcept nogil
    # A microphone packet with `size` bytes of Opus that claims this loudness (0 silent – 127, that
    # is 127 − the level of RFC 6464). Returns the room's slot that forwards it, or −1.
cdef void speakers_forget(engine* e, int32_t session) noexcept nogil
    # The microphone is gated, the session leaves the room or closes.
cdef void speakers_slept(engine* e, int32_t room, int64_t slept) noexcept nogil
    # We have not listened for so long (µs).
cdef int32_t speakers_list(engine* e, int32_t room, int32_t* out) noexcept nogil
    # Sessions that speak now, the loudest first; `out` takes SPEAKERS. Returns how many.
