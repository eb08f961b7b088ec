from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from sfu.kernel.allocation cimport allocation_check
from sfu.kernel.counters cimport DROPPED_FLOOD, DROPPED_GARBAGE, DROPPED_UNKNOWN_ADDRESS, DTLS_RECEIVED
from sfu.kernel.events cimport (
    EVENT_DTLS, EVENT_SPEAKERS, event_put, events_close, events_open)
from sfu.kernel.feedback cimport feedback_periodic
from sfu.kernel.fanout cimport fanout_compact
from sfu.kernel.groups cimport group_forget
from sfu.kernel.ice cimport ice_check, ice_close, ice_credentials, ice_forget, ice_open
from sfu.kernel.ingest cimport ingest_check_sources, ingest_forget, ingest_rtcp, ingest_rtp
from sfu.kernel.keyframes cimport keyframe_send_due
from sfu.kernel.layers cimport layers_slept
from sfu.kernel.line cimport line_close, line_open, line_slept, line_visit
from sfu.kernel.memory cimport MAX_PACKETS, references_add, references_free, references_remove
from sfu.kernel.outbox cimport outbox_close, outbox_open, outbox_raw
from sfu.kernel.pace cimport within
from sfu.kernel.pacing cimport pacing_drop
from sfu.kernel.paths cimport (
    path_bears_dtls, path_dtls, path_forget, path_keyed, path_media, path_owner, path_slept,
    path_visit, paths_close, paths_open)
from sfu.kernel.rewrite cimport map_start
from sfu.kernel.rtp cimport rtp_is_rtcp
from sfu.kernel.sizes cimport AUDIO_SLOTS, KINDS, LONGEST_DATAGRAM, MAX_ROOMS, MICROPHONE, SLOTS, SOURCES, SPEAKERS
from sfu.kernel.slots cimport slots_choose, slots_choose_viewers, slots_close_gate, slots_show
from sfu.kernel.speakers cimport speakers_forget, speakers_list, speakers_slept
from sfu.kernel.srtp cimport srtp_free, srtp_init
from sfu.kernel.state cimport GIVEN_UNKNOWN, UNREACHABLE, references, room, session, slot
from sfu.kernel.voices cimport voices_visit

cdef enum:
    # The thread looks up every 0.1 s at least: after a longer time it was kept from running
    SLEPT = 250000
    TICK = 10000
    # A session is visited every so many ticks
    TURNS = 5
    ROOMS_EVERY = 10
    COMPACT_EVERY = 100
    # Datagrams of DTLS from one peer: 50 a second, 100 ahead
    DTLS_INTERVAL = 20000
    DTLS_BURST = 2000000
    # Who speaks is told to everybody in the room, by Python: µs for each of them, two at once
    TELLING = 500


cdef engine* engine_open(int32_t max_sessions, int64_t wall) noexcept nogil:
    cdef engine* e = <engine*>calloc(1, sizeof(engine))
    if e == NULL:
        return NULL
    e.max_sessions = max_sessions
    e.max_packets = MAX_PACKETS
    e.wall = wall
    e.gso = True
    e.sessions = <session*>calloc(max_sessions, sizeof(session))
    e.dirty = <int32_t*>calloc(max_sessions * SOURCES, sizeof(int32_t))
    e.waiting = <int32_t*>calloc(max_sessions, sizeof(int32_t))
    e.marked = <int32_t*>calloc(max_sessions, sizeof(int32_t))
    e.replays = <int32_t*>calloc(max_sessions, sizeof(int32_t))
    if (e.sessions == NULL or e.dirty == NULL or e.waiting == NULL or e.marked == NULL or e.replays == NULL
            or not ice_open(e) or not paths_open(e) or not outbox_open(e) or not events_open(e)):
        engine_close(e)
        return NULL
    return e


cdef void engine_close(engine* e) noexcept nogil:
    cdef int32_t i
    if e.sessions != NULL:
        for i in range(e.top):
            engine_close_session(e, i)
    ice_close(e)
    paths_close(e)
    outbox_close(e)
    events_close(e)
    for i in range(e.chunk_count):
        free(e.chunks[i])
    free(e.chunks)
    free(e.sessions)
    free(e.dirty)
    free(e.waiting)
    free(e.marked)
    free(e.replays)
    free(e)


# ── rooms ──


cdef void enter(engine* e, int32_t index, int32_t room_index) noexcept nogil:
    cdef room* r = &e.rooms[room_index]
    cdef int32_t i
    if not r.used:
        memset(r, 0, sizeof(room))
        r.used = True
        r.screen_audio = -1
        for i in range(SPEAKERS):
            r.seats[i].session = -1
        r.waiter = -1
    e.sessions[index].room = room_index
    e.sessions[index].place = references_add(&r.members, index)


cdef void go_out(engine* e, int32_t index) noexcept nogil:
    cdef room* r = &e.rooms[e.sessions[index].room]
    cdef int32_t i
    speakers_forget(e, index)
    # Who comes back while a job still walks over the room's members is served by it twice: under
    # two numbers then, because sound that comes after this begins anew.
    for i in range(AUDIO_SLOTS):
        e.sessions[index].slots[i].source = -1
    if r.screen_audio == index:
        r.screen_audio = -1
    references_remove(&r.members, e.sessions[index].place)
    if r.members.count == r.members.removed:
        references_free(&r.members)
        r.used = False


cdef void forget_pictures(engine* e, int32_t index) noexcept nogil:
    cdef int32_t i
    for i in range(SOURCES):
        group_forget(&e.sessions[index].sources[i])


cdef void engine_set_room(engine* e, int32_t index, int32_t room_index) noexcept nogil:
    if e.sessions[index].used and e.sessions[index].room != room_index:
        # What was shown in one room is not replayed in another.
        forget_pictures(e, index)
        go_out(e, index)
        enter(e, index, room_index)


cdef void tell_speakers(engine* e, int32_t index) noexcept nogil:
    cdef room* r = &e.rooms[index]
    cdef int32_t now[SPEAKERS]
    cdef int32_t count = speakers_list(e, index, now), i
    cdef bint same = count == r.told_count
    cdef int64_t interval
    for i in range(count):
        same = same and now[i] == r.told[i]
    if same:
        return
    interval = TELLING * <int64_t>(r.members.count - r.members.removed)
    # What is not told now is told later, if it is still so.
    if not within(&r.telling_pace, e.now, interval, interval):
        return
    if event_put(e, EVENT_SPEAKERS, index, 0, 0, <const uint8_t*>now, count * sizeof(int32_t)):
        memcpy(r.told, now, sizeof(r.told))
        r.told_count = count


# ── sessions ──


cdef void engine_open_session(engine* e, int32_t index, int32_t room_index, uint32_t participant,
                              const uint8_t* ufrag, size_t ufrag_length, const uint8_t* password,
                              size_t password_length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef uint32_t generations[SOURCES]
    cdef bint dirty[SOURCES]
    cdef bint waiting = s.waiting, marked = s.marked, wants_replays = s.wants_replays
    cdef int32_t i
    # Jobs and lists may still name this index: what they compare with outlives the session.
    for i in range(SOURCES):
        generations[i] = s.sources[i].generation
        dirty[i] = s.sources[i].dirty
    memset(s, 0, sizeof(session))
    s.waiting = waiting
    s.marked = marked
    s.wants_replays = wants_replays
    for i in range(SOURCES):
        s.sources[i].generation = generations[i] + 1
        s.sources[i].dirty = dirty[i]
        s.sources[i].session = index
    for i in range(SLOTS):
        s.slots[i].track = s.slots[i].source = s.slots[i].pending = -1
        s.slots[i].given = s.slots[i].told_given = GIVEN_UNKNOWN
    s.used = True
    s.gso = e.gso
    s.participant = participant
    s.heard = s.path_heard = e.now
    s.refilled = e.now
    # A whole burst to begin with; the first refill cuts it to measure.
    s.tokens = 1 << 20
    ice_credentials(e, index, ufrag, ufrag_length, password, password_length)
    enter(e, index, room_index)
    if index >= e.top:
        e.top = index + 1


cdef void let_go_of_viewers(engine* e, int32_t track_index) noexcept nogil:
    cdef references* r = &e.sessions[track_index // KINDS].tracks[track_index % KINDS].viewers
    cdef slot* v
    cdef int32_t i
    for i in range(r.count):
        if r.items[i] >= 0:
            v = &e.sessions[r.items[i] // SLOTS].slots[r.items[i] % SLOTS]
            v.track = v.source = v.pending = -1
            e.sessions[r.items[i] // SLOTS].showing &= ~(1u << (r.items[i] % SLOTS))
    references_free(r)


cdef void engine_close_session(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t i
    if not s.used:
        return
    for i in range(SLOTS):
        if s.slots[i].track >= 0:
            slots_show(e, index, i, -1, 0)
        s.slots[i].used = False
    go_out(e, index)
    ingest_forget(e, index)
    for i in range(KINDS):
        let_go_of_viewers(e, index * KINDS + i)
    pacing_drop(e, s)
    line_close(s)
    ice_forget(e, index)
    path_forget(e, index)
    srtp_free(&s.inbound)
    srtp_free(&s.outbound)
    s.keyed = False
    s.reachability = UNREACHABLE
    s.used = False


cdef void choose_slots(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t i
    if not s.unsettled:
        return
    for i in range(SLOTS):
        if s.unsettled >> i & 1:
            slots_choose(e, index, i)


cdef void engine_set_keys(engine* e, int32_t index, int32_t profile, const uint8_t* inbound,
                          const uint8_t* outbound, size_t length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    if not s.used or s.keyed:
        return
    if srtp_init(&s.inbound, profile, inbound, length, False) != 0:
        return
    if srtp_init(&s.outbound, profile, outbound, length, True) != 0:
        srtp_free(&s.inbound)
        return
    s.profile = profile
    s.keyed = True
    path_keyed(e, index)
    choose_slots(e, index)


cdef void engine_expect(engine* e, int32_t index, int32_t kind, const expectation* x) noexcept nogil:
    if e.sessions[index].used:
        e.sessions[index].tracks[kind].expect = x[0]
        e.sessions[index].tracks[kind].expect.used = True


cdef void engine_set_gate(engine* e, int32_t index, int32_t kind, bint open_gate) noexcept nogil:
    cdef session* s = &e.sessions[index]
    if not s.used or s.tracks[kind].gate == open_gate:
        return
    s.tracks[kind].gate = open_gate
    # Nobody is shown later what came while it was closed.
    forget_pictures(e, index)
    if open_gate:
        slots_choose_viewers(e, index * KINDS + kind)
        return
    slots_close_gate(e, index * KINDS + kind)
    if kind == MICROPHONE:
        speakers_forget(e, index)


cdef void engine_add_slot(engine* e, int32_t index, int32_t slot_index, bint video, uint32_t ssrc,
                          uint32_t rtx_ssrc, uint8_t payload_type, uint8_t repair_payload_type,
                          bint transport_cc, uint32_t random) noexcept nogil:
    cdef slot* s = &e.sessions[index].slots[slot_index]
    if not e.sessions[index].used or s.used:
        return
    s.used = True
    s.video = video
    s.ssrc = ssrc
    s.rtx_ssrc = rtx_ssrc if video and repair_payload_type else 0
    s.payload_type = payload_type
    s.rtx_payload_type = repair_payload_type if video else 0
    s.red_payload_type = 0 if video else repair_payload_type
    s.transport_cc = transport_cc
    # Who tells of sound alone tells nothing of what pictures need.
    line_open(e, index, video and transport_cc, video and s.rtx_ssrc != 0)
    s.clock_base = random
    s.rtx_sequence = 1 + (random >> 17)
    map_start(&s.map, <uint32_t>1 + ((random >> 8) & 0x3FFF))


cdef void engine_send_dtls(engine* e, int32_t index, const uint8_t* data, size_t length) noexcept nogil:
    if path_bears_dtls(e, index):
        outbox_raw(e, &e.sessions[index].current, data, length)


# ── datagrams and time ──


cdef void engine_receive(engine* e, const path* from_path, uint8_t* data, size_t length) noexcept nogil:
    cdef int32_t index
    cdef int32_t network[2]
    cdef bint authentic
    if length < 2 or length > LONGEST_DATAGRAM:
        e.counters[DROPPED_GARBAGE] += 1
        return
    # RFC 7983 §7
    if data[0] <= 3:
        ice_check(e, from_path, data, length)
        return
    index = path_owner(e, &from_path.remote)
    if index < 0:
        e.counters[DROPPED_UNKNOWN_ADDRESS] += 1
    elif 128 <= data[0] <= 191:
        if rtp_is_rtcp(data, length):
            authentic = ingest_rtcp(e, index, data, length)
        else:
            authentic = ingest_rtp(e, index, data, length)
        if authentic:
            path_media(e, index, from_path)
    elif 20 <= data[0] <= 63:
        if not within(&e.sessions[index].dtls_pace, e.now, DTLS_INTERVAL, DTLS_BURST):
            e.counters[DROPPED_FLOOD] += 1
            return
        e.counters[DTLS_RECEIVED] += 1
        path_dtls(e, index, from_path)
        memcpy(network, from_path.remote.ip, sizeof(network))
        event_put(e, EVENT_DTLS, index, network[0], network[1], data, length)
    else:
        e.counters[DROPPED_GARBAGE] += 1


cdef void visit(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t i
    path_visit(e, index)
    ingest_check_sources(e, index)
    if s.reachability != UNREACHABLE:
        feedback_periodic(e, index)
        choose_slots(e, index)
        line_visit(e, index)
        voices_visit(e, index)
        allocation_check(e, index)
    if s.sends:
        for i in range(KINDS):
            keyframe_send_due(e, index * KINDS + i)


cdef void engine_woke(engine* e) noexcept nogil:
    """Time in which we did not listen is nobody's silence: what has come meanwhile is still to be
    read, as far as the sockets could hold it."""
    cdef int64_t slept = e.now - e.awake
    cdef int32_t i
    if e.awake and slept > SLEPT:
        e.woke_at = e.now
        for i in range(e.top):
            if e.sessions[i].used:
                path_slept(e, i, slept)
                layers_slept(e, i, slept)
                line_slept(e, i)
        for i in range(MAX_ROOMS):
            if e.rooms[i].used:
                speakers_slept(e, i, slept)
    e.awake = e.now


cdef void engine_tick(engine* e) noexcept nogil:
    cdef int32_t i = e.ticks % TURNS
    if e.now < e.next_tick:
        return
    e.next_tick = e.now + TICK
    while i < e.top:
        if e.sessions[i].used:
            visit(e, i)
        i += TURNS
    if e.ticks % ROOMS_EVERY == 0:
        for i in range(MAX_ROOMS):
            if e.rooms[i].used:
                tell_speakers(e, i)
    if e.ticks % COMPACT_EVERY == 0:
        fanout_compact(e)
    e.ticks += 1
