"""One time line for all that a viewer gets: publishers' clocks mapped to ours, slots run on ours."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from sfu.kernel.state cimport engine, slot, source

cdef void timing_report(engine* e, source* s, uint64_t ntp, uint32_t timestamp) noexcept nogil
    # A sender report of the source has come.
cdef int64_t timing_capture(const engine* e, source* s, uint32_t timestamp, int64_t arrival) noexcept nogil
    # When, on our clock, what bears this time stamp was captured; never after its arrival.
cdef uint32_t timing_source_at(const engine* e, const source* s, int64_t at) noexcept nogil
    # The source's time stamp at this moment of our clock.
cdef uint32_t timing_ticks(int64_t at, uint32_t clock_rate) noexcept nogil
    # Our clock in units of time stamps.
cdef uint32_t timing_slot_at(const slot* s, uint32_t clock_rate, int64_t at) noexcept nogil
cdef uint64_t timing_ntp(const engine* e, int64_t at) noexcept nogil
    # 64-bit NTP (RFC 3550 §4)
