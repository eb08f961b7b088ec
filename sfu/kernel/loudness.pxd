"""How much of the loudness that a sender claims is believed."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport source

cdef int32_t loudness_believed(source* s, int64_t now, int32_t claimed, int32_t size) noexcept nogil
    # A packet with `size` bytes of Opus claims this loudness (0 silent – 127, that is 127 − the
    # level of RFC 6464). 0: what is claimed is no speech.
cdef bint loudness_is_proven(const source* s) noexcept nogil
    # The claims of loud sound have lasted long enough to be judged.
