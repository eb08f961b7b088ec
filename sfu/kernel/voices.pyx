from libc.stdint cimport int32_t, int64_t, uint32_t

from sfu.kernel.line cimport line_budget
from sfu.kernel.sizes cimport AUDIO_SLOTS, SPEAKERS
from sfu.kernel.state cimport room, voice

cdef enum:
    LOOK_EVERY = 200000
    # Over which what somebody sends is averaged (µs)
    SPAN = 500000
    # Bits per second below which nobody is heard
    HEARD = 8000
    # What one who speaks takes at least, and at most: more is music, or no sound at all
    SPEECH = 64000
    SPEECH_MOST = 96000
    # Parts in 8 of the line that may be kept when some voice has to go: an estimate that has just
    # fallen is below what the line bears. In 16, that another one has to leave free
    KEPT = 9
    FITS = 15
    # Parts in 2 of what the line bears that one may have whom else nobody would replace
    ALONE = 3
    # Parts in 8 of what is sent of them that arrive while they fit: not all do on a line that loses, and who fills
    # the queue of a line may be somebody else
    ARRIVES = 7
    # All together are more than the line bears for so long until one goes; it is away for as long at least
    OVER_FOR = 500000
    AWAY_FOR = 1000000
    # One is tried again after this, each time after twice as long: of a line that only sound is in use of
    # nothing tells how wide it is
    FIRST_WAIT = 5000000
    LONGEST_WAIT = 60000000
    # After so long a try has not been in vain
    LASTED = 20000000


cdef bint is_large(const voice* n, int32_t place) noexcept nogil:
    return place >= SPEAKERS or n.rate > SPEECH_MOST


cdef bint is_moderator(const engine* e, const session* v, int32_t place) noexcept nogil:
    cdef const room* r = &e.rooms[v.room]
    return place < SPEAKERS and r.seats[place].session >= 0 and e.sessions[r.seats[place].session].moderator


cdef int32_t rank(const engine* e, const session* v, int32_t place) noexcept nogil:
    """The less, the sooner it is kept: speech before what is larger, moderators, who is heard already."""
    cdef const voice* n = &v.voices[place]
    return (16 * is_large(n, place) + 8 * (not is_moderator(e, v, place)) + 4 * n.shut) + place


cdef void order(const engine* e, const session* v, int32_t* places) noexcept nogil:
    cdef int32_t i, at
    for i in range(AUDIO_SLOTS):
        at = i
        while at > 0 and rank(e, v, places[at - 1]) > rank(e, v, i):
            places[at] = places[at - 1]
            at -= 1
        places[at] = i


cdef void note(session* v, int64_t passed) noexcept nogil:
    cdef voice* n
    cdef int32_t i
    for i in range(AUDIO_SLOTS):
        n = &v.voices[i]
        n.rate += <float>((n.came * 8e6 / passed - n.rate) * min(1.0, passed / <double>SPAN))
        n.came = 0


cdef double all_open(const session* v) noexcept nogil:
    cdef double total = 0
    cdef int32_t i
    for i in range(AUDIO_SLOTS):
        if not v.voices[i].shut:
            total += v.voices[i].rate
    return total


cdef uint32_t turn_of(const engine* e, const session* v, int32_t place) noexcept nogil:
    return e.rooms[v.room].seats[place].talk if place < SPEAKERS else 0


cdef void shut(const engine* e, session* v, int32_t place) noexcept nogil:
    v.voices[place].shut = True
    v.voices[place].talk = turn_of(e, v, place)
    # What comes after that begins anew: he misses nothing that he would ask for.
    v.slots[place].source = -1


cdef void shut_what_does_not_fit(const engine* e, session* v) noexcept nogil:
    cdef int32_t places[AUDIO_SLOTS]
    cdef double kept = 0, budget = <double>line_budget(e, v)
    cdef voice* n
    cdef int32_t i
    cdef bint fewer = False
    order(e, v, places)
    for i in range(AUDIO_SLOTS):
        n = &v.voices[places[i]]
        if n.shut or n.rate < HEARD:
            continue
        if kept + n.rate <= budget * KEPT / 8 or (
                kept == 0 and (not is_large(n, places[i]) or n.rate <= budget * ALONE / 2)):
            kept += n.rate
        else:
            shut(e, v, places[i])
            fewer = True
    v.voices_over = 0
    if not fewer:
        return
    v.voices_wait = min(<int64_t>LONGEST_WAIT, 2 * v.voices_wait) if e.now - v.voices_opened < LASTED else FIRST_WAIT
    v.voices_shut = e.now


cdef bint may_open(const engine* e, const session* v, int32_t place, double others) noexcept nogil:
    cdef const voice* n = &v.voices[place]
    cdef double budget = <double>line_budget(e, v), total = others + max(<double>SPEECH, n.rate)
    cdef bint waited = e.now - v.voices_shut >= v.voices_wait
    # That little room was there before, too, and was none.
    if total <= budget * FITS / 16 and (waited or 3 * total <= 2 * budget):
        return True
    if others < HEARD and (not is_large(n, place) or n.rate <= budget * ALONE / 2):
        return True
    # Whoever is too large by himself is tried when he costs nobody else.
    return waited and n.rate > HEARD and (others < HEARD or not is_large(n, place))


cdef void open_next(const engine* e, session* v, double others) noexcept nogil:
    cdef int32_t places[AUDIO_SLOTS]
    cdef int32_t i
    order(e, v, places)
    for i in range(AUDIO_SLOTS):
        if not v.voices[places[i]].shut:
            continue
        if may_open(e, v, places[i], others):
            v.voices[places[i]].shut = False
            v.voices_opened = e.now
            v.voices_over = 0
            return


cdef void open_moderators(const engine* e, session* v) noexcept nogil:
    """Who was left out was somebody else. Of all who are heard then one has to go."""
    cdef int32_t i
    for i in range(SPEAKERS):
        if v.voices[i].shut and v.voices[i].talk != turn_of(e, v, i) and is_moderator(e, v, i):
            v.voices[i].shut = False
            v.voices[i].rate = 0


cdef bint any_shut(const session* v) noexcept nogil:
    cdef int32_t i
    for i in range(AUDIO_SLOTS):
        if v.voices[i].shut:
            return True
    return False


cdef bint is_counted(const session* v) noexcept nogil:
    """Whether what arrives of his sound is known."""
    return v.counts and v.slots[0].transport_cc or not v.may_count and v.estimator.reported.at != 0


cdef bint any_large(const session* v) noexcept nogil:
    cdef int32_t i
    for i in range(AUDIO_SLOTS):
        if not v.voices[i].shut and is_large(&v.voices[i], i) and v.voices[i].rate > HEARD:
            return True
    return False


cdef bint is_full(const session* v, double total) noexcept nogil:
    """An estimate of which little is in use is low: only one that falls all the same says that the line is full.
    Speech goes when it does not arrive; what is larger, when it is more than the line is thought to bear."""
    return (is_counted(v) and v.estimator.lowered_at > v.voices_over
            and (any_large(v) or v.estimator.acked * 8.0 < total * ARRIVES))


cdef void voices_visit(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef int64_t passed = e.now - v.voices_since
    cdef double total
    if v.estimator == NULL or passed < LOOK_EVERY:
        return
    note(v, passed)
    v.voices_since = e.now
    if v.stalled:
        # What a line bears that is away is not known.
        v.voices_over = 0
        return
    open_moderators(e, v)
    total = all_open(v)
    if total <= line_budget(e, v):
        v.voices_over = 0
    elif v.voices_over == 0:
        v.voices_over = e.now
    elif e.now - v.voices_over >= OVER_FOR and is_full(v, total):
        shut_what_does_not_fit(e, v)
    if any_shut(v) and e.now - max(v.voices_shut, v.voices_opened) >= AWAY_FOR:
        open_next(e, v, total)
