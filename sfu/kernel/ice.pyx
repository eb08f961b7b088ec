from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memchr, memcmp, memcpy

from sfu.kernel.addresses cimport address, rate_bucket
from sfu.kernel.counters cimport DROPPED_GARBAGE, STUN_ACCEPTED, STUN_LIMITED, STUN_REFLECTED, STUN_REFUSED
from sfu.kernel.memory cimport table_get, table_open, table_remove, table_set
from sfu.kernel.outbox cimport KNOWN, STRANGERS, outbox_has_spare, outbox_raw
from sfu.kernel.pace cimport within
from sfu.kernel.paths cimport path_admit, path_answered, path_checked, path_is_alive, path_owner
from sfu.kernel.sizes cimport PASSWORD, PEER_CREDENTIAL, RATE_BUCKETS, UFRAG
from sfu.kernel.stun cimport (
    STUN_MALFORMED, STUN_MAX_ANSWER, STUN_REQUEST, STUN_SUCCESS, stun_check_fingerprint,
    stun_check_integrity, stun_error, stun_parse, stun_request, stun_success)
from sfu.kernel.system cimport zv_random

cdef enum:
    # Wrong checks of one session that a second bears
    WRONG_PER_SECOND = 50
    # Plain requests of one address: a whole school may open the page from behind one
    PLAIN_PER_SECOND = 500
    # A browser's has 20 bytes and a few; a longer one would only cost its sum
    MAX_PLAIN = 256
    # Right checks of one session from addresses it is known by: 100 a second, 200 ahead
    CHECK_INTERVAL = 10000
    CHECK_BURST = 2000000
    ROLE_CONFLICT = 487
    UNKNOWN_ATTRIBUTE = 420


cdef bint ice_open(engine* e) noexcept nogil:
    return table_open(&e.ufrags, 2 * e.max_sessions) and zv_random(e.seeds, sizeof(e.seeds))


cdef void ice_close(engine* e) noexcept nogil:
    free(e.ufrags.entries)
    e.ufrags.entries = NULL


cdef bint ice_credentials(engine* e, int32_t index, const uint8_t* ufrag, size_t ufrag_length,
                          const uint8_t* password, size_t password_length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    if not 4 <= ufrag_length <= UFRAG or not 22 <= password_length <= PASSWORD:
        return False
    if s.ufrag_length[1] and not s.ufrag_used:
        # He does not know those that no check has named: their answer got lost, or comes late. What he
        # checks with must outlast restarts that follow each other.
        table_remove(&e.ufrags, s.ufrag[0], s.ufrag_length[0])
    else:
        if s.ufrag_length[1]:
            table_remove(&e.ufrags, s.ufrag[1], s.ufrag_length[1])
        memcpy(s.ufrag[1], s.ufrag[0], UFRAG)
        memcpy(s.password[1], s.password[0], PASSWORD)
        s.ufrag_length[1] = s.ufrag_length[0]
        s.password_length[1] = s.password_length[0]
    s.ufrag_used = False
    memcpy(s.ufrag[0], ufrag, ufrag_length)
    memcpy(s.password[0], password, password_length)
    s.ufrag_length[0] = <uint8_t>ufrag_length
    s.generation += 1
    s.password_length[0] = <uint8_t>password_length
    return table_set(&e.ufrags, ufrag, ufrag_length, index)


cdef bint ice_peer(session* s, const uint8_t* ufrag, size_t ufrag_length, const uint8_t* password,
                   size_t password_length) noexcept nogil:
    if not 0 < ufrag_length <= PEER_CREDENTIAL or not 0 < password_length <= PEER_CREDENTIAL:
        return False
    memcpy(s.peer_ufrag, ufrag, ufrag_length)
    memcpy(s.peer_password, password, password_length)
    s.peer_ufrag_length = <uint16_t>ufrag_length
    s.peer_password_length = <uint16_t>password_length
    return True


cdef void ice_forget(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int i
    for i in range(2):
        if s.ufrag_length[i]:
            table_remove(&e.ufrags, s.ufrag[i], s.ufrag_length[i])


# ── limits ──


cdef inline bint spend(rate_bucket* b, int64_t now, int32_t limit) noexcept nogil:
    """One more in this second; False: it is over the limit."""
    if now - b.since >= 1000000:
        b.since = now
        b.count = 0
    b.count += 1
    return b.count <= limit


cdef uint32_t hash_of(const address* a, uint32_t seed) noexcept nogil:
    # One customer has all addresses of an IPv6 /64.
    cdef uint32_t h = 2166136261u ^ seed
    cdef int i
    for i in range(4 if a.family == 4 else 8):
        h = (h ^ a.ip[i]) * 16777619u
    return h ^ (h >> 15)


cdef bint spend_plain(engine* e, const address* a) noexcept nogil:
    """Two counts of each address, shared with different others: only who is over the limit in both
    is refused, and sharing lets nobody pass (a count–min sketch)."""
    cdef bint within_limit = False
    cdef int i
    for i in range(2):
        if spend(&e.plain[i][hash_of(a, e.seeds[i]) % RATE_BUCKETS], e.now, PLAIN_PER_SECOND):
            within_limit = True
    return within_limit


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


cdef void reflect(engine* e, const path* from_path, const uint8_t* data, size_t length,
                  const stun_request* r) noexcept nogil:
    """A plain binding request: before a person joins, his browser sees whether UDP gets here."""
    cdef uint8_t out[STUN_MAX_ANSWER]
    cdef int size
    if length > MAX_PLAIN or not spend_plain(e, &from_path.remote):
        e.counters[STUN_LIMITED] += 1
        return
    if not stun_check_fingerprint(data, r):
        e.counters[DROPPED_GARBAGE] += 1
        return
    if not outbox_has_spare(e, from_path.remote.family, STRANGERS):
        return
    e.counters[STUN_REFLECTED] += 1
    size = stun_success(r, from_path.remote.ip, 4 if from_path.remote.family == 4 else 16,
                        from_path.remote.port, NULL, 0, out, STUN_MAX_ANSWER)
    if size > 0:
        outbox_raw(e, from_path, out, size)


cdef bint bearable(engine* e, const path* from_path, int32_t index) noexcept nogil:
    """Wrong checks are limited per session: classmates behind one address do not suffer, nor does
    a peer from an address that is known."""
    cdef session* s = &e.sessions[index]
    if path_owner(e, &from_path.remote) == index:
        return within(&s.check_pace, e.now, CHECK_INTERVAL, CHECK_BURST)
    return not exhausted(&s.wrong, e.now)


cdef bint authentic(engine* e, const uint8_t* data, size_t length, const stun_request* r, session* s,
                    int which) noexcept nogil:
    if r.has_integrity and stun_check_fingerprint(data, r) and stun_check_integrity(
            data, length, r, s.password[which], s.password_length[which]):
        return True
    spend(&s.wrong, e.now, WRONG_PER_SECOND)
    e.counters[STUN_REFUSED] += 1
    return False


cdef int answer(engine* e, int32_t index, const path* from_path, const stun_request* r, int which,
                uint8_t* out) noexcept nogil:
    """Length of the answer; 0: none is due."""
    cdef session* s = &e.sessions[index]
    if r.unknown_required or r.ice_controlled:
        spend(&s.wrong, e.now, WRONG_PER_SECOND)
    if r.unknown_required:
        return stun_error(r, UNKNOWN_ATTRIBUTE, s.password[which], s.password_length[which], out,
                          STUN_MAX_ANSWER)
    if r.ice_controlled:
        return stun_error(r, ROLE_CONFLICT, s.password[which], s.password_length[which], out,
                          STUN_MAX_ANSWER)
    if not path_admit(e, index, from_path, which):
        spend(&s.wrong, e.now, WRONG_PER_SECOND)
        return 0
    e.counters[STUN_ACCEPTED] += 1
    s.ufrag_used = s.ufrag_used or which == 0
    path_checked(e, index, from_path, r.use_candidate)
    return stun_success(r, from_path.remote.ip, 4 if from_path.remote.family == 4 else 16,
                        from_path.remote.port, s.password[which], s.password_length[which], out,
                        STUN_MAX_ANSWER)


cdef void request(engine* e, const path* from_path, const uint8_t* data, size_t length,
                  const stun_request* r) noexcept nogil:
    cdef uint8_t out[STUN_MAX_ANSWER]
    cdef int32_t index = -1
    cdef int which = credentials_of(e, r, &index)
    cdef int size
    if which < 0:
        e.counters[STUN_REFUSED] += 1
        return
    if not bearable(e, from_path, index):
        e.counters[STUN_LIMITED] += 1
        return
    if authentic(e, data, length, r, &e.sessions[index], which):
        size = answer(e, index, from_path, r, which, out)
        if size > 0 and (path_is_alive(e, index, from_path)
                         or outbox_has_spare(e, from_path.remote.family, KNOWN)):
            outbox_raw(e, from_path, out, size)


cdef void ice_check(engine* e, const path* from_path, const uint8_t* data, size_t length) noexcept nogil:
    cdef stun_request r
    cdef int kind = stun_parse(data, length, &r)
    if kind == STUN_MALFORMED:
        e.counters[DROPPED_GARBAGE] += 1
    elif kind == STUN_SUCCESS:
        path_answered(e, from_path, data, length, &r)
    elif kind == STUN_REQUEST and r.username == NULL and not r.has_integrity and not r.unknown_required:
        reflect(e, from_path, data, length, &r)
    elif kind == STUN_REQUEST:
        request(e, from_path, data, length, &r)
