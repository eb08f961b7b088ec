from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from sfu.kernel.bytes cimport load16, load32, load64
from sfu.kernel.counters cimport DROPPED_FLOOD, FEEDBACK_SENT, NACKS_RECEIVED, NACKS_SENT
from sfu.kernel.keyframes cimport keyframe_request, keyframe_wish
from sfu.kernel.line cimport line_feedback, line_remb, line_report
from sfu.kernel.outbox cimport outbox_rtcp
from sfu.kernel.pace cimport within
from sfu.kernel.rtcp cimport (
    PSFB_AFB, PSFB_FIR, PSFB_PLI, RTCP_PSFB, RTCP_RR, RTCP_RTPFB, RTCP_SR, RTCP_XR, RTPFB_NACK,
    RTPFB_TRANSPORT_CC, arrivals_write,
    report_block, rtcp_next, rtcp_packet, rtcp_remb, rtcp_write_nack, rtcp_write_remb,
    rtcp_write_report, rtcp_write_sender)
from sfu.kernel.paths cimport path_time
from sfu.kernel.places cimport index_of
from sfu.kernel.redundancy cimport redundancy_ask, redundancy_report
from sfu.kernel.retransmission cimport retransmit
from sfu.kernel.roundtrip cimport (
    RTT_UNKNOWN, roundtrip_answer, roundtrip_ask, roundtrip_extended, roundtrip_is_due, roundtrip_is_unknown,
    roundtrip_reported, roundtrip_settle)
from sfu.kernel.sizes cimport AUDIO_SLOTS, KINDS, MISSING, SLOTS, SOURCES
from sfu.kernel.state cimport expectation, missing_packet, session, slot
from sfu.kernel.timing cimport timing_ntp, timing_report, timing_source_at

cdef enum:
    ROOM = 1400
    # With room for the SRTCP trailer
    CAP = 1440
    OURS = 1
    FEEDBACK_EVERY = 50000
    # Of fewer packets than that is told half as often: 7 kbit/s instead of 12, where a picture has 60 or 150 and
    # the sound of a narrow line comes beside it
    FEEDBACK_FEW = 4
    FEEDBACK_OF_FEW = 100000
    REPORT_EVERY = 1000000
    NOTHING_EVERY = 500000
    # A slot that has sent nothing for so long is not reported
    REPORTED_FOR = 3000000
    NACK_FIRST = 10000
    # Then what was asked for is on its way, or lost; not oftener than we look anyway
    NACK_AGAIN_LEAST = 40000
    NACK_TRIES = 10
    # Packets that one that is asked for again takes of those that came
    NACK_COST = 2
    # Packets that a viewer may ask for: 2000 a second, 500 ahead
    REPAIR_INTERVAL = 500
    REPAIR_BURST = 250000
    # Between two sums of what a peer reports
    SUM_EVERY = 900000
    # A viewer who says that his line bears more is not believed
    ESTIMATE_MOST = 20000000
    # Lost per 256 of what a publisher sends where his line is full
    MUCH_LOST = 85
    # Of no fewer packets that he sent between two reports
    MANY = 20
    REMB_START = 2500000
    REMB_LEAST = 100000
    REMB_MOST = 8000000


# ── from peers ──


cdef source* source_by_ssrc(session* s, uint32_t ssrc) noexcept nogil:
    cdef int32_t i
    for i in range(SOURCES):
        if s.sources[i].bound and s.sources[i].ssrc == ssrc:
            return &s.sources[i]
    return NULL


cdef int32_t slot_by_ssrc(session* s, uint32_t ssrc) noexcept nogil:
    cdef int32_t i
    for i in range(SLOTS):
        if s.slots[i].used and s.slots[i].ssrc == ssrc:
            return i
    return -1


cdef void keyframe_asked(engine* e, session* s, uint32_t ssrc) noexcept nogil:
    cdef int32_t index = slot_by_ssrc(s, ssrc)
    if index >= 0:
        keyframe_wish(e, s, &s.slots[index])


cdef void nacked(engine* e, int32_t session_index, const rtcp_packet* p) noexcept nogil:
    cdef int32_t index = slot_by_ssrc(&e.sessions[session_index], load32(p.body + 4))
    cdef size_t at = 8
    cdef int32_t bit
    cdef uint16_t first, mask
    cdef int64_t* pace = &e.sessions[session_index].repair_pace
    if index < 0:
        return
    e.counters[NACKS_RECEIVED] += 1
    while at + 4 <= p.length:
        first = load16(p.body + at)
        mask = load16(p.body + at + 2)
        for bit in range(17):
            if bit and not mask >> (bit - 1) & 1:
                continue
            if not within(pace, e.now, REPAIR_INTERVAL, REPAIR_BURST):
                e.counters[DROPPED_FLOOD] += 1
                return
            if index < AUDIO_SLOTS:
                redundancy_ask(e, &e.sessions[session_index], &e.sessions[session_index].slots[index],
                               <uint16_t>(first + bit))
            else:
                retransmit(e, session_index, index, <uint16_t>(first + bit))
        at += 4


cdef void receive_one(engine* e, int32_t session_index, const rtcp_packet* p) noexcept nogil:
    cdef session* s = &e.sessions[session_index]
    cdef source* from_source
    cdef uint64_t bitrate
    cdef size_t at
    if p.type == RTCP_SR or p.type == RTCP_RR:
        roundtrip_reported(e, s, p)
    if p.type == RTCP_SR and p.length >= 24:
        from_source = source_by_ssrc(s, load32(p.body))
        if from_source != NULL:
            timing_report(e, from_source, load64(p.body + 4), load32(p.body + 12))
    elif p.type == RTCP_XR:
        roundtrip_extended(e, s, p)
    elif p.type == RTCP_RTPFB and p.count == RTPFB_NACK and p.length >= 12:
        nacked(e, session_index, p)
    elif p.type == RTCP_RTPFB and p.count == RTPFB_TRANSPORT_CC:
        line_feedback(e, session_index, p)
    elif p.type == RTCP_PSFB and p.count == PSFB_PLI and p.length >= 8:
        keyframe_asked(e, s, load32(p.body + 4))
    elif p.type == RTCP_PSFB and p.count == PSFB_FIR:
        at = 8
        while at + 8 <= p.length:
            keyframe_asked(e, s, load32(p.body + at))
            at += 8
    elif p.type == RTCP_PSFB and p.count == PSFB_AFB:
        bitrate = rtcp_remb(p)
        if bitrate:
            line_remb(e, session_index, min(<uint64_t>ESTIMATE_MOST, bitrate))


cdef void feedback_receive(engine* e, int32_t session_index, const uint8_t* data, size_t length) noexcept nogil:
    cdef rtcp_packet p
    cdef size_t at = 0
    while rtcp_next(data, length, &at, &p) == 1:
        receive_one(e, session_index, &p)
    if e.now - e.sessions[session_index].summed_at >= SUM_EVERY and roundtrip_settle(&e.sessions[session_index]):
        e.sessions[session_index].summed_at = e.now
        line_report(e, session_index)
        redundancy_report(e, &e.sessions[session_index])


# ── lost packets of a publisher ──


cdef bint nack_found(source* s, long long sequence) noexcept nogil:
    cdef int32_t i
    for i in range(s.missing_count):
        if s.missing[i].sequence == sequence:
            s.missing_count -= 1
            # The order is kept: requests name sequences ascending.
            while i < s.missing_count:
                s.missing[i] = s.missing[i + 1]
                i += 1
            return True
    return False


cdef void nack_came(source* s) noexcept nogil:
    s.nack_saved = min(<int32_t>NACK_SAVED, s.nack_saved + 1)


cdef bint nack_missing(engine* e, source* s, long long first, long long end) noexcept nogil:
    cdef missing_packet* m
    cdef long long i
    if not e.sessions[s.session].tracks[s.kind].expect.nack or s.missing == NULL:
        return False
    if end - first > NACK_GAP or s.missing_count + (end - first) > MISSING:
        s.missing_count = 0
        return False
    for i in range(first, end):
        m = &s.missing[s.missing_count]
        m.sequence = i
        m.since = e.now
        m.next = e.now + NACK_FIRST
        m.tries = 0
        s.missing_count += 1
    return True


cdef int64_t nack_again(const session* publisher) noexcept nogil:
    """µs until what was asked for should have come: the round trip and a quarter, as it varies."""
    return max(<int64_t>NACK_AGAIN_LEAST, publisher.rtt * 5 // 4) if publisher.rtt else RTT_UNKNOWN


cdef void nack_due(engine* e, source* s) noexcept nogil:
    cdef uint16_t due[MISSING]
    cdef uint8_t out[CAP]
    cdef missing_packet* m
    cdef int32_t i, kept = 0, count = 0
    cdef int64_t again = nack_again(&e.sessions[s.session])
    cdef bint given_up = False
    for i in range(s.missing_count):
        m = &s.missing[i]
        if m.tries >= NACK_TRIES or e.now - m.since > NACK_FOR:
            given_up = True
            continue
        if (m.next <= e.now or (m.tries == 0 and s.highest - m.sequence >= 3)) and s.nack_saved >= NACK_COST:
            # Where most gets lost the line is full, and what is sent again is lost or loses others.
            s.nack_saved -= NACK_COST
            due[count] = <uint16_t>m.sequence
            count += 1
            m.tries += 1
            m.next = e.now + again
        s.missing[kept] = m[0]
        kept += 1
    s.missing_count = kept
    if given_up:
        keyframe_request(e, index_of(s))
    if count:
        e.counters[NACKS_SENT] += 1
        outbox_rtcp(e, s.session, out, rtcp_write_nack(out, ROOM, OURS, s.ssrc, due, count), CAP)


# ── reports ──


cdef int32_t lost_of(const source* s) noexcept nogil:
    cdef int64_t lost = s.highest - s.first + 1 - <int64_t>s.packets
    if lost > 0x7FFFFF:
        return 0x7FFFFF
    return <int32_t>lost if lost > -0x800000 else -0x800000


cdef void report_on(engine* e, source* s, report_block* b) noexcept nogil:
    cdef int64_t expected = s.highest - s.first + 1
    cdef int64_t interval = expected - s.expected_before
    cdef int64_t lost = interval - (<int64_t>s.packets - s.packets_before)
    b.ssrc = s.ssrc
    b.fraction = <uint8_t>(min(255, (lost << 8) // interval)) if interval > 0 and lost > 0 else 0
    b.lost = lost_of(s)
    # One period was added so that the first numbers stay positive.
    b.highest = <uint32_t>(s.highest - 0x10000)
    b.jitter = <uint32_t>(s.jitter >> 4)
    b.last_sr = s.report_ntp
    b.since_sr = <uint32_t>((e.now - s.report_arrival) * 65536 // 1000000) if s.report_arrival else 0
    s.expected_before = expected
    s.packets_before = <int64_t>s.packets


cdef void adapt_remb(session* s, uint8_t fraction) noexcept nogil:
    """Loss alone decides for publishers without transport-wide numbers."""
    if s.remb == 0:
        s.remb = REMB_START
    elif fraction < 5:
        s.remb += s.remb // 12
    elif fraction > 25:
        s.remb -= s.remb * fraction // 512
    s.remb = max(<uint64_t>REMB_LEAST, min(<uint64_t>REMB_MOST, s.remb))


cdef bint needs_remb(engine* e, const session* s, const expectation* x) noexcept nogil:
    # Who has offered to write transport-wide numbers does not always do so. Two reports long, because
    # the last number before a pause may have come just after the last report.
    return x.remb and not (x.transport_cc and s.feedback != NULL and e.now - s.feedback.heard < 2 * REPORT_EVERY)


cdef bint report_sources(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef report_block blocks[SOURCES]
    cdef uint32_t ssrcs[SOURCES]
    cdef uint8_t out[CAP]
    cdef int32_t i, count = 0, limited = 0, length, more
    cdef uint8_t worst = 0, of_many = 0
    cdef uint64_t came
    for i in range(SOURCES):
        if s.sources[i].bound and s.sources[i].packets:
            came = s.sources[i].packets - <uint64_t>s.sources[i].packets_before
            report_on(e, &s.sources[i], &blocks[count])
            worst = max(worst, blocks[count].fraction)
            # One of three packets of a voice that pauses says nothing of a line.
            if came * 256 >= MANY * (256 - blocks[count].fraction):
                of_many = max(of_many, blocks[count].fraction)
            count += 1
            # A browser obeys a REMB until the next: who pauses must not be left with one.
            if came and needs_remb(e, s, &s.tracks[s.sources[i].kind].expect):
                ssrcs[limited] = s.sources[i].ssrc
                limited += 1
    if count == 0:
        return False
    s.lossy_reports = <uint8_t>min(255, s.lossy_reports + 1) if of_many >= MUCH_LOST else 0
    length = rtcp_write_report(out, ROOM, OURS, blocks, count)
    if limited:
        adapt_remb(s, worst)
        more = rtcp_write_remb(out + length, ROOM - length, OURS, s.remb, ssrcs, limited)
        length += more if more > 0 else 0
    if roundtrip_is_due(e, s):
        more = roundtrip_ask(e, out + length, ROOM - length, OURS)
        length += more if more > 0 else 0
    outbox_rtcp(e, index, out, length, CAP)
    return True


cdef bint report_slots(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef slot* v
    cdef source* from_source
    cdef uint8_t out[CAP]
    cdef int32_t i, length = 0, more
    cdef uint32_t offset, sender = 0
    for i in range(SLOTS):
        v = &s.slots[i]
        if not v.used or v.source < 0 or v.packets == 0 or e.now - v.last_sent > REPORTED_FOR:
            continue
        from_source = &e.sessions[v.source // SOURCES].sources[v.source % SOURCES]
        # What is replayed says nothing of when the next picture was captured.
        if from_source.generation != v.generation or v.map.made == 0 or v.squeezes:
            continue
        offset = v.map.entries[(v.map.made - 1) % 32].timestamp_offset
        more = rtcp_write_sender(out + length, ROOM - length, v.ssrc, timing_ntp(e, e.now),
                                 timing_source_at(e, from_source, e.now) + offset,
                                 <uint32_t>v.packets, <uint32_t>v.octets)
        length += more if more > 0 else 0
        sender = v.ssrc
    # As a stream that the peer knows: browsers count what its round trips are.
    more = roundtrip_answer(e, s, out + length, ROOM - length, sender) if length else 0
    length += more if more > 0 else 0
    if length:
        outbox_rtcp(e, index, out, length, CAP)
    return length > 0


cdef void report_nothing(engine* e, int32_t index) noexcept nogil:
    """An empty report (RFC 3550 §6.1): who gets nothing else knows that the way carries more than checks."""
    cdef uint8_t out[CAP]
    outbox_rtcp(e, index, out, rtcp_write_report(out, ROOM, OURS, NULL, 0), CAP)


cdef uint32_t any_ssrc(const session* s) noexcept nogil:
    """Of a source that the peer sends: libwebrtc ignores feedback on an SSRC it does not know."""
    cdef int32_t i
    for i in range(SOURCES):
        if s.sources[i].bound:
            return s.sources[i].ssrc
    return 0


cdef void send_arrivals(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef uint8_t out[CAP]
    cdef uint32_t media = any_ssrc(s)
    cdef int length = arrivals_write(s.feedback, out, ROOM, OURS, media)
    while length > 0:
        e.counters[FEEDBACK_SENT] += 1
        outbox_rtcp(e, index, out, length, CAP)
        length = arrivals_write(s.feedback, out, ROOM, OURS, media)


cdef bint feedback_is_due(const session* s, int64_t waited) noexcept nogil:
    if waited < FEEDBACK_EVERY:
        return False
    return s.feedback.highest - s.feedback.base + 1 >= FEEDBACK_FEW or waited >= FEEDBACK_OF_FEW


cdef void feedback_periodic(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef bint reported
    cdef int32_t i
    if not s.keyed:
        return
    if s.sends:
        for i in range(SOURCES):
            if s.sources[i].missing_count:
                nack_due(e, &s.sources[i])
        if s.feedback != NULL and feedback_is_due(s, e.now - s.last_feedback + 5000):
            s.last_feedback = e.now
            send_arrivals(e, index)
    if e.now - s.last_report >= REPORT_EVERY:
        s.last_report = e.now
        if roundtrip_is_unknown(e, s):
            path_time(e, index)
        reported = s.sends and report_sources(e, index)
        reported = report_slots(e, index) or reported
        if not reported:
            report_nothing(e, index)
            s.last_report -= REPORT_EVERY - NOTHING_EVERY
