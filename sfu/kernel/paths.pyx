from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free
from libc.string cimport memcmp, memcpy

from sfu.kernel.addresses cimport known_path
from sfu.kernel.bytes cimport load32, store32
from sfu.kernel.counters cimport CHECKS_SENT, PATHS_MOVED, STUN_LIMITED
from sfu.kernel.events cimport EVENT_CONNECTED, EVENT_LOST, event_put
from sfu.kernel.line cimport line_moved
from sfu.kernel.memory cimport address_key, table_get, table_open, table_remove, table_set
from sfu.kernel.outbox cimport KNOWN, outbox_has_spare, outbox_raw
from sfu.kernel.pace cimport within
from sfu.kernel.pacing cimport pacing_drop
from sfu.kernel.roundtrip cimport roundtrip_note
from sfu.kernel.sizes cimport PATHS, PEER_CREDENTIAL, SLOTS, UFRAG
from sfu.kernel.state cimport DOUBTFUL, REACHABLE, UNREACHABLE, session
from sfu.kernel.stun cimport (
    STUN_MAX_CHECK, stun_check_fingerprint, stun_check_integrity, stun_request, stun_write_check)
from sfu.kernel.system cimport zv_random
from sfu.kernel.trials cimport trials_forget

cdef enum:
    KEY = 19
    # A path is sent nothing after that long without an authentic packet. Live peers are never so
    # quiet: consent checks come every 4 to 6 s (RFC 7675 §5.1), receiver reports after 6.2 s at
    # the latest (RFC 3550 §6.3.1), and a quiet peer is asked by a check of ours.
    CONSENT = 6800000
    # After that the session counts as lost
    LOST = 30000000
    # A path without an authentic packet for so long is quiet: checks may move it, and it gives way
    QUIET = 1800000
    # Media from elsewhere moves the path when that in use has borne none for so long; a packet
    # that was overtaken does not move it back
    FOLLOWS = 100000
    # An address is its owner's for so long after his last authentic packet from it
    OWNED = 30000000
    PROVEN = 30000000
    # New addresses of one session: two a second, 16 ahead
    ADDRESS_INTERVAL = 500000
    ADDRESS_BURST = 8000000
    CHECK_AGAIN = 500000
    # One that is for the round trip is not repeated, but waited for
    TIMED = 2000000
    # Repetitions of a check to an address that is not in use
    CHECKS = 3
    # Media moves a path at once. But who holds keys may write any address on what he sends, so one
    # that has answered nothing of ours yet gets media for 2 s, once a minute and once ahead. After
    # that it has to answer a check first.
    TRUST = 2000000
    TRUST_INTERVAL = 60000000
    TRUST_BURST = 60000000


cdef bint paths_open(engine* e) noexcept nogil:
    return table_open(&e.addresses, PATHS * e.max_sessions)


cdef void paths_close(engine* e) noexcept nogil:
    free(e.addresses.entries)
    e.addresses.entries = NULL


# ── whose address ──


cdef int32_t path_owner(engine* e, const address* a) noexcept nogil:
    cdef uint8_t key[KEY]
    address_key(a, key)
    return table_get(&e.addresses, key, KEY)


cdef inline bint same_address(const address* a, const address* b) noexcept nogil:
    # Field by field: what a copy has in the gap behind the last is not told.
    return a.port == b.port and a.family == b.family and memcmp(a.ip, b.ip, 16) == 0


cdef inline bint same_path(const path* a, const path* b) noexcept nogil:
    # The same interface is not asked for: packets of one peer may come through two.
    return same_address(&a.remote, &b.remote) and memcmp(a.local, b.local, 16) == 0


cdef known_path* known(session* s, const address* a) noexcept nogil:
    cdef int32_t i
    for i in range(PATHS):
        if s.known[i].path.remote.family and same_address(&s.known[i].path.remote, a):
            return &s.known[i]
    return NULL


cdef void give_up(engine* e, int32_t index, known_path* k) noexcept nogil:
    cdef uint8_t key[KEY]
    if k.path.remote.family:
        address_key(&k.path.remote, key)
        if table_get(&e.addresses, key, KEY) == index:
            table_remove(&e.addresses, key, KEY)
        k.path.remote.family = 0


cdef void path_forget(engine* e, int32_t index) noexcept nogil:
    cdef int32_t i
    for i in range(PATHS):
        give_up(e, index, &e.sessions[index].known[i])


cdef known_path* least_heard(session* s) noexcept nogil:
    """A free place, or that of the address which was heard longest ago and is not in use."""
    cdef known_path* found = NULL
    cdef known_path* k
    cdef int32_t i
    for i in range(PATHS):
        k = &s.known[i]
        if k.path.remote.family == 0:
            return k
        if same_address(&k.path.remote, &s.current.remote):
            continue
        if found == NULL or k.heard < found.heard:
            found = k
    return found


cdef known_path* remember(engine* e, int32_t index, const path* p) noexcept nogil:
    cdef known_path* k = least_heard(&e.sessions[index])
    cdef int32_t owner = path_owner(e, &p.remote)
    cdef uint8_t key[KEY]
    if owner >= 0:
        give_up(e, owner, known(&e.sessions[owner], &p.remote))
        if same_address(&e.sessions[owner].current.remote, &p.remote):
            stop(e, &e.sessions[owner])
    give_up(e, index, k)
    k.path = p[0]
    k.heard = e.now
    k.proven = k.answered = 0
    k.generation = e.sessions[index].generation
    address_key(&p.remote, key)
    table_set(&e.addresses, key, KEY, index)
    return k


cdef void note_heard(session* s) noexcept nogil:
    """What is heard on the path in use is kept apart, packet by packet."""
    cdef known_path* k = known(s, &s.current.remote)
    if k != NULL and k.heard < s.path_heard:
        k.heard = s.path_heard


cdef bint owned_by_another(engine* e, int32_t owner, const address* a) noexcept nogil:
    cdef session* s = &e.sessions[owner]
    note_heard(s)
    return e.now - known(s, a).heard < OWNED


cdef bint path_admit(engine* e, int32_t index, const path* from_path, int which) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t owner = path_owner(e, &from_path.remote)
    cdef uint32_t generation = s.generation - which
    cdef known_path* k
    if owner == index:
        k = known(s, &from_path.remote)
        k.path = from_path[0]
        k.heard = e.now
        k.generation = generation
        return True
    if not within(&s.address_pace, e.now, ADDRESS_INTERVAL, ADDRESS_BURST):
        e.counters[STUN_LIMITED] += 1
        return False
    if owner >= 0 and owned_by_another(e, owner, &from_path.remote):
        # Who lives there now answers a check with his own password.
        ask(e, index, from_path, generation)
        return False
    remember(e, index, from_path).generation = generation
    return True


# ── the path in use ──


cdef inline bint is_quiet(engine* e, const session* s) noexcept nogil:
    return e.now - s.path_heard >= QUIET


cdef inline bint is_distrusted(engine* e, const session* s) noexcept nogil:
    """Media is withheld until a check of ours is answered. Who only publishes is sent reports on
    what he sends and no more."""
    cdef int32_t i
    if not s.unanswered or e.now < s.trusted_until:
        return False
    for i in range(SLOTS):
        if s.slots[i].used:
            return True
    return False


cdef void trust(engine* e, session* s) noexcept nogil:
    """How far the path in use is believed to be the peer's own."""
    cdef known_path* k = known(s, &s.current.remote)
    # Who has not told his password cannot be asked.
    s.unanswered = s.peer_ufrag_length != 0 and (k == NULL or k.answered == 0 or e.now - k.answered > PROVEN)
    s.trusted_until = e.now
    if s.unanswered and s.keyed and within(&s.trust_pace, e.now, TRUST_INTERVAL, TRUST_BURST):
        s.trusted_until += TRUST


cdef void withhold(engine* e, session* s) noexcept nogil:
    s.reachability = UNREACHABLE
    pacing_drop(e, s)


cdef void move(engine* e, session* s, const path* p) noexcept nogil:
    if s.current.remote.family:
        note_heard(s)
        e.counters[PATHS_MOVED] += 1
        # Another port is a router that has forgotten.
        if s.estimator != NULL and memcmp(s.current.remote.ip, p.remote.ip, 16) != 0:
            line_moved(e, s)
            trials_forget(s)
    s.current = p[0]
    s.path_media = 0
    s.gso = e.gso
    trust(e, s)
    if is_distrusted(e, s):
        withhold(e, s)


cdef void stop(engine* e, session* s) noexcept nogil:
    withhold(e, s)
    s.path_heard = e.now - CONSENT - 1
    if same_path(&s.probe.path, &s.current):
        s.probe.tries = 0


cdef void heard_there(engine* e, int32_t index) noexcept nogil:
    """An authentic packet came on the path in use."""
    cdef session* s = &e.sessions[index]
    s.path_heard = e.now
    if s.unanswered and s.keyed:
        ask_current(e, index)
    elif s.probe.tries and not s.probe.times and same_path(&s.probe.path, &s.current):
        s.probe.tries = 0
    if s.reachability != REACHABLE:
        path_resume(e, index)
    if not s.connected or s.lost:
        s.connected = event_put(e, EVENT_CONNECTED, index, 0, 0, NULL, 0)
        s.lost = s.lost and not s.connected


cdef void path_resume(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t i
    if (not s.keyed or s.current.remote.family == 0 or e.now - s.path_heard > CONSENT
            or is_distrusted(e, s)):
        return
    if s.reachability == UNREACHABLE:
        # What was not sent meanwhile is not missed: each slot begins anew.
        for i in range(SLOTS):
            s.slots[i].source = s.slots[i].pending = -1
        s.unsettled = s.showing
    s.reachability = REACHABLE


cdef void path_keyed(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef known_path* k = known(s, &s.current.remote)
    # The handshake was a round trip, if all of it took the path in use.
    if k != NULL and not s.wandered and (s.handshake.remote.family == 0 or same_path(&s.handshake, &s.current)):
        k.answered = e.now
    trust(e, s)
    path_resume(e, index)


cdef void path_checked(engine* e, int32_t index, const path* from_path, bint nominated) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef known_path* k = known(s, &from_path.remote)
    s.heard = e.now
    if s.current.remote.family == 0 or (nominated and not s.nominated and not s.keyed):
        s.nominated = nominated
        move(e, s, from_path)
    elif not same_path(&s.current, from_path):
        if not is_quiet(e, s):
            return
        if k.proven == 0 or e.now - k.proven > PROVEN:
            ask(e, index, from_path, k.generation)
            return
        move(e, s, from_path)
    heard_there(e, index)


cdef void path_media(engine* e, int32_t index, const path* from_path) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef known_path* k
    s.heard = e.now
    if not same_path(&s.current, from_path):
        k = known(s, &from_path.remote)
        k.heard = k.proven = e.now
        if e.now - s.path_media < FOLLOWS:
            return
        move(e, s, from_path)
    s.path_media = e.now
    heard_there(e, index)


cdef void path_dtls(engine* e, int32_t index, const path* from_path) noexcept nogil:
    """DTLS proves an address until keys are there; later it is media that does."""
    cdef session* s = &e.sessions[index]
    cdef known_path* k = known(s, &from_path.remote)
    if s.keyed:
        return
    k.proven = e.now
    if s.handshake.remote.family == 0:
        s.handshake = from_path[0]
    elif not same_path(&s.handshake, from_path):
        s.wandered = True
    if not same_path(&s.current, from_path):
        move(e, s, from_path)
        s.path_heard = k.heard


cdef bint path_is_alive(engine* e, int32_t index, const path* p) noexcept nogil:
    cdef session* s = &e.sessions[index]
    return s.reachability == REACHABLE and same_path(&s.current, p)


cdef bint path_bears_dtls(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    return (s.used and s.current.remote.family != 0 and e.now - s.heard <= CONSENT
            and outbox_has_spare(e, s.current.remote.family, KNOWN))


# ── checks of ours ──


cdef void ask_current(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef known_path* k = known(s, &s.current.remote)
    ask(e, index, &s.current, s.generation if k == NULL else k.generation)


cdef void path_time(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    if s.probe.tries == 0 and not is_quiet(e, s):
        ask_current(e, index)
        s.probe.times = True


cdef void ask(engine* e, int32_t index, const path* p, uint32_t generation) noexcept nogil:
    """Sends a check to this address, unless another address was asked a moment ago."""
    cdef session* s = &e.sessions[index]
    if s.peer_ufrag_length == 0:
        return
    if s.probe.times:
        # What is asked now matters more.
        s.probe.times = False
        if not same_path(&s.probe.path, p):
            s.probe.tries = 0
    if (s.probe.tries and e.now - s.probe.sent < CHECK_AGAIN
            and (same_path(&s.probe.path, p) or not same_path(&s.probe.path, &s.current))):
        return
    if s.probe.tries == 0 or not same_path(&s.probe.path, p):
        # The session, then what nobody can guess.
        store32(s.probe.transaction, <unsigned int>index)
        if not zv_random(s.probe.transaction + 4, 8):
            return
        s.probe.path = p[0]
        s.probe.tries = 0
    s.probe.generation = generation
    send_check(e, index)


cdef void send_check(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef uint8_t username[PEER_CREDENTIAL + 1 + UFRAG]
    cdef uint8_t out[STUN_MAX_CHECK]
    cdef int which = 1 if s.probe.generation != s.generation and s.ufrag_length[1] else 0
    cdef int size
    memcpy(username, s.peer_ufrag, s.peer_ufrag_length)
    username[s.peer_ufrag_length] = c":"
    memcpy(username + s.peer_ufrag_length + 1, s.ufrag[which], s.ufrag_length[which])
    size = stun_write_check(s.probe.transaction, username, s.peer_ufrag_length + 1 + s.ufrag_length[which],
                            s.probe.transaction + 4, s.peer_password, s.peer_password_length, out,
                            STUN_MAX_CHECK)
    s.probe.sent = e.now
    s.probe.tries += 1
    if size > 0 and outbox_has_spare(e, s.probe.path.remote.family, KNOWN):
        e.counters[CHECKS_SENT] += 1
        outbox_raw(e, &s.probe.path, out, size)


cdef void path_answered(engine* e, const path* from_path, const uint8_t* data, size_t length,
                        const stun_request* r) noexcept nogil:
    cdef int32_t index = <int32_t>load32(r.transaction)
    cdef session* s
    cdef known_path* k
    if not 0 <= index < e.top:
        return
    s = &e.sessions[index]
    if (not s.used or s.probe.tries == 0 or memcmp(s.probe.transaction, r.transaction, 12) != 0
            or not same_path(&s.probe.path, from_path) or not stun_check_fingerprint(data, r)
            or not stun_check_integrity(data, length, r, s.peer_password, s.peer_password_length)):
        return
    # Of a check that was repeated it is not known which is answered.
    if s.probe.tries == 1 and same_path(&s.current, from_path):
        roundtrip_note(e, s, e.now - s.probe.sent)
    s.probe.tries = 0
    s.heard = e.now
    if path_owner(e, &from_path.remote) != index:
        remember(e, index, from_path).generation = s.probe.generation
    k = known(s, &from_path.remote)
    k.heard = k.proven = k.answered = e.now
    if same_path(&s.current, from_path):
        s.unanswered = False
    else:
        if s.current.remote.family and not is_quiet(e, s):
            return
        move(e, s, from_path)
    heard_there(e, index)


# ── time ──


cdef void path_slept(engine* e, int32_t index, int64_t slept) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef known_path* k
    cdef int32_t i
    s.heard = min(s.heard + slept, e.now)
    s.path_heard = min(s.path_heard + slept, e.now)
    if slept > CONSENT:
        # Whether he is still there is asked at once, and he gives way meanwhile.
        s.path_heard = min(s.path_heard, e.now - QUIET)
    for i in range(PATHS):
        k = &s.known[i]
        k.heard = min(k.heard + slept, e.now)


cdef void path_visit(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    # From here on it is wanted to know whether he is there.
    if s.probe.times and is_quiet(e, s):
        s.probe.times = False
    if s.probe.tries and e.now - s.probe.sent >= (TIMED if s.probe.times else CHECK_AGAIN):
        if not s.probe.times and (s.probe.tries < CHECKS or (same_path(&s.probe.path, &s.current) and not s.unanswered)):
            send_check(e, index)
        else:
            s.probe.tries = 0
    if s.reachability != UNREACHABLE and is_quiet(e, s):
        s.reachability = DOUBTFUL
        if e.now - s.path_heard > CONSENT:
            stop(e, s)
        elif s.probe.tries == 0:
            ask_current(e, index)
    if s.reachability != UNREACHABLE and is_distrusted(e, s):
        stop(e, s)
    if s.connected and not s.lost and e.now - s.heard > LOST:
        s.lost = event_put(e, EVENT_LOST, index, 0, 0, NULL, 0)
