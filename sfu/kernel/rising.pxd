"""An estimate rises by itself, never far above what is in use."""

from libc.stdint cimport int64_t, uint64_t

from sfu.kernel.estimate cimport estimator

cdef uint64_t rising_most(const estimator* c) noexcept nogil
    # No more packets may be under way than are remembered: a wide line through space.
cdef double rising_step(const estimator* c, double passed) noexcept nogil
    # Bits per second more after so many seconds: little where the target is about where the line was full.
cdef void rising(estimator* c, int64_t now) noexcept nogil
    # With each feedback that tells of no full line.
