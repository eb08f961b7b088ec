from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free

from sfu.kernel.allocation cimport allocation_mark
from sfu.kernel.counters cimport FEEDBACK_RECEIVED, FEEDBACK_REFUSED
from sfu.kernel.lowering cimport lowering_by_misses
from sfu.kernel.misses cimport misses_add, misses_arrived, misses_forget
from sfu.kernel.pacing cimport pacing_watch
from sfu.kernel.reports cimport report_sum, reports_fresh, reports_missed, reports_take
from sfu.kernel.sizes cimport AUDIO_SLOTS, CAMERA, KINDS, SLOTS, VIDEO_SLOTS
from sfu.kernel.slots cimport slots_stop
from sfu.kernel.estimate cimport (
    estimator, estimator_feedback, estimator_moved, estimator_open, estimator_pace, estimator_remb,
    estimator_slept, estimator_tick)

cdef enum:
    # Bits per second to begin with: speech and a small picture. A line that bears more shows it
    # within the first probes
    START = 300000
    # The same of who has promised nothing, once he tells something: a line that does not bear it shows that
    START_UNTOLD = 4000000
    # A step up is judged by what is reported within so long (µs)
    TRIES = 2500000
    # Who is sent pictures and tells nothing for so long (µs) is sent no more than that
    SILENT_FOR = 10000000
    # Of whom nothing is known yet
    UNKNOWN = 0x7FFFFFFF
    PACE_UNKNOWN = 25000000
    # Packets for whose feedback is waited, and how long it may fail when reports say that all is well (µs)
    PATIENCE = 500
    PATIENCE_TIME = 5000000
    # Everything he wants has fitted for so long: then REMB is enough (µs)
    SETTLED_AFTER = 10000000
    # Parts in 8 of what is in use that a settled line must bear; an estimate reaches 12 at the most, of what
    # arrives
    SETTLED_SPARE = 10
    UNSETTLED_SPARE = 9
    # Lost per 256 by his own reports
    UNSETTLED_LOSS = 8
    # Over which a viewer's rate is taken when he tells a REMB (µs)
    REMB_SPAN = 900000
    # For so long after a line was full no REMB raises what is thought of it (µs)
    FULL_FOR = 5000000
    # Who has missed all so often is taken for one who never tells any
    UNHEARD_MOST = 2
    # A settled viewer who is sent pictures and tells none for so long (µs): his line stands still, perhaps
    REMB_MISSED = 2500000
    # Bits per second for whatever is not sound, at the least
    BESIDE_SOUND = 30000
    # µs for which one that was away is no wide line
    RESUMES = 2000000
    # Once a line was found to be narrower, numbers tell of it within that (µs)
    NARROWS_FOR = 1000000
    # A keyframe, and the pictures that wait behind it, fill a narrow line for about so long (µs)
    KEYFRAME_FILLS = 1000000
    # Pictures, bits per second
    PICTURES = 50000


cdef void line_open(engine* e, int32_t viewer, bint transport_cc, bint tries) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        v.estimator = <estimator*>calloc(1, sizeof(estimator))
        if v.estimator == NULL:
            return
        estimator_open(v.estimator, e.now, START_UNTOLD)
        v.unsettled_at = v.reported_at = e.now
    if transport_cc and not v.may_count:
        v.estimator.target = START
        v.counts = v.may_count = True
    v.tries = v.tries or tries


cdef void line_close(session* v) noexcept nogil:
    free(v.estimator)
    v.estimator = NULL


cdef inline bint is_known(const session* v) noexcept nogil:
    """Whether anything was told of the line, or will be."""
    return v.estimator != NULL and (v.may_count or v.estimator.feedback_at != 0)


cdef uint64_t line_budget(const engine* e, const session* v) noexcept nogil:
    return v.estimator.target if is_known(v) else UNKNOWN


cdef uint64_t line_pace(const engine* e, const session* v) noexcept nogil:
    cdef uint64_t pace
    if not is_known(v):
        return PACE_UNKNOWN
    # Sound does not wait. Where it has no numbers the estimate may fall below it, and with nothing left for a
    # packet that has one would never rise.
    pace = max(estimator_pace(v.estimator), <uint64_t>v.sound_rate + BESIDE_SOUND)
    if v.yields and not v.estimator.cluster.sending:
        # Stills would fill the line beyond what it bears, and little arrives between two of them: the
        # estimate would fall to that.
        return min(pace, v.estimator.target)
    if (v.wishes and e.now - v.keyframe_left < KEYFRAME_FILLS and v.estimator.proven and not v.stalled
            and not v.estimator.cluster.sending):
        # An estimate grows beyond what the line bears while less is in use, and a keyframe would fill its queue:
        # pictures would be left out for seconds because packets seem to wait.
        return min(pace, max(v.estimator.proven, v.allotted * 9 // 8, <uint64_t>v.sound_rate + BESIDE_SOUND))
    # Where it is not known how wide the line is, a keyframe need not wait for the average; but of one that
    # was away a while ago it is not known that it is as wide as it was.
    if v.wishes or v.stalled or e.now - v.estimator.resumed_at < RESUMES:
        return pace
    return max(pace, v.estimator.target * 3 // 2)


cdef void react(engine* e, int32_t viewer) noexcept nogil:
    """Less than is given out is seen to at once; more in its turn."""
    if line_budget(e, &e.sessions[viewer]) < e.sessions[viewer].allotted:
        allocation_mark(e, viewer)


# ── who counts ──


cdef void count(session* v, int64_t now) noexcept nogil:
    v.counts = v.may_count
    v.unsettled_at = now


cdef void note_shown(session* v, int64_t now) noexcept nogil:
    """Who has settled with sound alone has shown nothing of what pictures need."""
    if v.showing and not v.shown:
        count(v, now)
    v.shown = v.showing != 0


cdef void forget_misses(session* v) noexcept nogil:
    cdef int32_t i
    v.narrowed = 0
    for i in range(SLOTS):
        misses_forget(&v.slots[i].misses, v.slots[i].departed)


cdef void settle(session* v, int64_t now) noexcept nogil:
    """Transport-wide feedback comes 16 times a second and is dear; who has all that he wants, with
    room to spare, is told by his browser's own estimate."""
    if v.wishes or not v.counts or v.estimator.overusing or 8 * v.estimator.target < SETTLED_SPARE * v.allotted:
        v.unsettled_at = now
    elif now - v.unsettled_at > SETTLED_AFTER and v.id_send_time and v.unheard < UNHEARD_MOST:
        v.counts = False
        v.remb_at, v.remb_bytes = now, v.bytes_sent
        # Feedback on the last that were counted may get lost, and none follows.
        v.estimator.untold = 0


cdef void give_up(session* v) noexcept nogil:
    """Not every stack does as it has promised. Then reports tell, a REMB, or nothing."""
    v.may_count = v.counts = False
    v.estimator.target = START_UNTOLD
    v.estimator.feedback_at = 0
    v.estimator.untold = 0
    v.estimator.stalled = v.estimator.overusing = v.estimator.cluster.sending = False
    v.estimator.wait = 0


# ── what comes ──


cdef void line_feedback(engine* e, int32_t viewer, const rtcp_packet* p) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL or not estimator_feedback(v.estimator, e.now, p.body, p.length):
        e.counters[FEEDBACK_REFUSED] += 1
        return
    e.counters[FEEDBACK_RECEIVED] += 1
    v.reports_alone = 0
    if v.estimator.lowered_at == e.now:
        # What left before was more than the line bears: that has been seen to.
        forget_misses(v)
    react(e, viewer)


cdef uint64_t pictures_sent(const session* v) noexcept nogil:
    """Bits per second. Sound is in no REMB of a browser: whoever only listens tells next to nothing."""
    cdef uint64_t total = min(v.allotted, v.sent_rate), sound = <uint64_t>v.sound_rate
    return total - sound if v.showing and total > sound else 0


cdef bint tries_more(const engine* e, const session* v) noexcept nogil:
    return v.raised_at != 0 and e.now - v.raised_at < TRIES


cdef bint was_full(const engine* e, const session* v) noexcept nogil:
    """What waited there arrives beside what is sent now: a REMB counts both."""
    return v.estimator.lowered_at != 0 and e.now - v.estimator.lowered_at < FULL_FOR


cdef void told_remb(engine* e, session* v, uint64_t bitrate, uint64_t sent) noexcept nogil:
    """Of who tells no arrivals. Sound is in no REMB of a browser; and where reports count it only lowers: they
    tell of what got lost, which it knows nothing of."""
    bitrate += <uint64_t>v.sound_rate
    if bitrate < sent or not (reports_fresh(v.estimator, e.now) or tries_more(e, v) or was_full(e, v)):
        estimator_remb(v.estimator, e.now, bitrate, sent)


cdef void line_remb(engine* e, int32_t viewer, uint64_t bitrate) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef int64_t passed = e.now - v.remb_at
    if v.estimator == NULL:
        return
    if not v.counts:
        v.unheard = 0
    if not v.may_count:
        told_remb(e, v, bitrate, (v.bytes_sent - v.remb_bytes) * 8000000 // max(passed, <int64_t>1000))
    if passed > REMB_SPAN:
        # None told what was sent before the first: half a minute ago, perhaps.
        v.sent_rate = (v.bytes_sent - v.remb_bytes) * 8000000 // passed if passed < 2 * REMB_SPAN else 0
        v.remb_at = e.now
        v.remb_bytes = v.bytes_sent
    # His browser allows itself little more than what arrives, and a screen may stand still.
    if v.may_count and not v.counts and 8 * bitrate < UNSETTLED_SPARE * pictures_sent(v):
        count(v, e.now)
    react(e, viewer)


cdef void take_report(const engine* e, session* v) noexcept nogil:
    cdef report_sum r
    r.loss = v.loss
    r.rtt = v.rtt_reported
    r.sent = (v.bytes_sent - v.reported_bytes) * 8000000 // max(<int64_t>1000000, e.now - v.reported_at)
    r.tries = tries_more(e, v)
    r.repaired = v.tries
    reports_take(v.estimator, e.now, &r)
    v.rtt_reported = 0
    begin_report(e, v)


cdef uint64_t picture_packets(const session* v) noexcept nogil:
    cdef uint64_t total = 0
    cdef int32_t i
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        total += v.slots[i].packets
    return total


cdef void begin_missed(session* v) noexcept nogil:
    cdef int32_t i
    v.reported_packets = picture_packets(v)
    v.missed = 0
    # Of what left before nothing counts any more.
    for i in range(SLOTS):
        v.slots[i].missed_to = max(v.slots[i].missed_to, v.slots[i].departed)


cdef void begin_report(const engine* e, session* v) noexcept nogil:
    v.reported_at = e.now
    v.reported_bytes = v.bytes_sent
    # While a step up is judged what is missed adds up over reports.
    if not tries_more(e, v):
        begin_missed(v)


cdef void line_missed(session* v, slot* s, int64_t number) noexcept nogil:
    # Each once, though he asks again until it comes.
    if number <= s.missed_to:
        return
    s.missed_to = number
    v.missed += 1
    if v.may_count:
        misses_add(&s.misses, number)
        v.narrowed = max(v.narrowed, misses_arrived(&s.misses))


cdef void note_reports_alone(const engine* e, session* v) noexcept nogil:
    """One report proves nothing: the first after an outage may tell of who was silent when it began."""
    if not v.stalled or v.loss >= UNSETTLED_LOSS:
        v.reports_alone = 0
    elif v.reports_alone == 0:
        v.reports_alone = e.now
    elif e.now - v.reports_alone >= PATIENCE_TIME:
        give_up(v)


cdef void line_report(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        return
    if not v.may_count:
        take_report(e, v)
        react(e, viewer)
    if v.may_count and not v.counts and v.loss >= UNSETTLED_LOSS:
        count(v, e.now)
    note_reports_alone(e, v)


cdef void note_stalled(engine* e, int32_t viewer) noexcept nogil:
    """While the line is away pictures wait for a keyframe, which is asked for when it is back."""
    cdef session* v = &e.sessions[viewer]
    cdef int32_t i
    if v.stalled and not v.estimator.stalled:
        for i in range(SLOTS):
            v.slots[i].resumes_at = 0
        v.unsettled = v.showing
    v.stalled = v.counts and v.estimator.stalled
    if v.stalled:
        # What leaves now gets lost, however wide the line is.
        forget_misses(v)
        pacing_watch(e, viewer)


cdef void line_moved(const engine* e, session* v) noexcept nogil:
    estimator_moved(v.estimator, e.now)
    forget_misses(v)


cdef void line_slept(engine* e, int32_t viewer) noexcept nogil:
    if e.sessions[viewer].estimator != NULL:
        estimator_slept(e.sessions[viewer].estimator, e.now)
        e.sessions[viewer].remb_at = e.now
        e.sessions[viewer].remb_bytes = e.sessions[viewer].bytes_sent
        begin_report(e, &e.sessions[viewer])


cdef bint pictures_left(const session* v, uint64_t bytes, int64_t passed) noexcept nogil:
    return v.showing and bytes * 8000000 // passed > <uint64_t>v.sound_rate + PICTURES


cdef bint tells_nothing(const engine* e, const session* v) noexcept nogil:
    """Browsers tell a REMB several times a second while pictures arrive."""
    cdef int64_t passed = e.now - v.remb_at
    return passed >= REMB_MISSED and pictures_left(v, v.bytes_sent - v.remb_bytes, passed)


cdef void note_silent(const engine* e, session* v) noexcept nogil:
    """Neither a REMB nor reports: what arrives of what he is sent nobody knows."""
    cdef int64_t passed = e.now - max(v.remb_at, v.reported_at)
    if (line_budget(e, v) > START and passed >= SILENT_FOR
            and pictures_left(v, v.bytes_sent - max(v.remb_bytes, v.reported_bytes), passed)):
        v.estimator.target = START
        v.estimator.feedback_at = e.now


cdef void note_idle(const engine* e, session* v) noexcept nogil:
    """What is sent counts from when it begins. And where nothing leaves nothing is told: what is believed then may
    not be too little for any picture."""
    if v.bytes_sent != v.left_bytes:
        v.left_at, v.left_bytes = e.now, v.bytes_sent
        return
    if v.bytes_sent == v.reported_bytes:
        v.reported_at = e.now
    if v.wishes and line_budget(e, v) < START and e.now - v.left_at >= SILENT_FOR:
        v.estimator.target = START
        v.left_at = e.now


cdef void note_missed(const engine* e, session* v) noexcept nogil:
    cdef int64_t left = <int64_t>(picture_packets(v) - v.reported_packets)
    if v.missed and reports_missed(v.estimator, e.now, v.missed, left, tries_more(e, v)):
        begin_missed(v)


cdef bint tells_no_arrivals(const session* v) noexcept nogil:
    """He has promised to, and packets enough have left."""
    return v.may_count and v.estimator.feedback_at == 0 and v.estimator.untold > PATIENCE


cdef bint is_moving(const session* v, int32_t slot_index) noexcept nogil:
    cdef const slot* s = &v.slots[slot_index]
    return v.showing >> slot_index & 1 and s.track % KINDS == CAMERA and not s.stills


cdef void note_narrowed(engine* e, int32_t viewer) noexcept nogil:
    """Numbers would say so, too, but a second later, and all that is sent until then fills the line."""
    cdef session* v = &e.sessions[viewer]
    cdef int32_t i
    if e.now - v.estimator.lowered_at > NARROWS_FOR:
        lowering_by_misses(v.estimator, e.now, <double>v.allotted * v.narrowed / 1024)
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        if misses_arrived(&v.slots[i].misses) and is_moving(v, i):
            # With so much of it missing nothing can be shown before the next keyframe.
            slots_stop(v, i)
    forget_misses(v)
    count(v, e.now)


cdef void note_settled(const engine* e, session* v) noexcept nogil:
    """Whether who was sent packets without numbers is to have them again."""
    if v.counts:
        return
    if tells_nothing(e, v):
        v.unheard += 1
        count(v, e.now)
    elif v.wishes or 8 * line_budget(e, v) < UNSETTLED_SPARE * v.allotted:
        count(v, e.now)


cdef void visit_told(const engine* e, session* v) noexcept nogil:
    """Of whom reports tell, a REMB, or nothing."""
    note_idle(e, v)
    note_silent(e, v)
    note_missed(e, v)


cdef void visit_counted(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    note_shown(v, e.now)
    if v.narrowed:
        note_narrowed(e, viewer)
    note_settled(e, v)
    settle(v, e.now)
    if v.wishes > line_budget(e, v):
        pacing_watch(e, viewer)


cdef void line_visit(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        return
    if v.may_count:
        estimator_tick(v.estimator, e.now)
    else:
        visit_told(e, v)
    if tells_no_arrivals(v):
        give_up(v)
    v.estimator.untried = 0 if v.tries and v.may_count else v.wishes
    note_stalled(e, viewer)
    if v.may_count:
        visit_counted(e, viewer)
    react(e, viewer)
