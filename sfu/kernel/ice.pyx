from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memchr, memcmp, memcpy, memset

from sfu.kernel.events cimport EVENT_CONNECTED, event_put
from sfu.kernel.memory cimport address_key, table_get, table_open, table_remove, table_set
from sfu.kernel.outbox cimport outbox_raw
from sfu.kernel.state cimport (
    DROPPED_GARBAGE, PASSWORD, PATHS, RATE_BUCKETS, STUN_ACCEPTED, STUN_LIMITED,
    STUN_REFLECTED, STUN_REFUSED, UFRAG,
    rate_bucket, session)
from sfu.kernel.stun cimport (
    STUN_MAX_ANSWER, STUN_REQUEST, stun_check_integrity, stun_error, stun_parse, stun_request,
    stun_success)

cdef enum:
    KEY = 19
    # Wrong checks of one session that a second bears
    WRONG_PER_SECOND = 50
    # Plain requests of one address: a whole school may open the page from behind one
    PLAIN_PER_SECOND = 500
    ROLE_CONFLICT = 487
    UNKNOWN_ATTRIBUTE = 420


cdef bint ice_open(engine* e) noexcept nogil:
    return (table_open(&e.ufrags, 2 * e.max_sessions)
            and table_open(&e.addresses, PATHS * e.max_sessions))


cdef void ice_close(engine* e) noexcept nogil:
    free(e.ufrags.entries)
    free(e.addresses.entries)
    e.ufrags.entries = e.addresses.entries = NULL


cdef bint ice_credentials(engine* e, int32_t index, const uint8_t* ufrag, size_t ufrag_length,
                          const uint8_t* password, size_t password_length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    if not 4 <= ufrag_length <= UFRAG or not 22 <= password_length <= PASSWORD:
        return False
    if s.ufrag_length[1]:
        table_remove(&e.ufrags, s.ufrag[1], s.ufrag_length[1])
    memcpy(s.ufrag[1], s.ufrag[0], UFRAG)
    memcpy(s.password[1], s.password[0], PASSWORD)
    s.ufrag_length[1] = s.ufrag_length[0]
    s.password_length[1] = s.password_length[0]
    memcpy(s.ufrag[0], ufrag, ufrag_length)
    memcpy(s.password[0], password, password_length)
    s.ufrag_length[0] = <uint8_t>ufrag_length
    s.password_length[0] = <uint8_t>password_length
    return table_set(&e.ufrags, ufrag, ufrag_length, index)


cdef void ice_forget(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef uint8_t key[KEY]
    cdef int i
    for i in range(2):
        if s.ufrag_length[i]:
            table_remove(&e.ufrags, s.ufrag[i], s.ufrag_length[i])
    for i in range(PATHS):
        if s.known[i].family:
            address_key(&s.known[i], key)
            if table_get(&e.addresses, key, KEY) == index:
                table_remove(&e.addresses, key, KEY)


cdef int32_t ice_session(engine* e, const address* from_address) noexcept nogil:
    cdef uint8_t key[KEY]
    address_key(from_address, key)
    return table_get(&e.addresses, key, KEY)


cdef rate_bucket* bucket_of(engine* e, const address* a) noexcept nogil:
    cdef uint32_t h = 2166136261u
    cdef int i
    for i in range(16):
        h = (h ^ a.ip[i]) * 16777619u
    return &e.refused[h % RATE_BUCKETS]


cdef bint spend(rate_bucket* b, int64_t now, int32_t limit) noexcept nogil:
    """One more in this second; False: it is over the limit."""
    if now - b.since >= 1000000:
        b.since = now
        b.count = 0
    b.count += 1
    return b.count <= limit


cdef bint spend_address(engine* e, const address* a) noexcept nogil:
    cdef rate_bucket* b = bucket_of(e, a)
    if memcmp(b.ip, a.ip, 16) != 0:
        memcpy(b.ip, a.ip, 16)
        b.since = 0
    return spend(b, e.now, PLAIN_PER_SECOND)


cdef inline bint exhausted(const rate_bucket* b, int64_t now) noexcept nogil:
    return b.count >= WRONG_PER_SECOND and now - b.since < 1000000


cdef int credentials_of(engine* e, const stun_request* r, int32_t* index) noexcept nogil:
    """Which of the session's two credentials the check names (RFC 8445 §7.3); −1: none."""
    cdef const uint8_t* colon
    cdef size_t length
    cdef session* s
    if r.username == NULL:
        return -1
    colon = <const uint8_t*>memchr(r.username, c":", r.username_len)
    if colon == NULL:
        return -1
    length = colon - r.username
    index[0] = table_get(&e.ufrags, r.username, length)
    if index[0] < 0:
        return -1
    s = &e.sessions[index[0]]
    return 0 if length == s.ufrag_length[0] and memcmp(r.username, s.ufrag[0], length) == 0 else 1


cdef void remember(engine* e, int32_t index, const address* a) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef address* place
    cdef uint8_t key[KEY]
    address_key(a, key)
    if table_get(&e.addresses, key, KEY) == index:
        return
    place = &s.known[s.known_next % PATHS]
    s.known_next += 1
    if place.family and memcmp(place, &s.current.remote, sizeof(address)) == 0:
        # The address in use is not the one to be forgotten.
        place = &s.known[s.known_next % PATHS]
        s.known_next += 1
    if place.family:
        forget_address(e, index, place)
    place[0] = a[0]
    table_set(&e.addresses, key, KEY, index)


cdef void forget_address(engine* e, int32_t index, const address* a) noexcept nogil:
    cdef uint8_t key[KEY]
    address_key(a, key)
    if table_get(&e.addresses, key, KEY) == index:
        table_remove(&e.addresses, key, KEY)


cdef void accept(engine* e, int32_t index, const path* from_path, bint nominated) noexcept nogil:
    cdef session* s = &e.sessions[index]
    e.counters[STUN_ACCEPTED] += 1
    s.last_check = e.now
    s.lost = False
    remember(e, index, &from_path.remote)
    if nominated or s.current.remote.family == 0:
        s.current = from_path[0]
    if not s.connected:
        s.connected = event_put(e, EVENT_CONNECTED, index, 0, 0, NULL, 0)


cdef void reflect(engine* e, const path* from_path, const stun_request* r) noexcept nogil:
    """A plain binding request: before a person joins, his browser sees whether UDP gets here."""
    cdef uint8_t out[STUN_MAX_ANSWER]
    cdef int size
    if not spend_address(e, &from_path.remote):
        e.counters[STUN_LIMITED] += 1
        return
    e.counters[STUN_REFLECTED] += 1
    size = stun_success(r, from_path.remote.ip, 4 if from_path.remote.family == 4 else 16,
                        from_path.remote.port, NULL, 0, out, STUN_MAX_ANSWER)
    if size > 0:
        outbox_raw(e, from_path, out, size)


cdef bint authentic(engine* e, const path* from_path, const stun_request* r, session* s, int which,
                    const uint8_t* data, size_t length) noexcept nogil:
    """Wrong checks are limited per session: classmates behind one address do not suffer."""
    if exhausted(&s.wrong, e.now) and ice_session(e, &from_path.remote) < 0:
        e.counters[STUN_LIMITED] += 1
        return False
    if r.has_integrity and stun_check_integrity(data, length, r, s.password[which],
                                                s.password_length[which]):
        return True
    spend(&s.wrong, e.now, WRONG_PER_SECOND)
    e.counters[STUN_REFUSED] += 1
    return False


cdef void ice_check(engine* e, const path* from_path, const uint8_t* data, size_t length) noexcept nogil:
    cdef stun_request r
    cdef uint8_t out[STUN_MAX_ANSWER]
    cdef int32_t index = -1
    cdef int which, size
    cdef session* s
    memset(&r, 0, sizeof(r))
    which = stun_parse(data, length, &r)
    if which != STUN_REQUEST:
        if which < 0:
            e.counters[DROPPED_GARBAGE] += 1
        return
    if r.username == NULL and not r.has_integrity and not r.unknown_required:
        reflect(e, from_path, &r)
        return
    which = credentials_of(e, &r, &index)
    if which < 0:
        e.counters[STUN_REFUSED] += 1
        return
    s = &e.sessions[index]
    if not authentic(e, from_path, &r, s, which, data, length):
        return
    if r.unknown_required:
        size = stun_error(&r, UNKNOWN_ATTRIBUTE, s.password[which], s.password_length[which], out,
                          STUN_MAX_ANSWER)
    elif r.ice_controlled:
        size = stun_error(&r, ROLE_CONFLICT, s.password[which], s.password_length[which], out,
                          STUN_MAX_ANSWER)
    else:
        accept(e, index, from_path, r.use_candidate)
        size = stun_success(&r, from_path.remote.ip, 4 if from_path.remote.family == 4 else 16,
                            from_path.remote.port, s.password[which], s.password_length[which], out,
                            STUN_MAX_ANSWER)
    if size > 0:
        outbox_raw(e, from_path, out, size)
