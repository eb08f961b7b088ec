from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef struct estimator:
    uint64_t target
    uint64_t acked
    int64_t rtt
    int32_t loss
    bint overusing
    int64_t feedback_at
    int64_t number
    int64_t sent_at[1024]
    uint32_t sizes[1024]
    int64_t base_delay
    int64_t base_at
    double queue
    int64_t arrived[512]
    uint32_t arrived_size[512]
    int64_t arrivals
    int64_t lowered
    int64_t raised
    int64_t probe_until
    int64_t probe_at
    int64_t probe_sent
    uint64_t probe_rate
    int64_t probe_next
    bint probes
    int64_t probe_number
    int64_t probe_first
    int64_t probe_last
    int64_t probe_bytes
    bint probe_cluster[1024]
cdef void estimator_open(estimator* c, int64_t now, uint64_t start) noexcept nogil
cdef uint16_t estimator_sent(estimator* c, int64_t now, uint32_t size, bint limited) noexcept nogil
cdef bint estimator_feedback(estimator* c, int64_t now, const uint8_t* body, size_t length) noexcept nogil
cdef void estimator_remb(estimator* c, int64_t now, uint64_t bitrate) noexcept nogil
cdef void estimator_report(estimator* c, int64_t now, uint8_t fraction_lost, int64_t rtt) noexcept nogil
cdef void estimator_tick(estimator* c, int64_t now) noexcept nogil
cdef int32_t estimator_probe(estimator* c, int64_t now, uint64_t wanted, uint64_t* rate) noexcept nogil
cdef uint64_t estimator_pace(const estimator* c) noexcept nogil
