from libc.stdint cimport int32_t, int64_t, uint16_t, uint64_t
from libc.string cimport memset

cdef enum:
    # µs for which a cluster lasts at least, with so many packets at least. After one that found nothing it
    # lasts twice as long, and twice that: then jitter hides less of it
    LASTS = 25000
    LASTS_MOST = 150000
    # The same of a probe so slow that it would have too few packets to show anything
    LASTS_SLOW = 400000
    PACKETS = 6
    # Ahead of what is due, so that the first leaves at once
    AHEAD = 2000


cdef void cluster_begin(probe_cluster* p, int64_t now, uint64_t rate) noexcept nogil:
    cdef uint16_t number = <uint16_t>(p.number + 1)
    cdef int64_t wait = p.wait
    cdef int32_t failed = p.failed
    memset(p, 0, sizeof(probe_cluster))
    p.number = number if number else 1
    p.wait = wait
    p.failed = failed
    p.sending = True
    p.rate = rate
    p.began = now


cdef int64_t cluster_due(probe_cluster* p, int64_t now) noexcept nogil:
    cdef int64_t passed = now - p.began
    if (passed >= <int64_t>LASTS << min(p.failed, 2) and p.packets >= PACKETS) or passed >= (LASTS_MOST if p.packets >= PACKETS else LASTS_SLOW):
        p.sending = False
        return -1
    return max(<int64_t>0, <int64_t>(p.rate * <uint64_t>(passed + AHEAD) // 8000000) - p.bytes)


cdef void cluster_sent(probe_cluster* p, int64_t now, uint16_t size) noexcept nogil:
    p.last = now
    p.bytes += size
    p.packets += 1


cdef void cluster_take(probe_cluster* p, const arrival* a) noexcept nogil:
    if a.cluster != p.number:
        return
    p.arrived_bytes += a.size
    p.arrived += 1
    if p.arrived == 1 or a.sent < p.first_sent:
        p.first_sent = a.sent
    if p.arrived == 1 or a.sent >= p.last_sent:
        p.last_sent = a.sent
        p.last_size = a.size
    if p.arrived == 1 or a.arrived < p.first_arrived:
        p.first_arrived = a.arrived
        p.first_size = a.size
    if p.arrived == 1 or a.arrived > p.last_arrived:
        p.last_arrived = a.arrived


cdef uint64_t cluster_result(const probe_cluster* p) noexcept nogil:
    cdef int64_t out = p.last_sent - p.first_sent, back = p.last_arrived - p.first_arrived
    cdef uint64_t sent, received
    if p.arrived * 3 < p.packets * 2 or p.arrived < PACKETS - 2 or out <= 0:
        return 0
    sent = <uint64_t>((p.arrived_bytes - p.last_size) * 8000000 // out)
    # Arrived in one go: as fast as it was sent, at least.
    received = <uint64_t>((p.arrived_bytes - p.first_size) * 8000000 // max(<int64_t>1000, back))
    # What arrived slower than it left shows the line's end; it is not filled to the brim.
    if received * 10 < sent * 9:
        return received * 15 // 16
    return min(sent, received)
