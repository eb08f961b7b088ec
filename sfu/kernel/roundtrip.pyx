from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from sfu.kernel.bytes cimport load16, load24, load32, load64, store16, store32
from sfu.kernel.counters cimport ROUND_TRIPS_ANSWERED, ROUND_TRIPS_REPORTED
from sfu.kernel.rtcp cimport RTCP_SR, RTCP_XR
from sfu.kernel.sizes cimport SLOTS
from sfu.kernel.state cimport slot
from sfu.kernel.timing cimport timing_ntp

cdef enum:
    REPORT_BLOCK = 24
    # Information on the sender, before the blocks of its report
    SENDER_INFO = 24
    SENDER = 4
    XR_REFERENCE = 4
    XR_DELAY = 5
    BLOCK_HEADER = 4
    DELAY_ITEM = 12
    # A satellite takes 0.6 s, and a queue before a slow line seconds; more is a mistake or a lie
    LONGEST = 10000000
    # Both sides round, and their clocks differ: so much less than nothing is still nothing
    SHORTEST = 100
    ROUNDED = 2000
    # What has not been told for so long is asked for
    TOLD_FOR = 5000000
    # And for so long by another way: the peer knows no XR
    UNTOLD_FOR = 8000000
    # The shortest is taken over once to twice so long: longer, and a queue that has built up counts for nothing
    LEAST_OVER = 3000000
    # Packets that a peer may have counted since his last report: more were not sent
    COUNTED_MOST = 20000
    # Fewer say nothing of a line
    ENOUGH = 20


cdef inline uint32_t middle(uint64_t ntp) noexcept nogil:
    return <uint32_t>(ntp >> 16)


cdef void note_least(const engine* e, session* s, int64_t sample) noexcept nogil:
    cdef int64_t passed = e.now - s.rtt_least_since
    if s.rtt_least == 0 or passed > LEAST_OVER:
        s.rtt_least_before = s.rtt_least if s.rtt_least and passed < 2 * LEAST_OVER else sample
        s.rtt_least = sample
        s.rtt_least_since = e.now
    else:
        s.rtt_least = min(s.rtt_least, sample)


cdef void roundtrip_note(const engine* e, session* s, int64_t sample) noexcept nogil:
    # One that ended while the thread did not run has waited in the socket.
    if sample < -ROUNDED or sample > LONGEST or e.now - sample < e.woke_at:
        return
    s.rtt_told = e.now
    sample = max(<int64_t>SHORTEST, sample)
    note_least(e, s, sample)
    s.rtt_reported = min(s.rtt_reported, sample) if s.rtt_reported else sample
    if s.rtt == 0:
        s.rtt = sample
    # A queue that builds up shows at once: what is repeated too early makes it longer.
    elif sample > s.rtt:
        s.rtt += (sample - s.rtt) // 2
    else:
        s.rtt -= (s.rtt - sample) // 8


cdef void measured(engine* e, session* s, uint32_t sent, uint32_t held) noexcept nogil:
    """`sent`: the middle of the NTP time that we wrote, `held`: how long the peer kept it."""
    cdef int64_t units
    # No time at all: nothing of ours has arrived there yet.
    if sent == 0:
        return
    units = <int32_t>(middle(timing_ntp(e, e.now)) - sent - held)
    roundtrip_note(e, s, units * 1000000 // 65536)


# ── reports on what we send ──


cdef slot* slot_of(session* s, uint32_t ssrc) noexcept nogil:
    cdef int32_t i
    for i in range(SLOTS):
        if s.slots[i].used and s.slots[i].ssrc == ssrc:
            return &s.slots[i]
    return NULL


cdef void note_loss(session* s, slot* v, uint32_t lost, uint32_t highest) noexcept nogil:
    """From the totals, so that a report that got lost itself is missed by nobody."""
    cdef int32_t expected = <int32_t>(highest - v.told_highest)
    cdef int32_t more = <int32_t>((lost - v.told_lost) << 8) >> 8
    if v.told_highest and 0 < expected <= COUNTED_MOST:
        s.told_expected += expected
        # What came late after all is taken off again.
        s.told_lost += max(-expected, min(expected, more))
    if s.stalled and v.last_sent > s.estimator.feedback_at and <uint16_t>highest == <uint16_t>v.departed:
        # He is sent no more, and the last has arrived, of which no feedback came: little as it is, that is all.
        s.told_expected = max(s.told_expected, <int32_t>ENOUGH)
    # Another count begins where it cannot be the same.
    v.told_highest = highest
    v.told_lost = lost


cdef void roundtrip_reported(engine* e, session* s, const rtcp_packet* p) noexcept nogil:
    cdef size_t at = SENDER + (SENDER_INFO - SENDER if p.type == RTCP_SR else 0)
    cdef int32_t left = p.count
    cdef const uint8_t* b
    cdef slot* v
    while left and at + REPORT_BLOCK <= p.length:
        b = p.body + at
        v = slot_of(s, load32(b))
        if v != NULL:
            e.counters[ROUND_TRIPS_REPORTED] += load32(b + 16) != 0
            # A report that names the same again tells of a round trip of long ago.
            if load32(b + 16) != v.told_time:
                v.told_time = load32(b + 16)
                measured(e, s, v.told_time, load32(b + 20))
            note_loss(s, v, load24(b + 5), load32(b + 8))
        at += REPORT_BLOCK
        left -= 1


cdef bint roundtrip_settle(session* s) noexcept nogil:
    if s.told_expected < ENOUGH:
        return False
    s.loss = <uint8_t>max(<int64_t>0, min(<int64_t>255, s.told_lost * 256 // s.told_expected))
    s.told_expected = s.told_lost = 0
    return True


# ── asking, and answering who asks ──


cdef bint roundtrip_is_due(const engine* e, const session* s) noexcept nogil:
    return s.rtt == 0 or e.now - s.rtt_told > TOLD_FOR


cdef bint roundtrip_is_unknown(const engine* e, const session* s) noexcept nogil:
    return s.rtt == 0 or (s.sends and e.now - s.rtt_told > UNTOLD_FOR)


cdef void write_extended(uint8_t* out, uint32_t sender, uint8_t kind, uint16_t words) noexcept nogil:
    """Everything before the content of the one block, which has so many words."""
    out[0], out[1] = 0x80, RTCP_XR
    store16(out + 2, 2 + words)
    store32(out + 4, sender)
    out[8], out[9] = kind, 0
    store16(out + 10, words)


cdef int roundtrip_ask(engine* e, uint8_t* out, size_t cap, uint32_t sender) noexcept nogil:
    cdef uint64_t ntp = timing_ntp(e, e.now)
    if cap < 20:
        return -1
    write_extended(out, sender, XR_REFERENCE, 2)
    store32(out + 12, <uint32_t>(ntp >> 32))
    store32(out + 16, <uint32_t>ntp)
    return 20


cdef void delays(engine* e, session* s, const uint8_t* block, const uint8_t* end) noexcept nogil:
    while block + DELAY_ITEM <= end:
        # Which of us it names is not asked: nobody else asks this peer.
        e.counters[ROUND_TRIPS_ANSWERED] += 1
        measured(e, s, load32(block + 4), load32(block + 8))
        block += DELAY_ITEM


cdef void roundtrip_extended(engine* e, session* s, const rtcp_packet* p) noexcept nogil:
    cdef size_t at = SENDER, end
    while at + BLOCK_HEADER <= p.length:
        end = at + BLOCK_HEADER + 4 * <size_t>load16(p.body + at + 2)
        if end > p.length:
            return
        if p.body[at] == XR_DELAY:
            delays(e, s, p.body + at + BLOCK_HEADER, p.body + end)
        elif p.body[at] == XR_REFERENCE and end - at >= BLOCK_HEADER + 8:
            s.asks_from = load32(p.body)
            s.asked_time = middle(load64(p.body + at + BLOCK_HEADER))
            s.asked_at = e.now
        at = end


cdef int roundtrip_answer(engine* e, session* s, uint8_t* out, size_t cap, uint32_t sender) noexcept nogil:
    if s.asked_at == 0:
        return 0
    if cap < 24:
        return -1
    write_extended(out, sender, XR_DELAY, 3)
    store32(out + 12, s.asks_from)
    store32(out + 16, s.asked_time)
    store32(out + 20, <uint32_t>((e.now - s.asked_at) * 65536 // 1000000))
    s.asked_at = 0
    return 24
