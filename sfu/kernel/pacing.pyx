from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from sfu.kernel.counters cimport DROPPED_QUEUE, SLOTS_CUT
from sfu.kernel.memory cimport packet_drop
from sfu.kernel.outbox cimport outbox_room
from sfu.kernel.line cimport line_pace
from sfu.kernel.probing cimport probing_begin, probing_send
from sfu.kernel.repairs cimport (
    repairs_are_cut, repairs_done, repairs_drop, repairs_first, repairs_note, repairs_wait)
from sfu.kernel.sizes cimport KINDS, QUEUE, RUN, SCREEN, SLOTS, WIRE_OVERHEAD
from sfu.kernel.state cimport backlog, line, references, slot
from sfu.kernel.system cimport CLOCK_MONOTONIC, zv_clock

cdef enum:
    BURST = 5000
    LEAST_BURST = 3200
    # The same where there are more than so many, a class: they get their pictures all at the same moment, and
    # behind one line that is a queue. Of a still nobody else has one at that moment
    FEW = 4
    LEAST_OF_MANY = 1300
    LONGEST_REFILL = 1000000
    # What has waited longer is too late for a face; of a screen every picture counts
    CAMERA_WAIT = 1000000
    SCREEN_WAIT = 4000000
    # A slot that was cut begins again after this, or after twice as long as the last time
    CUT_FOR = 500000
    CUT_FOR_MOST = 8000000
    # At most, of what becomes stills: that is how often they change
    STILLS_CUT_FOR_MOST = 3000000
    CUT_FORGOTTEN = 10000000
    # Packets of a picture that is finished though its slot is cut
    FINISHED = 256
    # Bytes that a slot may send in its turn: more than any packet has
    SHARE = 1600
    # Viewers between two looks at the clock
    STRIDE = 16


cdef inline int64_t least_burst(const engine* e, const session* v) noexcept nogil:
    cdef const references* members = &e.rooms[v.room].members
    return LEAST_OF_MANY if not v.yields and members.count - members.removed > FEW else LEAST_BURST


cdef void refill(engine* e, session* v) noexcept nogil:
    cdef int64_t rate = <int64_t>(line_pace(e, v) // 8)
    cdef int64_t burst = max(rate * BURST // 1000000, least_burst(e, v))
    cdef int64_t passed = e.now - v.refilled
    # Sound takes without asking. Where nothing else left for so long nothing is owed for it: it is long over.
    v.tokens = burst if passed >= LONGEST_REFILL else min(burst, v.tokens + rate * passed // 1000000)
    v.refilled = e.now


# ── what waits ──


cdef backlog* open_backlog(session* v) noexcept nogil:
    cdef backlog* b
    cdef int32_t i
    if v.waits == NULL:
        b = <backlog*>calloc(1, sizeof(backlog))
        if b == NULL:
            return NULL
        for i in range(QUEUE):
            b.following[i] = <int16_t>(i + 1 if i + 1 < QUEUE else -1)
        for i in range(SLOTS):
            b.lines[i].head = b.lines[i].tail = -1
        v.waits = b
    return v.waits


cdef void line_up(backlog* b, const outgoing* o, int64_t now) noexcept nogil:
    """There is room."""
    cdef line* l = &b.lines[o.slot]
    cdef int16_t i = b.free
    b.free = b.following[i]
    b.items[i] = o[0]
    b.items[i].queued = now
    b.following[i] = -1
    if l.head < 0:
        l.head = i
        b.lined_up |= 1u << o.slot
    else:
        b.following[l.tail] = i
    l.tail = i
    l.count += 1
    b.count += 1


cdef outgoing* take_first(backlog* b, int32_t slot_index) noexcept nogil:
    """Of a line that is not empty. Valid until the next is lined up."""
    cdef line* l = &b.lines[slot_index]
    cdef int16_t i = l.head
    l.head = b.following[i]
    l.count -= 1
    b.count -= 1
    b.following[i] = b.free
    b.free = i
    if l.head < 0:
        l.tail = -1
        l.credit = 0
        b.lined_up &= ~(1u << slot_index)
    return &b.items[i]


cdef void drop_line(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil:
    """Its numbers are used by what comes then, so the viewer misses nothing that he would ask for."""
    cdef session* v = &e.sessions[viewer]
    cdef slot* s = &v.slots[slot_index]
    while v.waits.lined_up >> slot_index & 1:
        packet_drop(e, take_first(v.waits, slot_index).packet)
        e.counters[DROPPED_QUEUE] += 1
    s.map.highest_out = max(s.departed, s.map.first_out)


cdef inline bint makes_stills(const slot* s) noexcept nogil:
    return s.stills or s.track % KINDS == SCREEN


cdef int32_t picture_at_head(const session* v, int32_t slot_index) noexcept nogil:
    """Packets of the picture that is being sent, of what makes stills: one that comes late is all that a
    narrow line ever shows of it. 0: of others, or too many."""
    cdef const backlog* b = v.waits
    cdef int16_t i = b.lines[slot_index].head
    cdef uint32_t timestamp
    cdef int32_t count = 0
    if i < 0 or not makes_stills(&v.slots[slot_index]):
        return 0
    timestamp = b.items[i].timestamp
    while i >= 0 and b.items[i].timestamp == timestamp:
        count += 1
        i = b.following[i]
    return count if count <= FINISHED else 0


cdef void drop_behind(engine* e, int32_t viewer, int32_t slot_index, int32_t kept) noexcept nogil:
    """As drop_line, of what is behind the first `kept`, of which there is one at least."""
    cdef session* v = &e.sessions[viewer]
    cdef backlog* b = v.waits
    cdef line* l = &b.lines[slot_index]
    cdef int16_t last = l.head, i, following
    for _ in range(kept - 1):
        last = b.following[last]
    i = b.following[last]
    b.following[last] = -1
    l.tail = last
    v.slots[slot_index].map.highest_out = max(v.slots[slot_index].departed, b.items[last].sequence)
    while i >= 0:
        following = b.following[i]
        packet_drop(e, b.items[i].packet)
        e.counters[DROPPED_QUEUE] += 1
        b.following[i] = b.free
        b.free = i
        l.count -= 1
        b.count -= 1
        i = following


cdef void empty(engine* e, int32_t viewer) noexcept nogil:
    """What was stopped. A slot that has begun anew meanwhile has waited for what is in the line."""
    cdef session* v = &e.sessions[viewer]
    cdef int32_t i
    for i in range(SLOTS):
        if v.emptied >> i & 1 and v.slots[i].source < 0:
            drop_line(e, viewer, i)
    v.emptied = 0


cdef void cut(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil:
    """What waits of a slot is not sent, but a still's picture at its head, and the slot begins anew at
    a keyframe."""
    cdef session* v = &e.sessions[viewer]
    cdef slot* s = &v.slots[slot_index]
    cdef int64_t last = s.resumes_at - s.cut_at
    cdef int64_t most = STILLS_CUT_FOR_MOST if makes_stills(s) else CUT_FOR_MOST
    cdef int32_t kept = picture_at_head(v, slot_index)
    if kept:
        drop_behind(e, viewer, slot_index, kept)
    else:
        drop_line(e, viewer, slot_index)
        s.cut_number = s.departed + 1
    if s.source < 0:
        return
    e.counters[SLOTS_CUT] += 1
    last = min(most, 2 * last) if s.cut_at and e.now - s.cut_at < CUT_FORGOTTEN else CUT_FOR
    s.cut_at = e.now
    s.resumes_at = e.now + last
    s.cut_from = s.source
    s.source = s.pending = -1
    v.unsettled |= 1u << slot_index


cdef void push_out(engine* e, int32_t viewer, backlog* b) noexcept nogil:
    """All places are taken: the longest line is cut."""
    cdef int32_t i, longest = 0
    for i in range(SLOTS):
        if b.lines[i].count > b.lines[longest].count:
            longest = i
    cut(e, viewer, longest)


cdef void pacing_wait(engine* e, int32_t viewer, const outgoing* o) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef backlog* b = open_backlog(v)
    if b == NULL:
        e.counters[DROPPED_QUEUE] += 1
        return
    if b.count == QUEUE:
        push_out(e, viewer, b)
        if v.slots[o.slot].source < 0 or b.count == QUEUE:
            e.counters[DROPPED_QUEUE] += 1
            return
    line_up(b, o, e.now)
    o.packet.references += 1
    pacing_watch(e, viewer)


cdef void pacing_watch(engine* e, int32_t viewer) noexcept nogil:
    if not e.sessions[viewer].waiting:
        e.sessions[viewer].waiting = True
        e.waiting[e.waiting_count] = viewer
        e.waiting_count += 1


cdef inline bint waits(const session* v) noexcept nogil:
    return v.waits != NULL and v.waits.count != 0


# ── what leaves ──


cdef void pacing_run(engine* e, int32_t viewer, const outgoing* items, int32_t count) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef uint32_t longest = 0, size
    cdef int32_t i
    refill(e, v)
    for i in range(count):
        size = items[i].packet.size + (1 if items[i].packet.vp8.picture_bits == 7 else 0)
        if size > longest:
            longest = size
    for i in range(count):
        if v.slots[items[i].slot].source < 0:
            # One before it found all places taken, and its slot was cut: its number will be another's.
            e.counters[DROPPED_QUEUE] += 1
        elif waits(v) or repairs_wait(v) or v.tokens <= 0:
            pacing_wait(e, viewer, &items[i])
        else:
            pacing_depart(e, viewer, &items[i], longest if i < count - 1 else 0)


cdef void cut_late(engine* e, int32_t viewer, backlog* b) noexcept nogil:
    cdef const outgoing* o
    cdef int32_t i
    for i in range(SLOTS):
        if not b.lined_up >> i & 1:
            continue
        o = &b.items[b.lines[i].head]
        # Not held up by the line, but by a thread that did not run.
        if e.now - max(o.queued, e.woke_at) > (SCREEN_WAIT if (o.csrc % KINDS) == SCREEN else CAMERA_WAIT):
            cut(e, viewer, i)


cdef int32_t whose_turn(const session* v) noexcept nogil:
    """Deficit round robin (Shreedhar and Varghese, 1995): slots have equal shares in bytes, so one
    that is flooded holds up no other. Those that yield have what the others leave. There is a line."""
    cdef backlog* b = v.waits
    cdef uint32_t lined_up = b.lined_up & ~v.yields if b.lined_up & ~v.yields else b.lined_up
    cdef line* l
    while True:
        l = &b.lines[b.turn]
        if lined_up >> b.turn & 1 and l.credit > 0:
            return b.turn
        b.turn = (b.turn + 1) % SLOTS
        if lined_up >> b.turn & 1:
            b.lines[b.turn].credit += SHARE


cdef bint send_repairs(engine* e, int32_t viewer) noexcept nogil:
    """What is repaired is older than all that waits, and too late if it waits behind it. Whether none
    waits any more."""
    cdef session* v = &e.sessions[viewer]
    while repairs_wait(v) and v.tokens > 0:
        if not outbox_room(e):
            return False
        if repairs_are_cut(v, repairs_first(v)):
            repairs_note(e, v, repairs_first(v))
        else:
            pacing_depart(e, viewer, repairs_first(v), 0)
        repairs_done(e, v)
    return not repairs_wait(v)


cdef bint pace_viewer(engine* e, int32_t viewer) noexcept nogil:
    """Whether nothing of the viewer's waits any more."""
    cdef session* v = &e.sessions[viewer]
    cdef outgoing* o
    cdef int32_t sent = 0, slot_index
    if waits(v):
        probing_begin(e, viewer)
    refill(e, v)
    if v.emptied and v.waits != NULL:
        empty(e, viewer)
    if not send_repairs(e, viewer):
        return False
    if not waits(v):
        return not (outbox_room(e) and probing_send(e, viewer))
    cut_late(e, viewer, v.waits)
    while v.waits.count and v.tokens > 0:
        if sent % RUN == 0 and not outbox_room(e):
            return False
        slot_index = whose_turn(v)
        v.waits.lines[slot_index].credit -= (
            v.waits.items[v.waits.lines[slot_index].head].packet.size + WIRE_OVERHEAD)
        o = take_first(v.waits, slot_index)
        pacing_depart(e, viewer, o, 0)
        packet_drop(e, o.packet)
        sent += 1
    return v.waits.count == 0


cdef int pacing_due(engine* e, int64_t until) noexcept nogil:
    cdef int32_t left = e.waiting_count, viewer
    while left and not e.out.blocked:
        if e.waiting_next >= e.waiting_count:
            e.waiting_next = 0
        viewer = e.waiting[e.waiting_next]
        if not e.sessions[viewer].used or pace_viewer(e, viewer):
            e.sessions[viewer].waiting = False
            e.waiting_count -= 1
            e.waiting[e.waiting_next] = e.waiting[e.waiting_count]
        else:
            e.waiting_next += 1
        left -= 1
        if left % STRIDE == 0 and until and zv_clock(CLOCK_MONOTONIC) >= until:
            return left != 0
    return 0


cdef void pacing_drop(engine* e, session* v) noexcept nogil:
    cdef int32_t i
    repairs_drop(e, v)
    if v.waits == NULL:
        return
    for i in range(SLOTS):
        while v.waits.lined_up >> i & 1:
            packet_drop(e, take_first(v.waits, i).packet)
    free(v.waits)
    v.waits = NULL
