from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from sfu.kernel.bytes cimport load16, load24, load32, store16, store24, store32

cdef enum:
    VERSION = 0x80
    PADDED = 0x20
    REPORT_BLOCK = 24
    # Reference time is in units of 64 ms, deltas in 250 µs (draft-holmer-rmcat-transport-wide-cc).
    REFERENCE = 64000
    DELTA = 250
    SYMBOLS = 7
    SMALL = 1
    LARGE = 2
    # Packets in one feedback, so that it fits one datagram with every delta large
    MAX_FEEDBACK = 400
    # How far it goes back for what was overtaken
    LATE = 128
    # After such a silence numbers begin anew: they may have gone any distance meanwhile, also one
    # that looks like going back
    ARRIVALS_PAUSE = 5000000


cdef int rtcp_next(const uint8_t* data, size_t length, size_t* at, rtcp_packet* out) noexcept nogil:
    cdef const uint8_t* p = data + at[0]
    cdef size_t left = length - at[0], size, padding
    if left == 0:
        return 0
    if left < 4 or p[0] >> 6 != 2:
        return -1
    size = 4 * (<size_t>load16(p + 2) + 1)
    if size > left:
        return -1
    out.type = p[1]
    out.count = p[0] & 31
    out.body = p + 4
    out.length = size - 4
    if p[0] & PADDED:
        padding = p[size - 1]
        if padding == 0 or padding > out.length:
            return -1
        out.length -= padding
    at[0] += size
    return 1


cdef uint64_t rtcp_remb(const rtcp_packet* p) noexcept nogil:
    cdef const uint8_t* b = p.body
    cdef uint8_t exponent
    if p.type != RTCP_PSFB or p.count != PSFB_AFB or p.length < 16:
        return 0
    if b[8] != c"R" or b[9] != c"E" or b[10] != c"M" or b[11] != c"B":
        return 0
    exponent = b[13] >> 2
    if exponent > 40:
        return 0
    return <uint64_t>(load24(b + 13) & 0x3FFFF) << exponent


cdef void write_header(uint8_t* out, uint8_t count, uint8_t type, size_t size) noexcept nogil:
    out[0] = VERSION | count
    out[1] = type
    store16(out + 2, <uint16_t>(size // 4 - 1))


cdef int rtcp_write_report(uint8_t* out, size_t cap, uint32_t sender, const report_block* blocks,
                           size_t count) noexcept nogil:
    cdef size_t size = 8 + REPORT_BLOCK * count, i
    cdef uint8_t* p = out + 8
    if count > 31 or size > cap:
        return -1
    write_header(out, <uint8_t>count, RTCP_RR, size)
    store32(out + 4, sender)
    for i in range(count):
        store32(p, blocks[i].ssrc)
        p[4] = blocks[i].fraction
        store24(p + 5, <uint32_t>blocks[i].lost & 0xFFFFFF)
        store32(p + 8, blocks[i].highest)
        store32(p + 12, blocks[i].jitter)
        store32(p + 16, blocks[i].last_sr)
        store32(p + 20, blocks[i].since_sr)
        p += REPORT_BLOCK
    return <int>size


cdef int rtcp_write_sender(uint8_t* out, size_t cap, uint32_t ssrc, uint64_t ntp, uint32_t timestamp,
                           uint32_t packets, uint32_t octets) noexcept nogil:
    if cap < 28:
        return -1
    write_header(out, 0, RTCP_SR, 28)
    store32(out + 4, ssrc)
    store32(out + 8, <uint32_t>(ntp >> 32))
    store32(out + 12, <uint32_t>ntp)
    store32(out + 16, timestamp)
    store32(out + 20, packets)
    store32(out + 24, octets)
    return 28


cdef int rtcp_write_pli(uint8_t* out, size_t cap, uint32_t sender, uint32_t media) noexcept nogil:
    if cap < 12:
        return -1
    write_header(out, PSFB_PLI, RTCP_PSFB, 12)
    store32(out + 4, sender)
    store32(out + 8, media)
    return 12


cdef int rtcp_write_nack(uint8_t* out, size_t cap, uint32_t sender, uint32_t media,
                         const uint16_t* sequences, size_t count) noexcept nogil:
    cdef size_t i = 0, size = 12
    cdef uint16_t first, mask, ahead
    while i < count:
        if size + 4 > cap:
            return -1
        first = sequences[i]
        mask = 0
        i += 1
        while i < count:
            ahead = <uint16_t>(sequences[i] - first)
            if ahead == 0 or ahead > 16:
                break
            mask |= <uint16_t>(1 << (ahead - 1))
            i += 1
        store16(out + size, first)
        store16(out + size + 2, mask)
        size += 4
    write_header(out, RTPFB_NACK, RTCP_RTPFB, size)
    store32(out + 4, sender)
    store32(out + 8, media)
    return <int>size


cdef int rtcp_write_remb(uint8_t* out, size_t cap, uint32_t sender, uint64_t bitrate,
                         const uint32_t* ssrcs, size_t count) noexcept nogil:
    cdef size_t size = 20 + 4 * count, i
    cdef uint8_t exponent = 0
    if size > cap or count > 255:
        return -1
    while bitrate > 0x3FFFF:
        bitrate >>= 1
        exponent += 1
    write_header(out, PSFB_AFB, RTCP_PSFB, size)
    store32(out + 4, sender)
    store32(out + 8, 0)
    out[12], out[13], out[14], out[15] = c"R", c"E", c"M", c"B"
    out[16] = <uint8_t>count
    store24(out + 17, <uint32_t>exponent << 18 | <uint32_t>bitrate)
    for i in range(count):
        store32(out + 20 + 4 * i, ssrcs[i])
    return <int>size


cdef void arrivals_add(arrivals* a, uint16_t sequence, int64_t now) noexcept nogil:
    cdef int64_t extended, i
    if not a.started or now - a.heard > ARRIVALS_PAUSE:
        memset(a.at, 0, sizeof(a.at))
        a.started = True
        a.heard = now
        # One period ahead, so that a reordered earlier number stays positive.
        a.highest = 0x10000 + sequence
        a.base = a.highest
        a.at[a.highest % FEEDBACK_WINDOW] = now
        return
    a.heard = now
    extended = a.highest + <int64_t><int32_t>(<uint32_t>(<uint16_t>(sequence - a.highest)) << 16) // 65536
    if extended <= a.highest - FEEDBACK_WINDOW or extended < a.base - LATE:
        return
    # What lies between is told again, as not arrived: who reads it keeps to what he was told first.
    a.base = min(a.base, extended)
    if extended > a.highest:
        if extended - a.highest >= FEEDBACK_WINDOW:
            memset(a.at, 0, sizeof(a.at))
        else:
            for i in range(a.highest + 1, extended):
                a.at[i % FEEDBACK_WINDOW] = 0
        a.highest = extended
        if a.base <= extended - FEEDBACK_WINDOW:
            a.base = extended - FEEDBACK_WINDOW + 1
    a.at[extended % FEEDBACK_WINDOW] = now


cdef int64_t first_arrived(const arrivals* a, int64_t end) noexcept nogil:
    cdef int64_t i
    for i in range(a.base, end):
        if a.at[i % FEEDBACK_WINDOW]:
            return i
    return end


cdef int arrivals_write(arrivals* a, uint8_t* out, size_t cap, uint32_t sender, uint32_t media) noexcept nogil:
    cdef int64_t end = a.highest + 1, first, i, reference, previous, ticks, at
    cdef size_t size = 20, deltas = 0, count, symbol
    cdef uint8_t packed[2 * MAX_FEEDBACK]
    cdef uint16_t chunk = 0
    cdef int kind
    if not a.started or a.base >= end:
        return 0
    if end > a.base + MAX_FEEDBACK:
        end = a.base + MAX_FEEDBACK
    first = first_arrived(a, end)
    if first == end:
        a.base = end
        return 0
    reference = a.at[first % FEEDBACK_WINDOW] // REFERENCE
    # In ticks, so that rounding never adds up.
    previous = reference * (REFERENCE // DELTA)
    count = <size_t>(end - a.base)
    if cap < 20 + 2 * ((count + SYMBOLS - 1) // SYMBOLS) + 2 * count + 3:
        return -1
    i = a.base
    symbol = 0
    while i < end:
        at = a.at[i % FEEDBACK_WINDOW]
        kind = 0
        if at:
            ticks = at // DELTA - previous
            if ticks < -32768 or ticks > 32767:
                # The difference cannot be written: the rest goes into the next feedback.
                end = i
                break
            previous += ticks
            if 0 <= ticks <= 255:
                kind = SMALL
                packed[deltas] = <uint8_t>ticks
                deltas += 1
            else:
                kind = LARGE
                store16(packed + deltas, <uint16_t>ticks)
                deltas += 2
        chunk |= <uint16_t>(kind << (2 * (SYMBOLS - 1 - symbol)))
        symbol += 1
        if symbol == SYMBOLS:
            store16(out + size, 0xC000 | chunk)
            size += 2
            symbol = 0
            chunk = 0
        i += 1
    if symbol:
        store16(out + size, 0xC000 | chunk)
        size += 2
    for i in range(<int64_t>deltas):
        out[size] = packed[i]
        size += 1
    while size % 4:
        out[size] = 0
        size += 1
    count = <size_t>(end - a.base)
    write_header(out, RTPFB_TRANSPORT_CC, RTCP_RTPFB, size)
    store32(out + 4, sender)
    store32(out + 8, media)
    store16(out + 12, <uint16_t>a.base)
    store16(out + 14, <uint16_t>count)
    store24(out + 16, <uint32_t>reference & 0xFFFFFF)
    out[19] = a.feedbacks
    a.feedbacks += 1
    for i in range(a.base, end):
        a.at[i % FEEDBACK_WINDOW] = 0
    a.base = end
    return <int>size
