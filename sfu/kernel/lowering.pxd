"""An estimate falls: packets wait long, or more and more get lost."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.estimate cimport estimator

cdef bint is_vain(const estimator* c) noexcept nogil
    # Steps down shorten no wait: somebody else fills the queue.
cdef bint lowering_waits_long(estimator* c, int64_t now) noexcept nogil
    # With each feedback, whose least wait is known: whether that has been long for long.
cdef void lowering_by_delay(estimator* c, int64_t now, bint long_wait) noexcept nogil
    # Packets wait, or longer and longer.
cdef void lowering_by_misses(estimator* c, int64_t now, double arrives) noexcept nogil
    # So many bits per second still arrive.
cdef bint lowering_drains(const estimator* c, int64_t now) noexcept nogil
    # After that: what is told now tells of what had left before.
cdef void lowering_to(estimator* c, int64_t now, double target) noexcept nogil
    # Bits per second, not below the least.
cdef bint lowering_by_loss(estimator* c, int64_t now, int32_t excess) noexcept nogil
    # Per 1024, above what is always lost; whether that was too much.
