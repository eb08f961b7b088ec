from sfu.kernel.bytes cimport load16, load24
cdef void estimator_open(estimator* c, int64_t now, uint64_t start) noexcept nogil:
    c.target = start
    c.raised = now
    c.base_delay = 1 << 60
    c.probe_next = now
cdef uint16_t estimator_sent(estimator* c, int64_t now, uint32_t size, bint limited) noexcept nogil:
    c.number += 1
    c.sent_at[c.number % 1024] = now
    c.sizes[c.number % 1024] = size
    c.probe_cluster[c.number % 1024] = c.probes
    if c.probes:
        c.probe_sent += size
    return <uint16_t>c.number
cdef void one(estimator* c, int64_t now, int64_t number, int64_t arrival) noexcept nogil:
    cdef int64_t delay
    if number > c.number or number <= c.number - 1024 or c.sent_at[number % 1024] == 0:
        return
    c.arrived[c.arrivals % 512] = arrival
    c.arrived_size[c.arrivals % 512] = c.sizes[number % 1024]
    c.arrivals += 1
    if c.probe_cluster[number % 1024]:
        if c.probe_bytes == 0 or arrival - c.probe_first > 300000:
            c.probe_first = arrival
            c.probe_bytes = 0
        c.probe_bytes += c.sizes[number % 1024]
        c.probe_last = arrival
    delay = arrival - c.sent_at[number % 1024]
    c.sent_at[number % 1024] = 0
    if delay < c.base_delay or now - c.base_at > 30000000:
        c.base_delay = delay
        c.base_at = now
    c.queue += ((delay - c.base_delay) - c.queue) * 0.1
cdef void judge(estimator* c, int64_t now) noexcept nogil:
    cdef int64_t newest = c.arrived[(c.arrivals - 1) % 512], i, bytes = 0, oldest = newest
    cdef double rate
    for i in range(min(c.arrivals, <int64_t>512)):
        if newest - c.arrived[(c.arrivals - 1 - i) % 512] > 500000:
            break
        bytes += c.arrived_size[(c.arrivals - 1 - i) % 512]
        oldest = c.arrived[(c.arrivals - 1 - i) % 512]
    if newest > oldest:
        c.acked = <uint64_t>(bytes * 8e6 / max(300000, newest - oldest))
    if c.probe_bytes and not c.probes and c.probe_last > c.probe_first and now > c.probe_at + 150000:
        rate = 0.9 * c.probe_bytes * 8e6 / (c.probe_last - c.probe_first)
        if rate > c.target and c.queue < 40000:
            c.target = <uint64_t>min(rate, <double>c.probe_rate)
        c.probe_bytes = 0
    c.overusing = c.queue > 40000
    if c.overusing and now - c.lowered > 200000:
        c.target = max(<uint64_t>30000, min(c.target, <uint64_t>(0.85 * c.acked)))
        c.lowered = now
        c.probe_next = now + 3000000
    elif c.queue < 20000 and now - c.raised > 100000 and c.target < c.acked * 3 // 2 + 10000:
        c.target = <uint64_t>(c.target * (1 + 0.08 * (now - c.raised) / 1e6))
        c.raised = now
cdef bint estimator_feedback(estimator* c, int64_t now, const uint8_t* body, size_t length) noexcept nogil:
    cdef int64_t number, at, i, j, count
    cdef size_t p = 16, d
    cdef uint16_t chunk
    cdef uint8_t symbols[512]
    if length < 16:
        return False
    number = c.number - <uint16_t>(c.number - load16(body + 8))
    count = load16(body + 10)
    if count > 500:
        return False
    at = <int64_t>load24(body + 12) * 256
    i = 0
    while i < count:
        if p + 2 > length:
            return False
        chunk = load16(body + p)
        p += 2
        if chunk & 0x8000 == 0:
            for j in range(chunk & 0x1FFF):
                if i < count:
                    symbols[i] = chunk >> 13 & 3
                    i += 1
        elif chunk & 0x4000:
            for j in range(7):
                if i < count:
                    symbols[i] = chunk >> (12 - 2 * j) & 3
                    i += 1
        else:
            for j in range(14):
                if i < count:
                    symbols[i] = chunk >> (13 - j) & 1
                    i += 1
    for i in range(count):
        if symbols[i] == 1:
            if p + 1 > length: return False
            at += body[p]
            p += 1
        elif symbols[i] == 2:
            if p + 2 > length: return False
            at += <short>load16(body + p)
            p += 2
        else:
            continue
        one(c, now, number + i, at * 250)
    c.feedback_at = now
    if c.arrivals:
        judge(c, now)
    return True
cdef void estimator_remb(estimator* c, int64_t now, uint64_t bitrate) noexcept nogil:
    c.feedback_at = now
    c.target = max(<uint64_t>4000000, bitrate)
cdef void estimator_report(estimator* c, int64_t now, uint8_t fraction_lost, int64_t rtt) noexcept nogil:
    return
cdef void estimator_tick(estimator* c, int64_t now) noexcept nogil:
    return
cdef int32_t estimator_probe(estimator* c, int64_t now, uint64_t wanted, uint64_t* rate) noexcept nogil:
    cdef int64_t due
    rate[0] = 0
    if not c.probes:
        if now < c.probe_next or wanted <= c.target or c.overusing:
            return 0
        c.probes = True
        c.probe_at = now
        c.probe_sent = 0
        c.probe_bytes = 0
        c.probe_rate = min(wanted * 5 // 4, 2 * c.target)
    if now - c.probe_at > 40000:
        c.probes = False
        c.probe_next = now + 2000000
        return 0
    rate[0] = c.probe_rate
    due = <int64_t>(c.probe_rate * (now - c.probe_at + 5000) // 8000000) - c.probe_sent
    return <int32_t>max(<int64_t>0, due)
cdef uint64_t estimator_pace(const estimator* c) noexcept nogil:
    return c.probe_rate if c.probes and c.probe_rate > c.target * 3 // 2 else c.target * 3 // 2
