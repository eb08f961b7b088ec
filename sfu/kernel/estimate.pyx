cdef void estimator_open(estimator* c, int64_t now, uint64_t start) noexcept nogil:
    c.target = 100000000
cdef uint16_t estimator_sent(estimator* c, int64_t now, uint32_t size, bint limited) noexcept nogil:
    c.number += 1
    return c.number
cdef bint estimator_feedback(estimator* c, int64_t now, const uint8_t* body, size_t length) noexcept nogil:
    c.feedback_at = now
    return True
cdef void estimator_remb(estimator* c, int64_t now, uint64_t bitrate) noexcept nogil:
    c.feedback_at = now
    c.target = max(<uint64_t>4000000, bitrate)
cdef void estimator_report(estimator* c, int64_t now, uint8_t fraction_lost, int64_t rtt) noexcept nogil:
    return
cdef void estimator_tick(estimator* c, int64_t now) noexcept nogil:
    return
cdef int32_t estimator_probe(estimator* c, int64_t now, uint64_t wanted, uint64_t* rate) noexcept nogil:
    rate[0] = 0
    return 0
cdef uint64_t estimator_pace(const estimator* c) noexcept nogil:
    return c.target * 5 // 2
