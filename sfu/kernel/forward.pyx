from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from sfu.kernel.memory cimport packet_drop, references_add, references_remove, ring_find
from sfu.kernel.outbox cimport outbox_room, outbox_rtcp, outbox_rtp
from sfu.kernel.rewrite cimport (
    MAP_ENTRIES, map_entry, map_forward, map_omit, map_packet, map_resolve, map_switch)
from sfu.kernel.rtcp cimport rtcp_write_pli
from sfu.kernel.state cimport (
    CAMERA, DROPPED_JOBS, DROPPED_QUEUE, JOBS, KEYFRAMES_REQUESTED, KINDS, LAYERS, MAX_ROOMS, MICROPHONE, QUEUE,
    RETRANSMIT_MISSED, RETRANSMITTED, RUN, SCREEN, SCREEN_AUDIO, SLOTS, SOURCES, SPEAKERS, SWITCHES,
    job, job_queue, references, room, track)
from sfu.kernel.system cimport CLOCK_MONOTONIC, zv_clock
from sfu.kernel.timing cimport timing_capture, timing_slot_at

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
    # Pace while the viewer has not told what the line bears
    DEFAULT_ESTIMATE = 10000000
    # A viewer's estimate is at most a little above what reaches him: he who is sent 20 kbit/s tells
    # 20 kbit/s, and a pace by that alone would keep him there for good.
    LEAST_ESTIMATE = 4000000
    BURST = 5000
    LEAST_BURST = 3200
    LONGEST_REFILL = 1000000
    # What has waited longer is too late for any picture
    LONGEST_WAIT = 1000000
    RTCP_ROOM = 64
    # Numbers that a source may skip in a slot beyond those it uses. A receiver tells the roll-over
    # counter from numbers less than 32,768 apart: past that the slot is dead to it, whoever is shown.
    SKIPPED = 2000
    # Seconds by which time stamps may run ahead of the clock
    AHEAD = 120


cdef inline source* source_at(engine* e, int32_t index) noexcept nogil:
    return &e.sessions[index // SOURCES].sources[index % SOURCES]


cdef inline track* track_at(engine* e, int32_t index) noexcept nogil:
    return &e.sessions[index // KINDS].tracks[index % KINDS]


cdef inline int32_t source_of(int32_t track_index, int32_t layer) noexcept nogil:
    cdef int32_t kind = track_index % KINDS
    cdef int32_t first = track_index // KINDS * SOURCES
    if kind == MICROPHONE:
        return first
    if kind == CAMERA:
        return first + 1 + layer
    return first + 4 if kind == SCREEN else first + 5


cdef inline uint32_t csrc_of(engine* e, const source* s) noexcept nogil:
    return e.sessions[s.session].participant * KINDS + s.kind


# ── keyframes ──


cdef int64_t keyframe_interval(const track* t) noexcept nogil:
    cdef int32_t viewers = t.viewers.count - t.viewers.removed
    if viewers > 200:
        return 3000000
    return 1000000 if viewers > 50 else 500000


cdef void keyframe_request(engine* e, int32_t track_index) noexcept nogil:
    track_at(e, track_index).keyframe_wanted = True
    keyframe_send_due(e, track_index)


cdef void keyframe_send_due(engine* e, int32_t track_index) noexcept nogil:
    cdef track* t = track_at(e, track_index)
    cdef int32_t layer
    cdef source* s
    cdef unsigned char packet[RTCP_ROOM]
    if not t.keyframe_wanted or e.now - t.keyframe_asked < keyframe_interval(t):
        return
    for layer in range(LAYERS if track_index % KINDS == CAMERA else 1):
        s = source_at(e, source_of(track_index, layer))
        if s.bound and s.active:
            # On one simulcast layer it brings a keyframe on all of them.
            t.keyframe_wanted = False
            t.keyframe_asked = e.now
            e.counters[KEYFRAMES_REQUESTED] += 1
            outbox_rtcp(e, s.session, packet, rtcp_write_pli(packet, RTCP_ROOM, 1, s.ssrc), RTCP_ROOM)
            return


# ── what a slot shows ──


cdef int32_t best_source(engine* e, int32_t track_index, int32_t wanted) noexcept nogil:
    """The wanted layer if it arrives, else the next lower, else the next higher; −1: none."""
    cdef int32_t layer, above = -1
    cdef int32_t kind = track_index % KINDS
    cdef source* s
    if not track_at(e, track_index).gate:
        return -1
    if kind != CAMERA:
        return source_of(track_index, 0) if source_at(e, source_of(track_index, 0)).bound else -1
    for layer in range(LAYERS - 1, -1, -1):
        s = source_at(e, source_of(track_index, layer))
        if s.bound and s.active:
            if layer <= wanted:
                return source_of(track_index, layer)
            above = layer
    return source_of(track_index, above) if above >= 0 else -1


cdef void forward_choose(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef int32_t best
    if s.track < 0:
        return
    best = best_source(e, s.track, s.wanted_layer)
    if best < 0 or (best == s.source and source_at(e, best).generation == s.generation):
        s.pending = -1
        return
    s.pending = best
    keyframe_request(e, s.track)


cdef void forward_choose_viewers(engine* e, int32_t track_index) noexcept nogil:
    cdef references* r = &track_at(e, track_index).viewers
    cdef int32_t i
    for i in range(r.count):
        if r.items[i] >= 0:
            forward_choose(e, r.items[i] // SLOTS, r.items[i] % SLOTS)


cdef void forward_show(engine* e, int32_t viewer, int32_t slot_index, int32_t track_index,
                       int32_t layer) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    if s.track != track_index:
        if s.track >= 0:
            references_remove(&track_at(e, s.track).viewers, s.place)
        s.track = -1
        s.source = s.pending = -1
        if track_index >= 0:
            s.place = references_add(&track_at(e, track_index).viewers, viewer * SLOTS + slot_index)
            if s.place >= 0:
                s.track = track_index
    if s.track >= 0:
        e.sessions[viewer].showing |= 1u << slot_index
    else:
        e.sessions[viewer].showing &= ~(1u << slot_index)
    s.wanted_layer = layer
    forward_choose(e, viewer, slot_index)


cdef void forward_close_gate(engine* e, int32_t track_index) noexcept nogil:
    cdef references* r = &track_at(e, track_index).viewers
    cdef slot* s
    cdef int32_t i
    for i in range(r.count):
        if r.items[i] >= 0:
            s = &e.sessions[r.items[i] // SLOTS].slots[r.items[i] % SLOTS]
            s.source = s.pending = -1


cdef void drop_run(engine* e, source* s) noexcept nogil:
    cdef int32_t i
    for i in range(s.run_count):
        packet_drop(e, s.run[i])
    s.run_count = 0
    s.run_marked = False


cdef void forward_forget(engine* e, int32_t source_index) noexcept nogil:
    cdef source* s = source_at(e, source_index)
    s.generation += 1
    drop_run(e, s)


# ── sending to one viewer ──


cdef void refill(engine* e, session* v) noexcept nogil:
    cdef uint64_t estimate = max(<uint64_t>LEAST_ESTIMATE, v.estimate) if v.estimate else DEFAULT_ESTIMATE
    # 2.5 × the estimate in bytes per second
    cdef int64_t rate = <int64_t>(estimate // 16 * 5)
    cdef int64_t burst = rate * BURST // 1000000
    if burst < LEAST_BURST:
        burst = LEAST_BURST
    v.tokens += rate * min(e.now - v.refilled, <int64_t>LONGEST_REFILL) // 1000000
    if v.tokens > burst:
        v.tokens = burst
    v.refilled = e.now


cdef void enqueue(engine* e, int32_t viewer, const outgoing* o) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.queue == NULL:
        v.queue = <outgoing*>calloc(QUEUE, sizeof(outgoing))
    if v.queue == NULL or v.queue_tail - v.queue_head == QUEUE:
        e.counters[DROPPED_QUEUE] += 1
        return
    v.queue[v.queue_tail % QUEUE] = o[0]
    v.queue[v.queue_tail % QUEUE].queued = e.now
    v.queue_tail += 1
    o.packet.references += 1
    if not v.waiting:
        v.waiting = True
        e.waiting[e.waiting_count] = viewer
        e.waiting_count += 1


cdef inline void depart(engine* e, int32_t viewer, const outgoing* o, uint32_t longest) noexcept nogil:
    e.sessions[viewer].tokens -= o.packet.size
    outbox_rtp(e, viewer, o, longest)


cdef void send_run(engine* e, int32_t viewer, const outgoing* items, int32_t count) noexcept nogil:
    """The caller has seen outbox_room. What the pace does not allow yet waits in the queue."""
    cdef session* v = &e.sessions[viewer]
    cdef uint32_t longest = 0, size
    cdef int32_t i
    refill(e, v)
    for i in range(count):
        size = items[i].packet.size + (1 if items[i].packet.vp8.picture_bits == 7 else 0)
        if size > longest:
            longest = size
    for i in range(count):
        if v.queue_head != v.queue_tail or v.tokens <= 0:
            enqueue(e, viewer, &items[i])
        else:
            depart(e, viewer, &items[i], longest if i < count - 1 else 0)


cdef void drop_late(engine* e, session* v) noexcept nogil:
    cdef outgoing* o
    while v.queue_head != v.queue_tail:
        o = &v.queue[v.queue_head % QUEUE]
        if e.now - o.queued <= LONGEST_WAIT:
            return
        packet_drop(e, o.packet)
        v.queue_head += 1
        e.counters[DROPPED_QUEUE] += 1


cdef bint pace_viewer(engine* e, int32_t viewer) noexcept nogil:
    """Whether the viewer's queue is empty now."""
    cdef session* v = &e.sessions[viewer]
    cdef outgoing* o
    cdef int32_t sent = 0
    refill(e, v)
    drop_late(e, v)
    while v.queue_head != v.queue_tail and v.tokens > 0:
        if sent % RUN == 0 and not outbox_room(e):
            return False
        o = &v.queue[v.queue_head % QUEUE]
        v.queue_head += 1
        depart(e, viewer, o, 0)
        packet_drop(e, o.packet)
        sent += 1
    return v.queue_head == v.queue_tail


cdef void forward_paced(engine* e) noexcept nogil:
    cdef int32_t i = 0, viewer
    while i < e.waiting_count:
        if e.out.blocked:
            return
        viewer = e.waiting[i]
        if not e.sessions[viewer].used or pace_viewer(e, viewer):
            e.sessions[viewer].waiting = False
            e.waiting_count -= 1
            e.waiting[i] = e.waiting[e.waiting_count]
        else:
            i += 1


cdef void forward_drop_queue(engine* e, session* v) noexcept nogil:
    while v.queue_head != v.queue_tail:
        packet_drop(e, v.queue[v.queue_head % QUEUE].packet)
        v.queue_head += 1
    free(v.queue)
    v.queue = NULL


cdef inline void as_map_packet(const packet* p, map_packet* out) noexcept nogil:
    out.sequence = p.sequence
    out.timestamp = p.timestamp
    out.picture = p.picture
    out.tl0 = p.vp8.tl0


cdef void switch_slot(engine* e, slot* s, int32_t source_index, packet* p) noexcept nogil:
    cdef source* from_source = source_at(e, source_index)
    cdef map_packet first
    cdef int64_t captured = timing_capture(e, from_source, p.timestamp, p.arrival)
    as_map_packet(p, &first)
    map_switch(&s.map, source_index, from_source.generation, &first,
               timing_slot_at(s, from_source.clock_rate, captured))
    s.source = source_index
    s.generation = from_source.generation
    s.pending = -1
    e.counters[SWITCHES] += 1


cdef bint leaps(engine* e, slot* s, const source* from_source, const packet* p) noexcept nogil:
    """Whether this packet of the source that flows is too far from the last to be the next of one
    stream. It then begins a new epoch."""
    cdef int64_t gap = p.sequence - s.map.highest_in - 1
    cdef uint32_t at = p.timestamp + s.map.entries[(s.map.made - 1) % MAP_ENTRIES].timestamp_offset
    if gap >= 0:
        s.skipped = max(0, s.skipped - 1) + gap
    if (s.skipped > SKIPPED or <int32_t>(at - timing_slot_at(s, from_source.clock_rate, e.now))
            > <int64_t>AHEAD * from_source.clock_rate):
        s.skipped = 0
        return True
    return False


cdef bint map_one(engine* e, slot* s, uint8_t slot_index, int32_t source_index, uint32_t csrc,
                  packet* p, outgoing* out) noexcept nogil:
    cdef map_packet before, after
    as_map_packet(p, &before)
    if not map_forward(&s.map, source_index, s.generation, &before, &after):
        return False
    out.packet = p
    out.sequence = after.sequence
    out.timestamp = after.timestamp
    out.picture = after.picture
    out.tl0 = after.tl0
    out.csrc = csrc
    out.slot = slot_index
    out.rtx = False
    out.marker = p.marker
    return True


cdef int32_t map_video(engine* e, int32_t viewer, int32_t slot_index, job* j, uint32_t csrc,
                       outgoing* out) noexcept nogil:
    """What of the run goes to this slot; returns how many packets."""
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef source* from_source = source_at(e, j.source)
    cdef packet* p
    cdef int32_t i, count = 0
    for i in range(j.count):
        p = j.packets[i]
        if s.pending == j.source and p.keyframe:
            switch_slot(e, s, j.source, p)
        if s.source != j.source or s.generation != j.generation:
            continue
        if leaps(e, s, from_source, p):
            # The next visit asks for the keyframe that lets it flow again.
            s.source = -1
            s.pending = j.source
            if not p.keyframe:
                continue
            switch_slot(e, s, j.source, p)
        if p.size == 0:
            map_omit(&s.map, j.source, j.generation, p.sequence)
        elif map_one(e, s, <uint8_t>slot_index, j.source, csrc, p, &out[count]):
            count += 1
    return count


# ── jobs ──


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


cdef void forward_video(engine* e, int32_t source_index, packet* p) noexcept nogil:
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


cdef void forward_runs(engine* e) noexcept nogil:
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


cdef void forward_audio(engine* e, int32_t source_index, packet* p, int32_t room_index,
                        int32_t slot_index) noexcept nogil:
    cdef job* j = job_add(e, &e.audio)
    p.references += 1
    j.packets[0] = p
    j.count = 1
    j.source = source_index
    j.generation = source_at(e, source_index).generation
    j.room = room_index
    j.slot = slot_index


cdef void audio_to(engine* e, int32_t viewer, job* j, uint32_t csrc) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef slot* s = &v.slots[j.slot]
    cdef source* from_source = source_at(e, j.source)
    cdef uint32_t talk = 0
    cdef bint begins
    cdef outgoing o
    if from_source.session == viewer or not s.used or not v.keyed:
        return
    if j.slot < SPEAKERS:
        talk = e.rooms[j.room].seats[j.slot].talk
    begins = (s.source != j.source or s.generation != j.generation or s.talk != talk
              or leaps(e, s, from_source, j.packets[0]))
    if begins:
        switch_slot(e, s, j.source, j.packets[0])
        s.talk = talk
    if map_one(e, s, <uint8_t>j.slot, j.source, csrc, j.packets[0], &o):
        o.marker = begins
        depart(e, viewer, &o, 0)


cdef void video_to(engine* e, int32_t reference, job* j, uint32_t csrc) noexcept nogil:
    cdef outgoing items[RUN]
    cdef int32_t viewer = reference // SLOTS, count
    if not e.sessions[viewer].keyed:
        return
    count = map_video(e, viewer, reference % SLOTS, j, csrc, items)
    if count:
        send_run(e, viewer, items, count)


cdef inline void fetch_ahead(engine* e, const references* audience, int32_t place, bint audio,
                             int32_t slot_index) noexcept nogil:
    """Brings a coming viewer's memory into the cache while others are being served."""
    cdef int32_t reference
    cdef session* v
    cdef slot* s
    if place >= audience.count or audience.items[place] < 0:
        return
    reference = audience.items[place]
    v = &e.sessions[reference if audio else reference // SLOTS]
    s = &v.slots[slot_index if audio else reference % SLOTS]
    prefetch(v)
    prefetch(<char*>v + CACHE_LINE)
    prefetch(&v.outbound)
    prefetch(&v.outbound.rtp_salt)
    prefetch(s)
    prefetch(&s.map)
    prefetch(&s.map.entries[0])


cdef bint job_run(engine* e, job* j, references* audience, bint audio, int64_t until) noexcept nogil:
    """True: done; False: to be resumed."""
    cdef source* s = source_at(e, j.source)
    cdef uint32_t csrc = csrc_of(e, s)
    cdef int32_t done = 0, reference
    if s.generation != j.generation:
        return True
    while j.next < audience.count:
        if not outbox_room(e):
            return False
        reference = audience.items[j.next]
        fetch_ahead(e, audience, j.next + 2, audio, j.slot)
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


cdef int forward_work(engine* e, int64_t until) noexcept nogil:
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


# ── retransmission ──


cdef void forward_again(engine* e, int32_t viewer, int32_t slot_index, uint16_t sequence) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef int64_t sent, original
    cdef const map_entry* m = map_resolve(&s.map, sequence, &sent, &original)
    cdef source* from_source
    cdef packet* p
    cdef outgoing o
    # Without RTX the packet would be encrypted twice under one number, with another send time in
    # it: AES-GCM does not survive that.
    if s.rtx_ssrc == 0 or m == NULL:
        e.counters[RETRANSMIT_MISSED] += 1
        return
    from_source = source_at(e, m.source)
    p = ring_find(from_source, original) if from_source.generation == m.generation else NULL
    if p == NULL or p.size == 0:
        e.counters[RETRANSMIT_MISSED] += 1
        return
    o.packet = p
    o.sequence = sent
    o.timestamp = p.timestamp + m.timestamp_offset
    o.picture = (p.picture + m.picture_offset) & 0x7FFF
    o.tl0 = <unsigned char>(p.vp8.tl0 + m.tl0_offset)
    o.csrc = csrc_of(e, from_source)
    o.slot = <unsigned char>slot_index
    o.rtx = True
    o.marker = p.marker
    e.counters[RETRANSMITTED] += 1
    enqueue(e, viewer, &o)


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


cdef void forward_compact(engine* e) noexcept nogil:
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
