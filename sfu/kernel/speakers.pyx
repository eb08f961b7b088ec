from libc.stdint cimport int32_t, int64_t

from sfu.kernel.loudness cimport loudness_believed, loudness_is_proven
from sfu.kernel.sizes cimport SPEAKERS
from sfu.kernel.state cimport room, seat, session, source

cdef enum:
    # −50 dBov: louder counts as speech
    THRESHOLD = 77
    # Pauses between words are forwarded
    HANGOVER = 600000
    # A seat whose holder has been silent for this long is free
    FREE_AFTER = 2000000
    # A seat is not contested before
    HOLD = 1000000
    # By how much the candidate must be louder, and what a moderator gets on top
    MARGIN = 6
    PRIORITY = 12
    # Who has lost a seat gets none by loudness alone for so long
    PATIENCE = 10000000
    # So long a seat is kept when others wait, who must have waited so long and may be so much
    # softer: noise in a room is softer than that
    TURN = 4000000
    WAIT = 500000
    SOFTER = 15
    # A waiter who has not been heard for so long waits no more
    WAITER_GONE = 300000
    # How slowly it is forgotten who was heard (µs)
    MEMORY = 20000000


cdef inline float rank(engine* e, int32_t s) noexcept nogil:
    return e.sessions[s].sources[0].loudness + (PRIORITY if e.sessions[s].moderator else 0)


cdef void sit_down(engine* e, room* r, seat* place, int32_t s) noexcept nogil:
    if place.session >= 0:
        e.sessions[place.session].seat_lost = e.now
    if r.waiter == s:
        r.waiter = -1
    e.sessions[s].waits_since = 0
    place.session = s
    place.since = e.now
    place.last_loud = e.now
    place.talk += 1


cdef void stand_up(seat* place) noexcept nogil:
    place.session = -1
    place.talk += 1


cdef int32_t find_free(engine* e, room* r) noexcept nogil:
    """An empty seat, else that of who has been silent longest; −1: all three speak."""
    cdef int32_t i, silent = -1
    for i in range(SPEAKERS):
        if r.seats[i].session < 0:
            return i
        if e.now - r.seats[i].last_loud > FREE_AFTER and (
                silent < 0 or r.seats[i].last_loud < r.seats[silent].last_loud):
            silent = i
    return silent


cdef int32_t find_weaker(engine* e, room* r, int32_t s) noexcept nogil:
    """The seat of who has not borne out his claims in all that time, else that of the weakest whom
    the newcomer outdoes clearly; −1: there is none."""
    cdef int32_t i, weakest = -1
    # The weakest who is no moderator
    cdef int32_t other = -1
    for i in range(SPEAKERS):
        if e.now - r.seats[i].since < HOLD:
            continue
        # A packet now and then keeps a seat, and proves nothing.
        if not e.sessions[r.seats[i].session].moderator and not loudness_is_proven(
                &e.sessions[r.seats[i].session].sources[0]):
            return i
        if weakest < 0 or rank(e, r.seats[i].session) < rank(e, r.seats[weakest].session):
            weakest = i
        if not e.sessions[r.seats[i].session].moderator and (
                other < 0 or rank(e, r.seats[i].session) < rank(e, r.seats[other].session)):
            other = i
    if (weakest >= 0 and rank(e, s) > rank(e, r.seats[weakest].session) + MARGIN
            and (e.sessions[s].seat_lost == 0 or e.now - e.sessions[s].seat_lost > PATIENCE)):
        return weakest
    # Levels are what their senders say: three who claim the loudest would silence the teacher.
    return other if e.sessions[s].moderator else -1


cdef inline double heard_lately(engine* e, const session* who) noexcept nogil:
    return who.heard_for * MEMORY / (MEMORY + e.now - who.heard_at)


cdef void note_heard(engine* e, session* who) noexcept nogil:
    cdef double before = heard_lately(e, who)
    who.heard_for = before + min(e.now - who.heard_at, <int64_t>HANGOVER)
    who.heard_at = e.now


cdef bint is_next(engine* e, room* r, int32_t s) noexcept nogil:
    """Notes that this one speaks without a seat. Whether it has done so for long enough, and was
    heard less than whoever else does: who speaks in short phrases would never be the one who has
    waited longest."""
    cdef session* who = &e.sessions[s]
    cdef session* first
    if who.waits_since == 0 or e.now - who.waited_at > HANGOVER:
        who.waits_since = e.now
    who.waited_at = e.now
    if r.waiter >= 0 and r.waiter != s:
        first = &e.sessions[r.waiter]
        if e.now - first.waited_at <= WAITER_GONE and heard_lately(e, first) <= heard_lately(e, who):
            return False
    r.waiter = s
    return e.now - who.waits_since >= WAIT


cdef int32_t find_turn(engine* e, room* r, int32_t s, int64_t had) noexcept nogil:
    """The seat of who has had his turn longest, and for so long at least; moderators have no turns.
    −1: there is none."""
    cdef int32_t i, found = -1
    for i in range(SPEAKERS):
        if (e.now - r.seats[i].since >= had and not e.sessions[r.seats[i].session].moderator
                and rank(e, r.seats[i].session) <= rank(e, s) + SOFTER
                and (found < 0 or r.seats[i].since < r.seats[found].since)):
            found = i
    return found


cdef int32_t find_seat(engine* e, room* r, int32_t s) noexcept nogil:
    cdef int32_t i = find_free(e, r)
    # Nobody is sent away for a claim of a moment, unless by a moderator.
    if i >= 0 or not (e.sessions[s].moderator or loudness_is_proven(&e.sessions[s].sources[0])):
        return i
    i = find_weaker(e, r, s)
    # Who is too soft for any turn would wait for ever, and all others for him.
    if i < 0 and find_turn(e, r, s, 0) >= 0 and is_next(e, r, s):
        i = find_turn(e, r, s, TURN)
    return i


cdef int32_t hear_seated(engine* e, seat* place, bint loud, bint lies) noexcept nogil:
    """Whether his packet is forwarded."""
    if lies:
        stand_up(place)
        return False
    if loud:
        if e.now - place.last_loud > HANGOVER:
            place.talk += 1
        place.last_loud = e.now
    if e.now - place.last_loud > HANGOVER:
        return False
    note_heard(e, &e.sessions[place.session])
    return True


cdef int32_t speakers_hear(engine* e, int32_t session_index, int32_t claimed, int32_t size) noexcept nogil:
    cdef session* who = &e.sessions[session_index]
    cdef room* r = &e.rooms[who.room]
    cdef source* s = &who.sources[0]
    cdef int32_t loudness = loudness_believed(s, e.now, claimed, size)
    cdef bint loud = loudness >= THRESHOLD
    cdef int32_t i
    # Up fast, down slowly
    s.loudness += (loudness - s.loudness) * (0.3 if loudness > s.loudness else 0.05)
    for i in range(SPEAKERS):
        if r.seats[i].session == session_index:
            return i if hear_seated(e, &r.seats[i], loud, s.claims and not loud) else -1
    if not loud:
        return -1
    i = find_seat(e, r, session_index)
    if i >= 0:
        sit_down(e, r, &r.seats[i], session_index)
    return i


cdef void speakers_forget(engine* e, int32_t session_index) noexcept nogil:
    cdef room* r = &e.rooms[e.sessions[session_index].room]
    cdef int32_t i
    for i in range(SPEAKERS):
        if r.seats[i].session == session_index:
            stand_up(&r.seats[i])
    if r.waiter == session_index:
        r.waiter = -1


cdef void speakers_slept(engine* e, int32_t room_index, int64_t slept) noexcept nogil:
    cdef seat* place
    cdef int32_t i
    for i in range(SPEAKERS):
        place = &e.rooms[room_index].seats[i]
        place.last_loud = min(place.last_loud + slept, e.now)


cdef int32_t speakers_list(engine* e, int32_t room_index, int32_t* out) noexcept nogil:
    cdef room* r = &e.rooms[room_index]
    cdef int32_t i, at, count = 0, who
    for i in range(SPEAKERS):
        who = r.seats[i].session
        if who < 0 or e.now - r.seats[i].last_loud > HANGOVER:
            continue
        at = count
        while at > 0 and e.sessions[out[at - 1]].sources[0].loudness < e.sessions[who].sources[0].loudness:
            out[at] = out[at - 1]
            at -= 1
        out[at] = who
        count += 1
    return count
