from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset

cdef enum:
    PICTURE_MASK = 0x7FFF


cdef inline bint later_picture(uint16_t a, uint16_t b) noexcept nogil:
    return 0 < ((a - b) & PICTURE_MASK) < 0x4000


cdef void map_start(slot_map* m, uint16_t first_sequence) noexcept nogil:
    memset(m, 0, sizeof(slot_map))
    m.highest_out = m.first_out = <int64_t>first_sequence - 1


cdef inline map_entry* newest(slot_map* m) noexcept nogil:
    return &m.entries[(m.made - 1) % MAP_ENTRIES]


cdef inline map_entry* add_entry(slot_map* m) noexcept nogil:
    m.made += 1
    return newest(m)


cdef void map_switch(slot_map* m, uint32_t source, uint32_t generation, const map_packet* first,
                     uint32_t wanted_timestamp) noexcept nogil:
    cdef bint resumed = m.made != 0
    cdef map_entry* e
    if resumed and <int32_t>(wanted_timestamp - m.timestamp) <= 0:
        wanted_timestamp = m.timestamp + 1
    m.epoch += 1
    e = add_entry(m)
    e.from_in = first.sequence
    e.from_out = m.highest_out + 1
    e.timestamp_offset = wanted_timestamp - first.timestamp
    e.timestamp_from = first.timestamp
    e.squeeze = 0
    e.picture_offset = <uint16_t>(m.picture + 1 - first.picture) & PICTURE_MASK
    e.tl0_offset = <uint8_t>(m.tl0 + 1 - first.tl0)
    e.source = source
    e.generation = generation
    e.epoch = m.epoch
    e.leaves_out = False
    m.highest_in = first.sequence - 1
    if not resumed:
        m.timestamp = wanted_timestamp


cdef void map_squeeze(slot_map* m, uint8_t squeeze) noexcept nogil:
    newest(m).squeeze = squeeze


cdef void map_resume(slot_map* m, int64_t sequence, uint32_t timestamp, uint32_t wanted_timestamp) noexcept nogil:
    cdef map_entry* last = newest(m)
    cdef map_entry* e
    cdef uint32_t least = map_timestamp(last, timestamp)
    if <int32_t>(least - m.timestamp) <= 0:
        least = m.timestamp + 1
    if <int32_t>(wanted_timestamp - least) < 0:
        wanted_timestamp = least
    e = add_entry(m)
    e[0] = last[0]
    e.from_out = last.from_out + (sequence - last.from_in)
    e.from_in = sequence
    e.timestamp_offset = wanted_timestamp - timestamp
    e.squeeze = 0
    e.leaves_out = False


cdef const map_entry* find_by_source(const slot_map* m, int64_t sequence) noexcept nogil:
    cdef uint32_t i, depth = m.made if m.made < MAP_ENTRIES else MAP_ENTRIES
    cdef const map_entry* e
    cdef const map_entry* later = NULL
    for i in range(depth):
        e = &m.entries[(m.made - 1 - i) % MAP_ENTRIES]
        if e.epoch != m.epoch:
            return NULL
        if sequence >= e.from_in:
            # What was left out has no number, whatever comes under its own: the next packet has it.
            if later != NULL and e.from_out + (sequence - e.from_in) >= later.from_out:
                return NULL
            return e
        later = e
    return NULL


cdef bint map_forward(slot_map* m, uint32_t source, uint32_t generation, const map_packet* packet,
                      map_packet* out) noexcept nogil:
    cdef const map_entry* e
    if m.made == 0:
        return False
    e = newest(m)
    if e.source != source or e.generation != generation:
        return False
    # Later pictures have closed up: what comes late of one that was left out has no id.
    if packet.sequence <= m.highest_in and map_has_left_out(m, m.epoch, packet.picture):
        return False
    if packet.sequence < e.from_in:
        e = find_by_source(m, packet.sequence)
        if e == NULL:
            return False
    out.sequence = e.from_out + (packet.sequence - e.from_in)
    out.timestamp = map_timestamp(e, packet.timestamp)
    out.picture = (packet.picture + e.picture_offset) & PICTURE_MASK
    out.tl0 = <uint8_t>(packet.tl0 + e.tl0_offset)
    if packet.sequence > m.highest_in:
        m.highest_in = packet.sequence
    if out.sequence > m.highest_out:
        m.highest_out = out.sequence
    if <int32_t>(out.timestamp - m.timestamp) > 0:
        m.timestamp = out.timestamp
    if later_picture(out.picture, m.picture):
        m.picture = out.picture
    if <int8_t>(out.tl0 - m.tl0) > 0:
        m.tl0 = out.tl0
    return True


cdef bint omit(slot_map* m, uint32_t source, uint32_t generation, int64_t sequence) noexcept nogil:
    """Whether there was anything to do; the newest entry then says what comes after it."""
    cdef map_entry* last
    cdef map_entry* e
    cdef int64_t from_out
    if m.made == 0:
        return False
    last = newest(m)
    if last.source != source or last.generation != generation or sequence <= m.highest_in:
        return False
    m.highest_in = sequence
    if sequence == last.from_in:
        last.from_in = sequence + 1
        return True
    from_out = last.from_out + (sequence - last.from_in)
    e = add_entry(m)
    e[0] = last[0]
    e.from_in = sequence + 1
    e.from_out = from_out
    return True


cdef void map_omit(slot_map* m, uint32_t source, uint32_t generation, int64_t sequence) noexcept nogil:
    cdef uint32_t made = m.made
    if omit(m, source, generation, sequence) and m.made != made:
        newest(m).leaves_out = False


cdef void map_leave_out(slot_map* m, uint32_t source, uint32_t generation, const map_packet* packet) noexcept nogil:
    cdef uint32_t made = m.made
    cdef bint known = m.made and newest(m).leaves_out and newest(m).left_last == packet.picture
    cdef map_entry* e
    if not omit(m, source, generation, packet.sequence):
        return
    e = newest(m)
    if known:
        # The rest of that picture: its id is closed already.
        if m.made != made:
            e.left_first = packet.picture
        return
    e.picture_offset = <uint16_t>(e.picture_offset - 1) & PICTURE_MASK
    if m.made != made or not e.leaves_out or packet.picture != <uint16_t>((e.left_last + 1) & PICTURE_MASK):
        e.left_first = packet.picture
    e.leaves_out = True
    e.left_last = packet.picture


cdef bint map_has_left_out(const slot_map* m, uint32_t epoch, uint16_t picture) noexcept nogil:
    cdef uint32_t i, depth = m.made if m.made < MAP_ENTRIES else MAP_ENTRIES
    cdef const map_entry* e
    for i in range(depth):
        e = &m.entries[(m.made - 1 - i) % MAP_ENTRIES]
        if (e.epoch == epoch and e.leaves_out
                and <uint16_t>((picture - e.left_first) & PICTURE_MASK) <= <uint16_t>((e.left_last - e.left_first) & PICTURE_MASK)):
            return True
    return False


cdef const map_entry* map_resolve(const slot_map* m, uint16_t sequence, int64_t* out_sequence,
                                  int64_t* in_sequence) noexcept nogil:
    cdef int64_t wanted = m.highest_out - <uint16_t>(m.highest_out - sequence)
    cdef uint32_t i, depth = m.made if m.made < MAP_ENTRIES else MAP_ENTRIES
    cdef const map_entry* e
    for i in range(depth):
        e = &m.entries[(m.made - 1 - i) % MAP_ENTRIES]
        if wanted >= e.from_out:
            out_sequence[0] = wanted
            in_sequence[0] = e.from_in + (wanted - e.from_out)
            return e
    return NULL


cdef class SlotMap:
    """The native mapping, for the tests that hold it against `reference.Slot`."""

    cdef slot_map m

    def __init__(self, int first_sequence):
        map_start(&self.m, <uint16_t>first_sequence)

    def switch(self, int source, int generation, int64_t sequence, uint32_t timestamp,
               int picture, int tl0, uint32_t wanted_timestamp):
        cdef map_packet first
        first.sequence, first.timestamp = sequence, timestamp
        first.picture, first.tl0 = <uint16_t>picture, <uint8_t>tl0
        map_switch(&self.m, source, generation, &first, wanted_timestamp)

    def forward(self, int source, int generation, int64_t sequence, uint32_t timestamp,
                int picture, int tl0):
        cdef map_packet p, out
        p.sequence, p.timestamp = sequence, timestamp
        p.picture, p.tl0 = <uint16_t>picture, <uint8_t>tl0
        if not map_forward(&self.m, source, generation, &p, &out):
            return None
        return out.sequence, out.timestamp, out.picture, out.tl0

    def omit(self, int source, int generation, int64_t sequence):
        map_omit(&self.m, source, generation, sequence)

    def leave_out(self, int source, int generation, int64_t sequence, int picture):
        cdef map_packet packet
        packet.sequence, packet.picture = sequence, <uint16_t>picture
        packet.timestamp, packet.tl0 = 0, 0
        map_leave_out(&self.m, source, generation, &packet)

    def resolve(self, int sequence):
        cdef int64_t out_sequence, in_sequence
        cdef const map_entry* e = map_resolve(&self.m, <uint16_t>sequence, &out_sequence,
                                              &in_sequence)
        if e == NULL:
            return None
        return (e.source, e.generation, in_sequence, out_sequence, e.timestamp_offset,
                e.picture_offset, e.tl0_offset)
