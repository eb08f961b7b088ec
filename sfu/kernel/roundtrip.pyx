from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from sfu.kernel.bytes cimport load16, load24, load32, store16, store32
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
    DELAY_BLOCK = 12
    # A satellite takes 0.6 s, and a queue before a slow line seconds; more is a mistake or a lie
    LONGEST = 10000000
    # Both sides round, and their clocks differ: so much less than nothing is still nothing
    SHORTEST = 100
    ROUNDED = 2000
    # What has not been told for so long is asked for
    TOLD_FOR = 5000000
    # Packets that a peer may have counted since his last report: more were not sent
    COUNTED_MOST = 20000
    # Fewer say nothing of a line
    ENOUGH = 20


cdef inline uint32_t middle(uint64_t ntp) noexcept nogil:
    return <uint32_t>(ntp >> 16)


cdef void roundtrip_note(const engine* e, session* s, int64_t sample) noexcept nogil:
    if sample < -ROUNDED or sample > LONGEST:
        return
    s.rtt_told = e.now
    sample = max(<int64_t>SHORTEST, sample)
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
            measured(e, s, load32(b + 16), load32(b + 20))
            note_loss(s, v, load24(b + 5), load32(b + 8))
        at += REPORT_BLOCK
        left -= 1


cdef bint roundtrip_settle(session* s) noexcept nogil:
    if s.told_expected < ENOUGH:
        return False
    s.loss = <uint8_t>max(<int64_t>0, min(<int64_t>255, s.told_lost * 256 // s.told_expected))
    s.told_expected = s.told_lost = 0
    return True


# ── asking those who are sent nothing ──


cdef bint roundtrip_is_due(const engine* e, const session* s) noexcept nogil:
    return s.rtt == 0 or e.now - s.rtt_told > TOLD_FOR


cdef int roundtrip_ask(engine* e, uint8_t* out, size_t cap, uint32_t sender) noexcept nogil:
    cdef uint64_t ntp = timing_ntp(e, e.now)
    if cap < 20:
        return -1
    out[0], out[1] = 0x80, RTCP_XR
    store16(out + 2, 4)
    store32(out + 4, sender)
    out[8], out[9] = XR_REFERENCE, 0
    store16(out + 10, 2)
    store32(out + 12, <uint32_t>(ntp >> 32))
    store32(out + 16, <uint32_t>ntp)
    return 20


cdef void roundtrip_answered(engine* e, session* s, const rtcp_packet* p) noexcept nogil:
    cdef size_t at = SENDER, end
    while at + 4 <= p.length:
        end = at + 4 + 4 * <size_t>load16(p.body + at + 2)
        if end > p.length:
            return
        if p.body[at] == XR_DELAY:
            at += 4
            while at + DELAY_BLOCK <= end:
                # Which of us it names is not asked: nobody else asks this peer.
                measured(e, s, load32(p.body + at + 4), load32(p.body + at + 8))
                at += DELAY_BLOCK
        at = end
