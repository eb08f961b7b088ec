from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from sfu.kernel.addresses cimport path
from sfu.kernel.allocation cimport allocation_due, allocation_mark
from sfu.kernel.engine cimport (
    engine_add_slot, engine_close_session, engine_expect, engine_open_session, engine_receive,
    engine_send_dtls, engine_set_gate, engine_set_keys, engine_set_room, engine_tick, engine_woke)
from sfu.kernel.events cimport EVENT_CLOSED, EVENT_MARK, event_put
from sfu.kernel.fanout cimport fanout_runs, fanout_work
from sfu.kernel.ice cimport ice_credentials, ice_peer
from sfu.kernel.outbox cimport outbox_blocked_socket, outbox_flush, outbox_look
from sfu.kernel.pacing cimport pacing_due
from sfu.kernel.places cimport source_at, source_of
from sfu.kernel.rates cimport rates_lean
from sfu.kernel.replay cimport replay_due
from sfu.kernel.sizes cimport KINDS
from sfu.kernel.slots cimport slots_show
from sfu.kernel.state cimport session, slot
from sfu.kernel.system cimport (
    CLOCK_MONOTONIC, MSG_DONTWAIT, errno, iovec, mmsghdr, recvmmsg, sockaddr_storage, zv_address,
    zv_clock, zv_received, zv_send_buffer)

cdef extern from "<sys/epoll.h>" nogil:
    cdef union epoll_data:
        int fd
    cdef struct epoll_event:
        uint32_t events
        epoll_data data
    int EPOLLIN, EPOLLOUT, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CLOEXEC
    int epoll_create1(int flags)
    int epoll_ctl(int epoll, int operation, int fd, epoll_event* event)
    int epoll_wait(int epoll, epoll_event* events, int count, int timeout)

cdef extern from "<unistd.h>" nogil:
    ssize_t read(int fd, void* buffer, size_t size)
    ssize_t write(int fd, const void* buffer, size_t size)
    int close(int fd)

cdef extern from *:
    """
    #define zv_exchange(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
    #define zv_load(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define zv_compare_exchange(p, expected, v) \\
        __atomic_compare_exchange_n((p), (expected), (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
    """
    command* exchange "zv_exchange"(command** p, command* v) nogil
    command* load_command "zv_load"(command** p) nogil
    int load_int "zv_load"(int* p) nogil
    bint compare_exchange "zv_compare_exchange"(command** p, command** expected, command* v) nogil

cdef enum:
    BATCH = 32
    DATAGRAM = 65535
    CONTROL = 128
    # µs of fan-out, and of what waits for its pace, between two looks at the sockets
    SLICE = 500
    IDLE_MS = 100
    TICK_MS = 10

cdef struct receiver:
    mmsghdr messages[BATCH]
    iovec vectors[BATCH]
    sockaddr_storage senders[BATCH]
    uint8_t control[BATCH][CONTROL]
    uint8_t data[BATCH][DATAGRAM + 1]


# ── commands ──


cdef void command_push(shared* s, command* c) noexcept nogil:
    cdef command* head = load_command(&s.commands)
    cdef uint64_t one = 1
    c.next = head
    while not compare_exchange(&s.commands, &head, c):
        c.next = head
    if write(s.wake, &one, sizeof(one)) < 0:
        # The counter is full: the thread is awake already.
        return


cdef void set_extensions(session* p, const command* c) noexcept nogil:
    p.id_mid = c.data[0]
    p.id_rid = c.data[1]
    p.id_repaired_rid = c.data[2]
    p.id_level = c.data[3]
    p.id_transport_cc = c.data[4]
    # Only the one-byte form is written.
    p.id_send_time = c.data[5] if c.data[5] < 15 else 0


cdef void set_tile(slot* s, long long tile) noexcept nogil:
    s.tile_height = tile & 0xFFFF
    s.temporal_most = tile >> 16 & 3


cdef void command_do(engine* e, const command* c) noexcept nogil:
    cdef session* p = &e.sessions[c.session]
    if c.operation == OPEN_SESSION:
        engine_open_session(e, c.session, <int32_t>c.a, <uint32_t>c.b, c.data, c.first,
                            c.data + c.first, c.length - c.first)
    elif c.operation == MARK:
        event_put(e, EVENT_MARK, 0, 0, 0, NULL, 0)
    elif not p.used:
        return
    elif c.operation == RESTART_ICE:
        ice_credentials(e, c.session, c.data, c.first, c.data + c.first, c.length - c.first)
    elif c.operation == SET_PEER:
        ice_peer(p, c.data, c.first, c.data + c.first, c.length - c.first)
    elif c.operation == CLOSE_SESSION:
        engine_close_session(e, c.session)
        event_put(e, EVENT_CLOSED, c.session, 0, 0, NULL, 0)
    elif c.operation == SET_ROOM:
        engine_set_room(e, c.session, <int32_t>c.a)
    elif c.operation == SET_MODERATOR:
        p.moderator = c.a != 0
    elif c.operation == SEND_DTLS:
        engine_send_dtls(e, c.session, c.data, c.length)
    elif c.operation == SET_KEYS:
        engine_set_keys(e, c.session, <int32_t>c.a, c.data, c.data + c.first, c.first)
    elif c.operation == SET_EXTENSIONS:
        set_extensions(p, c)
    elif c.operation == EXPECT:
        engine_expect(e, c.session, <int32_t>c.a, &c.expect)
    elif c.operation == SET_GATE:
        engine_set_gate(e, c.session, <int32_t>c.a, c.b != 0)
    elif c.operation == SET_LEANER:
        rates_lean(source_at(e, source_of(c.session * KINDS + <int32_t>c.a, <int32_t>c.b)), e.now)
    elif c.operation == ADD_SLOT:
        engine_add_slot(e, c.session, <int32_t>c.a, c.data[2], <uint32_t>c.b, <uint32_t>c.c,
                        c.data[0], c.data[1], c.data[3], <uint32_t>c.d)
    elif c.operation == SET_SLOT:
        if p.slots[c.a].used and (c.b < 0 or e.sessions[c.b // KINDS].used):
            set_tile(&p.slots[c.a], c.d)
            slots_show(e, c.session, <int32_t>c.a, <int32_t>c.b, <int32_t>c.c)
            allocation_mark(e, c.session)
    elif c.operation == SET_SCREEN_AUDIO:
        e.rooms[p.room].screen_audio = c.session if c.a else -1


cdef void do_commands(shared* s) noexcept nogil:
    cdef command* taken = exchange(&s.commands, NULL)
    cdef command* ordered = NULL
    cdef command* following
    while taken != NULL:
        following = taken.next
        taken.next = ordered
        ordered = taken
        taken = following
    while ordered != NULL:
        command_do(s.engine, ordered)
        following = ordered.next
        free(ordered)
        ordered = following


# ── datagrams ──


cdef void prepare(receiver* r) noexcept nogil:
    cdef int i
    for i in range(BATCH):
        r.vectors[i].iov_base = &r.data[i][0]
        r.vectors[i].iov_len = DATAGRAM
        memset(&r.messages[i], 0, sizeof(mmsghdr))
        r.messages[i].msg_hdr.msg_name = &r.senders[i]
        r.messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage)
        r.messages[i].msg_hdr.msg_iov = &r.vectors[i]
        r.messages[i].msg_hdr.msg_iovlen = 1
        r.messages[i].msg_hdr.msg_control = &r.control[i][0]
        r.messages[i].msg_hdr.msg_controllen = CONTROL


cdef void take_message(engine* e, receiver* r, int i) noexcept nogil:
    """One message may hold several datagrams of one sender (UDP GRO)."""
    cdef path from_path
    cdef size_t at = 0, left = r.messages[i].msg_len, size
    cdef int segment
    memset(&from_path, 0, sizeof(path))
    segment = zv_received(&r.messages[i].msg_hdr, from_path.local, &from_path.interface)
    from_path.remote.family = <uint8_t>zv_address(&r.senders[i], from_path.remote.ip,
                                                  &from_path.remote.port)
    if from_path.remote.family == 0:
        return
    while left:
        size = left if segment <= 0 or <size_t>segment > left else <size_t>segment
        engine_receive(e, &from_path, &r.data[i][at], size)
        at += size
        left -= size


cdef void drain_socket(shared* s, receiver* r, int fd) noexcept nogil:
    cdef int got, i
    prepare(r)
    got = recvmmsg(fd, r.messages, BATCH, MSG_DONTWAIT, NULL)
    s.engine.now = zv_clock(CLOCK_MONOTONIC)
    # What Python said before a peer sent this holds for it.
    do_commands(s)
    for i in range(got):
        take_message(s.engine, r, i)


# ── the loop ──


cdef bint watch(int epoll, int operation, int fd, bint for_writing) noexcept nogil:
    cdef epoll_event v
    memset(&v, 0, sizeof(v))
    v.events = <uint32_t>(EPOLLIN | (EPOLLOUT if for_writing else 0))
    v.data.fd = fd
    return epoll_ctl(epoll, operation, fd, &v) == 0


cdef int loop_open(shared* s) noexcept nogil:
    cdef int i
    s.epoll = epoll_create1(EPOLL_CLOEXEC)
    if s.epoll < 0 or not watch(s.epoll, EPOLL_CTL_ADD, s.wake, False):
        return errno
    for i in range(2):
        s.engine.out.sockets[i] = s.sockets[i]
        if s.sockets[i] >= 0 and not watch(s.epoll, EPOLL_CTL_ADD, s.sockets[i], False):
            return errno
        if s.sockets[i] >= 0:
            s.engine.out.buffer[i] = zv_send_buffer(s.sockets[i])
    return 0


cdef int timeout_ms(engine* e, bint more) noexcept nogil:
    if more and not e.out.blocked:
        return 0
    if e.dirty_count or e.waiting_count:
        return 1
    return TICK_MS if e.top else IDLE_MS


cdef void watch_writing(shared* s, int* watched) noexcept nogil:
    """EPOLLOUT on the socket that is full, and on no other: one that can be written would spin."""
    cdef int fd = outbox_blocked_socket(s.engine)
    if fd == watched[0]:
        return
    if watched[0] >= 0:
        watch(s.epoll, EPOLL_CTL_MOD, watched[0], False)
    if fd >= 0:
        watch(s.epoll, EPOLL_CTL_MOD, fd, True)
    watched[0] = fd


cdef void tell(shared* s, uint32_t* told) noexcept nogil:
    cdef uint64_t one = 1
    if s.engine.events.tail != told[0]:
        told[0] = s.engine.events.tail
        if write(s.tell, &one, sizeof(one)) < 0:
            # The counter is full: Python has not looked for long, and will.
            return


cdef void turn(shared* s, receiver* r, int count, epoll_event* ready) noexcept nogil:
    cdef engine* e = s.engine
    cdef uint64_t woken
    cdef int i, fd
    e.now = zv_clock(CLOCK_MONOTONIC)
    engine_woke(e)
    for i in range(count):
        fd = ready[i].data.fd
        if fd == s.wake:
            if read(fd, &woken, sizeof(woken)) > 0:
                do_commands(s)
        elif ready[i].events & EPOLLIN:
            drain_socket(s, r, fd)


cdef void loop_run(shared* s) noexcept nogil:
    cdef engine* e = s.engine
    cdef epoll_event ready[4]
    cdef receiver* r = <receiver*>calloc(1, sizeof(receiver))
    cdef bint more = False
    cdef int watched = -1
    cdef uint32_t told = 0
    cdef int count
    if r == NULL:
        return
    while not load_int(&s.stop):
        count = epoll_wait(s.epoll, ready, 4, timeout_ms(e, more))
        turn(s, r, count, ready)
        outbox_look(e)
        if e.out.blocked:
            outbox_flush(e)
        allocation_due(e)
        fanout_runs(e)
        # The clock is read anew: however long reading took, sending gets its time.
        more = fanout_work(e, zv_clock(CLOCK_MONOTONIC) + SLICE) != 0
        # Sound has gone first; who waits for a group of pictures is not held up by who gets one.
        if e.replays_head != e.replays_tail and replay_due(e, zv_clock(CLOCK_MONOTONIC) + SLICE):
            more = True
        if e.waiting_count and pacing_due(e, zv_clock(CLOCK_MONOTONIC) + SLICE):
            more = True
        engine_tick(e)
        if not e.out.blocked:
            outbox_flush(e)
        watch_writing(s, &watched)
        tell(s, &told)
    free(r)


cdef void loop_close(shared* s) noexcept nogil:
    cdef command* c = exchange(&s.commands, NULL)
    cdef command* following
    while c != NULL:
        following = c.next
        free(c)
        c = following
    close(s.epoll)
