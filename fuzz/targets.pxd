"""One entry per parser: hostile bytes in, and whatever must hold for any bytes is checked."""

from libc.stdint cimport uint8_t

cdef int fuzz_stun(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_rtp(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_rtcp(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_feedback(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_estimate(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_red(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_vp8(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_rewrite(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_srtp(const uint8_t* data, size_t length) noexcept nogil
cdef int fuzz_core(const uint8_t* data, size_t length) noexcept nogil
