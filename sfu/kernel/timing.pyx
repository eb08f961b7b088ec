from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from sfu.kernel.state cimport session

cdef enum:
    # A report that puts the capture further from the arrival than this is not believed.
    BELIEVED = 2000000
    # How fast a clock may drift from ours: 200 ppm
    DRIFT = 5000


cdef inline int64_t ntp_microseconds(uint64_t ntp) noexcept nogil:
    return <int64_t>(ntp >> 32) * 1000000 + <int64_t>((<uint64_t><uint32_t>ntp * 1000000) >> 32)


cdef inline int64_t ticks_to_time(int32_t ticks, uint32_t clock_rate) noexcept nogil:
    return <int64_t>ticks * 1000000 // clock_rate


cdef uint32_t timing_ticks(int64_t at, uint32_t clock_rate) noexcept nogil:
    # In two steps, so that microseconds of years do not overflow.
    return <uint32_t>(at // 1000000 * clock_rate + at % 1000000 * clock_rate // 1000000)


cdef void timing_report(engine* e, source* s, uint64_t ntp, uint32_t timestamp) noexcept nogil:
    cdef session* peer = &e.sessions[s.session]
    cdef int64_t reported = ntp_microseconds(ntp)
    cdef int64_t offset = e.now - reported
    # The report that travelled fastest tells the offset best; drift lets it grow again.
    if peer.clock_known:
        if s.report_arrival:
            peer.clock_offset += (e.now - s.report_arrival) // DRIFT
        if offset < peer.clock_offset or offset - peer.clock_offset > BELIEVED:
            peer.clock_offset = offset
    else:
        peer.clock_offset = offset
        peer.clock_known = True
    s.report_time = reported
    s.report_ntp = <uint32_t>(ntp >> 16)
    s.report_timestamp = timestamp
    s.report_arrival = e.now


cdef int64_t timing_capture(const engine* e, source* s, uint32_t timestamp, int64_t arrival) noexcept nogil:
    cdef int64_t at
    if s.report_arrival:
        at = (s.report_time + e.sessions[s.session].clock_offset
              + ticks_to_time(<int32_t>(timestamp - s.report_timestamp), s.clock_rate))
        if arrival - BELIEVED < at <= arrival:
            return at
    at = s.base_arrival + ticks_to_time(<int32_t>(timestamp - s.base_timestamp), s.clock_rate)
    if at > arrival or at <= arrival - BELIEVED or s.base_arrival == 0:
        s.base_arrival = arrival
        s.base_timestamp = timestamp
        return arrival
    return at


cdef uint32_t timing_source_at(const engine* e, const source* s, int64_t at) noexcept nogil:
    if s.report_arrival:
        return s.report_timestamp + timing_ticks(
            at - s.report_time - e.sessions[s.session].clock_offset, s.clock_rate)
    return s.base_timestamp + timing_ticks(at - s.base_arrival, s.clock_rate)


cdef uint32_t timing_slot_at(const slot* s, uint32_t clock_rate, int64_t at) noexcept nogil:
    return s.clock_base + timing_ticks(at, clock_rate)


cdef uint64_t timing_ntp(const engine* e, int64_t at) noexcept nogil:
    cdef int64_t time = at + e.wall
    return (<uint64_t>(time // 1000000) << 32) | ((<uint64_t>(time % 1000000) << 32) // 1000000)
