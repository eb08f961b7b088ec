from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport SPEAKERS, room, seat, session, source

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


cdef inline float rank(engine* e, int32_t s) noexcept nogil:
    return e.sessions[s].sources[0].loudness + (PRIORITY if e.sessions[s].moderator else 0)


cdef void sit_down(engine* e, seat* place, int32_t s) noexcept nogil:
    place.session = s
    place.since = e.now
    place.last_loud = e.now
    place.talk += 1


cdef int32_t find_seat(engine* e, room* r, int32_t s) noexcept nogil:
    """A free seat, else the weakest holder's when the newcomer is clearly louder, else −1."""
    cdef int32_t i, weakest = -1
    cdef int32_t silent = -1
    # The weakest who is no moderator
    cdef int32_t other = -1
    for i in range(SPEAKERS):
        if r.seats[i].session < 0:
            return i
        if e.now - r.seats[i].last_loud > FREE_AFTER:
            if silent < 0 or r.seats[i].last_loud < r.seats[silent].last_loud:
                silent = i
        elif e.now - r.seats[i].since >= HOLD:
            if weakest < 0 or rank(e, r.seats[i].session) < rank(e, r.seats[weakest].session):
                weakest = i
            if not e.sessions[r.seats[i].session].moderator and (
                    other < 0 or rank(e, r.seats[i].session) < rank(e, r.seats[other].session)):
                other = i
    if silent >= 0:
        return silent
    if weakest >= 0 and rank(e, s) > rank(e, r.seats[weakest].session) + MARGIN:
        return weakest
    # Levels are what their senders say: three who claim the loudest would silence the teacher.
    return other if e.sessions[s].moderator else -1


cdef int32_t speakers_hear(engine* e, int32_t session_index, int32_t loudness) noexcept nogil:
    cdef session* who = &e.sessions[session_index]
    cdef room* r = &e.rooms[who.room]
    cdef source* s = &who.sources[0]
    cdef bint loud = loudness >= THRESHOLD
    cdef int32_t i
    # Up fast, down slowly
    s.loudness += (loudness - s.loudness) * (0.3 if loudness > s.loudness else 0.05)
    for i in range(SPEAKERS):
        if r.seats[i].session == session_index:
            if loud:
                if e.now - r.seats[i].last_loud > HANGOVER:
                    r.seats[i].talk += 1
                r.seats[i].last_loud = e.now
            return i if e.now - r.seats[i].last_loud <= HANGOVER else -1
    if not loud:
        return -1
    i = find_seat(e, r, session_index)
    if i >= 0:
        sit_down(e, &r.seats[i], session_index)
    return i


cdef void speakers_forget(engine* e, int32_t session_index) noexcept nogil:
    cdef room* r = &e.rooms[e.sessions[session_index].room]
    cdef int32_t i
    for i in range(SPEAKERS):
        if r.seats[i].session == session_index:
            r.seats[i].session = -1
            r.seats[i].talk += 1
        

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
