from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from sfu.kernel.counters cimport DROPPED_HELD, DROPPED_JOBS, SOUND_LEFT_OUT
from sfu.kernel.memory cimport packet_drop
from sfu.kernel.outbox cimport outbox_allows, outbox_room
from sfu.kernel.pacing cimport pacing_depart, pacing_run
from sfu.kernel.places cimport csrc_of, is_reachable, source_at
from sfu.kernel.sizes cimport JOBS, KINDS, MAX_ROOMS, RUN, SLOTS, SOUND_HELD, WIRE_OVERHEAD
from sfu.kernel.state cimport job, job_queue, outgoing, references, session, slot, source
from sfu.kernel.switching cimport switching_audio, switching_video
from sfu.kernel.system cimport CLOCK_MONOTONIC, zv_clock
from sfu.kernel.timing cimport timing_ticks
from sfu.kernel.voices cimport voices_pass

cdef extern from *:
    """
    #define zv_prefetch(p) __builtin_prefetch((p), 1)
    """
    void prefetch "zv_prefetch"(const void* p) nogil

cdef enum:
    CACHE_LINE = 64
    # Viewers between two looks at the clock
    STRIDE = 16
    # A small audience gets every packet at once; a larger one gets runs.
    SMALL_AUDIENCE = 20
    RUN_WAIT = 3000
    RUN_ENOUGH = 8
    # 2^32 over the golden ratio: its multiples lie everywhere evenly
    GOLDEN = 2654435769


cdef job* job_add(engine* e, job_queue* q) noexcept nogil:
    cdef job* j
    if q.tail - q.head == JOBS:
        job_finish(e, q)
        e.counters[DROPPED_JOBS] += 1
    j = &q.items[q.tail % JOBS]
    q.tail += 1
    j.next = 0
    return j


cdef void job_finish(engine* e, job_queue* q) noexcept nogil:
    cdef job* j = &q.items[q.head % JOBS]
    cdef int32_t i
    for i in range(j.count):
        packet_drop(e, j.packets[i])
    q.head += 1


cdef void fanout_video(engine* e, int32_t source_index, packet* p) noexcept nogil:
    cdef source* s = source_at(e, source_index)
    if s.run_count == RUN:
        start_run(e, source_index)
    if s.run_count == 0:
        s.run_since = e.now
    if not s.dirty:
        s.dirty = True
        e.dirty[e.dirty_count] = source_index
        e.dirty_count += 1
    p.references += 1
    s.run[s.run_count] = p
    s.run_count += 1
    s.run_marked = s.run_marked or p.marker


cdef void start_run(engine* e, int32_t source_index) noexcept nogil:
    cdef source* s = source_at(e, source_index)
    cdef job* j = job_add(e, &e.video)
    cdef int32_t i
    for i in range(s.run_count):
        j.packets[i] = s.run[i]
    j.count = s.run_count
    j.source = source_index
    j.slot = 0
    j.generation = s.generation
    s.run_count = 0
    s.run_marked = False


cdef bint run_is_due(engine* e, int32_t source_index) noexcept nogil:
    cdef source* s = source_at(e, source_index)
    cdef references* viewers = &e.sessions[s.session].tracks[s.kind].viewers
    return (s.run_marked or s.run_count >= RUN_ENOUGH or e.now - s.run_since >= RUN_WAIT
            or viewers.count - viewers.removed < SMALL_AUDIENCE)


cdef void fanout_runs(engine* e) noexcept nogil:
    cdef int32_t i = 0, index
    while i < e.dirty_count:
        index = e.dirty[i]
        if source_at(e, index).run_count and not run_is_due(e, index):
            i += 1
            continue
        if source_at(e, index).run_count:
            start_run(e, index)
        source_at(e, index).dirty = False
        e.dirty_count -= 1
        e.dirty[i] = e.dirty[e.dirty_count]


cdef void fanout_audio(engine* e, int32_t source_index, packet* p, int32_t room_index,
                        int32_t slot_index) noexcept nogil:
    cdef job* j = job_add(e, &e.audio)
    p.references += 1
    j.packets[0] = p
    j.count = 1
    j.source = source_index
    j.generation = source_at(e, source_index).generation
    j.room = room_index
    j.slot = slot_index


cdef inline bint listens(engine* e, int32_t viewer, const job* j) noexcept nogil:
    return e.sessions[viewer].slots[j.slot].used and source_at(e, j.source).session != viewer


cdef void audio_to(engine* e, int32_t viewer, job* j, uint32_t csrc) noexcept nogil:
    cdef outgoing o
    if not listens(e, viewer, j) or not outbox_allows(e, &e.sessions[viewer]):
        return
    if not voices_pass(&e.sessions[viewer], j.slot, j.packets[0].size):
        e.counters[SOUND_LEFT_OUT] += 1
        return
    if switching_audio(e, viewer, j, csrc, &o):
        e.sessions[viewer].sound_carried += o.packet.size + WIRE_OVERHEAD
        pacing_depart(e, viewer, &o, 0)


cdef void video_to(engine* e, int32_t reference, job* j, uint32_t csrc) noexcept nogil:
    cdef outgoing items[RUN]
    cdef int32_t viewer = reference // SLOTS, count
    if not outbox_allows(e, &e.sessions[viewer]):
        if not is_reachable(&e.sessions[viewer]):
            # What he misses now he will need a keyframe for.
            e.sessions[viewer].slots[reference % SLOTS].source = -1
            e.sessions[viewer].unsettled |= 1u << reference % SLOTS
        return
    count = switching_video(e, viewer, reference % SLOTS, j, csrc, items)
    if count:
        pacing_run(e, viewer, items, count)


cdef inline void fetch_ahead(engine* e, const references* audience, const job* j, int32_t turn,
                             bint audio) noexcept nogil:
    """Brings a coming viewer's memory into the cache while others are being served."""
    cdef int32_t reference
    cdef session* v
    cdef slot* s
    if turn >= audience.count:
        return
    reference = audience.items[place_of(j, turn)]
    if reference < 0:
        return
    v = &e.sessions[reference if audio else reference // SLOTS]
    s = &v.slots[j.slot if audio else reference % SLOTS]
    prefetch(v)
    prefetch(<char*>v + CACHE_LINE)
    prefetch(<char*>v + 2 * CACHE_LINE)
    prefetch(&v.outbound)
    prefetch(&v.outbound.rtp_salt)
    prefetch(s)
    prefetch(&s.map)
    prefetch(&s.map.entries[0])


cdef void begin_elsewhere(engine* e, job* j, const references* audience) noexcept nogil:
    """Not always with the same viewer: of a class behind one narrow line the first would always find
    room in its queue, and the last never."""
    e.fanned_out += <uint32_t>GOLDEN
    j.known = audience.count
    j.first = <int32_t>(<uint64_t>e.fanned_out * <uint64_t>audience.count >> 32)


cdef inline int32_t place_of(const job* j, int32_t turn) noexcept nogil:
    cdef int32_t place = turn
    if turn < j.known:
        place += j.first
        if place >= j.known:
            place -= j.known
    return place


cdef void count_held(engine* e, const job* j, const references* audience) noexcept nogil:
    """Once for each listener who does not get it."""
    cdef int32_t turn, viewer
    for turn in range(j.next, audience.count):
        viewer = audience.items[place_of(j, turn)]
        if viewer >= 0 and listens(e, viewer, j) and is_reachable(&e.sessions[viewer]):
            e.counters[DROPPED_HELD] += 1


cdef bint job_run(engine* e, job* j, references* audience, bint audio, int64_t until) noexcept nogil:
    """True: done; False: to be resumed."""
    cdef source* s = source_at(e, j.source)
    cdef uint32_t csrc = csrc_of(e, s)
    cdef int32_t done = 0, reference
    j.clock = timing_ticks(e.now, s.clock_rate)
    if s.generation != j.generation:
        return True
    if j.next == 0:
        begin_elsewhere(e, j, audience)
    if audience.count < j.known:
        # All have gone meanwhile, and others have come.
        return True
    if audio and e.now - j.packets[0].arrival > SOUND_HELD:
        count_held(e, j, audience)
        return True
    while j.next < audience.count:
        if not outbox_room(e):
            return False
        reference = audience.items[place_of(j, j.next)]
        fetch_ahead(e, audience, j, j.next + 2, audio)
        j.next += 1
        if reference < 0:
            continue
        if audio:
            audio_to(e, reference, j, csrc)
        else:
            video_to(e, reference, j, csrc)
        done += 1
        if done % STRIDE == 0 and until and zv_clock(CLOCK_MONOTONIC) >= until:
            return j.next >= audience.count
    return True


cdef int fanout_work(engine* e, int64_t until) noexcept nogil:
    cdef job* j
    cdef source* s
    while e.audio.head != e.audio.tail:
        j = &e.audio.items[e.audio.head % JOBS]
        if not job_run(e, j, &e.rooms[j.room].members, True, until):
            return 1
        job_finish(e, &e.audio)
    while e.video.head != e.video.tail:
        j = &e.video.items[e.video.head % JOBS]
        s = source_at(e, j.source)
        if not job_run(e, j, &e.sessions[s.session].tracks[s.kind].viewers, False, until):
            return 1
        job_finish(e, &e.video)
    return 0


cdef void drop_run(engine* e, source* s) noexcept nogil:
    cdef int32_t i
    for i in range(s.run_count):
        packet_drop(e, s.run[i])
    s.run_count = 0
    s.run_marked = False


cdef void fanout_forget(engine* e, int32_t source_index) noexcept nogil:
    cdef source* s = source_at(e, source_index)
    s.generation += 1
    drop_run(e, s)


# ── sets that jobs walk over are tidied while none runs ──


cdef void tidy(engine* e, references* r, bint slots) noexcept nogil:
    cdef int32_t i, kept = 0
    if r.removed * 4 < r.count:
        return
    for i in range(r.count):
        if r.items[i] < 0:
            continue
        r.items[kept] = r.items[i]
        if slots:
            e.sessions[r.items[kept] // SLOTS].slots[r.items[kept] % SLOTS].place = kept
        else:
            e.sessions[r.items[kept]].place = kept
        kept += 1
    r.count = kept
    r.removed = 0


cdef void fanout_compact(engine* e) noexcept nogil:
    cdef int32_t i, kind
    if e.audio.head != e.audio.tail or e.video.head != e.video.tail:
        return
    for i in range(e.top):
        if e.sessions[i].used:
            for kind in range(KINDS):
                if e.sessions[i].tracks[kind].viewers.removed:
                    tidy(e, &e.sessions[i].tracks[kind].viewers, True)
    for i in range(MAX_ROOMS):
        if e.rooms[i].used and e.rooms[i].members.removed:
            tidy(e, &e.rooms[i].members, False)
