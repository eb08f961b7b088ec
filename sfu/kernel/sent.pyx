from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

from sfu.kernel.bytes cimport load16, load24

cdef enum:
    HEADER = 16
    # µs of the units of deltas and of the reference time (§3.1)
    DELTA = 250
    REFERENCE = 64000
    # The reference time has 24 bits
    REFERENCE_WRAP = 1 << 24
    RUN_SYMBOLS = 0x1FFF


cdef uint16_t sent_add(sent_history* h, int64_t now, uint32_t size, uint16_t cluster) noexcept nogil:
    cdef sent_packet* p
    h.last += 1
    p = &h.packets[h.last % SENT]
    if p.at:
        h.in_flight -= p.size
    p.at = <uint32_t>now | 1
    p.size = <uint16_t>min(size, <uint32_t>0xFFFF)
    p.cluster = cluster
    h.in_flight += p.size
    return <uint16_t>h.last


# ── feedback ──


cdef int32_t read_symbols(const uint8_t* body, size_t length, int32_t count, uint8_t* symbols, size_t* at) noexcept nogil:
    """Fills `count` symbols from the chunks (§3.1.2 ff.); −1: there are fewer."""
    cdef int32_t i = 0, run, bit
    cdef uint16_t chunk
    while i < count:
        if at[0] + 2 > length:
            return -1
        chunk = load16(body + at[0])
        at[0] += 2
        if chunk & 0x8000 == 0:
            run = min(chunk & RUN_SYMBOLS, count - i)
            if run == 0:
                return -1
            while run:
                symbols[i] = chunk >> 13 & 3
                i += 1
                run -= 1
        elif chunk & 0x4000:
            for bit in range(min(7, count - i)):
                symbols[i] = chunk >> (12 - 2 * bit) & 3
                i += 1
        else:
            for bit in range(min(14, count - i)):
                symbols[i] = chunk >> (13 - bit) & 1
                i += 1
    return 0


cdef bint deltas_fit(const uint8_t* symbols, int32_t count, size_t at, size_t length) noexcept nogil:
    cdef int32_t i
    for i in range(count):
        if symbols[i] == 3:
            return False
        at += symbols[i]
    return at <= length


cdef bint take(sent_history* h, int64_t now, int64_t number, arrival* out) noexcept nogil:
    """A packet that is told of for the first time."""
    cdef sent_packet* p = &h.packets[number % SENT]
    if p.at == 0:
        return False
    out.sent = now + <int32_t>(p.at - <uint32_t>now)
    out.size = p.size
    out.cluster = p.cluster
    h.in_flight -= p.size
    p.at = 0
    return True


cdef bint sent_told(sent_history* h, int64_t now, const uint8_t* body, size_t length, told_feedback* out) noexcept nogil:
    cdef uint8_t symbols[TOLD]
    cdef size_t at = HEADER
    cdef int64_t first, number, ticks
    cdef int32_t count, i
    out.count = out.lost = out.expected = 0
    if length < HEADER:
        return False
    count = load16(body + 10)
    first = h.last - <uint16_t>(h.last - load16(body + 8))
    # What was never sent is not told of by who got what we sent.
    if count == 0 or count > TOLD or first <= 0 or first + count - 1 > h.last or first + count - 1 <= h.last - SENT:
        return False
    if read_symbols(body, length, count, symbols, &at) < 0 or not deltas_fit(symbols, count, at, length):
        return False
    # Once round further on: deltas may lead back before the reference, and times stay above 0.
    ticks = (<int64_t>REFERENCE_WRAP + load24(body + 12)) * (REFERENCE // DELTA)
    for i in range(count):
        number = first + i
        if number > h.told:
            h.told = number
            out.expected += number > h.settled
            out.lost += number > h.settled and symbols[i] == 0
        if symbols[i] == 0:
            continue
        if symbols[i] == 1:
            ticks += body[at]
        else:
            ticks += <int16_t>load16(body + at)
        at += symbols[i]
        if number > h.last - SENT and take(h, now, number, &out.arrivals[out.count]):
            out.arrivals[out.count].arrived = ticks * DELTA
            out.count += 1
    return True
